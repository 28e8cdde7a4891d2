//! curl through the balancer: every kind of exchange, and bodies much larger than the balancer's memory.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use crate::child::Child;
use crate::folder::Folder;
use crate::host;
use crate::rig::{Rig, transfer_bytes};
use crate::tools::{curl, printed};

/// What the balancer may take, however large the bodies.
const LIMIT_KIB: u64 = 50 * 1024;

#[test]
fn get_head_and_post() {
    let rig = Rig::start(host::start());
    assert_eq!(printed(curl().arg(rig.url("/"))), "GET 0");
    assert_eq!(printed(curl().args(["--data", "hello"]).arg(rig.url("/"))), "POST 5");
    let head = printed(curl().arg("--head").arg(rig.url("/bytes/1000"))).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200") && head.contains("content-length: 1000"), "{head}");
}

#[test]
fn the_admin_listener_answers() {
    let rig = Rig::start(host::start());
    let status =
        printed(curl().args(["--output", "/dev/null", "--write-out", "%{http_code}"]).arg(rig.admin_url("/healthz")));
    assert_eq!(status, "200");
}

#[test]
fn two_requests_share_a_connection() {
    let rig = Rig::start(host::start());
    let connects = printed(curl().args(["--write-out", " %{num_connects}\n"]).args([rig.url("/"), rig.url("/")]));
    assert_eq!(connects, "GET 0 1\nGET 0 0\n");
}

#[test]
fn an_expectation_is_met_before_the_body_is_sent() {
    let rig = Rig::start(host::start());
    let mut command = curl();
    command.args(["--verbose", "--expect100-timeout", "30", "--header", "Expect: 100-continue", "--data", "hello"]);
    let output = command.arg(rig.url("/")).stdin(Stdio::null()).output().expect("curl has run before");
    let verbose = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "POST 5", "{verbose}");
    assert!(verbose.contains("< HTTP/1.1 100"), "{verbose}");
}

#[test]
fn downloads_pass_through_without_growing_memory() {
    let rig = Rig::start(host::start());
    let bytes = transfer_bytes();
    for kind in ["bytes", "chunks"] {
        let mut download = curl();
        download.args(["--output", "/dev/null", "--write-out", "%{size_download}"]);
        let (peak, size) = transferred(&rig, download.arg(rig.url(&format!("/{kind}/{bytes}"))));
        assert_eq!(size, bytes.to_string(), "{kind}");
        eprintln!("{bytes} {kind} down: at most {peak} KiB in the balancer");
        assert!(peak < LIMIT_KIB, "{peak} KiB for {bytes} {kind}");
    }
}

#[test]
fn uploads_pass_through_without_growing_memory() {
    let rig = Rig::start(host::start());
    let folder = Folder::new("upload");
    let path = folder.write("body", "");
    let body = File::options().write(true).open(&path).expect("the file has just been written");
    body.set_len(transfer_bytes()).expect("a sparse file needs no space");
    for field in ["Expect:", "Transfer-Encoding: chunked", "Expect: 100-continue"] {
        let mut upload = curl();
        upload.args(["--request", "POST", "--header", field, "--upload-file"]).arg(&path).arg(rig.url("/"));
        let (peak, count) = transferred(&rig, &mut upload);
        assert_eq!(count, format!("POST {}", transfer_bytes()), "{field}");
        eprintln!("{} bytes up, {field}: at most {peak} KiB in the balancer", transfer_bytes());
        assert!(peak < LIMIT_KIB, "{peak} KiB with {field}");
    }
}

/// Runs curl, which must get a 200, and tells the balancer's highest memory and what curl printed.
fn transferred(rig: &Rig, command: &mut Command) -> (u64, String) {
    let folder = Folder::new("transfer");
    let printed = folder.path().join("printed");
    let file = File::create(&printed).expect("the test's own folder can be written");
    command.arg("--fail").stdin(Stdio::null()).stdout(file);
    let peak = rig.peak_kib(Child::start(command));
    (peak, fs::read_to_string(printed).expect("curl has printed"))
}
