//! What goes on beside the load while a round lasts: faults and joins at their times, and a look at the hosts ten times a
//! second. A thread of its own, for an order to a host may have to wait until all its connections are closed.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::admin::Admin;
use super::schedule::{Act, Event};
use crate::backends::Backends;
use crate::balancers::{Balancer, Upstream};
use crate::{Fault, Stop};
use outrider_sim::{HostSample, Mark};

/// Between two looks at the hosts.
const EVERY: Duration = Duration::from_millis(100);

/// What is directed.
pub(super) struct Stage<'a> {
    pub(super) backends: &'a Backends,
    pub(super) balancer: &'a Balancer,
    pub(super) hosts: Vec<Upstream>,
    pub(super) events: Vec<Event>,
}

/// What a round looked like from beside.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) samples: Vec<HostSample>,
    pub(super) marks: Vec<Mark>,
}

/// Directs `stage` from now until `over` is raised.
pub(super) fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    stage: Stage<'scope>,
    over: Stop,
) -> io::Result<ScopedJoinHandle<'scope, Seen>> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let thread = std::thread::Builder::new().name("lab-director".to_owned());
    thread.spawn_scoped(scope, move || {
        let mut director = Director::new(stage);
        LocalSet::new().block_on(&runtime, director.direct(&over));
        director.seen
    })
}

struct Director<'a> {
    stage: Stage<'a>,
    admin: Option<Admin>,
    start: Instant,
    first_picks: BTreeMap<SocketAddr, u64>,
    seen: Seen,
}

impl<'a> Director<'a> {
    fn new(stage: Stage<'a>) -> Director<'a> {
        let admin = stage.balancer.admin().map(Admin::at);
        Director { stage, admin, start: Instant::now(), first_picks: BTreeMap::new(), seen: Seen::default() }
    }

    async fn direct(&mut self, over: &Stop) {
        self.first_picks = self.picks().await.unwrap_or_default();
        let mut events = std::mem::take(&mut self.stage.events).into_iter().peekable();
        let mut look = Duration::ZERO;
        loop {
            let event_at = events.peek().map_or(Duration::MAX, |event| event.at);
            let next = (self.start + look.min(event_at)).into();
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                () = over.stopped() => return,
            }
            if event_at <= look {
                events.next().into_iter().for_each(|event| self.play(event));
            } else {
                self.look().await;
                look += EVERY;
            }
        }
    }

    fn play(&mut self, event: Event) {
        // Not when it stands everywhere: users feel it from its first host on.
        let mark = Mark { at: self.start.elapsed(), host: event.host(), what: event.what };
        self.seen.marks.push(mark);
        for host in event.hosts {
            match event.act {
                Act::Fault(fault) => self.stage.backends.set_fault(host, fault),
                Act::Join => self.join(host),
            }
        }
    }

    fn join(&mut self, host: usize) {
        self.stage.backends.set_fault(host, Fault::None);
        if let Some(joined) = self.stage.hosts.get_mut(host) {
            joined.joins = false;
        }
        let now: Vec<Upstream> = self.stage.hosts.iter().copied().filter(|host| !host.joins).collect();
        // A list that cannot be written shows: the host gets no traffic.
        let _ = self.stage.balancer.list_hosts(&now);
    }

    async fn look(&mut self) {
        let picks = self.picks().await;
        let hosts = 0..self.stage.hosts.len();
        let counts: Vec<_> = hosts.map(|host| self.stage.backends.counts(host)).collect();
        let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
        self.seen.samples.push(HostSample {
            at: self.start.elapsed(),
            arrived: counts.iter().map(|c| c.requests).collect(),
            busy_s: counts.iter().map(|c| c.busy_s).collect(),
            in_service: counts.iter().map(|c| small(c.in_service)).collect(),
            queued: counts.iter().map(|c| small(c.queued)).collect(),
            picks: picks.map(|picks| self.by_host(&picks)),
        });
    }

    /// Picks since the start of the round, host by host.
    fn by_host(&self, picks: &BTreeMap<SocketAddr, u64>) -> Vec<u64> {
        let since = |host: &Upstream| {
            let of = |picks: &BTreeMap<SocketAddr, u64>| picks.get(&host.address).copied().unwrap_or(0);
            of(picks).saturating_sub(of(&self.first_picks))
        };
        self.stage.hosts.iter().map(since).collect()
    }

    async fn picks(&mut self) -> Option<BTreeMap<SocketAddr, u64>> {
        self.admin.as_mut()?.picks().await
    }
}
