//! The demo from end to end, with a process of its own as the balancer: this very test binary, called as the shipped one
//! would be. Hence no test harness: `main` is either the balancer or the tests.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use std::io::{self, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use outrider_lab::Stop;
use outrider_lab::demo::{self, BalancerCommand, BalancerError, DemoError, DemoSettings, Progress};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [serve, c, config] if serve == "serve" && c == "-c" => serve_like_outrider(config),
        [list, ..] if list == "--list" => {}
        _ => {
            strategies_are_compared_on_equal_requests();
            a_balancer_that_ends_is_reported_with_its_last_words();
            a_raised_flag_ends_the_demo_and_leaves_no_balancer();
            eprintln!("demo: 3 tests passed");
        }
    }
}

fn settings(strategies: &[&str], total: Duration) -> DemoSettings {
    let balancer =
        BalancerCommand { program: std::env::current_exe().unwrap(), arguments: vec!["serve".into(), "-c".into()] };
    let strategies = strategies.iter().map(ToString::to_string).collect();
    let mut settings = DemoSettings::new(balancer, strategies, total, 1).unwrap();
    settings.rounds = 2;
    settings.load = 0.3;
    settings
}

fn strategies_are_compared_on_equal_requests() {
    let settings = settings(&["one", "two"], Duration::from_secs(5));
    let report = demo::run(&settings, &Stop::new(), &mut Progress::silent()).unwrap();
    let [one, two] = report.runs.as_slice() else {
        panic!("{} runs", report.runs.len());
    };
    assert_eq!((one.strategy.as_str(), two.strategy.as_str()), ("one", "two"));
    assert!(one.requests > 50);
    assert_eq!(one.requests, two.requests, "both met the same requests");
    assert!((one.error_rate, two.error_rate) == (0.0, 0.0));
    let seeds = |run: &demo::StrategyReport| run.by_seed.iter().map(|s| s.seed).collect::<Vec<_>>();
    assert_eq!((seeds(one), seeds(two)), (vec![1, 2], vec![1, 2]));
    for run in &report.runs {
        assert!(run.p50_ms <= run.p90_ms && run.p90_ms <= run.p999_ms);
        assert!(run.p99_ms_low <= run.p99_ms && run.p99_ms <= run.p99_ms_high);
        assert!((run.by_host.values().sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(run.by_host.len(), 8);
    }

    let text = demo::render(&report, false);
    for word in ["SIMULATED", "two", "times that of one", "The bench itself"] {
        assert!(text.contains(word), "{word} is missing in:\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colours unless asked for");
    let json = serde_json::to_value(&report).unwrap();
    for key in [
        "scenario",
        "load",
        "strategy",
        "seeds",
        "requests",
        "mean_ms",
        "p50_ms",
        "p90_ms",
        "p95_ms",
        "p99_ms",
        "p99_ms_low",
        "p99_ms_high",
        "p999_ms",
        "sd_ms",
        "cv",
        "error_rate",
        "by_seed",
        "by_host",
    ] {
        assert!(!json["runs"][0][key].is_null(), "{key}");
    }
}

fn a_balancer_that_ends_is_reported_with_its_last_words() {
    let settings = settings(&["refused"], Duration::from_secs(5));
    let error = demo::run(&settings, &Stop::new(), &mut Progress::silent()).unwrap_err();
    let DemoError::Balancer { strategy, source } = error else {
        panic!("{error}");
    };
    assert_eq!(strategy, "refused");
    assert!(matches!(&source, BalancerError::Ended { said, .. } if said.contains("no such strategy")));
}

fn a_raised_flag_ends_the_demo_and_leaves_no_balancer() {
    let settings = settings(&["notes_its_address"], Duration::from_secs(3_600));
    let stop = Stop::new();
    let running = std::thread::spawn({
        let stop = stop.clone();
        move || demo::run(&settings, &stop, &mut Progress::silent())
    });
    let note = note_path(std::process::id());
    let address: SocketAddr = loop {
        match std::fs::read_to_string(&note) {
            Ok(text) if text.ends_with('\n') => break text.trim().parse().unwrap(),
            _ => std::thread::yield_now(),
        }
    };
    drop(TcpStream::connect(address).unwrap());
    stop.stop();
    assert!(matches!(running.join().unwrap(), Err(DemoError::Stopped)));
    assert!(TcpStream::connect(address).is_err(), "the balancer is gone");
    std::fs::remove_file(note).unwrap();
}

/// Where the balancer that was started by process `parent` leaves its address.
fn note_path(parent: u32) -> PathBuf {
    std::env::temp_dir().join(format!("outrider-demo-test-{parent}"))
}

/// A balancer with the shipped one's manners and no more sense than to forward each connection to the next host.
fn serve_like_outrider(config: &str) {
    let text = std::fs::read_to_string(Path::new(config)).unwrap();
    let strategy = text.lines().find_map(|l| l.trim().strip_prefix("strategy: ")).unwrap();
    if strategy == "refused" {
        eprintln!("outrider: {config}: no such strategy");
        std::process::exit(1);
    }
    let hosts: Vec<SocketAddr> = text.lines().filter_map(|l| l.trim().strip_prefix("- ")?.parse().ok()).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    if strategy == "notes_its_address" {
        let parent = std::os::unix::process::parent_id();
        std::fs::write(note_path(parent), format!("{address}\n")).unwrap();
    }
    eprintln!("outrider: listening on {address}");
    eprintln!("outrider: admin on 127.0.0.1:1\noutrider: ready");
    for (client, host) in listener.incoming().zip(hosts.iter().cycle()) {
        forward(client.unwrap(), TcpStream::connect(host).unwrap());
    }
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
