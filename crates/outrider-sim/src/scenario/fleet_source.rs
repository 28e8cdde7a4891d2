//! Where hosts come from.

use std::path::PathBuf;
use std::time::Duration;

use outrider_workload::{Fleet, FleetError, Law, span};
use serde::{Deserialize, Serialize};

use super::ScenarioError;
use super::sound::HOSTS_MAX;

/// Where hosts come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FleetSource {
    /// The fleet of `uneven-mixed`, drawn by each round's seed.
    UnevenMixed {
        /// How many hosts, 1 to 1024.
        hosts: usize,
        /// Whether they have neighbours that slow them down.
        #[serde(default = "yes")]
        antagonists: bool,
    },
    /// Equal hosts of one class.
    Equal {
        /// How many hosts, 1 to 1024.
        hosts: usize,
        /// Requests that each serves at a time.
        parallelism: usize,
        /// Mean service time.
        #[serde(with = "span")]
        mean: Duration,
        /// Noise of service, a factor of mean 1.
        #[serde(default = "none")]
        noise: Law,
    },
    /// Written out.
    Full(Fleet),
    /// Made of data that somebody has to hand in ([`Scenario::with_recordings`](super::Scenario::with_recordings)).
    LanguageModel(LanguageModel),
}

/// Hosts that run a language model: where the questions to it and its times are to be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageModel {
    /// Kinds of hosts, as the file of times calls their hardware.
    pub kinds: Vec<String>,
    /// Hosts of each kind.
    pub each: usize,
    /// The model that all of them run.
    pub model: String,
    /// Accelerators of one host.
    pub accelerators: u8,
    /// The file of measured times, in the folder of data.
    pub times: PathBuf,
    /// The recorded questions, class by class.
    pub questions: Vec<Questions>,
}

/// Recorded questions of one class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Questions {
    /// The class.
    pub class: String,
    /// Their file, in the folder of data.
    pub file: PathBuf,
}

impl FleetSource {
    /// The hosts of the round with `seed`, times as described.
    ///
    /// # Errors
    /// When a number makes no sense, or data are missing.
    pub fn draw(&self, seed: u64) -> Result<Fleet, ScenarioError> {
        match self {
            // Checked before it is drawn: nobody shall ask for more hosts than there is memory.
            FleetSource::UnevenMixed { hosts, .. } | FleetSource::Equal { hosts, .. } if *hosts > HOSTS_MAX => {
                Err(FleetError::Hosts(*hosts).into())
            }
            FleetSource::UnevenMixed { hosts, antagonists } => {
                let fleet = Fleet::uneven_mixed(*hosts, seed);
                Ok(Fleet { antagonists: fleet.antagonists.filter(|_| *antagonists), ..fleet })
            }
            FleetSource::Equal { hosts, parallelism, mean, noise } => {
                Ok(Fleet::equal(*hosts, *parallelism, mean.as_secs_f64() * 1e3, *noise)?)
            }
            FleetSource::Full(fleet) => Ok(fleet.clone()),
            FleetSource::LanguageModel(_) => Err(ScenarioError::NoData),
        }
    }
}

fn none() -> Law {
    Law::Fixed(1.0)
}

fn yes() -> bool {
    true
}
