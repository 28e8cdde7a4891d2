//! A balancer whose hosts can be changed, with what it says of them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::balancer::Balancer;
use crate::folder::Folder;

/// A balancer and its configuration file.
pub(crate) struct Rig {
    pub(crate) balancer: Balancer,
    folder: Folder,
}

impl Rig {
    /// Starts one; `more` are keys of the pool.
    pub(crate) fn start(hosts: &[SocketAddr], more: &str) -> Rig {
        let folder = Folder::new("faults");
        let balancer = Balancer::start(&folder, &config(hosts, more));
        Rig { balancer, folder }
    }

    /// Starts one that writes an access log.
    pub(crate) fn logging(hosts: &[SocketAddr], more: &str) -> Rig {
        let folder = Folder::new("faults");
        let config = format!("{}access_log: {{ path: access.log }}\n", config(hosts, more));
        let balancer = Balancer::start(&folder, &config);
        Rig { balancer, folder }
    }

    /// The whole lines of its access log so far.
    pub(crate) fn access_log(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.folder.path().join("access.log")).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
    }

    /// Writes other hosts into the configuration file.
    pub(crate) fn rewrite(&self, hosts: &[SocketAddr]) {
        self.folder.write("outrider.yaml", &config(hosts, ""));
    }

    /// The sum of a metric over its labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let metrics = self.metrics();
        let lines = metrics.lines().filter(|line| line.split(['{', ' ']).next() == Some(name));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// How often each host has been picked, health checks apart, in the order of `hosts`.
    pub(crate) fn picks(&self, hosts: &[SocketAddr]) -> Vec<u64> {
        let metrics = self.metrics();
        hosts.iter().map(|host| picks(&metrics, *host)).collect()
    }

    fn metrics(&self) -> String {
        let mut stream = TcpStream::connect(self.balancer.admin).expect("the admin listener accepts");
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("the admin listener reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the admin listener answers");
        answer
    }
}

fn config(hosts: &[SocketAddr], more: &str) -> String {
    let hosts: Vec<String> = hosts.iter().map(|host| format!("\"{host}\"")).collect();
    format!(
        "listeners: [ {{ address: 127.0.0.1:0 }} ]\n\
         pools: [ {{ name: faults, hosts: [ {} ]{more} }} ]\n\
         admin: {{ address: 127.0.0.1:0 }}\n\
         workers: 1\n",
        hosts.join(", ")
    )
}

fn picks(metrics: &str, host: SocketAddr) -> u64 {
    let label = format!("host=\"{host}\"");
    let lines = metrics.lines().filter(|line| line.starts_with("outrider_host_picks_total{") && line.contains(&label));
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a counter of whole numbers")]
    counts.map(|count| count as u64).next().unwrap_or_else(|| panic!("no picks of {host} in\n{metrics}"))
}
