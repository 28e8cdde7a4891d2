//! Plays a case and says what was wrong with how it went.

use std::fmt::{self, Display};

use crate::case::{Case, Expected, Forwards, Gets, Host, Outcome, Sees, Then};
use crate::client::{self, End, Seen};
use crate::host::Recorder;
use crate::message::{self, Answer, Fault, Fields, Request};
use crate::subject::Kind;

/// How a case went.
pub(crate) struct Verdict {
    /// In a few words, for the table.
    pub(crate) went: String,
    /// Empty: right.
    pub(crate) complaints: Vec<String>,
}

/// Plays a case against a fresh balancer in front of a fresh host.
pub(crate) fn judge(case: &Case, kind: Kind) -> Verdict {
    let host = Recorder::start(case.host.clone());
    let subject = kind.start(host.address);
    let seen = client::play(case, subject.address());
    let bystander = client::ask(subject.address(), "/victim");
    let log = subject.log();
    drop(subject);
    let received = host.received().iter().map(|bytes| received(bytes)).collect::<Result<Vec<_>, _>>();
    let received = received.map(|connections| connections.concat());
    let mut complaints = complaints(case, &seen, received.as_ref());
    complaints.extend(unharmed(case, bystander));
    if !complaints.is_empty() && !log.is_empty() {
        complaints.push(format!("the balancer wrote:\n{log}"));
    }
    Verdict { went: went(&seen, received.as_ref()), complaints }
}

/// What one connection of the host carried of the case, requests of bystanders apart.
fn received(bytes: &[u8]) -> Result<Vec<Request>, Fault> {
    let (mut requests, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let Some((request, used)) = message::request(&bytes[at..])? else {
            return Err(format!("half a head: {:?}", bytes[at..].escape_ascii().to_string()));
        };
        at += used;
        let tunnel = request.fields.has("upgrade");
        requests.push(request);
        if tunnel {
            break;
        }
    }
    requests.retain(|request| !matches!(request.target.as_str(), "/victim" | "/again"));
    Ok(requests)
}

fn complaints(case: &Case, seen: &Seen, received: Result<&Vec<Request>, &Fault>) -> Vec<String> {
    let mut complaints = Vec::new();
    complaints.extend(seen.fault.iter().map(|fault| format!("the client was sent {fault}")));
    match received {
        Err(fault) => complaints.push(format!("the host was sent {fault}")),
        Ok(requests) => {
            if !case.right.iter().any(|outcome| fits(outcome, seen, requests)) {
                complaints.push(format!("{} instead of {}", went(seen, received), right(case)));
            }
            complaints.extend(requests.iter().flat_map(hop_by_hop));
            let sees = requests.iter().flat_map(|request| case.sees.iter().map(move |sees| (sees, request)));
            complaints.extend(sees.filter_map(|(sees, request)| unlike(sees, request)));
        }
    }
    let last = seen.answers.last().filter(|answer| answer.status == 200);
    let gets = last.into_iter().flat_map(|answer| case.gets.iter().map(move |gets| (gets, answer)));
    complaints.extend(gets.filter_map(|(gets, answer)| ungotten(gets, answer)));
    complaints
}

/// Another client must be served as if nothing had happened, if there is anybody to serve it.
fn unharmed(case: &Case, bystander: Option<(u16, Vec<u8>)>) -> Option<String> {
    let gone = matches!(case.host, Host::Refuses | Host::Resets);
    match bystander {
        Some((200, body)) if body == b"GET /victim" => None,
        Some((502..=504, _)) if gone => None,
        other => Some(format!("another client then got {other:?}")),
    }
}

fn fits(outcome: &Outcome, seen: &Seen, requests: &[Request]) -> bool {
    let answers = seen.answers.iter().map(|a| Expected { status: a.status, whole: a.body.whole });
    let whole = requests.iter().filter(|request| request.body.whole).count();
    let forwards = match outcome.forwards {
        Forwards::Nothing => requests.is_empty(),
        Forwards::Whole(count) => whole == count && requests.len() == count,
        Forwards::Cut => whole == 0,
        Forwards::Clean => true,
    };
    let then = match outcome.then {
        Then::Closes => seen.end == End::Closed,
        Then::Stays => seen.end == End::Open,
        Then::Either => seen.end != End::Stuck,
    };
    forwards && then && answers.eq(outcome.answers.iter().copied())
}

