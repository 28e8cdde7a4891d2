use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::{RData, Record, rdata};
use proptest::prelude::*;
use tokio::net::UdpSocket;

use super::*;

fn found(last: &[u8]) -> Family {
    Family::Found(last.iter().map(|&n| IpAddr::from([10, 0, 0, n])).collect())
}

fn failed() -> Family {
    Family::Failed("SERVFAIL".into())
}

fn answer(v4: Family, v6: Family) -> Answer {
    let ttl = Duration::from_secs(60);
    Answer { v4, v6, ttl }
}

fn v4(known: &Known) -> Vec<String> {
    known.addresses().iter().map(ToString::to_string).collect()
}

#[test]
fn addresses_are_sorted_and_single() {
    let mut known = Known::default();
    known.learn(answer(found(&[3, 1, 3]), Family::Nothing));
    assert_eq!(v4(&known), ["10.0.0.1", "10.0.0.3"]);
    assert_eq!(known.failure, None);
}

#[test]
fn a_failure_keeps_what_was_known_and_says_so() {
    let good = answer(found(&[1, 2]), Family::Nothing);
    for bad in [
        answer(failed(), failed()),
        answer(Family::Nothing, Family::Nothing),
        answer(Family::Nothing, failed()),
        answer(failed(), Family::Nothing),
    ] {
        let mut known = Known::default();
        known.learn(good.clone());
        known.learn(bad.clone());
        assert_eq!(v4(&known), ["10.0.0.1", "10.0.0.2"], "{bad:?}");
        assert!(known.failure.is_some(), "{bad:?}");
        known.learn(good.clone());
        assert_eq!(known.failure, None);
    }
}

#[test]
fn a_lost_family_does_not_take_the_other_with_it() {
    let six = Family::Found(vec![IpAddr::from(Ipv6Addr::LOCALHOST)]);
    let mut known = Known::default();
    known.learn(answer(found(&[1]), six));
    known.learn(answer(found(&[2]), failed()));
    assert_eq!(v4(&known), ["10.0.0.2", "::1"]);
    known.learn(answer(found(&[2]), Family::Nothing));
    assert_eq!(v4(&known), ["10.0.0.2"]);
}

proptest! {
    #[test]
    fn the_wait_is_within_its_bounds(ttl_s in 0u64..1_000_000, failures in 0u32..100) {
        let mut known = Known::default();
        for _ in 0..failures {
            let wait = known.learn(answer(failed(), failed()));
            prop_assert!((TTL_MIN..=RETRY_MAX).contains(&wait));
        }
        let good = Answer { ttl: Duration::from_secs(ttl_s), ..answer(found(&[1]), Family::Nothing) };
        prop_assert_eq!(known.learn(good), Duration::from_secs(ttl_s.clamp(1, 300)));
    }
}

/// A name server that knows one name, whose records a test can change.
struct NameServer {
    port: u16,
    zone: Arc<Mutex<Zone>>,
}

#[derive(Clone, Default)]
struct Zone {
    v4: Vec<u8>,
    v6: bool,
    ttl_s: u32,
    v6_fails: bool,
}

impl NameServer {
    async fn start(zone: Zone) -> NameServer {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = socket.local_addr().unwrap().port();
        let zone = Arc::new(Mutex::new(zone));
        tokio::spawn(serve(socket, Arc::clone(&zone)));
        NameServer { port, zone }
    }

    fn names(&self) -> Names {
        let mut server = NameServerConfig::udp(IpAddr::from(Ipv4Addr::LOCALHOST));
        let mut connection = ConnectionConfig::udp();
        connection.port = self.port;
        server.connections = vec![connection];
        Names::servers(ResolverConfig::from_name_servers(vec![server]))
    }
}

