//! When hosts are probed, over real sockets.

use std::net::TcpStream;

use socket2::{Domain, Socket, Type};

use super::*;
use crate::metrics::LinkResult;

const TIMEOUT: Duration = Duration::from_millis(100);

/// A listener that accepts nobody, with a full queue.
struct BlackHole {
    address: SocketAddr,
    _listener: Socket,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    fn start() -> BlackHole {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let address = listener.local_addr().unwrap().as_socket().unwrap();
        let queued = std::iter::from_fn(|| TcpStream::connect_timeout(&address, TIMEOUT).ok()).collect();
        BlackHole { address, _listener: listener, _queued: queued }
    }
}

/// What so many hosts with the address `host` give within a second and a half, each probed every 20 ms.
async fn probed(host: SocketAddr, hosts: usize, at_a_time: usize) -> Vec<Handshake> {
    let (found, mut results) = mpsc::channel(1_024);
    let slots = Arc::new(Semaphore::new(at_a_time));
    let rhythm = Rhythm { origin: Instant::now(), every: Duration::from_millis(20), timeout: TIMEOUT, slots, found };
    let tasks: Vec<Task> = (0..hosts).map(|_| Task::start(rhythm.clone().keep(host, Duration::ZERO))).collect();
    drop(rhythm);
    tokio::time::sleep(TIMEOUT * 15).await;
    drop(tasks);
    let mut probes = Vec::new();
    while let Some(probe) = results.recv().await {
        probes.push(probe);
    }
    probes
}

#[tokio::test]
async fn a_host_that_hangs_has_one_probe_under_way_however_often_it_is_probed() {
    let host = BlackHole::start();
    let probes = probed(host.address, 1, 100).await;
    assert!(probes.len() >= 5 && probes.len() <= 15, "{}", probes.len());
    assert!(probes.iter().all(|probe| probe.result == LinkResult::TimedOut && probe.round_trip.is_none()));
    let gaps = probes.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at).unwrap());
    assert!(gaps.into_iter().all(|gap| gap >= TIMEOUT.mul_f64(0.95)));
}

#[tokio::test]
async fn no_more_probes_are_under_way_than_there_are_slots() {
    let host = BlackHole::start();
    let probes = probed(host.address, 20, 3).await;
    // Three in each tenth of a second; without the bound it would be twenty.
    assert!(probes.len() >= 15 && probes.len() <= 3 * 15, "{}", probes.len());
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_refuses_and_a_listener_answers() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    let answered = handshake::measure(host, TIMEOUT).await;
    assert_eq!(answered.result, LinkResult::Answered);
    assert!(answered.round_trip.is_some_and(|took| took > Duration::ZERO && took <= TIMEOUT));
    drop(listener);
    let refused = handshake::measure(host, TIMEOUT).await;
    assert_eq!((refused.result, refused.round_trip), (LinkResult::Refused, None));
}
