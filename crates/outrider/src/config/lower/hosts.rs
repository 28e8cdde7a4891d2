//! Hosts: addresses, names and files.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use outrider_pilot::{HostSpec, Labels};
use outrider_proxy::settings::{HostSource, Listener};

use crate::config::forms::{HostAddress, parse_host};
use crate::config::hosts_file;
use crate::config::lower::Lowering;
use crate::config::lower::once::Once;
use crate::config::mistake::{Mistake, Place, Report};
use crate::config::written::{Content, Value, Written};

/// The weight of a host where none is given.
pub(crate) const WEIGHT: u32 = 1;

/// A host as it was written, and where.
struct HostEntry {
    place: Place,
    address: HostAddress,
    weight: u32,
    labels: Labels,
}

impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostAddress::Ip(address) => address.fmt(f),
            HostAddress::Dns(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

impl Lowering<'_> {
    /// Where the hosts of a pool are listed; each host is there once, over all its sources.
    pub(super) fn sources(&mut self, pool: &Written, listeners: &[Listener]) -> Vec<HostSource> {
        let mut once = Once::new("the host");
        let written = pool.list("hosts").iter().filter_map(host);
        let mut sources: Vec<HostSource> =
            written.inspect(|entry| self.inspect(entry, listeners, &mut once)).map(source).collect();
        self.not_empty(pool);
        sources.extend(self.file(pool, listeners, &mut once));
        sources
    }

    fn not_empty(&mut self, pool: &Written) {
        let empty = |value: &&Value| matches!(&value.content, Content::List(items) if items.is_empty());
        // A list is also empty where no item of it was sound.
        if let Some(value) = pool.get("hosts").filter(empty)
            && pool.sound
            && pool.get("hosts_file").is_none()
        {
            self.wrong(value.place, "a pool without hosts", "at least one host, or a `hosts_file`", None);
        }
    }

    fn file(&mut self, pool: &Written, listeners: &[Listener], once: &mut Once<HostAddress>) -> Option<HostSource> {
        let place = pool.get("hosts_file")?.place;
        let path = self.path(pool.text("hosts_file")?);
        match hosts_file::read(&path, self.report) {
            Ok(value) => {
                for entry in value.iter().flat_map(Value::as_list).filter_map(host) {
                    only_addresses(&entry, self.report);
                    self.inspect(&entry, listeners, once);
                }
            }
            Err(unreadable) => {
                let wrong = format!("the hosts file `{}` {unreadable}", path.display());
                self.wrong(place, wrong, "a file that holds a list of hosts", None);
            }
        }
        Some(HostSource::File { path })
    }

    fn inspect(&mut self, entry: &HostEntry, listeners: &[Listener], once: &mut Once<HostAddress>) {
        once.see(entry.address.clone(), entry.place, self.report);
        if let HostAddress::Ip(address) = entry.address
            && listeners.iter().any(|listener| is_itself(listener.address, address))
        {
            let wrong = format!("the host `{address}` is the balancer's own listener");
            self.wrong(entry.place, wrong, "another address: requests would go round in circles", None);
        }
    }
}

/// The hosts of a file, whose names would have to be resolved to become addresses.
pub(crate) fn static_hosts(items: &[Value], report: &mut Report) -> Vec<HostSpec> {
    let mut once = Once::new("the host");
    let mut specs = Vec::new();
    for entry in items.iter().filter_map(host) {
        once.see(entry.address.clone(), entry.place, report);
        only_addresses(&entry, report);
        if let HostSource::Static(spec) = source(entry) {
            specs.push(spec);
        }
    }
    specs
}

fn only_addresses(entry: &HostEntry, report: &mut Report) {
    if let HostAddress::Dns(name, _) = &entry.address {
        let wrong = format!("the DNS name `{name}` in a hosts file");
        let hint = "write names under `hosts` in the configuration".to_owned();
        report.add(Mistake::at(entry.place, wrong, "an IP address with a port").hint(hint));
    }
}

fn host(value: &Value) -> Option<HostEntry> {
    match &value.content {
        Content::Text(text) => Some(HostEntry {
            place: value.place,
            address: parse_host(text).ok()?,
            weight: WEIGHT,
            labels: Labels::default(),
        }),
        Content::Map(written) => long_form(written),
        _ => None,
    }
}

fn long_form(written: &Written) -> Option<HostEntry> {
    let address = match written.text("address") {
        Some(text) => parse_host(text).ok()?,
        None => parse_host(&format!("{}:{}", written.text("dns")?, written.integer::<u16>("port")?)).ok()?,
    };
    let labels = written.section("labels");
    Some(HostEntry {
        place: written.place,
        address,
        weight: written.integer("weight").unwrap_or(WEIGHT),
        labels: Labels {
            region: labels.text("region").map(str::to_owned),
            kind: labels.text("kind").map(str::to_owned),
        },
    })
}

fn source(entry: HostEntry) -> HostSource {
    let HostEntry { address, weight, labels, .. } = entry;
    match address {
        HostAddress::Ip(address) => HostSource::Static(HostSpec { address, weight, labels }),
        HostAddress::Dns(name, port) => HostSource::Dns { name, port, weight, labels },
    }
}

/// Whether what is sent to `host` arrives at `listener`.
fn is_itself(listener: SocketAddr, host: SocketAddr) -> bool {
    let any = listener.ip().is_unspecified() && is_loopback(host.ip());
    listener.port() == host.port() && (listener.ip() == host.ip() || any)
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.is_loopback()
}
