//! Memory of a proxy whose clients stay connected and say nothing more.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::hosts::Hosts;
use crate::options::Options;
use crate::process::Failure;
use crate::subject::Subject;

/// Connections at a time.
pub(crate) const CONNECTIONS: usize = 10_000;

/// Measures and prints the table.
pub(crate) fn run(options: &Options, hosts: &Hosts) -> Result<(), Failure> {
    println!("\n## Memory with {CONNECTIONS} idle client connections, each after one request\n");
    println!("| proxy | MiB before | MiB with them | KiB per connection |\n|---|---|---|---|");
    for kind in &options.kinds {
        let subject = Subject::start(*kind, options, hosts)?;
        let before = subject.process.rss_mib()?;
        let connections = open(subject.address)?;
        let with = subject.process.rss_mib()?;
        #[expect(clippy::cast_precision_loss, reason = "ten thousand")]
        let each = (with - before) * 1024.0 / connections.len() as f64;
        println!("| {} | {before:.1} | {with:.1} | {each:.1} |", kind.name());
    }
    Ok(())
}

fn open(address: SocketAddr) -> Result<Vec<TcpStream>, Failure> {
    (0..CONNECTIONS).map(|_| used(address)).collect()
}

/// A connection that has had its answer.
fn used(address: SocketAddr) -> Result<TcpStream, Failure> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n")?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
    while answer.len() < 128 || !answer.ends_with(b"abcdef") {
        let read = stream.read(&mut buffer)?;
        if read == 0 {
            return Err("a connection was closed before it was idle".into());
        }
        answer.extend_from_slice(&buffer[..read]);
    }
    Ok(stream)
}
