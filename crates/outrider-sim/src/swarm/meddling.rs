//! What is done to a world between its steps, beside the faults of its script: hosts lie, come and go, clocks jump, tables are
//! poisoned, settings change. Each world knows only some of it (Groce et al. 2012: what is left out lets the rest go further).

use std::time::Duration;

use outrider_core::Random;
use outrider_pilot::{EngineFault, PoolSettings};

use super::drawing::{Drawn, breaker, millis, one_of, predict, strategy};
use crate::balancer::Balancer;
use crate::host::Lie;
use crate::world::World;

type Act = fn(&mut Drawn, &mut World);

/// What can be done, and how often it is after a step.
const ACTS: [(f64, Act); 6] = [
    (0.002, Drawn::lie),
    (0.002, Drawn::come_or_go),
    (0.001, Drawn::jump),
    (0.02, Drawn::lag),
    (0.002, Drawn::poison),
    (0.001, Drawn::reload),
];
/// How many worlds know each of them.
const KNOWN: f64 = 0.6;

const LIES: [Lie; 6] = [Lie::None, Lie::Silent, Lie::NotANumber, Lie::Absurd, Lie::Stale, Lie::Late];

/// What can be done to one world.
pub(super) struct Acts(Vec<(f64, Act)>);

impl Acts {
    pub(super) fn new(random: &mut Random) -> Acts {
        Acts(ACTS.into_iter().filter(|_| random.chance(KNOWN)).collect())
    }
}

impl Drawn {
    /// Perhaps something is done to `world`.
    pub(super) fn meddle(&mut self, world: &mut World) {
        for nth in 0..self.acts.0.len() {
            let (chance, act) = self.acts.0[nth];
            if self.random.chance(chance) {
                act(self, world);
            }
        }
    }

    /// A host begins to lie about itself, or to be honest.
    fn lie(&mut self, world: &mut World) {
        let host = self.random.below(world.hosts.len());
        world.hosts[host].tell(one_of(&mut self.random, &LIES));
    }

    /// One balancer hears that a host is gone, or is there.
    fn come_or_go(&mut self, world: &mut World) {
        let (now, hosts) = (world.now, world.hosts.len());
        let host = u16::try_from(self.random.below(hosts)).expect("hosts have been checked");
        let balancer = one_balancer(&mut self.random, world);
        balancer.move_host(host, !balancer.has(host), now);
    }

    /// One balancer's clock jumps ahead: a moment, beyond what is remembered of hosts that left, beyond what is counted in
    /// milliseconds.
    fn jump(&mut self, world: &mut World) {
        const DAY: u64 = 24 * 3_600 * 1_000;
        let by = millis(&mut self.random, &[10, 700, 5_000, 30_000, 660_000, DAY, 50 * DAY]);
        one_balancer(&mut self.random, world).clock.jump(by);
    }

    /// What comes next at one balancer is in the hands of a core whose clock is behind, or right again.
    fn lag(&mut self, world: &mut World) {
        let micros = one_of(&mut self.random, &[0, 0, 1, 300, 5_000]);
        one_balancer(&mut self.random, world).clock.lag(Duration::from_micros(micros));
    }

    /// What predicts at one balancer fails, or is well again.
    fn poison(&mut self, world: &mut World) {
        let nonsense = Some(EngineFault::Nonsense(self.random.next_u64()));
        let faults = [None, nonsense, nonsense, Some(EngineFault::Stopped), Some(EngineFault::Silent)];
        let fault = one_of(&mut self.random, &faults);
        one_balancer(&mut self.random, world).break_engine(fault);
    }

    /// All balancers are told other settings.
    fn reload(&mut self, world: &mut World) {
        let (strategy, breaker) = (strategy(&mut self.random), breaker(&mut self.random));
        self.pool = PoolSettings { strategy, breaker, predict: predict(&mut self.random), ..self.pool.clone() };
        world.reload(&self.pool);
    }
}

fn one_balancer<'a>(random: &mut Random, world: &'a mut World) -> &'a mut Balancer {
    let balancers = world.balancers.len();
    &mut world.balancers[random.below(balancers)]
}
