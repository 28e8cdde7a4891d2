//! 40 models that the Python packages train here and now, and what they say of 10,000 rows.

use std::path::{Path, PathBuf};
use std::process::Command;

use outrider_infer::import::{Foreign, Told, read};
use outrider_infer::imported::Imported;
use serde::Deserialize;

const FEATURES: usize = 6;
/// XGBoost adds leaves in 32 bits.
const XGBOOST_AGREES: f64 = 1e-5;
const LIGHTGBM_AGREES: f64 = 1e-6;

/// A model as `peers.py` tells of it; arrays are files of its folder.
#[derive(Deserialize)]
struct Peer {
    name: String,
    files: Vec<PathBuf>,
    is_named: bool,
    trees_left_out: usize,
    margins: PathBuf,
    predictions: PathBuf,
    explained: PathBuf,
}

/// A folder of this test's own, empty.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("import-peers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn peers(folder: &Path) -> Vec<Peer> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let python = target.with_file_name("test-venv").join("bin").join("python");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/peers.py");
    let output = Command::new(&python).arg(script).arg(folder).output();
    let output = output.unwrap_or_else(|error| {
        panic!("cannot run {}: {error}; ci/test-tools.sh installs what the tests need", python.display())
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn numbers(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap();
    bytes.chunks_exact(8).map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap())).collect()
}

fn columns(rows: &[f64]) -> Vec<Vec<f64>> {
    (0..FEATURES).map(|feature| rows.chunks_exact(FEATURES).map(|row| row[feature]).collect()).collect()
}

/// How far two lists are apart, in units of what `size` allows: |difference| / max(1, |size|), at most.
fn apart(ours: &[f64], theirs: &[f64], sizes: &[f64]) -> f64 {
    assert_eq!((ours.len(), theirs.len()), (sizes.len(), sizes.len()));
    let each =
        ours.iter().zip(theirs).zip(sizes).map(|((ours, theirs), size)| (ours - theirs).abs() / size.abs().max(1.0));
    // A difference that is not a number counts as one.
    each.fold(0.0, |most, one| if one <= most { most } else { one })
}

fn explained_apart(model: &Imported, rows: &[f64], theirs: &[f64]) -> f64 {
    let of_row = |(row, theirs): (&[f64], &[f64])| {
        let explained = model.explain(row).unwrap();
        let ours: Vec<f64> = explained.values.into_iter().chain([explained.expected]).collect();
        let total: f64 = theirs.iter().sum();
        apart(&ours, theirs, &[total; FEATURES + 1])
    };
    rows.chunks_exact(FEATURES).zip(theirs.chunks_exact(FEATURES + 1)).map(of_row).fold(0.0, f64::max)
}

/// The model, the same from each of its files and after it was written and read as a part of an artifact.
fn imported(folder: &Path, peer: &Peer) -> Foreign {
    let read = |file: &PathBuf| {
        read(&std::fs::read(folder.join(file)).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", peer.name))
    };
    let all: Vec<Foreign> = peer.files.iter().map(read).collect();
    assert!(all.iter().all(|other| *other == all[0]), "{}: the files of one model differ", peer.name);
    assert_eq!(Imported::read(&all[0].model.write()).as_ref(), Ok(&all[0].model), "{}", peer.name);
    assert_eq!(all[0].clone().named(Told::default()).is_ok(), peer.is_named, "{}", peer.name);
    all[0].clone()
}

#[test]
fn forty_models_predict_as_in_their_own_library() {
    let folder = folder();
    let peers = peers(&folder);
    let (rows, mut left_out) = (numbers(&folder.join("rows")), 0);
    assert_eq!((peers.len(), rows.len()), (40, 10_000 * FEATURES));
    let columns = columns(&rows);
    for peer in &peers {
        let of = |name: &PathBuf| numbers(&folder.join(name));
        let foreign = imported(&folder, peer);
        assert_eq!(foreign.trees_left_out, peer.trees_left_out, "{}", peer.name);
        let (model, margins, predictions) = (foreign.model, of(&peer.margins), of(&peer.predictions));
        let raw = model.raw(&columns);
        let margin = apart(&raw, &margins, &margins);
        let sizes: Vec<f64> = margins.iter().zip(&predictions).map(|(a, b)| a.abs().max(b.abs())).collect();
        let said = apart(&raw.iter().map(|&sum| model.head().link.of(sum)).collect::<Vec<_>>(), &predictions, &sizes);
        let explained = explained_apart(&model, &rows, &of(&peer.explained));
        println!(
            "{} ({} trees): margin {margin:.1e}, prediction {said:.1e}, explained {explained:.1e} apart",
            peer.name,
            model.len()
        );
        let bound = if peer.name.starts_with("xgboost") { XGBOOST_AGREES } else { LIGHTGBM_AGREES };
        assert!(margin <= bound && said <= bound, "{}", peer.name);
        assert!(explained <= 10.0 * bound, "{}", peer.name);
        left_out += peer.trees_left_out;
    }
    assert!(left_out > 0, "no early stopping has left trees out");
    std::fs::remove_dir_all(folder).unwrap();
}
