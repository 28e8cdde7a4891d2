//! Which looks of requests are classes: the owner of the classes, on the slow path.
//!
//! There are at most 64 classes, so that everything kept per class is bounded, and a scanner must not be able to fill
//! them. Hence only successes count, over the last minute (six slots of ten seconds, the last one being filled), and:
//!
//! * a key is **admitted** with at least 1 % of all successes, at least five of its own, and 20 in all: five alike among
//!   20 at start-up are no accident, and one page fetched once on a quiet day is no class;
//! * a class is **dropped** after three minutes on end below 0.5 % of the successes *of classes*. Those without a class
//!   are left out of this sum, so that a scanner that is answered (a site that has a page for every path) does not
//!   thin out the classes until they fall; it would have to repeat itself and become one of them. Without 20 successes in
//!   the minute nobody is judged: a quiet night forgets nothing;
//! * an id stays with its class, and is given to no other within a minute after it was freed, so that counts under way
//!   are not put down to a stranger.
//!
//! Candidates are kept in a summary per slot that forgets the rare ones ([`crate::frequent`]): at most 6 x 1024 names of
//! at most 640 bytes, about 4 MiB at the very worst and under 1 MiB with paths of common length. Their counts are exact
//! up to 1024 keys in ten seconds; beyond, too low by at most 0.2 % of all successes, so that under a flood a key may
//! need 1.2 % to be admitted, and never gets in with less than 1 %.
//!
//! A tick costs a walk over the candidates, about 6000 at worst.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use outrider_core::{ClassId, ClassKey, Time};

use crate::frequent::Frequent;
use crate::{ClassSettings, ClassTable, Classifier};

const SLOTS: usize = 6;
const SLOT: Duration = Duration::from_secs(10);
/// Admission: at least one success in so many, ...
const ADMIT_ONE_IN: u64 = 100;
/// ... so many of its own ...
const ADMIT_SUCCESSES_MIN: u64 = 5;
/// ... and so many in all; without them nothing is judged.
const SAMPLE_MIN: u64 = 20;
/// A class is rare with fewer than one success in so many, ...
const RARE_ONE_IN: u64 = 200;
/// ... and dropped when it has been rare for so long.
const DROP_AFTER: Duration = Duration::from_secs(180);
/// A freed id rests for so long.
const REST: Duration = Duration::from_secs(60);

/// Decides which class keys have a class. Time must not run backwards; if it does, it stands still.
#[derive(Debug)]
pub struct ClassRegistry {
    max: usize,
    /// Number of the slot being filled, since the origin of time.
    slot: u64,
    /// Successes per slot, whatever their class.
    totals: [u64; SLOTS],
    candidates: [Frequent; SLOTS],
    classes: BTreeMap<ClassKey, Class>,
    freed: Vec<(ClassId, Time)>,
    other_total: u64,
}

#[derive(Debug)]
struct Class {
    id: ClassId,
    name: Arc<str>,
    slots: [u64; SLOTS],
    total: u64,
    since: Time,
    rare_since: Option<Time>,
}

/// One class, for the admin API.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassStatus {
    /// Its id now.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// Its share of the successes of the last minute, 0 to 1; 0 if there are none.
    pub share_last_minute: f64,
    /// Successes since it was admitted; of "other", all that had no class when they came.
    pub successes_total: u64,
    /// When it was admitted; of "other", the origin of time.
    pub since: Time,
}

impl ClassRegistry {
    /// A registry without classes. It needs `settings` only for how many there may be.
    pub fn new(settings: &ClassSettings) -> ClassRegistry {
        ClassRegistry {
            max: settings.max.clamp(1, ClassId::MAX),
            slot: 0,
            totals: [0; SLOTS],
            candidates: Default::default(),
            classes: BTreeMap::new(),
            freed: Vec::new(),
            other_total: 0,
        }
    }

    /// Counts `successes` more of `key`, whether it has a class or not. `name` is what the classifier calls it.
    pub fn observe(&mut self, key: ClassKey, name: &str, successes: u64, now: Time) {
        if successes == 0 {
            return;
        }
        let at = self.advance(now);
        self.totals[at] = self.totals[at].saturating_add(successes);
        if let Some(class) = self.classes.get_mut(&key) {
            class.slots[at] = class.slots[at].saturating_add(successes);
            class.total = class.total.saturating_add(successes);
        } else {
            let name = &name[..name.floor_char_boundary(Classifier::NAME_BYTES_MAX)];
            self.other_total = self.other_total.saturating_add(successes);
            self.candidates[at].add(key, name, successes);
        }
    }

    /// Drops and admits; true if [`ClassRegistry::table`] changed. To be called about once a second.
    pub fn tick(&mut self, now: Time) -> bool {
        self.advance(now);
        if sum(&self.totals) < SAMPLE_MIN {
            self.judge_nobody();
            return false;
        }
        let dropped = self.drop_rare(now);
        let admitted = self.admit_common(now);
        dropped || admitted
    }

    /// The classes as the fast path reads them.
    pub fn table(&self) -> ClassTable {
        let classes = self.classes.iter();
        ClassTable::new(classes.map(|(key, class)| (class.id, *key, Arc::clone(&class.name))))
    }

