//! What is written reads back, and nothing else does.

use outrider_core::schema::{FeatureKind, KnownAt};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;

fn feature(name: &str, kind: FeatureKind, words: &[&str]) -> ArtifactFeature {
    let dictionary = words.iter().map(|&word| word.to_owned()).collect();
    ArtifactFeature { name: name.to_owned(), kind, known_at: KnownAt::Arrival, dictionary }
}

fn header() -> Header {
    Header {
        task: "retry".to_owned(),
        model: "boosting".to_owned(),
        features: vec![
            feature("bytes", FeatureKind::Number, &[]),
            feature("method", FeatureKind::Category, &["GET", "PÖST"]),
        ],
        window: Some(Window { from_us: -1, to_us: i64::MAX }),
        rows: u64::MAX,
        metrics: [("auc".to_owned(), Some(0.1 + 0.2)), ("log_loss".to_owned(), None)].into(),
        gate: Gate { verdict: "credible".to_owned(), reasons: vec!["it is".to_owned()], accepted_by_hand: false },
        lineage: Lineage { data_sha256: "00".to_owned(), seed: 7, ..Lineage::default() },
    }
}

fn section(name: &str, bytes: &[u8]) -> Section {
    Section { name: name.to_owned(), bytes: bytes.to_vec() }
}

fn artifact() -> Artifact {
    Artifact::new(header(), vec![section("trees", b"\x00\x01\xff"), section("calibration", b"")]).unwrap()
}

/// `bytes` with a checksum that fits.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.len() - 32;
    let checksum = Sha256::digest(&bytes[..end]);
    bytes[end..].copy_from_slice(&checksum[..]);
    bytes
}

#[test]
fn what_is_written_reads_back_and_is_written_the_same() {
    let artifact = artifact();
    let bytes = artifact.write();
    let read = Artifact::read(&bytes).unwrap();
    assert_eq!(read, artifact);
    assert_eq!(read.write(), bytes);
    assert_eq!((read.section("trees"), read.section_names().count()), (Ok(b"\x00\x01\xff".as_slice()), 2));
    assert_eq!(read.section("forest"), Err(ArtifactError::NoSection("forest".to_owned())));
    assert_eq!(read.header().schema().position("method"), Some(1));
}

