//! What ended exchanges teach at one worker, on its way to the control thread.
//!
//! A request that ends pays for a copy of some 200 bytes into the worker's own buffer, and one in [`TOGETHER`] for handing
//! that over; it never waits. Pools that do not learn have nothing to say, and cost nothing here.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use outrider_pilot::{Host, Outcome};
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use crate::control::Lessons;
use crate::worker::Worker;

/// Outcomes that are handed over at once, at most.
const TOGETHER: usize = 256;
/// No outcome waits longer to be handed over.
const LINGER: Duration = Duration::from_millis(100);

/// The outcomes of one worker that the control thread does not know of yet.
#[derive(Debug)]
pub(crate) struct Outbox {
    outcomes: RefCell<Vec<(Arc<Host>, Outcome)>>,
    control: mpsc::Sender<Lessons>,
}

impl Outbox {
    /// Nothing has ended.
    pub(crate) fn new(control: mpsc::Sender<Lessons>) -> Outbox {
        Outbox { outcomes: RefCell::default(), control }
    }

    /// Keeps one more. Says how many there are now.
    fn push(&self, host: Arc<Host>, outcome: Outcome) -> usize {
        let mut outcomes = self.outcomes.borrow_mut();
        if outcomes.capacity() == 0 {
            outcomes.reserve_exact(TOGETHER);
        }
        outcomes.push((host, outcome));
        outcomes.len()
    }

    /// Hands over what there is. Returns how many were lost because the control thread is behind.
    fn send(&self) -> u64 {
        let outcomes = self.outcomes.take();
        let count = outcomes.len() as u64;
        if count == 0 || self.control.try_send(Lessons { outcomes }).is_ok() { 0 } else { count }
    }
}

/// Keeps what has come of an exchange on `host`, for the control thread to learn from.
pub(crate) fn learn(worker: &Rc<Worker>, host: Arc<Host>, outcome: Outcome) {
    match worker.outbox.push(host, outcome) {
        1 => {
            let worker = Rc::clone(worker);
            spawn_local(async move {
                tokio::time::sleep(LINGER).await;
                hand_over(&worker);
            });
        }
        TOGETHER => hand_over(worker),
        _ => {}
    }
}

fn hand_over(worker: &Worker) {
    worker.metrics.outcomes_lost.add(worker.outbox.send());
}

#[cfg(test)]
mod tests {
    use outrider_core::{ClassId, Random, Time};
    use outrider_pilot::{Exchange, Finish, HostSpec, Labels, PickRequest, Picker, Pool, PoolSettings, StrategyKind};

    use super::*;

    fn ended() -> (Arc<Host>, Outcome) {
        let settings = PoolSettings { strategy: StrategyKind::Predictive, ..PoolSettings::named("api") };
        let mut pool = Pool::new(settings, Time::ZERO);
        let spec = HostSpec { address: ([127, 0, 0, 1], 1).into(), weight: 1, labels: Labels::default() };
        pool.set_hosts(&[spec], Time::ZERO);
        let (class, now) = (ClassId::OTHER, Time::ZERO);
        let request = PickRequest { class, tried: &[], repeatable: false, size: Some(2.0), key: None, now };
        let view = pool.view();
        let pick = view.pick(&request, &mut Picker::new(Random::new(1))).unwrap();
        let exchange = Exchange::begin(pick.host, false, now).carrying(pick.work);
        (Arc::clone(pick.host), exchange.finish(Finish::Success, now).unwrap())
    }

    #[test]
    fn what_the_control_thread_does_not_take_is_lost_and_counted() {
        let (control, mut lessons) = mpsc::channel(1);
        let outbox = Outbox::new(control);
        assert_eq!(outbox.send(), 0, "nothing is sent of nothing");
        let (host, outcome) = ended();
        let fill = |count: usize| (0..count).map(|_| outbox.push(Arc::clone(&host), outcome)).last();
        assert_eq!(fill(3), Some(3));
        assert_eq!(outbox.send(), 0);
        assert_eq!(fill(2), Some(2), "begun anew");
        assert_eq!(outbox.send(), 2, "the first ones still wait");
        assert_eq!(lessons.try_recv().unwrap().outcomes.len(), 3);
        assert_eq!(fill(1), Some(1));
        assert_eq!(outbox.send(), 0);
        let taught = lessons.try_recv().unwrap().outcomes;
        assert_eq!((taught.len(), taught[0].1.work.and_then(|work| work.size)), (1, Some(2.0)));
    }
}
