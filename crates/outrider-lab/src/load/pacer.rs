//! Hands out each request at its time, from a thread that does nothing else.
//!
//! Not a timer of the runtime: those fire up to a millisecond or two late, which is the latency of a fast balancer many
//! times over. The kernel's sleep is late by some 60 us, and a thread that only sleeps costs next to nothing.

use std::io;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::plan::Planned;
use crate::stop::Stop;

/// Requests handed out and not yet taken up. If the loader falls further behind, the pacer waits, and lateness shows it.
const AHEAD_MAX: usize = 1 << 16;
/// The longest sleep at a time, so that a raised flag is seen.
const NAP: Duration = Duration::from_millis(50);

/// Starts the pacer. Times of the plan count from `start`. The channel closes at the end of the plan, or when `stop` is
/// raised.
pub(super) fn start(
    plan: impl Iterator<Item = Planned> + Send + 'static,
    start: Instant,
    stop: Stop,
) -> io::Result<(mpsc::Receiver<Planned>, JoinHandle<()>)> {
    let (due, taken) = mpsc::channel(AHEAD_MAX);
    let pace = move || {
        for request in plan {
            let at = start + Duration::from_nanos(request.at.as_nanos());
            if !sleep_until(at, &stop) || due.blocking_send(request).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().name("lab-pacer".to_owned()).spawn(pace)?;
    Ok((taken, thread))
}

/// Whether `at` came before the flag was raised.
fn sleep_until(at: Instant, stop: &Stop) -> bool {
    while !stop.is_stopped() {
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(NAP));
    }
    false
}
