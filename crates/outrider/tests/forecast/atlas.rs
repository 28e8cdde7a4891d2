//! Forecasts from a measurement of RIPE Atlas, beside a server in the place of its API.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::atlas_server::{Does, Server};
use crate::child::Child;
use crate::folder::Folder;
use crate::signals::signal;
use crate::{outrider, shown, text, train};

/// First and last second of what was asked for.
fn span(path: &str) -> (i64, i64) {
    let of = |key: &str| path.split(key).nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
    (of("start="), of("stop="))
}

/// A ping of two probes every 240 s of the span.
fn well(path: &str) -> Does {
    let (start, stop) = span(path);
    let pings = (start..=stop).filter(|at| at % 240 == 0).flat_map(|at| {
        [7, 8].map(|probe| {
            let ms = 10.0 + (at % 7) as f64 / 10.0;
            format!(
                r#"{{"type":"ping","msm_id":1001,"prb_id":{probe},"timestamp":{at},"sent":1,"rcvd":1,"avg":{ms},"result":[{{"rtt":{ms}}}]}}"#
            )
        })
    });
    Does::Answer(200, "", format!("[{}]", pings.collect::<Vec<_>>().join(",")))
}

/// A server that answers well until it is told otherwise.
fn server() -> (Server, Arc<Mutex<Option<Does>>>) {
    let does: Arc<Mutex<Option<Does>>> = Arc::default();
    let told = Arc::clone(&does);
    (Server::new(move |path, _| told.lock().unwrap().clone().unwrap_or_else(|| well(path))), does)
}

