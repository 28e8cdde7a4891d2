use outrider_infer::trees::{Branch, Combine, Head, Kind, Link, Trees};
use proptest::prelude::*;

use crate::grown::{model, obvious, rows};

proptest! {
    /// One row at a time, a few, a batch, the first and the last of them prepared, and the obvious loop: the same bits, whatever the number of trees,
    /// features and rows.
    #[test]
    fn all_kernels_are_the_obvious_loop_bit_for_bit(seed: u64, trees in 0_usize..40, words: bool, wide in 0_usize..3) {
        let grown = model(seed, [3, 35, 300][wide], trees, words);
        let matrix = rows(seed ^ 1, &grown.trees.head().kinds, 75);
        let (batch, prepared) = (grown.trees.raw(&matrix), grown.trees.clone().prepare());
        let prepared_batch = prepared.raw(&matrix);
        let few = grown.trees.raw(&matrix.select(&[0, 1, 2]));
        prop_assert!(few.iter().zip(&batch).all(|(few, batch)| few.to_bits() == batch.to_bits()));
        for (at, batch) in batch.iter().enumerate() {
            let row = matrix.row(at);
            prop_assert_eq!(batch.to_bits(), obvious(&grown, &row).to_bits());
            prop_assert_eq!(batch.to_bits(), grown.trees.raw_row(&row).to_bits());
            prop_assert_eq!(batch.to_bits(), prepared_batch[at].to_bits());
            prop_assert_eq!(batch.to_bits(), prepared.raw_row(&row).to_bits());
        }
    }

    /// Codes that no dictionary gives are read as unseen words.
    #[test]
    fn codes_out_of_the_dictionary_are_unseen(seed: u64, code in 4_u32..) {
        let trees = model(seed, 2, 9, true).trees;
        for trees in [trees.clone(), trees.prepare()] {
            let raw = |code: u32| trees.raw_row(&[0.5, f32::from_bits(code)]);
            prop_assert_eq!(raw(code.max(5)).to_bits(), raw(3).to_bits());
        }
    }
}

fn number(children: [usize; 2]) -> Branch {
    Branch::Number { feature: 0, cut: 1.0, missing_left: true, children, gain: 1.0 }
}

fn leaf(value: f32) -> Branch {
    Branch::Leaf { value, cover: 1.0 }
}

fn empty(link: Link) -> Trees {
    let kinds = vec![Kind::Number, Kind::Category(3)];
    Trees::new(Head { kinds, link, combine: Combine::Sum, base: 0.0, quantile: None }).unwrap()
}

#[test]
fn a_log_odds_becomes_a_probability() {
    let mut trees = empty(Link::Logistic);
    trees.push(&[number([1, 2]), leaf(-2.0), leaf(3.0_f32.ln())]).unwrap();
    assert!((trees.predict_row(&[5.0, 0.0]) - 0.75).abs() < 1e-7);
    assert_eq!(trees.predict(&rows(1, &trees.head().kinds, 0)), Vec::<f64>::new());
}

#[test]
fn gains_and_features_are_told_and_trees_are_cut_off() {
    let mut trees = empty(Link::Identity);
    assert_eq!((trees.gain_shares(), trees.used()), (vec![0.0, 0.0], vec![]));
    let left = vec![true, false, false, false, false];
    let set = Branch::Category { feature: 1, left, children: [1, 2], gain: 3.0 };
    trees.push(&[number([1, 2]), leaf(1.0), leaf(2.0)]).unwrap();
    trees.push(&[set, leaf(1.0), leaf(2.0)]).unwrap();
    assert_eq!((trees.gain_shares(), trees.used(), trees.leaves()), (vec![0.25, 0.75], vec![0, 1], 4));
    trees.truncate(1);
    assert_eq!((trees.len(), trees.leaves(), trees.raw_row(&[0.0, 0.0])), (1, 2, 1.0));
}

#[test]
fn branches_that_are_no_tree_are_refused_and_leave_the_model_as_it_was() {
    let mut trees = empty(Link::Identity);
    trees.push(&[number([1, 2]), leaf(1.0), leaf(2.0)]).unwrap();
    let before = trees.clone();
    let set = |left: usize| Branch::Category { feature: 1, left: vec![true; left], children: [1, 2], gain: 0.0 };
    let other = Branch::Number { feature: 1, cut: 0.0, missing_left: true, children: [1, 2], gain: 0.0 };
    let bad: [&[Branch]; 9] = [
        &[],
        &[number([1, 1]), leaf(1.0)],
        &[number([0, 1]), leaf(1.0)],
        &[number([1, 9]), leaf(1.0)],
        &[number([1, 2]), number([2, 1]), leaf(1.0)],
        &[leaf(f32::INFINITY)],
        &[Branch::Leaf { value: 0.0, cover: 0.0 }],
        &[set(4), leaf(1.0), leaf(1.0)],
        &[other, leaf(1.0), leaf(1.0)],
    ];
    for bad in bad {
        assert!(trees.push(bad).is_err(), "{bad:?}");
        assert_eq!(trees, before);
    }
    let deep: Vec<_> = (0..200).flat_map(|at| [number([2 * at + 1, 2 * at + 2]), leaf(0.0)]).collect();
    let told = trees.push(&deep).unwrap_err().to_string();
    assert!(told.starts_with("tree 1, node "), "{told}");
    let quantile = Head { quantile: Some(1.0), ..before.head().clone() };
    assert!(Trees::new(quantile).is_err() && Trees::new(Head { base: f64::NAN, ..before.head().clone() }).is_err());
}
