//! Hands out each request at its time, from a thread that does nothing else.
//!
//! Not a timer of the runtime: those fire up to a millisecond or two late, which is the latency of a fast balancer many
//! times over. The kernel's sleep is late by some 60 us, and a thread that only sleeps costs next to nothing.

use std::io;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use outrider_core::Time;
use tokio::sync::mpsc;

use super::summary::{histogram, micros};
use crate::stop::Stop;

/// Requests handed out and not yet taken up. If the loader falls further behind, the pacer waits, and lateness shows it.
const AHEAD_MAX: usize = 1 << 16;
/// The longest sleep at a time, so that a raised flag is seen.
const NAP: Duration = Duration::from_millis(50);

/// A pacer at work. At its end it tells how late it was itself, by request, us.
pub(super) type Pacing = JoinHandle<Histogram<u64>>;

/// Starts the pacer on `plan`, where `when` tells the time of each, counted from `start`. The channel closes at the end of
/// the plan, or when `stop` is raised.
pub(super) fn start<T: Send + 'static>(
    plan: impl Iterator<Item = T> + Send + 'static,
    when: fn(&T) -> Time,
    start: Instant,
    stop: Stop,
) -> io::Result<(mpsc::Receiver<T>, Pacing)> {
    let (due, taken) = mpsc::channel(AHEAD_MAX);
    let pace = move || {
        let mut late_us = histogram();
        for request in plan {
            let at = start + Duration::from_nanos(when(&request).as_nanos());
            if !sleep_until(at, &stop) {
                break;
            }
            late_us.saturating_record(micros(at.elapsed()));
            if due.blocking_send(request).is_err() {
                break;
            }
        }
        late_us
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
