//! One probe of one link: the time from the call that connects to the answer, and no byte sent.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::control::is_loop;
use crate::metrics::LinkResult;

/// What came of a probe.
#[derive(Clone, Copy, Debug)]
pub(super) struct Handshake {
    pub(super) host: SocketAddr,
    /// When it began.
    pub(super) at: SystemTime,
    pub(super) result: LinkResult,
    /// How long it took; none but for one that was answered.
    pub(super) round_trip: Option<Duration>,
}

/// Opens a connection to `host` and closes it.
pub(super) async fn measure(host: SocketAddr, limit: Duration) -> Handshake {
    let (at, began) = (SystemTime::now(), Instant::now());
    let connected = timeout(limit, TcpStream::connect(host)).await;
    let took = began.elapsed();
    let result = match connected {
        Err(_) => LinkResult::TimedOut,
        Ok(Err(error)) => result_of(&error),
        Ok(Ok(stream)) if is_loop(&stream) => LinkResult::Refused,
        // This thread was held up: how long the link took is not known.
        Ok(Ok(_)) if took > limit => LinkResult::Failed,
        Ok(Ok(_)) => LinkResult::Answered,
    };
    Handshake { host, at, result, round_trip: (result == LinkResult::Answered).then_some(took) }
}

/// What neither the link nor the host did is ours: no more descriptors, ports or memory.
fn result_of(error: &io::Error) -> LinkResult {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted => LinkResult::Refused,
        ErrorKind::TimedOut => LinkResult::TimedOut,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => LinkResult::Unreachable,
        _ => LinkResult::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_link_or_the_host_did_is_a_lost_probe() {
        // Linux: ENETUNREACH, EHOSTUNREACH, ECONNREFUSED, EMFILE, EADDRNOTAVAIL.
        let numbers = [101, 113, 111, 24, 99];
        let results = numbers.map(|number| result_of(&io::Error::from_raw_os_error(number)));
        assert_eq!(results[..2], [LinkResult::Unreachable; 2]);
        assert_eq!(results[2..], [LinkResult::Refused, LinkResult::Failed, LinkResult::Failed]);
    }
}
