//! A balancer with the shipped one's manners and no more sense than to forward each connection to the next host.

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;

use outrider_lab::balancers::{BalancerCommand, Tools};
use serde_json::Value;

/// This binary in Outrider's place.
pub(crate) fn tools() -> Tools {
    let program = std::env::current_exe().unwrap();
    Tools::new(BalancerCommand { program, arguments: vec!["serve".into(), "-c".into()] }, "stand-in")
}

/// Where the balancer that was started by process `parent` leaves its address.
pub(crate) fn note_path(parent: u32) -> PathBuf {
    std::env::temp_dir().join(format!("outrider-lab-test-{parent}"))
}

/// Balances as the file `config` says.
pub(crate) fn serve(config: &str) {
    let text = std::fs::read_to_string(config).unwrap();
    let config: Value = serde_json::from_str(&text).unwrap();
    let pool = &config["pools"][0];
    let rule = pool["strategy"].as_str().unwrap();
    if rule == "refused" {
        eprintln!("outrider: no such strategy");
        std::process::exit(1);
    }
    let hosts: Vec<SocketAddr> = pool["hosts"].as_array().unwrap().iter().map(address).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    if rule == "notes_its_address" {
        let parent = std::os::unix::process::parent_id();
        std::fs::write(note_path(parent), format!("{address}\n")).unwrap();
    }
    eprintln!("outrider: listening on {address}");
    eprintln!("outrider: admin on 127.0.0.1:1\noutrider: ready");
    for (client, host) in listener.incoming().zip(hosts.iter().cycle()) {
        if rule == "dies_at_once" {
            eprintln!("outrider: these are my last words");
            std::process::exit(3);
        }
        forward(client.unwrap(), TcpStream::connect(host).unwrap());
    }
}

fn address(host: &Value) -> SocketAddr {
    host.as_str().or(host["address"].as_str()).unwrap().parse().unwrap()
}

fn forward(client: TcpStream, host: TcpStream) {
    for stream in [&client, &host] {
        stream.set_nodelay(true).unwrap();
    }
    let back = (host.try_clone().unwrap(), client.try_clone().unwrap());
    for (mut from, mut to) in [(client, host), back] {
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.flush();
            let _ = to.shutdown(Shutdown::Write);
        });
    }
}
