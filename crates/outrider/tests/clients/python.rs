//! Python on both sides: requests and websockets as clients, http.server, websockets and gunicorn as hosts.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::folder::Folder;
use crate::host;
use crate::rig::{Rig, free_address, printing_server, server};
use crate::tools::{printed, python};

fn script(name: &str, text: &str) -> (Folder, std::path::PathBuf) {
    let folder = Folder::new(name);
    let path = folder.write(&format!("{name}.py"), text);
    (folder, path)
}

#[test]
fn requests_gets_posts_and_streams() {
    let rig = Rig::start(host::start());
    let (_folder, script) = script("requests_client", include_str!("../../../../bench/clients/requests_client.py"));
    assert_eq!(printed(python("python").arg(script).arg(rig.url(""))), "fine\n");
}

#[test]
fn websockets_echo() {
    let (_folder, script) = script("websocket_echo", include_str!("../../../../bench/clients/websocket_echo.py"));
    let (_host, address) = printing_server(python("python").arg(&script).arg("serve"), |line| line.parse().ok());
    let rig = Rig::start(address);
    let url = rig.url("/").replace("http:", "ws:");
    assert_eq!(printed(python("python").arg(&script).arg("talk").arg(url)), "fine\n");
}

#[test]
fn http_server_serves_files() {
    let folder = Folder::new("files");
    folder.write("hello.txt", "hello");
    for protocol in ["HTTP/1.0", "HTTP/1.1"] {
        let mut command = python("python");
        command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--protocol", protocol]);
        command.current_dir(folder.path()).stderr(Stdio::null());
        let port = |line: &str| line.split_once(" port ")?.1.split(' ').next()?.parse().ok();
        let (_host, address) = printing_server(&mut command, port);
        let rig = Rig::start(address);
        let get = |path: &str| printed(crate::tools::curl().args(["--write-out", " %{http_code}"]).arg(rig.url(path)));
        assert_eq!(get("/hello.txt"), "hello 200", "{protocol}");
        assert!(get("/none.txt").ends_with(" 404"), "{protocol}");
        assert!(get("/").ends_with(" 200"), "{protocol}");
    }
}

/// A sync worker serves one connection at a time: a balancer that opens one and says nothing takes it out of service.
#[test]
fn gunicorn_with_sync_workers_never_stalls() {
    let (folder, _) = script("app", include_str!("../../../../bench/clients/app.py"));
    let address = free_address();
    let mut command = python("gunicorn");
    command
        .args(["--workers", "4", "--worker-class", "sync", "--log-level", "error", "--bind"])
        .arg(address.to_string());
    command.arg("app:app").current_dir(folder.path());
    let _host = server(&mut command, address);
    let rig = Rig::start(address);
    let (_client, script) = script("stalls", include_str!("../../../../bench/clients/stalls.py"));
    let report = printed(python("python").arg(script).arg(rig.url("/")));
    assert!(report.ends_with("failed 0 stalled 0\n"), "{report}");
}

/// 404, however often, earns nothing; what is there has a class soon.
#[test]
fn a_scanner_earns_no_class() {
    let folder = Folder::new("scanned");
    folder.write("page.txt", "page");
    let mut command = python("python");
    command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--protocol", "HTTP/1.1"]);
    command.current_dir(folder.path()).stderr(Stdio::null());
    let port = |line: &str| line.split_once(" port ")?.1.split(' ').next()?.parse().ok();
    let (_host, address) = printing_server(&mut command, port);
    let rig = Rig::start(address);
    let get = |path: &str| printed(crate::tools::curl().arg(rig.url(path)));
    get("/secret/[1-300]"); // One look, since numbers are folded.
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        get("/page.txt?[1-30]");
        let classes = printed(crate::tools::curl().arg(rig.admin_url("/api/v1/classes")));
        assert!(!classes.contains("secret"), "{classes}");
        if classes.contains("\"GET /page.txt") {
            return;
        }
        assert!(Instant::now() < deadline, "{classes}");
    }
}
