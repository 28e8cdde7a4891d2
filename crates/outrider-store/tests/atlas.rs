//! The client of RIPE Atlas against a server that misbehaves in each way.
#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

#[path = "support/atlas_server.rs"]
mod atlas_server;

use std::collections::BTreeMap;
use std::future::pending;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use outrider_store::{AtlasError, AtlasQuery, AtlasSettings, fetch_atlas, update_atlas};

use atlas_server::{Does, Server};

const HOUR: i64 = 3_600;
const BEGIN: i64 = 1_476_000_000;

fn results(path: &str) -> String {
    let start = path.split("start=").nth(1).unwrap().split('&').next().unwrap();
    format!(
        r#"[{{"prb_id":7,"msm_id":1001,"timestamp":{start},"avg":10.5}}, {{"prb_id":8,"msm_id":1001,"timestamp":{start},"avg":-1}}]"#
    )
}

fn well(path: &str) -> Does {
    Does::Answer(200, "", results(path))
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("atlas-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn query(server: &Server, hours: i64) -> AtlasQuery {
    AtlasQuery {
        api: server.api.clone(),
        measurement: 1001,
        from_s: BEGIN,
        to_s: BEGIN + hours * HOUR,
        probes: vec![7, 8],
    }
}

fn settings() -> AtlasSettings {
    AtlasSettings {
        timeout: Duration::from_millis(300),
        back_off: Duration::from_millis(1),
        patience: Duration::from_millis(5),
        bytes_max: 1 << 20,
        ..AtlasSettings::default()
    }
}

/// Fetches a day, whose parts are told by their number.
fn day(
    name: &str,
    script: impl Fn(i64, usize) -> Option<Does> + Send + Sync + 'static,
) -> (Folder, Server, Result<(), AtlasError>) {
    let server = Server::new(move |path, nth| {
        let start: i64 = path.split("start=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap();
        script((start - BEGIN) / (4 * HOUR), nth).unwrap_or_else(|| well(path))
    });
    let folder = Folder::new(name);
    let fetched = fetch_atlas(&query(&server, 24), &settings(), &folder.0.join("out.jsonl"), &mut |_, _| ());
    (folder, server, fetched)
}

fn lines(folder: &Folder) -> Vec<String> {
    let text = std::fs::read_to_string(folder.0.join("out.jsonl")).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_day_is_fetched_in_parts_of_four_hours_and_in_their_order() {
    let (folder, server, fetched) = day("well", |_, _| None);
    fetched.unwrap();
    let mut paths = server.paths();
    paths.sort();
    let path = |nth: i64| {
        let (start, stop) = (BEGIN + nth * 4 * HOUR, BEGIN + (nth + 1) * 4 * HOUR - 1);
        format!("/api/v2/measurements/1001/results/?format=json&start={start}&stop={stop}&probe_ids=7,8")
    };
    assert_eq!(paths, (0..6).map(path).collect::<Vec<_>>());
    let lines = lines(&folder);
    assert_eq!(lines.len(), 12);
    assert!(lines.is_sorted_by_key(|line| line.split("\"timestamp\":").nth(1).unwrap()[..10].to_owned()));
    assert!(!folder.0.join("out.jsonl.parts").exists());
}

#[test]
fn whatever_goes_wrong_once_is_tried_again() {
    let (folder, server, fetched) = day("once", |part, nth| match (part, nth) {
        (0, 1) => Some(Does::Answer(500, "", "oops".to_owned())),
        (0, 2) => Some(Does::Answer(429, "retry-after: 9\r\n", String::new())),
        (1, 1) => Some(Does::Hang),
        (2, 1) => Some(Does::CutShort("[{\"prb_id\":".to_owned())),
        (2, 2) => Some(Does::Answer(200, "", "[{\"prb_id\":7}".to_owned())),
        (3, 1) => Some(Does::Drip),
        (4, 1) => Some(Does::Reset),
        (5, 1) => Some(Does::Answer(200, "content-type: text/html\r\n", "<html>maintenance</html>".to_owned())),
        _ => None,
    });
    fetched.unwrap();
    assert_eq!((lines(&folder).len(), server.paths().len()), (12, 6 + 8));
}

#[test]
fn what_fails_for_good_is_named_the_rest_is_kept_and_the_next_run_fetches_only_that() {
    let folder = Folder::new("resume");
    let out = folder.0.join("out.jsonl");
    std::fs::write(&out, "as it was").unwrap();
    let is_mended = Arc::new(Mutex::new(false));
    let mended = Arc::clone(&is_mended);
    let bad = format!("start={}", BEGIN + 4 * HOUR);
    let server = Server::new(move |path, _| match path.contains(&bad) && !*mended.lock().unwrap() {
        true => Does::Answer(503, "", String::new()),
        false => well(path),
    });
    let told = fetch_atlas(&query(&server, 24), &settings(), &out, &mut |_, _| ()).unwrap_err().to_string();
    assert!(
        told.starts_with("1 of 6 parts could not be fetched, the first: seconds 1476014400 to 1476028800"),
        "{told}"
    );
    assert!(told.contains("503") && told.contains("after 4 tries"), "{told}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "as it was", "whole or not at all");
    let asked = server.paths().len();
    assert_eq!(asked, 5 + 4);
    *is_mended.lock().unwrap() = true;
    fetch_atlas(&query(&server, 24), &settings(), &out, &mut |_, _| ()).unwrap();
    assert_eq!((server.paths().len() - asked, lines(&folder).len()), (1, 12));
}

#[test]
fn what_trying_again_cannot_mend_is_asked_for_once() {
    let cases: BTreeMap<&str, (Does, &str)> = BTreeMap::from([
        ("missing", (Does::Answer(404, "", String::new()), "404")),
        ("endless", (Does::Endless, "larger than 1048576 bytes")),
    ]);
    for (name, (does, part)) in cases {
        let server = Server::new(move |_, _| does.clone());
        let folder = Folder::new(name);
        let fetched = fetch_atlas(&query(&server, 4), &settings(), &folder.0.join("out.jsonl"), &mut |_, _| ());
        let told = fetched.unwrap_err().to_string();
        assert!(told.contains(part) && server.paths().len() == 1, "{told}");
    }
}

#[test]
fn nonsense_is_refused_before_anybody_is_asked() {
    let folder = Folder::new("nonsense");
    let server = Server::new(|path, _| well(path));
    let of = |query: AtlasQuery| {
        fetch_atlas(&query, &settings(), &folder.0.join("out.jsonl"), &mut |_, _| ()).unwrap_err().to_string()
    };
    assert!(of(AtlasQuery { to_s: BEGIN, ..query(&server, 4) }).contains("--from does not lie before --to"));
    assert!(of(AtlasQuery { to_s: i64::MAX, ..query(&server, 4) }).contains("at most 100000 parts"));
    assert!(of(AtlasQuery { from_s: i64::MIN, ..query(&server, 4) }).contains("after 1970"));
    assert!(of(AtlasQuery { api: "ftp://x".to_owned(), ..query(&server, 4) }).contains("expected an address"));
    assert!(server.paths().is_empty());
}

/// Updates what is kept of the day before `to_s`; names of files, and what was asked for since the last time, as its first second.
struct Kept {
    folder: Folder,
    server: Server,
    asked: usize,
}

impl Kept {
    fn new(name: &str, server: Server) -> Kept {
        Kept { folder: Folder::new(name), server, asked: 0 }
    }

    fn update(&mut self, to_s: i64) -> (Result<Vec<String>, AtlasError>, Vec<i64>) {
        let query = AtlasQuery { from_s: to_s - 24 * HOUR, to_s, ..query(&self.server, 0) };
        let files = update_atlas(&query, &settings(), &self.folder.0, pending());
        let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
        let paths = self.server.paths();
        let mut asked: Vec<i64> = paths[self.asked..].iter().map(|path| start(path)).collect();
        asked.sort_unstable();
        self.asked = paths.len();
        (files.map(|files| files.into_iter().map(name).collect()), asked)
    }

    fn on_disk(&self) -> Vec<String> {
        let parts = parts_in(&self.folder.0).into_iter().filter(|path| path.to_string_lossy().contains("/1001-"));
        parts.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    }
}

fn start(path: &str) -> i64 {
    path.split("start=").nth(1).unwrap().split('&').next().unwrap().parse().unwrap()
}

/// A multiple of four hours.
const MIDNIGHT: i64 = 1_476_057_600;

#[test]
fn what_has_ended_is_fetched_once_the_newest_part_each_time_and_the_oldest_goes() {
    let mut kept = Kept::new("recent", Server::new(|path, _| well(path)));
    let parts = |count: i64, from: i64| (0..count).map(|nth| from + nth * 4 * HOUR).collect::<Vec<_>>();
    let (files, asked) = kept.update(MIDNIGHT + HOUR);
    assert_eq!(asked, parts(7, MIDNIGHT - 24 * HOUR));
    assert_eq!(files.unwrap(), kept.on_disk());
    assert_eq!(kept.update(MIDNIGHT + HOUR).1, [MIDNIGHT], "within the same second too");
    let (files, asked) = kept.update(MIDNIGHT + HOUR + 600);
    assert_eq!(asked, [MIDNIGHT]);
    assert_eq!(files.unwrap().last().unwrap(), &format!("{MIDNIGHT}-{}.jsonl", MIDNIGHT + HOUR + 600));
    // Eight hours later: the part that was the newest, the next one, and the newest; the first two are gone.
    let (files, asked) = kept.update(MIDNIGHT + 9 * HOUR);
    assert_eq!(asked, parts(3, MIDNIGHT));
    assert_eq!(files.unwrap().len(), 7);
    assert_eq!(kept.on_disk()[0], format!("{}-{}.jsonl", MIDNIGHT - 16 * HOUR, MIDNIGHT - 12 * HOUR));
    assert_eq!(kept.on_disk().len(), 7, "{:?}", kept.on_disk());
}

#[test]
fn a_newest_part_that_fails_is_told_and_what_has_ended_stays() {
    let is_down = Arc::new(Mutex::new(Does::Hang));
    let does = Arc::clone(&is_down);
    let server =
        Server::new(move |path, _| if start(path) == MIDNIGHT { does.lock().unwrap().clone() } else { well(path) });
    let mut kept = Kept::new("recent-down", server);
    for (does, part) in [
        (Does::Hang, "not there within"),
        (Does::Answer(500, "", String::new()), "500"),
        (Does::Answer(429, "retry-after: 1\r\n", String::new()), "429"),
        (Does::CutShort("[{\"prb_id\"".to_owned()), "broke off"),
        (Does::Answer(200, "", "[{\"prb_id\":7}".to_owned()), "not a whole JSON list"),
    ] {
        *is_down.lock().unwrap() = does;
        let told = kept.update(MIDNIGHT + HOUR).0.unwrap_err().to_string();
        assert!(told.starts_with("1 of 7 parts could not be fetched, the first: seconds 1476057600"), "{told}");
        assert!(told.contains(part), "{told}");
        assert_eq!(kept.on_disk().len(), 6);
    }
    *is_down.lock().unwrap() = well("start=1476057600&");
    let (files, asked) = kept.update(MIDNIGHT + HOUR);
    assert_eq!((files.unwrap().len(), asked), (7, vec![MIDNIGHT]));
}

#[test]
fn parts_without_results_are_kept_and_named_to_nobody_and_what_is_not_ours_stays() {
    let server = Server::new(|path, _| match start(path) {
        MIDNIGHT => well(path),
        _ => Does::Answer(200, "", "[]".to_owned()),
    });
    let mut kept = Kept::new("recent-empty", server);
    let other = kept.folder.0.join("1010-all");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("100-200.jsonl"), "old").unwrap();
    std::fs::create_dir_all(kept.folder.0.join("mine")).unwrap();
    std::fs::write(kept.folder.0.join("mine/notes.jsonl"), "mine").unwrap();
    std::fs::create_dir_all(kept.folder.0.join("1001-7-8")).unwrap();
    std::fs::write(kept.folder.0.join("1001-7-8/1-2.jsonl.unfinished"), "half").unwrap();
    let (files, asked) = kept.update(MIDNIGHT + HOUR);
    assert_eq!((files.unwrap().len(), asked.len(), kept.on_disk().len()), (1, 7, 7));
    assert!(!other.exists() && kept.folder.0.join("mine/notes.jsonl").exists());
    assert_eq!(kept.update(MIDNIGHT + HOUR + 1).1, [MIDNIGHT], "an empty part that has ended is not asked for again");
}

#[test]
fn a_fetch_that_hangs_ends_when_it_is_told_to() {
    let server = Server::new(|_, _| Does::Hang);
    let folder = Folder::new("recent-stop");
    let settings = AtlasSettings { timeout: Duration::from_secs(600), ..settings() };
    let (begun, stop) = (Instant::now(), tokio_sleep(Duration::from_millis(200)));
    let told = update_atlas(&query(&server, 24), &settings, &folder.0, stop).unwrap_err();
    assert!(matches!(told, AtlasError::Stopped), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

async fn tokio_sleep(span: Duration) {
    tokio::time::sleep(span).await;
}

/// Parts that lie in folders of a folder.
fn parts_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut parts: Vec<PathBuf> =
        entries.flat_map(|path| if path.is_dir() { parts_in(&path) } else { vec![path] }).collect();
    parts.sort();
    parts
}

#[test]
fn a_part_that_was_fetched_before_it_was_over_is_fetched_again() {
    let folder = Folder::new("future");
    let out = folder.0.join("out.jsonl");
    let server = Server::new(move |path, _| match start(path) == BEGIN {
        true => Does::Answer(404, "", String::new()),
        false => well(path),
    });
    let now_s = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    // Three parts: one that fails, one long over, one that ends after now and its quarter of an hour.
    let settings = AtlasSettings { part_s: now_s - BEGIN - 1_000, ..settings() };
    let query = AtlasQuery { from_s: BEGIN - settings.part_s, to_s: now_s + HOUR, ..query(&server, 0) };
    let fetch = || {
        let asked = server.paths().len();
        assert!(fetch_atlas(&query, &settings, &out, &mut |_, _| ()).is_err());
        let mut asked: Vec<i64> = server.paths()[asked..].iter().map(|path| start(path)).collect();
        asked.sort_unstable();
        asked
    };
    let (first, last) = (BEGIN - settings.part_s, now_s - 1_000);
    assert_eq!(fetch(), [first, BEGIN, last]);
    assert_eq!(fetch(), [BEGIN, last], "what is over is there");
    // As if it was fetched a minute before its late results were in, and all that is long past.
    let part =
        parts_in(&folder.0).into_iter().find(|path| path.to_string_lossy().contains(&first.to_string())).unwrap();
    let early = UNIX_EPOCH + Duration::from_secs(u64::try_from(BEGIN + 840).unwrap());
    std::fs::File::options().write(true).open(part).unwrap().set_modified(early).unwrap();
    assert_eq!(fetch(), [first, BEGIN, last]);
    assert_eq!(fetch(), [BEGIN, last]);
}

#[test]
fn parts_of_another_query_are_neither_taken_nor_removed() {
    let folder = Folder::new("another");
    let out = folder.0.join("out.jsonl");
    let broken = Server::new(|path, _| match start(path) == BEGIN {
        true => Does::Answer(404, "", String::new()),
        false => well(path),
    });
    assert!(fetch_atlas(&query(&broken, 24), &settings(), &out, &mut |_, _| ()).is_err());
    let kept = parts_in(&folder.0);
    assert_eq!(kept.len(), 5);
    // The same measurement and probes, from elsewhere.
    let server = Server::new(|path, _| well(path));
    fetch_atlas(&query(&server, 24), &settings(), &out, &mut |_, _| ()).unwrap();
    assert_eq!(server.paths().len(), 6);
    assert_eq!(parts_in(&folder.0), [&[out.clone()][..], &kept].concat());
}

#[test]
fn a_path_of_the_api_comes_before_that_of_each_request() {
    let folder = Folder::new("prefix");
    let server = Server::new(|path, _| well(path));
    let query = AtlasQuery { api: format!("{}/proxy/atlas/", server.api), ..query(&server, 4) };
    fetch_atlas(&query, &settings(), &folder.0.join("out.jsonl"), &mut |_, _| ()).unwrap();
    assert!(server.paths()[0].starts_with("/proxy/atlas/api/v2/measurements/1001/"), "{:?}", server.paths());
}