async fn serve(socket: UdpSocket, zone: Arc<Mutex<Zone>>) {
    let mut bytes = [0; 2048];
    while let Ok((length, peer)) = socket.recv_from(&mut bytes).await {
        let question = Message::from_vec(&bytes[..length]).unwrap();
        let zone = zone.lock().unwrap().clone();
        let reply = reply(&question, &zone).to_vec().unwrap();
        socket.send_to(&reply, peer).await.unwrap();
    }
}

fn reply(question: &Message, zone: &Zone) -> Message {
    let mut reply = Message::response(question.metadata.id, question.metadata.op_code);
    let query = question.queries[0].clone();
    let record = |data| Record::from_rdata(query.name().clone(), zone.ttl_s, data);
    let known = query.name().to_ascii().eq_ignore_ascii_case("api.test.");
    match query.query_type() {
        _ if !known => reply.metadata.response_code = ResponseCode::NXDomain,
        RecordType::A => {
            for &n in &zone.v4 {
                reply.add_answer(record(RData::A(rdata::A::new(10, 0, 0, n))));
            }
        }
        RecordType::AAAA if zone.v6_fails => {
            reply.metadata.response_code = ResponseCode::ServFail;
        }
        RecordType::AAAA if zone.v6 => {
            reply.add_answer(record(RData::AAAA(rdata::AAAA(Ipv6Addr::LOCALHOST))));
        }
        _ => {}
    }
    reply.add_query(query);
    reply
}

#[tokio::test]
async fn a_name_server_is_asked_for_both_families_and_its_ttl_honoured() {
    let server = NameServer::start(Zone { v4: vec![2, 1], v6: true, ttl_s: 40, ..Zone::default() }).await;
    let mut known = Known::default();
    let wait = known.learn(server.names().ask("api.test.").await);
    assert_eq!(v4(&known), ["10.0.0.1", "10.0.0.2", "::1"]);
    assert!((35..=40).contains(&wait.as_secs()), "asked again after {wait:?}");
}

#[tokio::test]
async fn the_next_lookup_sees_the_change_and_is_not_served_from_a_cache() {
    let server = NameServer::start(Zone { v4: vec![1], ttl_s: 3600, ..Zone::default() }).await;
    let names = server.names();
    let mut known = Known::default();
    known.learn(names.ask("api.test.").await);
    server.zone.lock().unwrap().v4 = vec![7, 8];
    known.learn(names.ask("api.test.").await);
    assert_eq!(v4(&known), ["10.0.0.7", "10.0.0.8"]);
}

#[tokio::test]
async fn a_server_that_fails_for_one_family_is_told_from_one_that_has_none() {
    let server = NameServer::start(Zone { v4: vec![1], v6_fails: true, ttl_s: 60, ..Zone::default() }).await;
    let answer = server.names().ask("api.test.").await;
    assert_eq!(answer.v4, found(&[1]));
    assert!(matches!(answer.v6, Family::Failed(_)), "{answer:?}");
    let gone = server.names().ask("gone.test.").await;
    assert_eq!((gone.v4, gone.v6), (Family::Nothing, Family::Nothing));
}

#[tokio::test]
async fn localhost_needs_no_name_server() {
    let answer = Names::system().ask("localhost").await;
    let mut known = Known::default();
    known.learn(answer);
    let addresses = known.addresses();
    assert!(addresses.contains(&IpAddr::from(Ipv4Addr::LOCALHOST)), "{addresses:?}");
}

#[tokio::test]
async fn an_address_is_its_own_answer() {
    let answer = Names::system().ask("::1").await;
    assert_eq!(answer.v6, Family::Found(vec![IpAddr::from(Ipv6Addr::LOCALHOST)]));
}

#[tokio::test]
async fn nonsense_is_a_failure_and_not_a_panic() {
    for name in ["", ".", "a..b", "\u{0}", &"x".repeat(300)] {
        let answer = NameServer::start(Zone::default()).await.names().ask(name).await;
        assert!(!answer.found_something(), "{name:?}: {answer:?}");
    }
}
