//! What the workers and the control thread share: one published value, one clock, one set of counters.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use arc_swap::ArcSwap;
use http::{HeaderName, HeaderValue, Version};
use outrider_core::Time;
use outrider_features::Marker;
use outrider_pilot::{ClientRetries, Router, Snapshot};

use crate::settings::Settings;

/// Everything a worker needs to serve a request, swapped whole by the control thread.
#[derive(Debug)]
pub struct Published {
    /// Hosts, routes and classes of one epoch.
    pub snapshot: Snapshot,
    /// The settings that the snapshot was made from.
    pub settings: Arc<Settings>,
    /// What we write into `Via` for a request of HTTP/1.0 and of HTTP/1.1.
    via: [HeaderValue; 2],
    /// The header that carries the request id.
    pub(crate) request_id: HeaderName,
}

impl Published {
    /// `snapshot` and the settings that it was made from.
    pub fn new(snapshot: Snapshot, settings: Arc<Settings>) -> Published {
        let via = ["1.0", "1.1"].map(|version| {
            let value = HeaderValue::try_from(format!("{version} {}", settings.forwarding.name));
            value.unwrap_or(HeaderValue::from_static("1.1 outrider"))
        });
        let request_id = HeaderName::try_from(&*settings.forwarding.request_id_header);
        Published { snapshot, via, request_id: request_id.unwrap_or(HeaderName::from_static("x-request-id")), settings }
    }
}

impl Published {
    /// The same without hosts and routes, for who needs only the settings and must not keep the rest alive.
    pub(crate) fn without_hosts(&self) -> Published {
        let snapshot = Snapshot {
            epoch: self.snapshot.epoch,
            router: Router::new(&[]),
            pools: Vec::new(),
            classifier: Arc::clone(&self.snapshot.classifier),
            classes: Arc::clone(&self.snapshot.classes),
        };
        Published {
            snapshot,
            settings: Arc::clone(&self.settings),
            via: self.via.clone(),
            request_id: self.request_id.clone(),
        }
    }

    /// What a request that came as `version` gets into its `Via`.
    pub(crate) fn via(&self, version: Version) -> &HeaderValue {
        &self.via[usize::from(version != Version::HTTP_10)]
    }
}

/// Shared by every thread of the proxy.
#[derive(Debug)]
pub struct Shared {
    /// The current snapshot. Each request takes it once, at its start; the control thread stores.
    pub published: ArcSwap<Published>,
    /// The proxy's clock.
    pub clock: Clock,
    /// The hosts of every pool, fit or not. The control thread stores.
    pub(crate) addresses: ArcSwap<BTreeSet<SocketAddr>>,
    /// Requests that may come again.
    pub(crate) client_retries: ClientRetries,
    /// By what they are known again: under a seed of this process alone.
    pub(crate) marker: Marker,
    draining: AtomicBool,
}

impl Shared {
    /// The state of a proxy that starts with `published`.
    pub fn new(published: Published, clock: Clock) -> Shared {
        Shared {
            published: ArcSwap::from_pointee(published),
            clock,
            addresses: ArcSwap::default(),
            client_retries: ClientRetries::new(),
            marker: Marker::new(RandomState::new().hash_one("marks")),
            draining: AtomicBool::new(false),
        }
    }

    /// Whether the process is leaving: answers carry `Connection: close`, readiness says no.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// From now on the process is leaving.
    pub fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

/// Turns the system's monotonic clock into the pilot's time.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock whose origin is now.
    pub fn start() -> Clock {
        Clock(Instant::now())
    }

    /// Nanoseconds since the origin.
    #[inline]
    pub fn now(&self) -> Time {
        Time::from_nanos(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}
