//! The circuit breaker: at most so many requests in flight on a host, at most so many that wait for one to end.
//!
//! The rules prefer open hosts by themselves. This is where a pick goes when a rule's bounded look has found none: on
//! from a random place until an open host turns up, else to the shortest queue that has room.

use outrider_core::Random;

use crate::pool::NoHost;
use crate::strategies::Field;

/// How many candidates are looked at. A larger pool of which this many in a row are full is as good as full; scanning
/// on would make every pick slow exactly when the pool is overloaded.
const SCAN: usize = 1024;

/// Where a request can go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// To this candidate, at once.
    Open(usize),
    /// Into the queue of this candidate.
    Queue(usize),
}

/// An open candidate, else the one with the shortest queue below `max_pending`.
pub(crate) fn find_place(field: &Field<'_>, max_pending: u32, random: &mut Random) -> Result<Place, NoHost> {
    let len = field.candidates.len();
    if len == 0 {
        return Err(NoHost::AllUnavailable);
    }
    let start = random.below(len);
    let mut shortest: Option<(u32, usize)> = None;
    let mut all_tried = true;
    for at in (start..len).chain(0..start).take(SCAN).filter(|&at| !field.is_tried(at)) {
        all_tried = false;
        let live = &field.candidates[at].host.live;
        if !live.is_full() {
            return Ok(Place::Open(at));
        }
        let pending = live.pending();
        if pending < max_pending && shortest.is_none_or(|(least, _)| pending < least) {
            shortest = Some((pending, at));
        }
    }
    match shortest {
        Some((_, at)) => Ok(Place::Queue(at)),
        None if all_tried => Err(NoHost::AllTried),
        None => Err(NoHost::Saturated),
    }
}
