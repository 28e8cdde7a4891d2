//! What platforms charge: price lists with their region and date, and what a request costs by them.
//!
//! Serverless functions are paid by memory and time of execution and by request; containers by size and by the hour, whether they
//! serve or wait.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

const SECONDS_PER_HOUR: f64 = 3_600.0;
const MB_PER_GB: f64 = 1_024.0;
/// A price beyond this is a slip of the pen.
const PRICE_MAX: f64 = 1e6;

/// A price list. What is left out is as in the default, which is of no region and date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Prices {
    /// Where these prices hold.
    pub region: String,
    /// When they were read.
    pub date: String,
    /// What a second of a client's waiting is worth, in dollars.
    pub client_second_usd: f64,
    /// Of serverless functions.
    pub serverless: ServerlessPrices,
    /// Of containers.
    pub containers: ContainerPrices,
    /// The containers' tasks by type of workload; those of the default but for what is named.
    #[serde(deserialize_with = "over_default")]
    pub tasks: BTreeMap<String, TaskSize>,
}

/// What serverless functions cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerlessPrices {
    /// A GB of memory for a second of execution.
    pub gb_second_usd: f64,
    /// A request, besides.
    pub request_usd: f64,
}

/// What containers cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContainerPrices {
    /// A vCPU for an hour.
    pub vcpu_hour_usd: f64,
    /// A GB of memory for an hour.
    pub gb_hour_usd: f64,
}

/// The task that serves a type of workload, a request at a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSize {
    /// Virtual processors.
    pub vcpu: f64,
    /// Memory, GB.
    pub gb: f64,
    /// How many of them run, and are paid, all the time.
    #[serde(default = "one")]
    pub count: u32,
}

/// A price list that makes no sense.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{name} is {value}, expected {expected}; mend the price list")]
pub struct PricesError {
    /// Which value.
    pub name: String,
    /// What it is.
    pub value: f64,
    /// What it should be.
    pub expected: &'static str,
}

fn over_default<'de, D: serde::Deserializer<'de>>(tasks: D) -> Result<BTreeMap<String, TaskSize>, D::Error> {
    let mut all = Prices::default().tasks;
    all.extend(BTreeMap::<String, TaskSize>::deserialize(tasks)?);
    Ok(all)
}

fn one() -> u32 {
    1
}

impl Default for Prices {
    fn default() -> Prices {
        let sizes = [
            ("lightweight_api", 0.25, 0.5),
            ("thumbnail_processing", 0.5, 1.0),
            ("medium_processing", 1.0, 2.0),
            ("heavy_processing", 1.0, 2.0),
        ];
        let task = |(name, vcpu, gb): (&str, f64, f64)| (name.to_owned(), TaskSize { vcpu, gb, count: 1 });
        Prices {
            region: "unstated".to_owned(),
            date: "unstated".to_owned(),
            client_second_usd: 1e-4,
            serverless: ServerlessPrices::default(),
            containers: ContainerPrices::default(),
            tasks: sizes.into_iter().map(task).collect(),
        }
    }
}

impl Default for ServerlessPrices {
    fn default() -> ServerlessPrices {
        ServerlessPrices { gb_second_usd: 0.000_016_666_7, request_usd: 0.20 / 1e6 }
    }
}

impl Default for ContainerPrices {
    fn default() -> ContainerPrices {
        ContainerPrices { vcpu_hour_usd: 0.046_56, gb_hour_usd: 0.005_11 }
    }
}

impl ServerlessPrices {
    /// A request that executes for `execution_s` with `memory_mb`.
    pub fn request_usd(&self, memory_mb: f64, execution_s: f64) -> f64 {
        memory_mb / MB_PER_GB * execution_s * self.gb_second_usd + self.request_usd
    }
}

impl ContainerPrices {
    /// One `task` for so many seconds.
    pub fn task_usd(&self, task: &TaskSize, seconds: f64) -> f64 {
        (task.vcpu * self.vcpu_hour_usd + task.gb * self.gb_hour_usd) * seconds / SECONDS_PER_HOUR
    }
}

impl Prices {
    /// Whether all of it makes sense.
    ///
    /// # Errors
    /// The first value that does not.
    pub fn check(&self) -> Result<(), PricesError> {
        let prices = [
            ("client_second_usd", self.client_second_usd),
            ("serverless.gb_second_usd", self.serverless.gb_second_usd),
            ("serverless.request_usd", self.serverless.request_usd),
            ("containers.vcpu_hour_usd", self.containers.vcpu_hour_usd),
            ("containers.gb_hour_usd", self.containers.gb_hour_usd),
        ];
        prices.into_iter().try_for_each(|(name, value)| price(name.to_owned(), value))?;
        self.tasks.iter().try_for_each(|(name, task)| task.check(name))
    }
}

impl TaskSize {
    fn check(&self, name: &str) -> Result<(), PricesError> {
        price(format!("tasks.{name}.vcpu"), self.vcpu)?;
        price(format!("tasks.{name}.gb"), self.gb)?;
        let count = f64::from(self.count);
        let error = || PricesError { name: format!("tasks.{name}.count"), value: count, expected: "at least 1" };
        if self.count == 0 { Err(error()) } else { Ok(()) }
    }
}

fn price(name: String, value: f64) -> Result<(), PricesError> {
    let expected = "a number from 0 to 1e6";
    if (0.0..=PRICE_MAX).contains(&value) { Ok(()) } else { Err(PricesError { name, value, expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_cost_what_the_formulas_say() {
        let prices = Prices::default();
        // 512 MB for 200 ms: 0.5 GB x 0.2 s x 0.0000166667 + 0.0000002.
        assert!((prices.serverless.request_usd(512.0, 0.2) - 1.866_67e-6).abs() < 1e-15);
        // A task of 1 vCPU and 2 GB: 0.04656 + 0.01022 = 0.05678 an hour.
        let heavy = &prices.tasks["heavy_processing"];
        assert!((prices.containers.task_usd(heavy, 3_600.0) - 0.056_78).abs() < 1e-12);
    }

    #[test]
    fn what_is_left_out_is_as_in_the_default_and_mistakes_are_named() {
        let read: Prices = serde_json::from_str(
            r#"{"region": "r", "date": "2026-11-01", "tasks": {"heavy_processing": {"vcpu": 2, "gb": 4}}}"#,
        )
        .unwrap();
        assert_eq!((read.serverless, read.tasks["heavy_processing"].count), (ServerlessPrices::default(), 1));
        let default = Prices::default();
        assert_eq!((read.tasks.len(), read.tasks["heavy_processing"].vcpu), (4, 2.0));
        assert_eq!(read.tasks["lightweight_api"], default.tasks["lightweight_api"], "one task leaves the others");
        assert_eq!(read.check(), Ok(()));
        assert!(serde_json::from_str::<Prices>(r#"{"regoin": "r"}"#).is_err());
        let told = |change: fn(&mut Prices)| {
            let mut prices = Prices::default();
            change(&mut prices);
            prices.check().unwrap_err().to_string()
        };
        assert!(
            told(|prices| prices.client_second_usd = f64::NAN)
                .starts_with("client_second_usd is NaN, expected a number")
        );
        assert!(told(|prices| prices.serverless.request_usd = -1.0).starts_with("serverless.request_usd is -1"));
        let none = |prices: &mut Prices| prices.tasks.get_mut("heavy_processing").unwrap().count = 0;
        assert!(told(none).starts_with("tasks.heavy_processing.count is 0, expected at least 1"));
    }
}
