//! What became of each request where it went, for policies to be replayed on.

use outrider_core::frame::{Column, Values};

use super::client_time::paid_usd;
use super::log::{Log, Platform};
use super::{column, flag};
use crate::dataset::Trial;

const WENT: &str = "went_serverless";
const USD: &str = "paid_usd";
const WAITED_MS: &str = "waited_ms";
/// The columns that [`columns`] makes.
pub(super) const NAMES: [&str; 3] = [WENT, USD, WAITED_MS];

/// Where each request went, money and waiting together, and the waiting alone.
pub(super) fn columns(log: &Log) -> Vec<Column> {
    let is_serverless = |row: usize| log.platform[row] == Some(Platform::Serverless);
    let went = (0..log.len()).map(|row| flag(is_serverless(row))).collect();
    let columns = [(WENT, went), (USD, paid_usd(log)), (WAITED_MS, log.response_ms.clone())];
    columns.into_iter().map(|(name, numbers)| column(name, Values::Number(numbers))).collect()
}

pub(super) fn roles() -> Trial {
    Trial {
        went: WENT.to_owned(),
        usd: USD.to_owned(),
        waited_ms: WAITED_MS.to_owned(),
        ways: ["containers", "serverless"],
    }
}
