//! The client of RIPE Atlas against a server that misbehaves in each way.
#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use outrider_store::{AtlasError, AtlasQuery, AtlasSettings, fetch_atlas};

/// What the server does with a request.
#[derive(Clone, Debug)]
enum Does {
    /// Answers with this status, more of the head, and a body.
    Answer(u16, &'static str, String),
    /// Says that more is to come than comes.
    CutShort(String),
    /// Takes the request and says nothing.
    Hang,
    /// Sends a byte now and then, without end.
    Drip,
    /// Closes with the request unread, which resets the connection.
    Reset,
    /// Sends without end.
    Endless,
}

/// A server whose answers to the nth request of a path are told by `script`; the requests that came, in their order.
struct Server {
    api: String,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(script: impl Fn(&str, usize) -> Does + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let paths: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, script) = (Arc::clone(&paths), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                thread::spawn(move || serve(stream, &seen, &*script));
            }
        });
        Server { api, paths }
    }

    fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }
}

/// Whatever goes wrong here shows at the client.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, script: &dyn Fn(&str, usize) -> Does) -> Option<()> {
    let mut peeked = [0; 4_096];
    let length = stream.peek(&mut peeked).ok()?;
    let head = String::from_utf8_lossy(&peeked[..length]).into_owned();
    let path = head.split_whitespace().nth(1)?.to_owned();
    let nth = {
        let mut seen = seen.lock().ok()?;
        seen.push(path.clone());
        seen.iter().filter(|known| **known == path).count()
    };
    let does = script(&path, nth);
    if matches!(does, Does::Reset) {
        return None;
    }
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    match does {
        Does::Answer(status, more, body) => {
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{more}\r\n{body}").ok()
        }
        Does::CutShort(body) => write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{body}").ok(),
        Does::Hang => reader.read(&mut [0; 1]).ok().map(|_| ()),
        Does::Drip => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n").ok()?;
            stream.set_read_timeout(Some(Duration::from_millis(20))).ok()?;
            loop {
                stream.write_all(b"[").ok()?;
                if matches!(reader.read(&mut [0; 1]), Ok(0)) {
                    return None;
                }
            }
        }
        Does::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n").ok()?;
            loop {
                stream.write_all(&[b' '; 4_096]).ok()?;
            }
        }
        Does::Reset => None,
    }
}

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