fn words<'a>(server: &'a Server, more: &[&'a str]) -> Vec<&'a str> {
    let words = ["forecast", "run", "--model", "m/degradation.outrider", "--out", "f.json", "--measurement", "1001"];
    [&words[..], &["--probes", "7,8", "--tries", "1", "--api", &server.api], more].concat()
}

fn once(folder: &Folder, server: &Server, more: &[&str]) -> Output {
    outrider(folder, &words(server, &[&["--once", "--timeout", "500ms"], more].concat()))
}

/// The spans that were asked for since the first `asked`, by time.
fn asked_since(server: &Server, asked: usize) -> Vec<(i64, i64)> {
    let mut spans: Vec<(i64, i64)> = server.paths()[asked..].iter().map(|path| span(path)).collect();
    spans.sort_unstable();
    spans
}

/// All files of a folder and of those in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn only_what_is_new_is_fetched_and_the_last_good_forecast_outlives_an_api_that_fails() {
    let (folder, (server, does)) = (Folder::new("forecast-api"), server());
    train(&folder);
    let first = once(&folder, &server, &[]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let spans = asked_since(&server, 0);
    assert!((7..=8).contains(&spans.len()), "a day and what is left of a part: {spans:?}");
    assert!(spans.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "without a gap: {spans:?}");
    assert!(server.paths().iter().all(|path| path.contains("/1001/") && path.ends_with("probe_ids=7,8")));
    let good = shown(&folder);
    assert_eq!((good["state"].as_str(), good["links"].as_array().map(Vec::len)), (Some("fresh"), Some(2)));
    let newest = spans.last().unwrap().0;

    let mut asked = spans.len();
    let mut only_new = || {
        let spans = asked_since(&server, asked);
        asked += spans.len();
        // Two where a part has just ended.
        assert!((1..=2).contains(&spans.len()) && spans[0].0 >= newest, "{spans:?}, the newest was {newest}");
    };
    assert!(once(&folder, &server, &[]).status.success());
    only_new();
    let good = shown(&folder);
    for misdeed in [
        Does::Answer(500, "", String::new()),
        Does::Answer(429, "retry-after: 1\r\n", String::new()),
        Does::Answer(404, "", String::new()),
        Does::Answer(200, "", "[{\"prb_id\":7}".to_owned()),
        Does::CutShort("[{\"prb_id\":".to_owned()),
        Does::Hang,
        Does::Drip,
        Does::Reset,
        Does::Endless,
    ] {
        *does.lock().unwrap() = Some(misdeed.clone());
        let output = once(&folder, &server, &[]);
        assert_eq!(output.status.code(), Some(1), "{misdeed:?}");
        let told = text(&output.stderr);
        assert!(told.contains("step source failed") && told.contains("parts could not be fetched"), "{told}");
        only_new();
        let kept = shown(&folder);
        assert_eq!((&kept["links"], &kept["made_at_s"]), (&good["links"], &good["made_at_s"]), "{misdeed:?}");
        assert_eq!(kept["failed"]["step"], "source");
    }
    *does.lock().unwrap() = None;
    assert!(once(&folder, &server, &["--hours", "4"]).status.success());
    only_new();
    let mended = shown(&folder);
    assert!(mended["failed"].is_null() && mended["made_at_s"].as_f64() > good["made_at_s"].as_f64());
    let kept = files(&folder.path().join("f.json.atlas"));
    assert!((2..=3).contains(&kept.len()), "parts of less than 4 + 4 hours and the newest: {kept:?}");
    assert!(kept.iter().all(|path| path.extension().is_some_and(|extension| extension == "jsonl")), "{kept:?}");
}

/// Reads until told to; how many forecasts it saw, by when they were made.
fn read(path: &Path, is_over: &AtomicBool) -> BTreeSet<u64> {
    let mut made = BTreeSet::new();
    while !is_over.load(Ordering::Relaxed) {
        let text = fs::read_to_string(path).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(value["links"].as_array().map(Vec::len), Some(2), "{value}");
        made.insert(value["made_at_s"].as_f64().unwrap().to_bits());
    }
    made
}

#[test]
fn readers_always_see_a_whole_forecast_and_sigterm_ends_the_loop_within_moments() {
    let (folder, (server, does)) = (Folder::new("forecast-loop"), server());
    train(&folder);
    let out = folder.path().join("f.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_outrider"));
    command.current_dir(folder.path()).args(words(&server, &["--every", "10ms"])).stderr(Stdio::piped());
    let mut child = Child::start(&mut command);
    wait_until("a first forecast", || out.exists());

    let is_over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..50)
        .map(|_| {
            let (out, is_over) = (out.clone(), Arc::clone(&is_over));
            thread::spawn(move || read(&out, &is_over))
        })
        .collect();
    let first = shown(&folder)["made_at_s"].clone();
    wait_until("another forecast", || shown(&folder)["made_at_s"] != first);
    thread::sleep(Duration::from_secs(2));
    is_over.store(true, Ordering::Relaxed);
    let made: BTreeSet<u64> = readers.into_iter().flat_map(|reader| reader.join().expect("a whole forecast")).collect();
    assert!(made.len() > 1, "it was refreshed while it was read");

    // In the midst of a fetch, which would go on for 80 s.
    *does.lock().unwrap() = Some(Does::Hang);
    let asked = server.paths().len();
    wait_until("a request that hangs", || server.paths().len() > asked);
    thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    signal(&child, "TERM");
    let status = child.wait(Duration::from_secs(20)).expect("it ends");
    assert!(status.success() && begun.elapsed() < Duration::from_secs(3), "{status}, {:?}", begun.elapsed());
    let mut told = String::new();
    std::io::Read::read_to_string(&mut child.process().stderr.take().unwrap(), &mut told).unwrap();
    assert_eq!(told, "", "nothing has failed");
    assert!(shown(&folder)["failed"].is_null());
    let left = files(folder.path());
    assert!(left.iter().all(|path| path.extension().is_none_or(|extension| extension != "unfinished")), "{left:?}");
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} did not come");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn where_round_trips_come_from_is_said_once() {
    let folder = Folder::new("forecast-words");
    let run = |more: &[&str]| {
        let output = outrider(&folder, &[&["forecast", "run", "--once", "--model", "m"], more].concat());
        (output.status.code(), text(&output.stderr))
    };
    let both = run(&["--source", "rtt.csv", "--measurement", "1001"]);
    let told = "--source and --measurement exclude each other; name the files or the measurement\n";
    assert_eq!(both, (Some(1), told.to_owned()));
    let (code, told) = run(&[]);
    assert!(code == Some(1) && told.starts_with("nothing says where round trips come from"), "{told}");
    let (code, told) = run(&["--source", "rtt.csv", "--hours", "4"]);
    assert!(code == Some(2) && told.contains("--measurement"), "{told}");
    assert!(files(folder.path()).is_empty());
}
