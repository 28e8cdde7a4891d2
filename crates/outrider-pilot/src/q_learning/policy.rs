//! What one publication knows by Q-learning: asked by the rule, by what a pick carries, and where a request ends.

mod linear;
mod table;

use std::sync::Arc;

use outrider_core::{Random, Time};

use super::experience::{Experience, Step};
use crate::picker::Picker;
use crate::strategies::Field;

pub(crate) use linear::LinearPolicy;
pub(crate) use table::{Seat, TablePolicy};

/// So many hosts are looked at, at most.
const LOOK: usize = 16;

/// What is known, over the hosts of one publication.
#[derive(Debug)]
pub(crate) struct Policy {
    /// The share of requests that go anywhere.
    pub(crate) epsilon: f64,
    pub(crate) known: Known,
}

#[derive(Debug)]
pub(crate) enum Known {
    Table(TablePolicy),
    Linear(LinearPolicy),
}

/// What a pick was made by: travels with the request and sees, where that ends, the state that follows.
#[derive(Clone, Debug)]
pub struct Lesson {
    policy: Arc<Policy>,
    step: Step,
}

impl From<TablePolicy> for Known {
    fn from(table: TablePolicy) -> Known {
        Known::Table(table)
    }
}

impl From<LinearPolicy> for Known {
    fn from(linear: LinearPolicy) -> Known {
        Known::Linear(linear)
    }
}

impl Policy {
    /// The open candidate of the highest value, or any.
    pub(crate) fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        let random = picker.random();
        let explored = if random.chance(self.epsilon) { any(field, random) } else { None };
        explored.or_else(|| match &self.known {
            Known::Table(table) => table.pick(field, random),
            Known::Linear(linear) => linear.pick(field, random),
        })
    }
}

/// Any open candidate among some in a row.
fn any(field: &Field<'_>, random: &mut Random) -> Option<usize> {
    let len = field.candidates.len();
    let first = random.below(len);
    (first..first + len.min(LOOK)).map(|at| at % len).find(|&at| field.is_open(at))
}

impl Lesson {
    /// The lesson of sending the request of `field` to candidate `at`.
    pub(crate) fn of(policy: &Arc<Policy>, field: &Field<'_>, at: usize) -> Lesson {
        let step = match &policy.known {
            Known::Table(table) => table.step(field, at),
            Known::Linear(linear) => linear.step(field, at),
        };
        Lesson { policy: Arc::clone(policy), step }
    }

    /// It is over: what followed.
    pub(crate) fn end(&self, now: Time) -> Experience {
        let next = match &self.policy.known {
            Known::Table(table) => table.next(now),
            Known::Linear(linear) => linear.next(now),
        };
        Experience { step: self.step, next }
    }
}
