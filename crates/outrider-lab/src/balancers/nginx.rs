//! NGINX, given what Outrider has by default as far as it has it: kept connections to hosts, a try on another host for
//! what may be repeated, and no log. Its passive checks are as documented (one failure takes a host out for ten seconds);
//! active ones it has none. Its counts are shared by its workers (`zone`).

use std::fmt::Write;
use std::path::Path;

use super::scratch::Scratch;
use super::{Balancer, BalancerError, Ground, Upstream, free_address, start_at};

/// Where it would otherwise write into folders of the system.
const TEMPORARY: [&str; 5] = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

pub(super) fn start(
    program: &Path,
    scratch: Scratch,
    method: &str,
    ground: Ground<'_>,
) -> Result<Balancer, BalancerError> {
    let clients = free_address()?;
    let folder = scratch.path().to_string_lossy().into_owned();
    let text = configuration(&clients.to_string(), &folder, method, ground);
    let file = scratch.write("nginx.conf", &text).map_err(BalancerError::Config)?;
    let words = ["-p", &folder, "-e", "stderr", "-c", &file.to_string_lossy()];
    start_at(program, &words.map(str::to_owned), clients, Some(scratch))
}

fn configuration(listen: &str, folder: &str, method: &str, ground: Ground<'_>) -> String {
    let workers = ground.workers;
    let mut text = format!(
        "daemon off;\nmaster_process {};\nworker_processes {workers};\npid {folder}/nginx.pid;\nerror_log stderr crit;\n\
         events {{ worker_connections 8192; }}\nhttp {{\n  access_log off;\n  keepalive_requests 1000000000;\n  \
         keepalive_timeout 75s;\n",
        if workers == 1 { "off" } else { "on" }
    );
    // Writing to a String cannot fail.
    for what in TEMPORARY {
        let _ = writeln!(text, "  {what}_temp_path {folder}/{what};");
    }
    text += "  upstream hosts {\n    zone hosts 1m;\n";
    if method != "round_robin" {
        let _ = writeln!(text, "    {method};");
    }
    for host in ground.hosts {
        let _ = writeln!(text, "    server {}{};", host.address, weight(host));
    }
    text += "    keepalive 1024;\n    keepalive_requests 1000000000;\n  }\n";
    text + &server(listen)
}

fn server(listen: &str) -> String {
    format!(
        "  server {{\n    listen {listen} backlog=4096;\n    location / {{\n      proxy_pass http://hosts;\n      \
         proxy_http_version 1.1;\n      proxy_set_header Host $http_host;\n      proxy_set_header Connection \"\";\n      \
         proxy_set_header X-Forwarded-For $remote_addr;\n      proxy_connect_timeout 2s;\n      \
         proxy_next_upstream error timeout http_502 http_503 http_504;\n      proxy_next_upstream_tries 3;\n    }}\n  }}\n}}\n"
    )
}

fn weight(host: &Upstream) -> String {
    host.weight.map_or_else(String::new, |weight| format!(" weight={}", weight.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_robin_is_what_it_does_without_a_word() {
        let host = |port: u16, weight| Upstream { address: ([127, 0, 0, 1], port).into(), weight, joins: false };
        let hosts = [host(9_001, None), host(9_002, Some(7))];
        let ground = |workers| Ground { hosts: &hosts, workers, token: None };
        let text = configuration("127.0.0.1:80", "/tmp/x", "round_robin", ground(1));
        assert!(text.contains("zone hosts 1m;\n    server 127.0.0.1:9001;\n    server 127.0.0.1:9002 weight=7;\n"));
        assert!(text.contains("master_process off;"), "{text}");
        let text = configuration("127.0.0.1:80", "/tmp/x", "least_conn", ground(2));
        assert!(
            text.contains("    least_conn;\n") && text.contains("master_process on;\nworker_processes 2;"),
            "{text}"
        );
    }
}
