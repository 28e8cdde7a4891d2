//! Hosts, candidates and requests for the crate's own tests.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use outrider_core::{ClassId, Random, Time};

use crate::exchange::{Exchange, Host};
use crate::picker::Picker;
use crate::pool::PickRequest;
use crate::settings::{HostSpec, Labels};
use crate::strategies::{Candidate, Field};

pub(crate) fn address(nth: usize) -> SocketAddr {
    let nth = u32::try_from(nth).unwrap();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + nth)), 80)
}

pub(crate) fn host(nth: usize) -> Arc<Host> {
    Host::new("pool".into(), address(nth))
}

pub(crate) fn specs(weights: &[u32]) -> Vec<HostSpec> {
    let spec = |(nth, &weight)| HostSpec { address: address(nth), weight, labels: Labels::default() };
    weights.iter().enumerate().map(spec).collect()
}

pub(crate) fn candidates(weights: &[u64]) -> Vec<Candidate> {
    weights.iter().enumerate().map(|(nth, &weight)| Candidate::new(host(nth), weight)).collect()
}

/// Puts `counts[i]` requests in flight on candidate `i`, for as long as the result lives.
pub(crate) fn load(candidates: &[Candidate], counts: &[usize]) -> Vec<Exchange> {
    let begin = |host: &Arc<Host>| Exchange::begin(host, false, Time::ZERO);
    let pairs = candidates.iter().zip(counts);
    pairs.flat_map(|(candidate, &count)| (0..count).map(|_| begin(&candidate.host))).collect()
}

pub(crate) fn picker(seed: u64) -> Picker {
    Picker::new(Random::new(seed))
}

pub(crate) fn request_at(now: Time) -> PickRequest<'static> {
    PickRequest { class: ClassId::OTHER, tried: &[], repeatable: true, size: None, key: None, now }
}

pub(crate) fn field<'a>(candidates: &'a [Candidate], request: &'a PickRequest<'a>) -> Field<'a> {
    Field { candidates, request }
}
