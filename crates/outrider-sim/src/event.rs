//! Everything that can happen at a time of its own.

use std::hash::{Hash, Hasher};

use crate::agenda;
use crate::job::{JobId, JourneyId, Outcome, ProbeId};

pub(crate) type Agenda = agenda::Agenda<Event>;

/// One thing that happens. What it is about may be over by then: ids find nothing, numbers differ.
#[derive(Clone, Copy, Debug, Hash)]
pub(crate) enum Event {
    /// A request is at the door of its host.
    Reached(JobId),
    /// A host has something to end, if `call` is still the one it waits for.
    HostDue { host: u16, call: u32 },
    /// What became of a request is at its balancer.
    Answered(JobId, Outcome),
    /// That nobody waits for a request any more is at its host.
    Left(JobId),
    /// A probe is at its host.
    ProbeReached(ProbeId),
    /// Its answer is at its balancer.
    ProbeAnswered(ProbeId),
    /// Who stands in line for a host since the try `attempt` has stood there long enough.
    LineDue { journey: JourneyId, attempt: u32 },
    /// A user has backed off and asks again.
    CameBack(JourneyId),
    /// A balancer judges its hosts.
    Tick(u16),
    /// A balancer begins to check a host.
    Check { balancer: u16, host: u16 },
    /// A check has ended.
    Checked { balancer: u16, host: u16, healthy: bool },
    /// Line `line` of the script of faults begins, or ends.
    Fault { line: u16, begins: bool },
    /// A host that comes and goes turns, every `half_ms`, if `spell` is still the one it is under.
    Flap { host: u16, spell: u32, half_ms: u32 },
    /// A host joins the pool or leaves it.
    Move { host: u16, joins: bool },
    /// Line `line` of what is wrong with the engine begins.
    Engine { line: u16 },
    /// Hosts are looked at for the record, and requests that have waited for a minute are given up.
    Look,
    /// Classes come in other shares from now on.
    MixChange,
}

/// A hash of all that has happened, the same on every machine (Firefox's multiplicative step; nothing here is hostile).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trace(u64);

impl Trace {
    pub(crate) fn new() -> Trace {
        Trace(0)
    }
}

impl Hasher for Trace {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u16(&mut self, word: u16) {
        self.write_u64(u64::from(word));
    }

    fn write_u8(&mut self, word: u8) {
        self.write_u64(u64::from(word));
    }

    fn write_isize(&mut self, word: isize) {
        self.write_u64(word.unsigned_abs() as u64);
    }
}
