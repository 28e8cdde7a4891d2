//! One class of requests: what it costs, how its sizes are drawn, what it looks like.

use outrider_core::Random;
use serde::{Deserialize, Serialize};

use crate::{Form, Law, Sizes};

/// One class of requests as the workload knows it. (The balancer has to find out by itself.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its name: 1 to 32 letters, digits, `-` or `_`, for it stands in a path.
    pub name: String,
    /// Mean service time of a request of size 1 on a host of speed 1, ms.
    pub mean_ms: f64,
    /// Its share of requests, relative to the other classes.
    pub share: f64,
    /// Sizes of its own; `None`: those of the fleet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sizes: Option<Sizes>,
    /// What its requests look like.
    #[serde(default, skip_serializing_if = "is_plain")]
    pub form: Form,
}

fn is_plain(form: &Form) -> bool {
    *form == Form::default()
}

impl Class {
    /// A class of the fleet's sizes and of the usual form.
    pub fn new(name: impl Into<String>, mean_ms: f64, share: f64) -> Class {
        Class { name: name.into(), mean_ms, share, sizes: None, form: Form::default() }
    }

    /// The size of one request, where `usual` is the law of classes that have none of their own.
    pub fn draw_size(&self, usual: Law, random: &mut Random) -> f64 {
        match &self.sizes {
            Some(own) => own.sample(random),
            None => usual.sample(random),
        }
    }

    /// The mean size, where `usual` is the law of classes that have none of their own.
    pub fn mean_size(&self, usual: Law) -> f64 {
        self.sizes.as_ref().map_or_else(|| usual.mean(), Sizes::mean)
    }

    /// Whether its name can stand in a path.
    pub(crate) fn has_sound_name(&self) -> bool {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=32).contains(&self.name.len()) && self.name.bytes().all(allowed)
    }
}
