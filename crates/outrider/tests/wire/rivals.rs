//! The whole table played against Outrider and its rivals, as the page `docs/wire.md`.

use std::collections::HashSet;
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::case::Case;
use crate::judge::{self, Verdict};
use crate::subject::Kind;
use crate::{answers, chunks, framing, heads, limits, targets, upgrades};

/// Cases mostly wait, so more are played at a time than there are cores.
const AT_A_TIME: usize = 4;

const HEAD: &str = include_str!("../../../../bench/wire/page.md");

/// Plays every case against a balancer of its own, in the order of the cases.
pub(crate) fn judged(cases: &[Case], kind: Kind) -> Vec<Verdict> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((number, case)) = take(cases, &next) {
            let verdict = judge::judge(case, kind);
            done.lock().expect("no holder panics").push((number, verdict));
        }
    };
    thread::scope(|scope| (0..AT_A_TIME).for_each(|_| drop(scope.spawn(work))));
    let mut done = done.into_inner().expect("no holder panics");
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, verdict)| verdict).collect()
}

fn take<'a>(cases: &'a [Case], next: &AtomicUsize) -> Option<(usize, &'a Case)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    cases.get(number).map(|case| (number, case))
}

fn all() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("Framing", framing::cases()),
        ("Chunks", chunks::cases()),
        ("Heads", heads::cases()),
        ("First lines", targets::cases()),
        ("Limits, time, leaving, pipelines", limits::cases()),
        ("Expectations, interim answers, upgrades", upgrades::cases()),
        ("Wrong answers of hosts", answers::cases()),
    ]
}

/// With `OUTRIDER_WIRE_RIVALS=1` (`make wire-rivals`) the page is written anew; without, it must tell of every case.
#[test]
fn the_page_tells_of_every_case() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/wire.md");
    if env::var_os("OUTRIDER_WIRE_RIVALS").is_some() {
        fs::write(&file, page()).expect("the page can be written");
    }
    let page = fs::read_to_string(&file).expect("docs/wire.md is there; make wire-rivals writes it");
    let told: HashSet<&str> = page.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next()).collect();
    let cases = all().into_iter().flat_map(|(_, cases)| cases);
    let untold: Vec<&str> = cases.map(|case| case.name).filter(|name| !told.contains(name)).collect();
    assert!(untold.is_empty(), "docs/wire.md does not tell of {untold:?}; make wire-rivals writes it");
}

fn page() -> String {
    let mut page = HEAD.replace("@versions@", &versions());
    let mut totals = [0; Kind::ALL.len()];
    let mut count = 0;
    for (subject, cases) in all() {
        let verdicts = Kind::ALL.map(|kind| judged(&cases, kind));
        count += cases.len();
        for (total, verdicts) in totals.iter_mut().zip(&verdicts) {
            *total += verdicts.iter().filter(|verdict| verdict.complaints.is_empty()).count();
        }
        write!(page, "\n## {subject}\n\n{}", table(&cases, &verdicts)).expect("a String can be written");
    }
    let score = Kind::ALL.iter().zip(totals).map(|(kind, right)| format!("{} {right}", kind.name()));
    page.replace("@score@", &format!("Of {count} rows right: {}.", score.collect::<Vec<_>>().join(", ")))
}

fn table(cases: &[Case], verdicts: &[Vec<Verdict>; Kind::ALL.len()]) -> String {
    let mut table = "| case | right | Outrider | NGINX | HAProxy | why |\n|---|---|---|---|---|---|\n".to_owned();
    for (number, case) in cases.iter().enumerate() {
        let cells = verdicts.each_ref().map(|verdicts| cell(&verdicts[number])).join(" | ");
        let note = case.note.map(|note| format!(". *{note}*")).unwrap_or_default();
        writeln!(table, "| {} | {} | {cells} | {}{note} |", case.name, judge::right(case), case.why)
            .expect("a String can be written");
    }
    table
}

/// What happened; if that is not right, in bold, with the first complaint that says more than the words do.
fn cell(verdict: &Verdict) -> String {
    let Some(first) = verdict.complaints.first() else { return verdict.went.clone() };
    let more = if first.starts_with(&verdict.went) { String::new() } else { format!(": {}", brief(first)) };
    format!("**{}**{more}", verdict.went)
}

fn brief(complaint: &str) -> String {
    let line: String = complaint.chars().take(100).collect();
    line.replace('|', "\\|").replace('\n', " ")
}

fn versions() -> String {
    let said = |program: &str| {
        let output = Command::new(program).arg("-v").output().expect("ci/test-tools.sh installs the rivals");
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned()
    };
    format!("{}; {}", said("nginx"), said("haproxy"))
}
