//! HAProxy, given what Outrider has by default: kept connections to hosts, health checks, hosts that fail taken out by
//! their traffic, a try on another host for what may be repeated, and no log.

use std::fmt::Write;
use std::path::Path;

use super::scratch::Scratch;
use super::{Balancer, BalancerError, Ground, Upstream, free_address, start_at};

/// Weights of HAProxy end here.
const WEIGHT_MAX: u32 = 256;

pub(super) fn start(
    program: &Path,
    scratch: Scratch,
    algorithm: &str,
    ground: Ground<'_>,
) -> Result<Balancer, BalancerError> {
    let clients = free_address()?;
    let text = configuration(&clients.to_string(), algorithm, ground);
    let file = scratch.write("haproxy.cfg", &text).map_err(BalancerError::Config)?;
    let arguments = ["-db".to_owned(), "-f".to_owned(), file.to_string_lossy().into_owned()];
    start_at(program, &arguments, clients, Some(scratch))
}

fn configuration(listen: &str, algorithm: &str, ground: Ground<'_>) -> String {
    let workers = ground.workers;
    let mut text = format!(
        "global\n  maxconn 4096\n  no strict-limits\n  nbthread {workers}\n\n\
         defaults\n  mode http\n  timeout connect 2s\n  timeout client 75s\n  timeout server 60s\n  \
         timeout http-request 10s\n  timeout http-keep-alive 75s\n  option forwardfor\n  http-reuse always\n  \
         retries 2\n  option redispatch 1\n  retry-on conn-failure empty-response 502 503 504\n\n\
         frontend clients\n  bind {listen} backlog 4096\n  default_backend hosts\n\n\
         backend hosts\n  balance {algorithm}\n  option httpchk GET /healthz\n  \
         default-server check inter 1s fall 2 rise 2 observe layer7 error-limit 5 on-error mark-down\n"
    );
    for (index, host) in ground.hosts.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  server h{index} {}{}", host.address, weight(host));
    }
    text
}

fn weight(host: &Upstream) -> String {
    host.weight.map_or_else(String::new, |weight| format!(" weight {}", scaled(weight)))
}

/// A weight of 0 to 1000 among 1 to 256.
fn scaled(weight: u32) -> u32 {
    (weight * WEIGHT_MAX).div_ceil(super::contender::WEIGHT_MAX).clamp(1, WEIGHT_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_its_line_and_its_weight() {
        let host = |port: u16, weight| Upstream { address: ([127, 0, 0, 1], port).into(), weight, joins: false };
        let hosts = [host(9_001, None), host(9_002, Some(500)), host(9_003, Some(1_000))];
        let text = configuration("127.0.0.1:80", "leastconn", Ground { hosts: &hosts, workers: 2, token: None });
        assert!(text.contains("  server h0 127.0.0.1:9001\n  server h1 127.0.0.1:9002 weight 128\n"), "{text}");
        assert!(text.contains("h2 127.0.0.1:9003 weight 256\n") && text.contains("nbthread 2\n"), "{text}");
    }
}
