use outrider_infer::DamagedError;
use outrider_infer::network::Network;
use outrider_infer::trees::Link;
use proptest::prelude::*;

use crate::made::{frame, network};

fn link(is_logistic: bool) -> Link {
    if is_logistic { Link::Logistic } else { Link::Identity }
}

/// What was read must be usable.
fn use_it(network: &Network) {
    let Ok(heads) = network.predict(&frame(1, 9)) else { return };
    assert!(heads.iter().flatten().all(|said| said.is_finite()));
    assert!(network.explain(&frame(1, 3)).unwrap().0.is_finite());
}

proptest! {
    #[test]
    fn what_is_written_reads_back(seed: u64, widths in prop::collection::vec(1_usize..9, 0..3), logistic: bool) {
        let network = network(seed, &widths, link(logistic));
        prop_assert_eq!(Network::read(&network.write().unwrap()), Ok(network));
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_refused(seed: u64, cut: prop::sample::Index) {
        let mut bytes = network(seed, &[4, 3], Link::Identity).write().unwrap();
        prop_assert!(Network::read(&bytes[..cut.index(bytes.len())]).is_err());
        bytes.push(0);
        prop_assert_eq!(Network::read(&bytes), Err(DamagedError::Long(1)));
    }

    #[test]
    fn a_damaged_network_is_refused_or_can_be_used(
        seed: u64, hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let mut bytes = network(seed, &[4, 3], Link::Logistic).write().unwrap();
        for (place, to) in hits {
            let place = place.index(bytes.len());
            bytes[place] = to;
        }
        if let Ok(read) = Network::read(&bytes) {
            prop_assert_eq!(read.write().unwrap(), bytes);
            use_it(&read);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_can_be_used(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [[1, 0].as_slice(), &tail].concat();
        if let Ok(read) = Network::read(&bytes) {
            use_it(&read);
        }
    }
}

/// Memory is taken for what was read, not for what is promised.
#[test]
fn promises_without_bytes_are_refused() {
    let no_inputs = [1, 0, 0, 0, 0];
    let wide = [no_inputs.as_slice(), &[2, 255, 255, 255, 255]].concat();
    assert_eq!(Network::read(&wide), Err(DamagedError::Short("biases")));
    let inputs = [1, 0, 0, 255, 255];
    assert_eq!(Network::read(&inputs), Err(DamagedError::Short("a name")));
    let words = [1, 0, 0, 1, 0, 1, 0, b'a', 2, 255, 255, 255, 255];
    assert_eq!(Network::read(&words), Err(DamagedError::Short("a name")));
    let layers = [no_inputs.as_slice(), &[200]].concat();
    assert!(matches!(
        Network::read(&layers),
        Err(DamagedError::Value { what: "the number of layers", found: 200, .. })
    ));
    assert_eq!(Network::read(&[9, 0]), Err(DamagedError::Version { found: 9, expected: 1 }));
    assert!(matches!(Network::read(&[1, 0, 2]), Err(DamagedError::Value { what: "the link", .. })));
}
