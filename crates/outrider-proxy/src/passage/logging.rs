//! What the access log says of a passage.

use std::time::Duration;

use super::Passage;

impl Passage {
    /// Whether the access log shall say why its host was chosen.
    pub(crate) fn is_explained(&self) -> bool {
        let wanted = self.published.settings.access_log.as_ref().is_some_and(|log| log.explain);
        wanted && self.entry.is_some() && self.view().predicts()
    }

    /// Notes the decision for the access log.
    pub(super) fn describe(&mut self) {
        if let (Some(entry), Some(pool)) = (&mut self.entry, self.pool) {
            let view = &self.published.snapshot.pools[pool];
            view.name().clone_into(&mut entry.pool);
            entry.strategy = view.settings().strategy.name();
        }
    }

    pub(super) fn log(&mut self, took: Duration) {
        self.describe();
        let Some(mut entry) = self.entry.take() else { return };
        let worker = &self.connection.worker;
        let timings = self.timings;
        entry.status = self.status.map(|status| status.as_u16());
        entry.class = self.published.snapshot.classes.name(self.class).to_owned();
        entry.epoch = self.published.snapshot.epoch;
        entry.attempts = self.attempts;
        self.client_try.describe(&mut entry);
        entry.request_bytes = self.request_body.bytes();
        entry.response_bytes = self.response_bytes;
        entry.ending = self.ending;
        entry.total = took;
        entry.wait = timings.wait;
        entry.connect = timings.connect;
        entry.first_byte = timings.answered.map(|at| at.since(timings.sent));
        if let Some(log) = &*worker.access_log.borrow() {
            worker.metrics.access_log_dropped.add(log.hand_over(&entry));
        }
    }
}
