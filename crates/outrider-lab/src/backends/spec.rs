//! What the backends are told to be.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use outrider_workload::{Fleet, FleetError, ScriptedFault};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A fleet of hosts on sockets. As JSON, all but `fleet` may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackendsSpec {
    /// Hosts, classes and laws.
    pub fleet: Fleet,
    /// Seed of all luck: noise and neighbours.
    #[serde(default)]
    pub seed: u64,
    /// Address that all hosts listen on.
    #[serde(default = "loopback")]
    pub listen: IpAddr,
    /// Port of the first host, the others follow; 0 lets the system choose for each.
    #[serde(default)]
    pub base_port: u16,
    /// Bytes of a good answer's body, at most 64 MiB.
    #[serde(default = "small")]
    pub response_bytes: usize,
    /// Whether answers carry the ORCA header.
    #[serde(default)]
    pub orca: bool,
    /// What goes wrong, and when.
    #[serde(default)]
    pub faults: Vec<ScriptedFault>,
}

/// A description of hosts that cannot be.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SpecError {
    /// The fleet makes no sense.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// A port would lie beyond 65535.
    #[error("{hosts} hosts from port {base_port} on need ports beyond 65535")]
    Ports {
        /// How many hosts there are.
        hosts: usize,
        /// The first one's port.
        base_port: u16,
    },
    /// A fault names a host that is not there.
    #[error("fault on host {host}, but there are only {hosts} (from 0)")]
    FaultHost {
        /// Which one was named.
        host: usize,
        /// How many there are.
        hosts: usize,
    },
    /// The answer would be too big.
    #[error("response_bytes {0} is more than 64 MiB")]
    ResponseBytes(usize),
}

const RESPONSE_BYTES_MAX: usize = 64 << 20;

impl BackendsSpec {
    /// `fleet` on ports of 127.0.0.1 that the system chooses, with ORCA off, small answers and no faults.
    pub fn new(fleet: Fleet, seed: u64) -> BackendsSpec {
        BackendsSpec {
            fleet,
            seed,
            listen: loopback(),
            base_port: 0,
            response_bytes: small(),
            orca: false,
            faults: Vec::new(),
        }
    }

    /// Whether it can be.
    ///
    /// # Errors
    /// The first thing that cannot.
    pub fn check(&self) -> Result<(), SpecError> {
        self.fleet.check()?;
        let hosts = self.fleet.hosts.len();
        let (base_port, response_bytes) = (self.base_port, self.response_bytes);
        if base_port != 0 && usize::from(base_port) + hosts > 1 << 16 {
            return Err(SpecError::Ports { hosts, base_port });
        }
        if let Some(line) = self.faults.iter().find(|line| line.host >= hosts) {
            let host = line.host;
            return Err(SpecError::FaultHost { host, hosts });
        }
        if response_bytes > RESPONSE_BYTES_MAX {
            return Err(SpecError::ResponseBytes(response_bytes));
        }
        Ok(())
    }

    /// Where host `index` is to listen.
    pub(super) fn address(&self, index: usize) -> SocketAddr {
        let offset = u16::try_from(index).unwrap_or(u16::MAX);
        let port = match self.base_port {
            0 => 0,
            base => base.saturating_add(offset),
        };
        SocketAddr::new(self.listen, port)
    }
}

fn loopback() -> IpAddr {
    IpAddr::V4(Ipv4Addr::LOCALHOST)
}

fn small() -> usize {
    128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_can_be_written_short() {
        let text = r#"{"fleet":{"mix":[{"name":"all","mean_ms":10,"share":1}],"hosts":[{"parallelism":4}]},
            "faults":["host=0,at=5s,kind=hang,for=10s"]}"#;
        let spec: BackendsSpec = serde_json::from_str(text).unwrap();
        assert_eq!(spec.check(), Ok(()));
        assert_eq!((spec.faults.len(), spec.base_port), (1, 0));
        assert!(serde_json::from_str::<BackendsSpec>(&text.replace("faults", "fautls")).is_err());
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let good = BackendsSpec::new(Fleet::uneven_mixed(3, 1), 1);
        let spec = |f: fn(&mut BackendsSpec)| {
            let mut spec = good.clone();
            f(&mut spec);
            spec.check().unwrap_err()
        };
        assert!(matches!(spec(|s| s.base_port = 65_534), SpecError::Ports { .. }));
        assert!(matches!(spec(|s| s.response_bytes = usize::MAX), SpecError::ResponseBytes(_)));
        let fault = spec(|s| s.faults = vec!["host=3,kind=die".parse().unwrap()]);
        assert!(matches!(fault, SpecError::FaultHost { host: 3, hosts: 3 }));
        assert!(matches!(spec(|s| s.fleet.hosts.clear()), SpecError::Fleet(_)));
    }
}
