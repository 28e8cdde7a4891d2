//! When shedding begins and ends, told once each. On the slow path: the guard itself keeps no such memory.

use std::collections::BTreeMap;
use std::time::Duration;

use outrider_core::{ClassId, Time};

use super::StormGuard;
use crate::pool::HostEvent;

/// How often it looks.
const LOOK: Duration = Duration::from_secs(1);
/// Shedding that pauses for less goes on: at the edge it comes and goes with every request.
const PAUSE: Duration = Duration::from_secs(10);

/// What was being shed when it last looked.
#[derive(Debug, Default)]
pub(crate) struct StormWatch {
    looked: Time,
    shedding: BTreeMap<ClassId, Span>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    begun: Time,
    last: Time,
}

impl StormWatch {
    /// What has begun and ended since the last look, if a second has passed since.
    pub(crate) fn look(&mut self, guard: &StormGuard, now: Time) -> Vec<HostEvent> {
        if now.since(self.looked) < LOOK {
            return Vec::new();
        }
        self.looked = now;
        let mut events = Vec::new();
        for line in guard.shedding(now) {
            let span = self.shedding.entry(line.class).or_insert_with(|| {
                events.push(HostEvent::Shedding(line));
                Span { begun: now, last: now }
            });
            span.last = now;
        }
        self.shedding.retain(|&class, span| {
            let goes_on = now.since(span.last) < PAUSE;
            if !goes_on {
                events.push(HostEvent::SheddingEnded { class, length: span.last.since(span.begun) });
            }
            goes_on
        });
        events
    }
}
