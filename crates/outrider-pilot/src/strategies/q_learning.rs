//! `q_learning` and `q_learning_linear`: the host of the highest value for the state that the hosts are in, as it was learnt.
//! What is learnt and how: [`crate::q_learning`].
//!
//! A pool of more hosts than the table takes is picked from by least request; so is a table of which nothing is known.

use std::sync::Arc;

use super::least_request::LeastRequest;
use super::{Field, Rule};
use crate::picker::Picker;
use crate::q_learning::Policy;

#[derive(Debug)]
pub(super) struct QLearning {
    /// None where the table does not take so many hosts.
    policy: Option<Arc<Policy>>,
}

impl QLearning {
    pub(super) fn new(policy: Option<&Arc<Policy>>) -> QLearning {
        QLearning { policy: policy.cloned() }
    }
}

impl Rule for QLearning {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        match &self.policy {
            Some(policy) => policy.pick(field, picker),
            None => LeastRequest.pick(field, picker),
        }
    }
}
