use std::fs;
use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::*;

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("outrider-links-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, max_bytes: u64) -> LinkFile {
        LinkFile::new(self.0.join("links.csv"), max_bytes)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), text).unwrap();
    }

    fn opened_with(&self, text: &str) -> Result<(), String> {
        self.write("links.csv", text);
        self.file(1 << 16).open().map_err(|error| error.to_string())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn row(number: usize) -> String {
    format!("10.0.0.1:80,1764374400.{:03},{}.125\n", number % 1_000, number)
}

#[test]
fn a_full_file_is_renamed_and_two_are_all_there_is() {
    let folder = Folder::new("rotation");
    let file = folder.file(1_000);
    let mut written = 0;
    for round in 0..40 {
        let rows: String = (0..7).map(|number| row(round * 7 + number)).collect();
        let appended = file.append(&rows);
        assert!(appended.error.is_none() && appended.dropped == 0);
        written += appended.rows;
        let sizes: Vec<u64> = fs::read_dir(&folder.0).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).collect();
        assert!(sizes.len() <= 2 && sizes.iter().all(|size| *size <= 1_000), "{sizes:?}");
    }
    assert_eq!(written, 280);
    let (old, new) = (folder.text("links.1.csv"), folder.text("links.csv"));
    assert!(old.len() > 900, "full when it was renamed: {}", old.len());
    let rows = |text: &str| text.strip_prefix(HEADER).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let kept = [rows(&old), rows(&new)].concat();
    let expected: Vec<String> = (280 - kept.len()..280).map(|number| row(number).trim().to_owned()).collect();
    assert_eq!(kept, expected, "the last rows, in order and none twice");
}

#[test]
fn what_is_of_something_else_is_refused_in_a_sentence_and_left_as_it_is() {
    let folder = Folder::new("foreign");
    let said = folder.opened_with("time,value\n1,2\n").unwrap_err();
    assert!(said.contains("begins with \"time,value\" and not with \"host,ts,rtt_ms\""), "{said}");
    assert_eq!(folder.text("links.csv"), "time,value\n1,2\n");
    assert!(folder.opened_with("host,ts,rtt_ms,loss\n").is_err() && folder.opened_with("host;").is_err());

    folder.write("links.1.csv", "somebody's only copy\n");
    let said = folder.opened_with(HEADER).unwrap_err();
    assert!(said.contains("links.1.csv: begins with \"somebody's only copy\""), "{said}");

    let folder = Folder::new("foreign-kinds");
    fs::create_dir(folder.0.join("links.csv")).unwrap();
    assert!(matches!(folder.file(1 << 16).open(), Err(LinkFileError::NotAFile(_))));
    fs::remove_dir(folder.0.join("links.csv")).unwrap();
    symlink("/dev/full", folder.0.join("links.csv")).unwrap();
    assert!(matches!(folder.file(1 << 16).open(), Err(LinkFileError::NotAFile(_))));
    let gone = LinkFile::new(folder.0.join("gone/links.csv"), 1 << 16).open().unwrap_err().to_string();
    assert!(gone.contains("gone/links.csv: cannot be opened for writing: No such file"), "{gone}");
    let said = folder_without_ends().unwrap_err();
    assert!(said.contains("cannot be mended"), "{said}");
}

fn folder_without_ends() -> Result<(), String> {
    Folder::new("tail").opened_with(&format!("{HEADER}{}", "0".repeat(70_000)))
}

#[test]
fn a_file_that_is_moved_cut_or_removed_under_us_goes_on() {
    let folder = Folder::new("moved");
    let file = folder.file(1 << 16);
    assert_eq!(file.append(&row(1)).rows, 1);
    fs::rename(folder.0.join("links.csv"), folder.0.join("kept.csv")).unwrap();
    assert_eq!(file.append(&row(2)).rows, 1);
    folder.write("links.csv", "");
    assert_eq!(file.append(&row(3)).rows, 1);
    assert_eq!(folder.text("links.csv"), format!("{HEADER}{}", row(3)));
    fs::remove_dir_all(&folder.0).unwrap();
    let failed = file.append(&format!("{}{}", row(4), row(5)));
    assert!((failed.rows, failed.dropped) == (0, 2) && failed.error.is_some());
    fs::create_dir(&folder.0).unwrap();
    assert_eq!(file.append(&row(6)).rows, 1);
    assert_eq!(folder.text("links.csv"), format!("{HEADER}{}", row(6)));
}

#[test]
fn a_locked_file_is_waited_for_a_moment_and_not_for_ever() {
    let folder = Folder::new("locked");
    let file = folder.file(1 << 16);
    file.open().unwrap();
    let other = File::open(folder.0.join("links.csv")).unwrap();
    other.lock().unwrap();
    let failed = file.append(&row(1));
    assert!(failed.error.unwrap().to_string().contains("another process keeps it locked"));
    drop(other);
    assert_eq!(file.append(&row(2)).rows, 1);
}

#[test]
fn the_older_file_is_named_beside_it() {
    let of = |name: &str| rotated(Path::new(name)).display().to_string();
    assert_eq!(
        [of("a/links.csv"), of("links"), of("a.b/my.links.csv")],
        ["a/links.1.csv", "links.1", "a.b/my.links.1.csv"]
    );
}

proptest! {
    #[test]
    fn a_crash_at_any_byte_leaves_whole_rows(rows in 0_usize..20, cut in 0_usize..1_000, zeros in 0_usize..300) {
        let folder = Folder::new("torn");
        let whole: String = [HEADER.to_owned()].into_iter().chain((0..rows).map(row)).collect();
        let cut = whole.len() * cut / 1_000;
        // A power failure may leave the length and lose what was written last.
        let zeros = if cut < HEADER.len() { 0 } else { zeros };
        let mut torn = whole.as_bytes()[..cut].to_vec();
        torn.extend(vec![0; zeros]);
        folder.write("links.csv", &torn);
        let file = folder.file(1 << 16);
        file.open().unwrap();
        prop_assert_eq!(file.append(&row(99)).rows, 1);
        let left = whole[..cut].rfind('\n').map_or(HEADER, |end| &whole[..=end]);
        prop_assert_eq!(folder.text("links.csv"), format!("{left}{}", row(99)));
    }
}
