use outrider_infer::trees::{CodecError, Trees};
use proptest::prelude::*;

use crate::grown::{model, rows};

/// What was read must be usable: no panic, no endless loop.
fn use_it(trees: &Trees) {
    let kinds = &trees.head().kinds;
    let matrix = rows(1, kinds, 9);
    trees.predict(&matrix);
    trees.explain(&matrix.row(0));
}

proptest! {
    #[test]
    fn what_is_written_is_read(seed: u64, trees in 0_usize..20, words: bool) {
        let grown = model(seed, 5, trees, words).trees;
        let bytes = grown.write();
        prop_assert_eq!(Trees::read(&bytes).unwrap().write(), bytes.clone());
        prop_assert_eq!(Trees::read(&bytes).unwrap(), grown);
    }

    #[test]
    fn a_part_of_it_or_more_than_it_is_refused(seed: u64, cut in 0.0..1.0, more in 1_usize..20) {
        let mut bytes = model(seed, 5, 3, true).trees.write();
        let cut = (cut * bytes.len() as f64) as usize;
        prop_assert!(Trees::read(&bytes[..cut]).is_err());
        bytes.resize(bytes.len() + more, 0);
        prop_assert_eq!(Trees::read(&bytes), Err(CodecError::Length("too long")));
    }

    /// Words of four bytes are overwritten by values that hurt.
    #[test]
    fn a_damaged_model_is_refused_or_can_be_used(
        seed: u64, hits in prop::collection::vec((0.0..1.0, prop::sample::select(vec![0_u32, 1, 2, 255, 0x8000_0000, 0x7fff_ffff, u32::MAX, 0x0001_0001])), 1..4),
    ) {
        let mut bytes = model(seed, 4, 3, true).trees.write();
        for (place, value) in hits {
            let at = (place * (bytes.len() - 4) as f64) as usize;
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        if let Ok(trees) = Trees::read(&bytes).map(small) {
            trees.iter().for_each(use_it);
        }
    }

    #[test]
    fn any_bytes_after_the_first_four_are_refused_or_can_be_used(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [b"ORT1".as_slice(), &[0, 0], &tail].concat();
        if let Ok(trees) = Trees::read(&bytes).map(small) {
            trees.iter().for_each(use_it);
        }
        prop_assert_eq!(Trees::read(&tail), Err(CodecError::Magic("ORT1")));
    }
}

/// Nothing if a dictionary is so large that rows cannot be drawn for it in a test.
fn small(trees: Trees) -> Option<Trees> {
    use outrider_infer::trees::Kind;
    let fits = trees.head().kinds.iter().all(|kind| !matches!(kind, Kind::Category(words) if *words > 1 << 20));
    fits.then_some(trees)
}

#[test]
fn damage_is_told_in_one_sentence_with_its_place() {
    let mut bytes = model(3, 2, 1, false).trees.write();
    let last = bytes.len() - 4 - 4 - 4;
    bytes[last..last + 4].copy_from_slice(&(-1.0_f32).to_le_bytes());
    let told = Trees::read(&bytes).unwrap_err().to_string();
    let expected = format!(
        "the model of trees is damaged at byte {}: expected that rows came here; copy it again, or train anew",
        last - 8
    );
    assert_eq!(told, expected);
}
