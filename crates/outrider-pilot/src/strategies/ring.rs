//! A ring of points, so many for each host, on which a key finds its host and all that come after it.
//!
//! Source: Karger et al., "Consistent hashing and random trees", STOC 1997. How many points a host has depends on its
//! own weight alone, and where they lie on its address alone, so a host that comes or goes moves no key between others.
//! The one exception: a pool whose weights add up to more than [`MAX_POINTS`] has half the points per weight, and so on,
//! and crossing that line moves keys.
//!
//! A key is found in constant time: the points are spread evenly, so an index by their first bits leads to within a few
//! of any of them. Cost: 8 bytes per point and 4 to 8 for the index; two cache lines per lookup.

use std::net::{IpAddr, SocketAddr};

use outrider_features::keyed_hash;

/// Points of a host of weight 1. Shares are within about 8 % (one standard deviation, 1 / sqrt(160)) of the weights.
const POINTS: u64 = 160;
/// The most points of a ring, unless there are more hosts.
const MAX_POINTS: u64 = 1 << 20;
/// Low bits of a point that number its host; the rest is its place on the ring.
const HOST_BITS: u32 = 24;
const HOST_MASK: u64 = (1 << HOST_BITS) - 1;

/// Hosts on a ring, by their position in the list that it was made of.
#[derive(Debug)]
pub(crate) struct Ring {
    hosts: Box<[SocketAddr]>,
    /// In order.
    points: Box<[u64]>,
    /// Where the points begin whose first bits are at least the index.
    starts: Box<[u32]>,
    shift: u32,
}

impl Ring {
    /// The ring of `hosts` with their shares, weight 1 being 100. A share of 0 has no points.
    #[allow(clippy::cast_possible_truncation)] // at most 2^24 hosts and some more points
    pub(crate) fn new(hosts: &[(SocketAddr, u64)]) -> Ring {
        let halvings = halvings(hosts);
        let mut points: Vec<u64> = Vec::new();
        for (nth, &(address, share)) in (0..=HOST_MASK).zip(hosts) {
            let bytes = bytes_of(address);
            points.extend((0..count(share, halvings)).map(|point| keyed_hash(point, &bytes) & !HOST_MASK | nth));
        }
        points.sort_unstable();
        let bits = (points.len().max(2) as u64).next_power_of_two().ilog2();
        let shift = u64::BITS - bits;
        let mut at = 0;
        let start = |bucket: u64| {
            at += points[at..].iter().take_while(|&&point| point >> shift < bucket).count();
            at as u32
        };
        let starts = (0..1 << bits).map(start).collect();
        let hosts = hosts.iter().map(|&(address, _)| address).collect();
        Ring { hosts, points: points.into(), starts, shift }
    }

    /// The addresses of its hosts.
    pub(crate) fn hosts(&self) -> &[SocketAddr] {
        &self.hosts
    }

    /// The host of `key`, and of every point after it, once around. A host comes as often as it has points.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // fewer than 2^32 points
    pub(crate) fn walk(&self, key: u64) -> impl Iterator<Item = usize> {
        let start = self.starts[(key >> self.shift) as usize] as usize;
        let skip = self.points[start..].iter().take_while(|&&point| point < key).count();
        let (before, from) = self.points.split_at(start + skip);
        from.iter().chain(before).map(|point| (point & HOST_MASK) as usize)
    }
}

/// How often the points per weight are halved.
fn halvings(hosts: &[(SocketAddr, u64)]) -> u32 {
    let total: u64 = hosts.iter().map(|&(_, share)| count(share, 0)).sum();
    (total / (MAX_POINTS + 1)).checked_ilog2().map_or(0, |log| log + 1)
}

fn count(share: u64, halvings: u32) -> u64 {
    let all = share * POINTS / 100;
    if share == 0 { 0 } else { (all >> halvings).max(1) }
}

/// The same for every balancer that knows the host by this address.
fn bytes_of(address: SocketAddr) -> [u8; 18] {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    let mut bytes = [0; 18];
    bytes[..16].copy_from_slice(&ip.octets());
    bytes[16..].copy_from_slice(&address.port().to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::address;

    fn hosts(shares: &[u64]) -> Vec<(SocketAddr, u64)> {
        shares.iter().enumerate().map(|(nth, &share)| (address(nth), share)).collect()
    }

    /// The address that `key` belongs to.
    fn owner(ring: &Ring, key: u64) -> SocketAddr {
        ring.hosts()[ring.walk(key).next().unwrap()]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_host_that_leaves_moves_its_own_keys_and_no_other(
            shares in prop::collection::vec(1u64..500, 2..30), leaves: prop::sample::Index, keys in prop::collection::vec(any::<u64>(), 300),
        ) {
            let mut hosts = hosts(&shares);
            let before = Ring::new(&hosts);
            let gone = hosts.remove(leaves.index(shares.len())).0;
            let after = Ring::new(&hosts);
            for key in keys {
                let (was, is) = (owner(&before, key), owner(&after, key));
                prop_assert!(is != gone && (was == gone || was == is));
            }
        }

        #[test]
        fn a_walk_begins_at_the_key_and_meets_every_point_once_in_order(
            shares in prop::collection::vec(0u64..300, 1..20), key: u64,
        ) {
            prop_assume!(shares.iter().any(|&share| share > 0));
            let ring = Ring::new(&hosts(&shares));
            let first = ring.points.iter().position(|&point| point >= key).unwrap_or(0);
            let expected: Vec<usize> = (0..ring.points.len())
                .map(|nth| (ring.points[(first + nth) % ring.points.len()] & HOST_MASK) as usize)
                .collect();
            prop_assert_eq!(ring.walk(key).collect::<Vec<_>>(), expected);
            for (nth, &share) in shares.iter().enumerate() {
                prop_assert_eq!(ring.walk(key).filter(|&host| host == nth).count() as u64, count(share, 0));
            }
        }

        #[test]
        fn shares_follow_weights(shares in prop::collection::vec(100u64..500, 2..12)) {
            let ring = Ring::new(&hosts(&shares));
            let mut arcs = vec![0.0; shares.len()];
            let lasts = ring.points.iter().skip(1).chain(&ring.points[..1]);
            for (from, to) in ring.points.iter().zip(lasts) {
                arcs[(to & HOST_MASK) as usize] += to.wrapping_sub(*from) as f64 / u64::MAX as f64;
            }
            let total: u64 = shares.iter().sum();
            for (arc, &share) in arcs.iter().zip(&shares) {
                let fair = share as f64 / total as f64;
                // Five standard deviations.
                let deviation = 1.0 / (count(share, 0) as f64).sqrt();
                prop_assert!((arc / fair - 1.0).abs() < 5.0 * deviation, "{arc:.3}, {fair:.3} was due");
            }
        }
    }

    #[test]
    fn large_pools_have_fewer_points_and_none_has_none() {
        let ring = Ring::new(&hosts(&vec![100; 10_000]));
        assert_eq!(ring.points.len(), 80 * 10_000);
        assert_eq!(halvings(&hosts(&[100; 6_553])), 0);
        assert_eq!(halvings(&hosts(&[10_000_000, 1])), 4);
        assert_eq!((count(10_000_000, 4), count(1, 4), count(0, 0)), (1_000_000, 1, 0));
    }
}
