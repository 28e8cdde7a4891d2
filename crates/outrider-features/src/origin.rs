//! Where a request comes from: a region, by a header that something in front has set, else by the client's address.
//!
//! A header is believed only if its value is at most 32 letters, digits and `._-`, a letter or digit first: whatever
//! else is there was not set by an operator. Addresses are looked up by the longest prefix: for each length that occurs,
//! longest first, a binary search; a thousand networks of ten lengths cost about ten searches.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Headers, OriginSettings};

/// The longest name of a region, in bytes.
const REGION_BYTES_MAX: usize = 32;

/// Finds regions.
#[derive(Debug)]
pub(crate) struct Origin {
    header: Option<String>,
    regions: Vec<String>,
    v4: Networks,
    v6: Networks,
}

impl Origin {
    /// Networks whose region has no sound name are left out; of two equal networks the first counts.
    pub(crate) fn new(settings: &OriginSettings) -> Origin {
        let mut origin = Origin {
            header: settings.header.clone(),
            regions: Vec::new(),
            v4: Networks::default(),
            v6: Networks::default(),
        };
        for (network, region) in &settings.networks {
            if is_region(region.as_bytes()) {
                let at = origin.index_of(region);
                match network {
                    IpNet::V4(_) => origin.v4.insert(*network, at),
                    IpNet::V6(_) => origin.v6.insert(*network, at),
                }
            }
        }
        origin
    }

    fn index_of(&mut self, region: &str) -> usize {
        let known = self.regions.iter().position(|name| name == region);
        known.unwrap_or_else(|| {
            self.regions.push(region.to_owned());
            self.regions.len() - 1
        })
    }

    /// The region of a request from `client`; none if nothing tells.
    pub(crate) fn region<'a, H: Headers>(&'a self, headers: &'a H, client: IpAddr) -> Option<&'a str> {
        self.named(headers).or_else(|| self.located(client))
    }

    fn named<'a, H: Headers>(&self, headers: &'a H) -> Option<&'a str> {
        let value = headers.get(self.header.as_deref()?)?;
        std::str::from_utf8(value).ok().filter(|text| is_region(text.as_bytes()))
    }

    fn located(&self, client: IpAddr) -> Option<&str> {
        let client = client.to_canonical();
        let networks = if client.is_ipv4() { &self.v4 } else { &self.v6 };
        networks.longest(bits_of(client)).map(|at| self.regions[at].as_str())
    }
}

/// Whether `name` can name a region.
pub(crate) fn is_region(name: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    name.len() <= REGION_BYTES_MAX && name.first().is_some_and(u8::is_ascii_alphanumeric) && name.iter().all(fits)
}

/// Networks of one family by length of prefix, longest first; those of one length by address.
#[derive(Debug, Default)]
struct Networks {
    lengths: Vec<(u8, Vec<(u128, usize)>)>,
}

impl Networks {
    fn insert(&mut self, network: IpNet, region: usize) {
        let length = network.prefix_len();
        let bits = bits_of(network.network());
        let at = self.lengths.partition_point(|&(other, _)| other > length);
        if self.lengths.get(at).is_none_or(|&(other, _)| other != length) {
            self.lengths.insert(at, (length, Vec::new()));
        }
        let level = &mut self.lengths[at].1;
        if let Err(at) = level.binary_search_by_key(&bits, |&(other, _)| other) {
            level.insert(at, (bits, region));
        }
    }

    fn longest(&self, address: u128) -> Option<usize> {
        self.lengths.iter().find_map(|(length, level)| {
            let network = address & mask(*length);
            let at = level.binary_search_by_key(&network, |&(other, _)| other).ok()?;
            Some(level[at].1)
        })
    }
}

/// The address with its first bit in the highest place, whatever its family.
fn bits_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn mask(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::HeaderList;
    use proptest::prelude::*;

    fn settings(header: Option<&str>, networks: &[(&str, &str)]) -> OriginSettings {
        OriginSettings {
            header: header.map(str::to_owned),
            networks: networks.iter().map(|&(network, region)| (network.parse().unwrap(), region.to_owned())).collect(),
        }
    }

    #[test]
    fn the_longest_prefix_wins() {
        let origin = Origin::new(&settings(
            None,
            &[
                ("0.0.0.0/0", "world"),
                ("10.0.0.0/8", "inside"),
                ("10.1.0.0/16", "office"),
                ("10.1.0.0/16", "late"),
                ("10.1.2.3/32", "desk"),
                ("2001:db8::/32", "six"),
                ("9.9.9.9/32", "not a region"),
            ],
        ));
        let none = HeaderList::of(&[]);
        for (client, region) in [
            ("10.1.2.3", Some("desk")),
            ("::ffff:10.1.2.3", Some("desk")),
            ("10.1.2.4", Some("office")),
            ("10.2.0.1", Some("inside")),
            ("9.9.9.9", Some("world")),
            ("2001:db8::1", Some("six")),
            ("2001:db9::1", None),
        ] {
            assert_eq!(origin.region(&none, client.parse().unwrap()), region, "{client}");
        }
    }

    #[test]
    fn a_sound_header_goes_first() {
        let origin = Origin::new(&settings(Some("x-region"), &[("0.0.0.0/0", "world")]));
        let long = "a".repeat(33);
        for (value, region) in [
            ("eu-west.1", "eu-west.1"),
            ("", "world"),
            ("-eu", "world"),
            ("eu west", "world"),
            ("é", "world"),
            (long.as_str(), "world"),
        ] {
            let headers = HeaderList::of(&[("x-region", value)]);
            assert_eq!(origin.region(&headers, [1, 2, 3, 4].into()), Some(region), "{value}");
        }
    }

    proptest! {
        #[test]
        fn as_the_plain_search_finds(
            networks in proptest::collection::vec((any::<u8>(), any::<u8>(), 0_u8..=24), 0..20),
            clients in proptest::collection::vec((any::<u8>(), any::<u8>()), 10),
        ) {
            let networks: Vec<(IpNet, String)> = networks
                .into_iter()
                .map(|(a, b, length)| IpNet::new([10, a & 3, b & 3, 0].into(), length).unwrap().trunc())
                .enumerate()
                .map(|(at, network)| (network, format!("r{at}")))
                .collect();
            let origin = Origin::new(&OriginSettings { header: None, networks: networks.clone() });
            for (a, b) in clients {
                let client = IpAddr::from([10, a & 3, b & 3, 1]);
                let plain = networks
                    .iter()
                    .rev() // of equal lengths max_by_key takes the last, and the first listed counts
                    .filter(|(network, _)| network.contains(&client))
                    .max_by_key(|(network, _)| network.prefix_len());
                prop_assert_eq!(origin.located(client), plain.map(|(_, region)| region.as_str()));
            }
        }
    }
}
