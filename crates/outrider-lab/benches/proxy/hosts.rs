//! What stands behind the proxies: one NGINX that is four hosts, on the core of the load.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Stdio;

use crate::process::{self, Failure, Folder, Process};

const BACKEND: &str = include_str!("../../../../bench/proxy/backend.conf");

/// Four hosts in one process.
pub(crate) struct Hosts {
    pub(crate) addresses: [SocketAddr; 4],
    _process: Process,
    _folder: Folder,
}

impl Hosts {
    pub(crate) fn start() -> Result<Hosts, Failure> {
        let folder = Folder::new("backend")?;
        let free = process::free_address;
        let addresses = [free()?, free()?, free()?, free()?];
        let config = folder.write("backend.conf", &filled(BACKEND, &addresses, &folder))?;
        let arguments = ["-p", &folder.path(), "-c", &config];
        let mut process = Process::start(process::cores().rest, Path::new("nginx"), &arguments, Stdio::null())?;
        process.listens(addresses[0])?;
        Ok(Hosts { addresses, _process: process, _folder: folder })
    }

    /// Connections accepted so far, for how often proxies open new ones.
    pub(crate) fn accepted(&self) -> Result<u64, Failure> {
        let status = get(self.addresses[0], "/status")?;
        let counts = status.lines().nth(2).and_then(|line| line.split_whitespace().next()?.parse().ok());
        Ok(counts.ok_or("the hosts do not tell their status")?)
    }
}

/// A template with its hosts and its folder filled in.
pub(crate) fn filled(template: &str, hosts: &[SocketAddr; 4], folder: &Folder) -> String {
    let places = ["@host0@", "@host1@", "@host2@", "@host3@"];
    let hosts = places.iter().zip(hosts);
    let text = hosts.fold(template.to_owned(), |text, (place, host)| text.replace(place, &host.to_string()));
    text.replace("@folder@", &folder.path())
}

/// The body of one answer.
pub(crate) fn get(address: SocketAddr, path: &str) -> Result<String, Failure> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").ok_or_else(|| format!("{address} answers {answer:?}"))?.1;
    Ok(body.to_owned())
}