#[test]
fn each_single_byte_counts() {
    let bytes = artifact().write();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut altered = bytes.clone();
            altered[place] ^= 1 << bit;
            assert!(Artifact::read(&altered).is_err(), "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn what_is_cut_or_longer_is_refused_and_told_so() {
    let bytes = artifact().write();
    assert_eq!(Artifact::read(&[]), Err(ArtifactError::Alien));
    for length in 1..bytes.len() {
        let error = Artifact::read(&bytes[..length]).unwrap_err();
        assert!(matches!(error, ArtifactError::Truncated { found, .. } if found == length), "{length}: {error}");
    }
    let longer = [bytes, vec![0]].concat();
    assert_eq!(Artifact::read(&longer), Err(ArtifactError::Altered));
}

#[test]
fn what_is_new_alien_or_unlike_its_hash_is_named() {
    let bytes = artifact().write();
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert_eq!(Artifact::read(&signed(newer)), Err(ArtifactError::TooNew(2)));
    assert_eq!(Artifact::read(b"PAR1 and more"), Err(ArtifactError::Alien));
    let renamed = bytes.windows(7).position(|window| window == b"\"bytes\"").unwrap();
    let mut other = bytes.clone();
    other[renamed + 1] = b'B';
    assert!(matches!(Artifact::read(&signed(other)), Err(ArtifactError::SchemaHash { .. })));
    let task = bytes.windows(6).position(|window| window == b"\"task\"").unwrap();
    let mut unknown = bytes;
    unknown[task + 1] = b'T';
    assert!(matches!(Artifact::read(&signed(unknown)), Err(ArtifactError::Header(_))));
}

#[test]
fn what_could_not_be_read_again_is_not_made() {
    let make = |sections| Artifact::new(header(), sections).unwrap_err();
    assert_eq!(make(vec![section("", b"")]), ArtifactError::SectionName(String::new()));
    assert_eq!(make(vec![section("a", b""), section("a", b"")]), ArtifactError::SectionName("a".to_owned()));
    let many = (0..65).map(|number| section(&number.to_string(), b"")).collect();
    assert_eq!(make(many), ArtifactError::Large { what: "sections", found: 65, limit: SECTIONS_MAX });
    let whole = Artifact::new(header(), vec![section("a", &vec![0; BYTES_MAX])]).unwrap_err();
    assert!(whole.to_string().contains("train a smaller model"), "{whole}");
    let words = Header { features: vec![feature("n", FeatureKind::Number, &["x"])], ..header() };
    assert_eq!(Artifact::new(words, Vec::new()), Err(ArtifactError::Feature("n".to_owned())));
    let twice = Header { features: vec![feature("n", FeatureKind::Category, &["x", "x"])], ..header() };
    assert_eq!(Artifact::new(twice, Vec::new()), Err(ArtifactError::Feature("n".to_owned())));
}

#[test]
fn undefined_metrics_are_written_as_none() {
    let mut undefined = header();
    undefined.metrics.insert("r2".to_owned(), Some(f64::NAN));
    let bytes = Artifact::new(undefined, Vec::new()).unwrap().write();
    assert_eq!(Artifact::read(&bytes).unwrap().header().metrics["r2"], None);
}

#[test]
fn names_bind_and_the_columns_that_do_not_fit_are_named() {
    let artifact = artifact();
    let own = artifact.header().schema();
    assert_eq!(artifact.check_fit("retry", &own), Ok(()));
    assert!(artifact.check_fit("service", &own).unwrap_err().to_string().contains("for the task retry"));
    let told = |schema: &Schema| artifact.check_fit("retry", schema).unwrap_err().to_string();
    let mut swapped = own.clone();
    swapped.features.reverse();
    assert!(told(&swapped).contains("in another order; it takes bytes, method"));
    let mut renamed = own.clone();
    renamed.features[0].name = "size".to_owned();
    let renamed = told(&renamed);
    assert!(renamed.contains("\"bytes\" (number, known at arrival) is missing; \"size\""), "{renamed}");
    let mut late = own;
    late.features[1].known_at = KnownAt::Outcome;
    assert!(
        told(&late)
            .contains("\"method\" (category, known at outcome) is expected as \"method\" (category, known at arrival)")
    );
}

proptest! {
    #[test]
    fn any_content_reads_back(
        task in ".{0,20}", metric in any::<f64>(), seed: u64, rows: u64,
        sections in prop::collection::btree_map("[a-z]{1,8}", prop::collection::vec(any::<u8>(), 0..200), 0..5),
    ) {
        let metric = Some(metric).filter(|metric| metric.is_finite());
        let header = Header {
            task, rows, metrics: [("m".to_owned(), metric)].into(),
            lineage: Lineage { seed, ..Lineage::default() }, ..header()
        };
        let sections = sections.into_iter().map(|(name, bytes)| Section { name, bytes }).collect();
        let artifact = Artifact::new(header, sections).unwrap();
        prop_assert_eq!(Artifact::read(&artifact.write()), Ok(artifact));
    }

    #[test]
    fn any_change_of_bytes_is_refused(place: prop::sample::Index, change in 1u8.., cut: bool) {
        let mut bytes = artifact().write();
        let place = place.index(bytes.len());
        bytes[place] ^= change;
        bytes.truncate(if cut { place + 1 } else { bytes.len() });
        prop_assert!(Artifact::read(&bytes).is_err());
    }

    /// A hostile writer can make the checksum fit.
    #[test]
    fn hostile_bytes_that_are_signed_are_an_error_or_an_artifact(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in 0usize..40,
    ) {
        let mut bytes = artifact().write();
        bytes.drain(bytes.len() - 32 - cut..bytes.len() - 32);
        let whole = bytes.len() as u64;
        bytes[10..18].copy_from_slice(&whole.to_le_bytes());
        for (place, byte) in places {
            let place = 18 + place.index(bytes.len() - 18);
            bytes[place] = byte;
        }
        if let Ok(artifact) = Artifact::read(&signed(bytes)) {
            prop_assert_eq!(Artifact::read(&artifact.write()), Ok(artifact));
        }
    }
}
