//! Probes of links by the shipped binary, over real sockets: what ends in the file, and what keeps it whole.

#[path = "support/balancer.rs"]
mod balancer;
#[path = "support/child.rs"]
mod child;
#[path = "support/folder.rs"]
mod folder;
#[path = "links/rig.rs"]
mod rig;
#[path = "support/shipped.rs"]
mod shipped;
#[path = "support/signals.rs"]
mod signals;

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use folder::Folder;
use rig::{BlackHole, HEADER, Host, Rig, history, now_s, until};
use shipped::{outrider, text};

/// An address that nobody listens on.
fn refusing() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("a bound socket has an address")
}

#[test]
fn rows_of_every_host_are_what_training_and_forecasts_read() {
    let (host, refusing, silent) = (Host::start(), refusing(), BlackHole::start());
    let folder = Folder::new("links-read");
    let before = 3 * 4_000;
    folder.write("links.csv", &history(&[host.address, refusing, silent.address], 4_000));
    let hosts = [host.address, refusing, silent.address];
    // The same host in a second pool is the same link.
    let rig = Rig::start(folder, &hosts, &[host.address], "every: 1s, timeout: 200ms");
    until("each host was probed three times", || hosts.iter().all(|host| rig.rows_of(*host, before).len() >= 3));

    let answered = rig.rows_of(host.address, before);
    assert!(answered.iter().all(|row| row.rtt_ms > 0.0 && row.rtt_ms < 200.0), "{answered:?}");
    for lost in [refusing, silent.address] {
        assert!(rig.rows_of(lost, before).iter().all(|row| row.rtt_ms == -1.0));
    }
    for host in hosts {
        let rows = rig.rows_of(host, before);
        assert!(rows.iter().all(|row| (row.ts - now_s()).abs() < 60.0), "{rows:?}");
        // At its phase of the period: one a second and no second one beside it.
        assert!(rows.windows(2).all(|pair| pair[1].ts - pair[0].ts > 0.1), "{rows:?}");
    }
    for (result, host) in [("answered", host.address), ("refused", refusing), ("timed_out", silent.address)] {
        let counted = rig.metric(&format!("outrider_link_probes_total{{result=\"{result}\"}}"));
        assert!(counted >= rig.rows_of(host, before).len() as f64, "{result}: {counted}");
    }
    until("rows are counted", || rig.metric("outrider_link_rows_written_total") >= 9.0);
    assert_eq!(rig.metric("outrider_link_rows_dropped_total"), 0.0);
    let last_s = rig.metric(&format!("outrider_link_round_trip_seconds{{host=\"{}\"}}", host.address));
    assert!(last_s > 0.0 && last_s < 0.2, "{last_s}");

    let folder = rig.leave();
    // The folder with the file and the one before it, as a rotation leaves them.
    fs::create_dir(folder.path().join("rows")).expect("the test's own folder can be written");
    let written = fs::read_to_string(folder.path().join("links.csv")).expect("the file is there");
    let lines: Vec<&str> = written.lines().skip(1).collect();
    for (name, lines) in [("rows/links.1.csv", &lines[..before / 2]), ("rows/links.csv", &lines[before / 2..])] {
        let rows = format!("{HEADER}{}\n", lines.join("\n"));
        fs::write(folder.path().join(name), rows).expect("the test's own folder can be written");
    }
    let rows = lines.len();
    let words = ["train", "degradation", "--data", "rows", "--out", "m", "--models", "boosting", "--trees", "20"];
    let output = outrider(&folder, &[&words[..], &["--accept-suspicious"]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let told = text(&output.stdout);
    assert!(told.contains(&format!("{rows} rows read, 0 rejected")), "{rows} rows: {told}");

    let model = "m/degradation.outrider";
    let words = ["forecast", "run", "--once", "--model", model, "--source", "rows", "--out", "f.json"];
    let output = outrider(&folder, &words);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown = outrider(&folder, &["forecast", "show", "--file", "f.json", "--json"]);
    let value: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("a forecast is JSON");
    let links = value["links"].as_array().expect("links are a list");
    let named = |address: SocketAddr| links.iter().any(|link| link["link"] == address.to_string());
    assert!(named(host.address), "{value:#}");
}

#[test]
fn a_full_file_gives_way_and_a_torn_line_is_cut_off() {
    let (host, folder) = (Host::start(), Folder::new("links-rotation"));
    let whole = history(&[host.address], 1_700);
    assert!(whole.len() > 60_000 && whole.len() < 65_536, "{}", whole.len());
    let full = format!("{whole}{}", "#".repeat(65_530 - whole.len()));
    folder.write("links.csv", &full);
    let rig = Rig::start(folder, &[host.address], &[], "every: 1s, max_size: 64KiB");
    // What was torn off made room again.
    until("the torn line is gone", || fs::read_to_string(rig.path("links.csv")).is_ok_and(|text| !text.contains('#')));
    until("the file was rotated", || rig.path("links.1.csv").exists() || rig.fill(65_536));
    until("rows go into the new file", || rig.rows_of(host.address, 0).len() >= 2);
    let old = fs::read_to_string(rig.path("links.1.csv")).expect("the old file is there");
    assert!(old.starts_with(&whole) && old.ends_with('\n') && old.len() <= 65_536);
    assert!(rig.rows_of(host.address, 0).len() < 100);
}

#[test]
fn a_file_of_something_else_and_a_folder_that_is_none_are_refused_at_start() {
    let folder = Folder::new("links-refused");
    folder.write("links.csv", "time,host,latency\n");
    let refused = |more: &str| {
        folder.write("outrider.yaml", &rig::config(&[refusing()], &[], more));
        let output = outrider(&folder, &["serve", "-c", "outrider.yaml"]);
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    let said = refused("");
    assert!(said.contains("begins with \"time,host,latency\" and not with \"host,ts,rtt_ms\""), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("links.csv")).expect("it is there"), "time,host,latency\n");
    fs::remove_file(folder.path().join("links.csv")).expect("it is there");
    // Not even root may make a file there.
    std::os::unix::fs::symlink("/proc/self/links.csv", folder.path().join("links.csv")).expect("a link can be made");
    let said = refused("");
    assert!(said.contains("link_probes: ") && said.contains("links.csv: cannot be opened for writing"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn traffic_goes_on_without_the_folder_and_rows_come_back_with_it() {
    let (host, folder) = (Host::start(), Folder::new("links-gone"));
    fs::create_dir(folder.path().join("rows")).expect("the test's own folder can be written");
    let rig = Rig::start(folder, &[host.address], &[], "every: 1s, file: rows/links.csv");
    let file = rig.path("rows/links.csv");
    until("there are rows", || fs::read_to_string(&file).is_ok_and(|text| text.lines().count() > 1));
    fs::remove_dir_all(rig.path("rows")).expect("the folder is there");
    until("writing failed twice", || {
        assert_eq!(rig.get(), 200);
        rig.metric("outrider_link_write_errors_total") >= 2.0
    });
    assert!(rig.metric("outrider_link_rows_dropped_total") >= 2.0);
    fs::create_dir(rig.path("rows")).expect("the test's own folder can be written");
    until("rows are written again", || fs::read_to_string(&file).is_ok_and(|text| text.lines().count() > 2));
    assert!(fs::read_to_string(&file).expect("it is there").starts_with(HEADER));
    let log = rig.log();
    assert_eq!(log.matches("round trips of links are dropped until").count(), 1, "{log}");
    assert_eq!(log.matches("are written to").count(), 1, "{log}");
    assert_eq!(rig.get(), 200);
}

#[test]
fn a_write_that_stops_half_way_leaves_whole_rows_and_is_tried_again() {
    let host = Host::start();
    let rig = Rig::start_limited(Folder::new("links-full"), &[host.address], "every: 1s");
    let limit = rig.largest_file();
    until("there are rows", || !rig.rows_of(host.address, 0).is_empty());
    until("writing fails twice", || {
        assert_eq!(rig.get(), 200);
        rig.metric("outrider_link_write_errors_total") >= 2.0 || rig.fill(limit)
    });
    let full = fs::read_to_string(rig.path("links.csv")).expect("it is there");
    assert!(full.ends_with('\n') && full.len() > limit - 100, "{} of {limit} bytes", full.len());
    assert!(rig.log().contains("File too large"), "{}", rig.log());
    fs::remove_file(rig.path("links.csv")).expect("it is there");
    until("rows are written again", || rig.rows_of(host.address, 0).len() >= 2);
    let log = rig.log();
    assert_eq!(log.matches("round trips of links are dropped until").count(), 1, "{log}");
    assert_eq!(log.matches("are written to").count(), 1, "{log}");
}

#[test]
fn hosts_and_the_section_itself_follow_the_configuration() {
    let (first, second, folder) = (Host::start(), Host::start(), Folder::new("links-reload"));
    let rig = Rig::start(folder, &[first.address], &[], "every: 1s");
    until("the first is probed", || !rig.rows_of(first.address, 0).is_empty());
    rig.rewrite(&[second.address], "every: 1s");
    until("the second is probed", || rig.rows_of(second.address, 0).len() >= 2);
    let count = rig.rows_of(first.address, 0).len();
    let more = rig.rows_of(second.address, 0).len() + 2;
    until("the second goes on", || rig.rows_of(second.address, 0).len() >= more);
    assert_eq!(rig.rows_of(first.address, 0).len(), count, "the first is left alone");
    assert!(!rig.metrics().contains(&format!("outrider_link_round_trip_seconds{{host=\"{}\"}}", first.address)));

    // A file that cannot be is refused with everything else of that configuration.
    fs::write(rig.path("other.csv"), "not,ours\n").expect("the test's own folder can be written");
    rig.rewrite(&[first.address], "every: 1s, file: other.csv");
    until("it is refused", || rig.log().contains("other.csv: begins with \"not,ours\""));
    let more = rig.rows_of(second.address, 0).len() + 2;
    until("the second goes on", || rig.rows_of(second.address, 0).len() >= more);

    rig.rewrite(&[second.address], "every: 1s, file: third.csv");
    until("the new file has rows", || {
        fs::read_to_string(rig.path("third.csv")).is_ok_and(|text| text.lines().count() > 1)
    });
    rig.rewrite_without();
    until("nothing is probed", || !rig.metrics().contains("outrider_link_round_trip_seconds{"));
    let probes = rig.metric("outrider_link_probes_total{result=\"answered\"}");
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(rig.metric("outrider_link_probes_total{result=\"answered\"}"), probes);
}
