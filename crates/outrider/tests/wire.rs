//! Hostile and odd exchanges as raw bytes through the shipped binary. The tables are in `wire/`, one file per subject;
//! `docs/wire.md` shows every row beside what NGINX and HAProxy make of it (`make wire-rivals`).

#[path = "wire/answers.rs"]
mod answers;
#[path = "support/balancer.rs"]
mod balancer;
#[path = "wire/case.rs"]
mod case;
#[path = "support/child.rs"]
mod child;
#[path = "wire/chunks.rs"]
mod chunks;
#[path = "wire/client.rs"]
mod client;
#[path = "support/folder.rs"]
mod folder;
#[path = "wire/framing.rs"]
mod framing;
#[path = "wire/heads.rs"]
mod heads;
#[path = "wire/host.rs"]
mod host;
#[path = "wire/judge.rs"]
mod judge;
#[path = "wire/limits.rs"]
mod limits;
#[path = "wire/memory.rs"]
mod memory;
#[path = "support/message.rs"]
mod message;
#[path = "support/resident.rs"]
mod resident;
#[path = "wire/rivals.rs"]
mod rivals;
#[path = "wire/subject.rs"]
mod subject;
#[path = "wire/targets.rs"]
mod targets;
#[path = "wire/upgrades.rs"]
mod upgrades;

use case::Case;
use subject::Kind;

#[test]
fn framing_has_one_meaning() {
    hold(&framing::cases());
}

#[test]
fn chunks_are_whole_or_refused() {
    hold(&chunks::cases());
}

#[test]
fn heads_are_clean_or_refused() {
    hold(&heads::cases());
}

#[test]
fn first_lines_are_understood_or_refused() {
    hold(&targets::cases());
}

#[test]
fn nobody_takes_more_than_the_limits() {
    hold(&limits::cases());
}

#[test]
fn expectations_and_upgrades_are_met_or_refused() {
    hold(&upgrades::cases());
}

#[test]
fn wrong_answers_do_not_reach_clients() {
    hold(&answers::cases());
}

/// Plays the cases and fails with every complaint at once.
fn hold(cases: &[Case]) {
    let verdicts = rivals::judged(cases, Kind::Outrider);
    let wrong: Vec<String> = cases
        .iter()
        .zip(verdicts)
        .filter(|(_, verdict)| !verdict.complaints.is_empty())
        .map(|(case, verdict)| format!("{}: {}\n    ({})", case.name, verdict.complaints.join("\n  "), case.why))
        .collect();
    assert!(wrong.is_empty(), "{} of {} cases went wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
