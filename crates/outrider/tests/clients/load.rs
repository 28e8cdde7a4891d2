//! Load generators through the balancer, in front of NGINX: not one request may fail.

use std::process::Command;

use crate::child::Child;
use crate::folder::Folder;
use crate::rig::{Rig, free_address, server};
use crate::tools::printed;

/// An NGINX that answers everything with two bytes.
fn nginx() -> (Child, Folder, Rig) {
    let (folder, address) = (Folder::new("nginx"), free_address());
    let config = include_str!("../../../../bench/clients/nginx.conf")
        .replace("@folder@", &folder.path().to_string_lossy())
        .replace("@address@", &address.to_string());
    let file = folder.write("nginx.conf", &config);
    let child = server(Command::new("nginx").arg("-p").arg(folder.path()).arg("-c").arg(file), address);
    (child, folder, Rig::start(address))
}

#[test]
fn wrk_sees_no_error() {
    let (_nginx, _folder, rig) = nginx();
    let report = printed(Command::new("wrk").args(["-t1", "-c32", "-d2s"]).arg(rig.url("/")));
    assert!(!report.contains("Socket errors") && !report.contains("Non-2xx"), "{report}");
    let requests = report.lines().find_map(|line| line.trim().split_once(" requests in "));
    assert!(requests.is_some_and(|(count, _)| count.parse::<u64>().is_ok_and(|count| count > 200)), "{report}");
}

#[test]
fn h2load_sees_no_error() {
    let (_nginx, _folder, rig) = nginx();
    let report = printed(Command::new("h2load").args(["--h1", "-n", "4000", "-c", "32", "-m", "4"]).arg(rig.url("/")));
    assert!(report.contains("4000 succeeded, 0 failed, 0 errored, 0 timeout"), "{report}");
}

#[test]
fn ab_keeps_http_1_0_connections() {
    let (_nginx, _folder, rig) = nginx();
    let report = printed(Command::new("ab").args(["-q", "-k", "-n", "2000", "-c", "16"]).arg(rig.url("/")));
    let told = |name: &str| report.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(told("Complete requests:"), Some("2000"), "{report}");
    assert_eq!(told("Failed requests:"), Some("0"), "{report}");
    assert!(!report.contains("Non-2xx"), "{report}");
}