/// RFC 9110 7.6.1: what concerns one connection must not be passed to the next. The balancer may say things of its own
/// connection to the host: that it stays or closes, becomes something else, or takes trailers.
fn hop_by_hop(request: &Request) -> Vec<String> {
    let fields = &request.fields;
    let own = |value: &[u8]| match value.to_ascii_lowercase().as_slice() {
        b"keep-alive" | b"close" => true,
        b"upgrade" => fields.has("upgrade"),
        b"te" => fields.only("te") == Some(b"trailers"),
        _ => false,
    };
    let connection = fields.all("connection").filter(|value| !own(value)).map(|value| ("connection", value));
    let te = fields.all("te").filter(|value| *value != b"trailers").map(|value| ("te", value));
    let others = ["keep-alive", "proxy-connection"];
    let others = others.iter().flat_map(|name| fields.all(name).map(move |value| (*name, value)));
    connection
        .chain(te)
        .chain(others)
        .map(|(name, value)| format!("the host was sent {name}: {}", shown(value)))
        .collect()
}

/// What a request that the host received says instead.
fn unlike(sees: &Sees, request: &Request) -> Option<String> {
    let Request { target, fields, body, .. } = request;
    match *sees {
        Sees::Body(bytes) => {
            (body.bytes != bytes).then(|| format!("the host was sent the body {:?}", shown(&body.bytes)))
        }
        Sees::Target(wanted) => (target != wanted).then(|| format!("the host was sent the target {target}")),
        Sees::Field(name, value) => (fields.only(name) != Some(value.as_bytes()))
            .then(|| format!("the host was sent {}", listing(fields, name))),
        Sees::Has(name) => (!fields.has(name)).then(|| format!("the host was sent no {name}")),
        Sees::Lacks(name) if fields.has(name) => Some(format!("the host was sent {}", listing(fields, name))),
        Sees::Lacks(name) if body.trailers.has(name) => {
            Some(format!("the host was sent the trailer {}", listing(&body.trailers, name)))
        }
        Sees::Lacks(_) => None,
    }
}

/// What an answer that the client received says instead.
fn ungotten(gets: &Gets, answer: &Answer) -> Option<String> {
    let Answer { fields, body, .. } = answer;
    match *gets {
        Gets::Body(bytes) => {
            (body.bytes != bytes).then(|| format!("the client was sent the body {:?}", shown(&body.bytes)))
        }
        Gets::Field(name, value) => (fields.only(name) != Some(value.as_bytes()))
            .then(|| format!("the client was sent {}", listing(fields, name))),
        Gets::Lacks(name) => fields.has(name).then(|| format!("the client was sent {}", listing(fields, name))),
    }
}

fn listing(fields: &Fields, name: &str) -> String {
    let values: Vec<String> = fields.all(name).map(shown).collect();
    if values.is_empty() { format!("no {name}") } else { format!("{name}: {}", values.join(" and ")) }
}

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

fn went(seen: &Seen, received: Result<&Vec<Request>, &Fault>) -> String {
    let answers = seen.answers.iter().map(|a| Expected { status: a.status, whole: a.body.whole });
    let end = match seen.end {
        End::Closed => "closed",
        End::Open => "open",
        End::Stuck => "stuck",
        End::Tunnel => "tunnel",
    };
    let forwarded = match received {
        Err(_) => "unclean".to_owned(),
        Ok(requests) if requests.is_empty() => "nothing".to_owned(),
        Ok(requests) => {
            let whole = requests.iter().filter(|request| request.body.whole).count();
            if whole == requests.len() {
                format!("{whole} whole")
            } else {
                format!("{whole} whole, {} cut", requests.len() - whole)
            }
        }
    };
    format!("{}, {end}, {forwarded}", listed(answers))
}

/// What is right, in the words of `went`.
pub(crate) fn right(case: &Case) -> String {
    case.right.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = match self.then {
            Then::Closes => "closed",
            Then::Stays => "open",
            Then::Either => "either",
        };
        let forwarded = match self.forwards {
            Forwards::Nothing => "nothing".to_owned(),
            Forwards::Whole(count) => format!("{count} whole"),
            Forwards::Cut => "0 whole".to_owned(),
            Forwards::Clean => "clean".to_owned(),
        };
        write!(f, "{}, {end}, {forwarded}", listed(self.answers.iter().copied()))
    }
}

fn listed(answers: impl Iterator<Item = Expected>) -> String {
    let answers: Vec<Expected> = answers.collect();
    let words: Vec<String> = answers.chunk_by(|a, b| a == b).map(several).collect();
    if words.is_empty() { "no answer".to_owned() } else { words.join(" ") }
}

fn several(alike: &[Expected]) -> String {
    let Expected { status, whole } = alike[0];
    let cut = if whole { "" } else { " cut" };
    if alike.len() == 1 { format!("{status}{cut}") } else { format!("{}×{status}{cut}", alike.len()) }
}
