//! Listening sockets: one per worker and address, joined by `SO_REUSEPORT`, and a way to close one without losing a
//! connection.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, Type};

/// Connections that may wait to be accepted, per worker; the system may allow less (`net.core.somaxconn`).
const BACKLOG: i32 = 4096;

/// Binds `count` sockets to `address`. Port 0 is chosen by the system once and shared by all.
/// `take_over`: join the sockets of another process that has the address and is about to leave.
/// `ours`: what this process listens on already.
pub(crate) fn bind(
    address: SocketAddr,
    count: usize,
    take_over: bool,
    ours: &[SocketAddr],
) -> io::Result<Vec<TcpListener>> {
    let joins_ours = ours.iter().any(|&other| overlap(address, other));
    if !take_over && !joins_ours && address.port() != 0 {
        refuse_if_taken(address)?;
    }
    let first = bind_one(address)?;
    let address = first.local_addr()?;
    let rest = (1..count).map(|_| bind_one(address));
    std::iter::once(Ok(first)).chain(rest).collect()
}

/// `SO_REUSEPORT` would join a socket of any other program of the same user without a word, and half of the traffic
/// would go there. Not asked where a socket of our own has the port: it would be in the way, and says enough, for it was
/// asked when that one was bound.
fn refuse_if_taken(address: SocketAddr) -> io::Result<()> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    only_its_own_family(&socket, address)?;
    socket.bind(&address.into())
}

/// Whether one socket keeps the other from being bound without `SO_REUSEPORT`. Families do not meet, since ours are bound
/// to their own alone.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let any = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.is_ipv4() == other.is_ipv4() && (any || one.ip() == other.ip())
}

fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    only_its_own_family(&socket, address)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn only_its_own_family(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(())
}

/// From now on the socket answers no new handshake; those begun can end, and what waits can be accepted. Closing a
/// listener resets whatever waits in its queue, so this comes first, then the queue is emptied, then it is closed.
///
/// The filter is classic BPF over the TCP header: drop a segment whose flags (byte 13) are SYN without ACK. Whoever
/// sent it tries again a second later, and finds another listener or none.
pub(crate) fn refuse_handshakes(listener: &tokio::net::TcpListener) -> io::Result<()> {
    const LOAD_BYTE: u16 = 0x30;
    const AND: u16 = 0x54;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN_AND_ACK: u32 = 0x12;
    const SYN: u32 = 0x02;
    let drop_new = [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(AND, 0, 0, SYN_AND_ACK),
        SockFilter::new(JUMP_IF_EQUAL, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ];
    SockRef::from(listener).attach_filter(&drop_new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sockets_share_the_port_that_the_system_chose() {
        let sockets = bind("127.0.0.1:0".parse().unwrap(), 3, false, &[]).unwrap();
        let ports: Vec<u16> = sockets.iter().map(|s| s.local_addr().unwrap().port()).collect();
        assert!(ports[0] != 0 && ports.iter().all(|p| *p == ports[0]), "{ports:?}");
    }

    #[test]
    fn an_address_in_use_is_refused() {
        let taken = bind("127.0.0.1:0".parse().unwrap(), 1, false, &[]).unwrap();
        let error = bind(taken[0].local_addr().unwrap(), 1, false, &[]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        bind(taken[0].local_addr().unwrap(), 1, true, &[]).unwrap();
    }
    #[test]
    fn our_own_sockets_are_not_in_the_way() {
        let ours = bind("127.0.0.1:0".parse().unwrap(), 2, false, &[]).unwrap();
        let narrow = ours[0].local_addr().unwrap();
        let wide = SocketAddr::from(([0, 0, 0, 0], narrow.port()));
        assert_eq!(bind(wide, 1, false, &[]).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        bind(wide, 2, false, &[narrow]).unwrap();
        bind(narrow, 2, false, &[narrow]).unwrap();
    }

    #[test]
    fn addresses_overlap_where_a_socket_is_in_the_way() {
        let overlaps = |one: &str, other: &str| overlap(one.parse().unwrap(), other.parse().unwrap());
        for (one, other, expected) in [
            ("127.0.0.1:80", "127.0.0.1:80", true),
            ("127.0.0.1:80", "0.0.0.0:80", true),
            ("[::]:80", "[::1]:80", true),
            ("127.0.0.1:80", "127.0.0.1:81", false),
            ("127.0.0.1:80", "127.0.0.2:80", false),
            ("0.0.0.0:80", "[::]:80", false),
        ] {
            assert_eq!(overlaps(one, other), expected, "{one} {other}");
            assert_eq!(overlaps(other, one), expected, "{other} {one}");
        }
    }
}
