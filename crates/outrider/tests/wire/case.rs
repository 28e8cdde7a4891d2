//! One row of the table: what is sent, how the host behind behaves, and what may come of it.

use std::time::Duration;

/// A hostile or odd exchange, and every outcome that is right.
pub(crate) struct Case {
    /// Unique, and the row's name in `docs/wire.md`.
    pub(crate) name: &'static str,
    /// Where it is written that these outcomes are right.
    pub(crate) why: &'static str,
    /// Why a rival does otherwise, where one does.
    pub(crate) note: Option<&'static str>,
    /// What the client does.
    pub(crate) steps: Vec<Step>,
    /// Whether the client's first request is a HEAD.
    pub(crate) head: bool,
    /// What the host does.
    pub(crate) host: Host,
    /// Any of these is right.
    pub(crate) right: Vec<Outcome>,
    /// What must be true of every request the host received.
    pub(crate) sees: Vec<Sees>,
    /// What must be true of the last answer.
    pub(crate) gets: Vec<Gets>,
}

/// What the client does next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends bytes one by one, this long apart, until the balancer hangs up.
    Drip(Vec<u8>, Duration),
    /// Waits until so many answers, interim ones included, have begun.
    Answered(usize),
    /// Waits until these bytes have come out of the tunnel.
    Tunnelled(&'static [u8]),
    /// Lets time pass: the pause is what the case is about.
    Pause(Duration),
    /// Closes its sending half.
    HalfClose,
}

/// How the host behind behaves. Whatever it is, `/victim` and `/again` are answered plainly.
#[derive(Clone, Debug)]
pub(crate) enum Host {
    /// Answers 200 with the method and the target in the body.
    Plain,
    /// The same, later.
    Slow(Duration),
    /// Writes these bytes once per whole request.
    Answers(Vec<u8>, After),
    /// Writes these bytes as soon as it has seen a head, and goes on reading.
    Early(Vec<u8>, After),
    /// Answers 101 and then echoes.
    Upgrades,
    /// Has no listener.
    Refuses,
    /// Resets every connection at its first byte.
    Resets,
}

/// What the host does with the connection after its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Stays,
    Closes,
}

/// One right way for a case to go.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Answers in order, interim ones included.
    pub(crate) answers: Vec<Expected>,
    /// What becomes of the client's connection.
    pub(crate) then: Then,
    /// What the host may have received.
    pub(crate) forwards: Forwards,
}

/// One answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// Its status.
    pub(crate) status: u16,
    /// False: it must end visibly too early, since the host's did.
    pub(crate) whole: bool,
}

/// What becomes of the client's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// It is closed.
    Closes,
    /// The next request on it is answered.
    Stays,
    /// Both are right, as is a tunnel.
    Either,
}

/// What the host may have received of the case. Never anything ambiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwards {
    /// Not a byte.
    Nothing,
    /// Exactly so many whole requests.
    Whole(usize),
    /// No whole request, but perhaps the beginning of one.
    Cut,
    /// Anything clean.
    Clean,
}

/// What must be true of every request the host received.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sees {
    Body(&'static [u8]),
    Target(&'static str),
    /// Exactly one field of this name, with this value.
    Field(&'static str, &'static str),
    /// At least one field of this name.
    Has(&'static str),
    /// No field and no trailer of this name.
    Lacks(&'static str),
}

/// What must be true of the last answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gets {
    Body(&'static [u8]),
    Field(&'static str, &'static str),
    Lacks(&'static str),
}

/// Starts a case in which the client sends `bytes`.
pub(crate) fn case(name: &'static str, bytes: impl AsRef<[u8]>) -> Case {
    Case {
        name,
        why: "",
        note: None,
        steps: vec![Step::Send(bytes.as_ref().to_vec())],
        head: false,
        host: Host::Plain,
        right: Vec::new(),
        sees: Vec::new(),
        gets: Vec::new(),
    }
}

impl Case {
    pub(crate) fn why(mut self, why: &'static str) -> Case {
        self.why = why;
        self
    }

    pub(crate) fn note(mut self, note: &'static str) -> Case {
        self.note = Some(note);
        self
    }

    /// Adds what the client does next.
    pub(crate) fn step(mut self, step: Step) -> Case {
        self.steps.push(step);
        self
    }

    /// Adds bytes that the client sends next.
    pub(crate) fn sends(self, bytes: impl AsRef<[u8]>) -> Case {
        self.step(Step::Send(bytes.as_ref().to_vec()))
    }

    pub(crate) fn half_closes(self) -> Case {
        self.step(Step::HalfClose)
    }

    /// The client's first request is a HEAD.
    pub(crate) fn head(mut self) -> Case {
        self.head = true;
        self
    }

    pub(crate) fn host(mut self, host: Host) -> Case {
        self.host = host;
        self
    }

    /// The host writes these bytes after each whole request, and keeps the connection.
    pub(crate) fn answers(self, bytes: impl AsRef<[u8]>) -> Case {
        self.host(Host::Answers(bytes.as_ref().to_vec(), After::Stays))
    }

    /// The host writes these bytes after each whole request, and closes.
    pub(crate) fn answers_and_closes(self, bytes: impl AsRef<[u8]>) -> Case {
        self.host(Host::Answers(bytes.as_ref().to_vec(), After::Closes))
    }

    /// Adds an outcome that is right.
    pub(crate) fn right(mut self, outcome: Outcome) -> Case {
        self.right.push(outcome);
        self
    }

    pub(crate) fn sees(mut self, sees: Sees) -> Case {
        self.sees.push(sees);
        self
    }

    pub(crate) fn gets(mut self, gets: Gets) -> Case {
        self.gets.push(gets);
        self
    }
}

/// Answered by the balancer itself, nothing forwarded, connection closed.
pub(crate) fn refused(status: u16) -> Outcome {
    outcome(&[status], Then::Closes, Forwards::Nothing)
}

/// Hung up on without a word, nothing forwarded.
pub(crate) fn dropped() -> Outcome {
    outcome(&[], Then::Closes, Forwards::Nothing)
}

/// Refused after its beginning may have been forwarded; the host must never see it end.
pub(crate) fn broken_off(status: u16) -> Outcome {
    outcome(&[status], Then::Closes, Forwards::Cut)
}

/// Forwarded once, answered 200, connection kept.
pub(crate) fn served() -> Outcome {
    outcome(&[200], Then::Stays, Forwards::Whole(1))
}

/// Forwarded once, answered 200, connection closed.
pub(crate) fn served_last() -> Outcome {
    outcome(&[200], Then::Closes, Forwards::Whole(1))
}

/// Forwarded, then answered by the balancer since the host failed. Repeats are the balancer's choice.
pub(crate) fn failed(status: u16) -> Outcome {
    outcome(&[status], Then::Either, Forwards::Clean)
}

/// The host's answer broke off, and the client can tell.
pub(crate) fn cut_short() -> Outcome {
    Outcome { answers: vec![Expected { status: 200, whole: false }], then: Then::Closes, forwards: Forwards::Clean }
}

/// Whole answers with these statuses.
pub(crate) fn outcome(statuses: &[u16], then: Then, forwards: Forwards) -> Outcome {
    let answers = statuses.iter().map(|&status| Expected { status, whole: true }).collect();
    Outcome { answers, then, forwards }
}
