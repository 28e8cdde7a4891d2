//! What became of each request where it went, for policies to be replayed on.

use outrider_core::frame::{Column, Values};

use super::client_time::own_usd;
use super::log::{Log, Platform};
use super::{column, flag};
use crate::dataset::Trial;

const WENT: &str = "went_serverless";
const USD: &str = "own_usd";
const STANDING_USD: &str = "standing_usd";
const WAITED_MS: &str = "waited_ms";
const NOT_SERVED: &str = "not_served";
/// The columns that [`columns`] makes.
pub(super) const NAMES: [&str; 5] = [WENT, USD, STANDING_USD, WAITED_MS, NOT_SERVED];

/// Where each request went, what it alone cost, its share of what stands, how long it waited and whether for nothing.
pub(super) fn columns(log: &Log) -> Vec<Column> {
    let is_serverless = |row: usize| log.platform[row] == Some(Platform::Serverless);
    let went = (0..log.len()).map(|row| flag(is_serverless(row))).collect();
    let not_served = (0..log.len()).map(|row| flag(!log.is_served(row))).collect();
    let columns = [
        (WENT, went),
        (USD, own_usd(log)),
        (STANDING_USD, log.standing_usd.clone()),
        (WAITED_MS, log.response_ms.clone()),
        (NOT_SERVED, not_served),
    ];
    columns.into_iter().map(|(name, numbers)| column(name, Values::Number(numbers))).collect()
}

pub(super) fn roles() -> Trial {
    Trial {
        went: WENT.to_owned(),
        usd: USD.to_owned(),
        standing_usd: STANDING_USD.to_owned(),
        like: "size_bucket".to_owned(),
        not_served: NOT_SERVED.to_owned(),
        waited_ms: WAITED_MS.to_owned(),
        ways: ["containers", "serverless"],
    }
}