    /// Every class by id, "other" first. Shares are as of the last call that told the time.
    pub fn status(&self) -> Vec<ClassStatus> {
        let all = sum(&self.totals);
        let mut statuses: Vec<ClassStatus> = self.classes.values().map(|class| class.status(all)).collect();
        let share_of_classes: f64 = statuses.iter().map(|status| status.share_last_minute).sum();
        statuses.push(ClassStatus {
            id: ClassId::OTHER,
            name: ClassTable::OTHER.to_owned(),
            share_last_minute: if all == 0 { 0.0 } else { (1.0 - share_of_classes).max(0.0) },
            successes_total: self.other_total,
            since: Time::ZERO,
        });
        statuses.sort_by_key(|status| status.id);
        statuses
    }

    /// Empties the slots that have passed; where the slot being filled is.
    fn advance(&mut self, now: Time) -> usize {
        let slot = now.since(Time::ZERO).as_secs() / SLOT.as_secs();
        let passed = slot.saturating_sub(self.slot);
        for emptied in (self.slot + 1..=self.slot + passed).take(SLOTS) {
            self.empty(place(emptied));
        }
        self.slot += passed;
        place(self.slot)
    }

    fn empty(&mut self, at: usize) {
        self.totals[at] = 0;
        self.candidates[at].clear();
        for class in self.classes.values_mut() {
            class.slots[at] = 0;
        }
    }

    fn judge_nobody(&mut self) {
        for class in self.classes.values_mut() {
            class.rare_since = None;
        }
    }

    fn drop_rare(&mut self, now: Time) -> bool {
        let of_classes = self.classes.values().map(|class| sum(&class.slots)).fold(0, u64::saturating_add);
        let classes = self.classes.iter_mut();
        let rare: Vec<ClassKey> =
            classes.filter_map(|(key, class)| class.is_long_rare(of_classes, now).then_some(*key)).collect();
        for key in &rare {
            self.make_candidate(*key, now);
        }
        !rare.is_empty()
    }

    fn make_candidate(&mut self, key: ClassKey, now: Time) {
        let class = self.classes.remove(&key).expect("the key was found among the classes");
        self.freed.push((class.id, now));
        for (slot, successes) in self.candidates.iter_mut().zip(class.slots) {
            if successes > 0 {
                slot.add(key, &class.name, successes);
            }
        }
    }

    fn admit_common(&mut self, now: Time) -> bool {
        let before = self.classes.len();
        for (key, name) in self.common() {
            let Some(id) = self.free_id(now) else { break };
            let class = Class {
                id,
                name,
                slots: self.candidates.each_mut().map(|slot| slot.remove(key)),
                total: 0,
                since: now,
                rare_since: None,
            };
            self.classes.insert(key, class);
        }
        self.classes.len() > before
    }

    /// Candidates that are common enough for a class, the most common first.
    fn common(&self) -> Vec<(ClassKey, Arc<str>)> {
        let needed = sum(&self.totals).div_ceil(ADMIT_ONE_IN).max(ADMIT_SUCCESSES_MIN);
        // Whoever has it over all slots has a sixth of it in one of them.
        let needed_in_one = needed.div_ceil(SLOTS as u64);
        let promising = self.candidates.iter().flat_map(Frequent::iter);
        let mut common = BTreeMap::new();
        for (key, count) in promising.filter(|(_, count)| count.least >= needed_in_one) {
            let successes = self.candidates.each_ref().map(|slot| slot.least(key));
            if sum(&successes) >= needed {
                common.insert((std::cmp::Reverse(sum(&successes)), key), Arc::clone(&count.name));
            }
        }
        common.into_iter().map(|((_, key), name)| (key, name)).collect()
    }

    /// The lowest id that no class has and that has rested.
    fn free_id(&mut self, now: Time) -> Option<ClassId> {
        self.freed.retain(|(_, freed)| now.since(*freed) < REST);
        let resting = self.freed.iter().map(|(id, _)| *id);
        let taken: BTreeSet<ClassId> = self.classes.values().map(|class| class.id).chain(resting).collect();
        let last = u8::try_from(self.max - 1).expect("max is at most 64");
        (1..=last).map(ClassId).find(|id| !taken.contains(id))
    }
}

impl Class {
    /// Notes whether the class is rare among `of_classes` successes; whether it has been for too long.
    fn is_long_rare(&mut self, of_classes: u64, now: Time) -> bool {
        let own = sum(&self.slots);
        if own > 0 && own.saturating_mul(RARE_ONE_IN) >= of_classes {
            self.rare_since = None;
            return false;
        }
        let since = *self.rare_since.get_or_insert(now);
        now.since(since) >= DROP_AFTER
    }

    fn status(&self, all: u64) -> ClassStatus {
        ClassStatus {
            id: self.id,
            name: self.name.to_string(),
            share_last_minute: if all == 0 { 0.0 } else { sum(&self.slots) as f64 / all as f64 },
            successes_total: self.total,
            since: self.since,
        }
    }
}

/// Where slot number `slot` is kept.
fn place(slot: u64) -> usize {
    usize::try_from(slot % SLOTS as u64).expect("a remainder of 6 is small")
}

fn sum(slots: &[u64; SLOTS]) -> u64 {
    slots.iter().copied().fold(0, u64::saturating_add)
}
