//! Artifacts on disk: whole, or not there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/folder.rs"]
mod folder;

use std::fs::{self, File};
use std::path::Path;

use folder::Folder;
use outrider_infer::artifact::{Artifact, Header, Section};
use outrider_store::{read_model, write_model};

fn artifact(bytes: &[u8]) -> Artifact {
    let header = Header { task: "retry".to_owned(), ..Header::default() };
    Artifact::new(header, vec![Section { name: "model".to_owned(), bytes: bytes.to_vec() }]).unwrap()
}

#[test]
fn a_model_replaces_another_whole_and_nothing_is_left_beside_it() {
    let folder = Folder::new("replaced");
    let path = folder.path().join("retry.model");
    for bytes in [b"longer than the next".as_slice(), b"short"] {
        write_model(&artifact(bytes), &path).unwrap();
        assert_eq!(read_model(&path).unwrap(), artifact(bytes));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_written_leaves_what_was_there() {
    let folder = Folder::new("kept");
    let path = folder.write("retry.model", &artifact(b"old").write());
    // A folder in the place of the file that is written first.
    fs::create_dir(folder.path().join("retry.model.unfinished")).unwrap();
    let told = write_model(&artifact(b"new"), &path).unwrap_err().to_string();
    assert!(told.contains("retry.model: ") && told.lines().count() == 1, "{told}");
    assert_eq!(read_model(&path).unwrap(), artifact(b"old"));
    assert!(write_model(&artifact(b"new"), &folder.path().join("missing/retry.model")).is_err());
}

#[test]
fn what_is_no_model_is_refused_by_name() {
    let folder = Folder::new("refused");
    let told = |path: &Path| read_model(path).unwrap_err().to_string();
    let whole = artifact(b"model").write();
    assert!(told(&folder.path().join("missing.model")).contains("missing.model: "));
    assert!(
        told(&folder.write("cut.model", &whole[..whole.len() - 1])).contains("cut.model: the artifact is cut short")
    );
    assert!(told(&folder.write("data.csv", b"a,b\n1,2\n")).contains("data.csv: this is no model artifact"));
    let huge = folder.path().join("huge.model");
    // Without a block on the disk.
    File::create(&huge).unwrap().set_len(1 << 40).unwrap();
    assert!(told(&huge).contains("expected at most 268435456"), "{}", told(&huge));
}
