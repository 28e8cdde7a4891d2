//! The table of `q_learning`: one value per state and host. Pure.
//!
//! A state is one [`Level`] per host in order of address, so there are 3^N of them and N values each: 210 kB for eight
//! hosts, which is where it ends; `q_learning_linear` is for more.
//!
//! **A value nobody has learnt** counts as the best that is known in its state. In the predecessor's table it was 0, above all that
//! can be learnt, for rewards are negative; with answers under way, every request of that moment went to the one host nobody had
//! heard of, and if it hung, for ever. The value of a state of which nothing is known is 0, as there.

use std::net::SocketAddr;

use super::Level;

/// The most hosts whose states are told apart.
pub(crate) const HOSTS_MAX: usize = 8;

/// Values by state and host.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    hosts: Box<[SocketAddr]>,
    /// NaN where nothing is known.
    values: Box<[f32]>,
}

/// A set of hosts by their places in the table: one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places(pub(crate) u8);

impl Places {
    /// With the host at `place`.
    pub(crate) fn with(self, place: usize) -> Places {
        Places(self.0 | 1 << place)
    }

    fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }
}

/// The state of hosts at these levels, in the order of the table.
pub(crate) fn state(levels: impl DoubleEndedIterator<Item = Level>) -> u16 {
    levels.rev().fold(0, |state, level| state * 3 + level as u16)
}

impl Table {
    /// A table of which nothing is known; `None` if there are too many hosts, or none.
    pub(crate) fn new(hosts: &[SocketAddr]) -> Option<Table> {
        let entries = |count: usize| 3_usize.pow(u32::try_from(count).expect("at most eight")) * count;
        let fits = (1..=HOSTS_MAX).contains(&hosts.len());
        fits.then(|| Table { hosts: hosts.into(), values: vec![f32::NAN; entries(hosts.len())].into() })
    }

    /// The same hosts with these values; `None` if they are too many or too few, or no numbers.
    pub(crate) fn with_values(self, values: Vec<f32>) -> Option<Table> {
        let sound = values.len() == self.values.len() && values.iter().all(|value| !value.is_infinite());
        sound.then(|| Table { values: values.into(), ..self })
    }

    /// Whose values these are, in order.
    pub(crate) fn hosts(&self) -> &[SocketAddr] {
        &self.hosts
    }

    /// All values, state by state; NaN where nothing is known.
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }

    /// What is known of sending to the host at `place` in `state`.
    #[inline]
    pub(crate) fn value(&self, state: u16, place: usize) -> Option<f32> {
        let value = self.values[usize::from(state) * self.hosts.len() + place];
        (!value.is_nan()).then_some(value)
    }

    /// The best that is known among `places` in `state`.
    #[inline]
    pub(crate) fn best(&self, state: u16, places: Places) -> Option<f32> {
        let known = (0..self.hosts.len()).filter(|&place| places.has(place));
        known.filter_map(|place| self.value(state, place)).reduce(f32::max)
    }

    /// Moves the value of `place` in `state` by `alpha` towards `target`. A target that is only a bound (it may be less, for
    /// nobody has waited for the end) never raises it.
    pub(crate) fn learn(&mut self, state: u16, place: usize, target: f32, is_bound: bool, alpha: f32) {
        let all = Places(u8::MAX);
        let value = self.value(state, place).or_else(|| self.best(state, all)).unwrap_or(0.0);
        if target < value || !is_bound {
            self.values[usize::from(state) * self.hosts.len() + place] = value + alpha * (target - value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::address;

    fn table(hosts: usize) -> Option<Table> {
        Table::new(&(0..hosts).map(address).collect::<Vec<_>>())
    }

    fn levels() -> impl Strategy<Value = Vec<Level>> {
        prop::collection::vec(prop::sample::select(vec![Level::Low, Level::Medium, Level::High]), 1..=HOSTS_MAX)
    }

    proptest! {
        #[test]
        fn every_state_has_a_row_of_its_own(levels in levels(), other in levels(), place: prop::sample::Index) {
            let hosts = levels.len();
            let place = place.index(hosts);
            let other: Vec<Level> = (0..hosts).map(|nth| other[nth % other.len()]).collect();
            let (this, that) = (state(levels.iter().copied()), state(other.iter().copied()));
            prop_assert_eq!(this == that, levels == other);
            let mut table = table(hosts).unwrap();
            table.learn(this, place, -7.0, false, 1.0);
            prop_assert_eq!(table.value(this, place), Some(-7.0));
            prop_assert_eq!(table.values().iter().filter(|value| !value.is_nan()).count(), 1);
        }

        #[test]
        fn a_step_is_the_textbooks(values in prop::collection::vec(-500.0f32..0.0, 1..50), alpha in 0.01f32..1.0) {
            // Watkins: Q <- Q + alpha (target - Q), from 0.
            let (mut table, mut q) = (table(3).unwrap(), 0.0);
            for target in values {
                table.learn(5, 1, target, false, alpha);
                q += alpha * (target - q);
            }
            prop_assert_eq!(table.value(5, 1), Some(q));
        }

        #[test]
        fn a_bound_never_raises_a_value(first in -500.0f32..0.0, bound in -500.0f32..0.0) {
            let mut table = table(2).unwrap();
            table.learn(0, 0, first, false, 1.0);
            table.learn(0, 0, bound, true, 0.5);
            let expected = if bound < first { first + 0.5 * (bound - first) } else { first };
            prop_assert_eq!(table.value(0, 0), Some(expected));
        }
    }

    #[test]
    fn it_ends_at_eight_hosts() {
        assert_eq!(table(8).unwrap().values().len(), 6_561 * 8);
        assert!(table(9).is_none() && table(0).is_none());
    }

    #[test]
    fn the_best_is_that_of_those_who_may_be_picked() {
        let mut table = table(3).unwrap();
        assert_eq!(table.best(0, Places(0b111)), None);
        table.learn(0, 0, -10.0, false, 1.0);
        table.learn(0, 2, -30.0, false, 1.0);
        assert_eq!(table.best(0, Places(0b111)), Some(-10.0));
        assert_eq!(table.best(0, Places::default().with(1).with(2)), Some(-30.0));
        assert_eq!(table.best(0, Places(0b010)), None);
    }

    #[test]
    fn what_nobody_has_learnt_starts_from_the_best_that_is_known() {
        let mut table = table(2).unwrap();
        table.learn(0, 0, -50.0, false, 1.0);
        table.learn(0, 1, -90.0, false, 0.5);
        assert_eq!(table.value(0, 1), Some(-70.0));
    }
}
