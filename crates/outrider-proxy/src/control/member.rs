//! A pool and what was last published of it.

use std::sync::Arc;

use outrider_core::Time;
use outrider_pilot::{Pool, PoolSettings, PoolView};

/// One pool of the fleet.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: Arc<str>,
    pub(super) pool: Pool,
    pub(super) view: Arc<PoolView>,
    version: u64,
}

impl Member {
    pub(super) fn new(settings: PoolSettings, now: Time) -> Member {
        let pool = Pool::new(settings, now);
        Member {
            name: Arc::from(pool.settings().name.as_str()),
            view: Arc::new(pool.view()),
            version: pool.version(),
            pool,
        }
    }

    /// The same pool under other settings.
    pub(super) fn reconfigured(mut self, settings: PoolSettings, now: Time) -> Member {
        self.pool.reconfigure(settings, now);
        self
    }

    /// Whether a view made now would differ from the last.
    pub(super) fn is_stale(&self) -> bool {
        self.pool.version() != self.version
    }

    /// The view of the pool as it is now; the last one, if nothing has changed.
    pub(super) fn renewed_view(&mut self) -> Arc<PoolView> {
        if self.is_stale() {
            self.version = self.pool.version();
            self.view = Arc::new(self.pool.view());
        }
        Arc::clone(&self.view)
    }
}
