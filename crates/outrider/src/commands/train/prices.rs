//! What requests cost, as a price list says, and the same list for the artifact.

use std::collections::BTreeMap;
use std::path::Path;

use outrider_core::frame::Frame;
use outrider_lab::placement::{FileError, read_prices};
use outrider_train::tasks::{PLACEMENT, PriceListError, Task, has_prices, price_parameters, priced, prices_of};
use outrider_workload::Prices;
use thiserror::Error;

/// Why there are no prices.
#[derive(Debug, Error)]
pub(in crate::commands) enum PricesError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Own(#[from] PriceListError),
    #[error("--prices is for the task placement, and this is {task}; leave it out")]
    NotPlacement { task: &'static str },
    #[error(
        "the data has prices already, in columns as \"price.request_usd\"; leave --prices out, or take the columns out"
    )]
    InData,
}

/// `rows` with what each request cost by the list at `path`, else by the one among `own` parameters, else by the usual one; and that list
/// as parameters. Where the data has prices, or the task asks for none, there is no list.
pub(in crate::commands) fn by_list(
    task: &Task,
    rows: Frame,
    path: Option<&Path>,
    own: Option<&BTreeMap<String, String>>,
) -> Result<(Frame, BTreeMap<String, String>), PricesError> {
    match path {
        Some(_) if task.name != PLACEMENT.name => return Err(PricesError::NotPlacement { task: task.name }),
        Some(_) if has_prices(&rows) => return Err(PricesError::InData),
        None if task.name != PLACEMENT.name || has_prices(&rows) => return Ok((rows, BTreeMap::new())),
        _ => {}
    }
    let prices = match path {
        Some(path) => read_prices(path)?,
        None => own.map(prices_of).transpose()?.flatten().unwrap_or_else(Prices::default),
    };
    Ok((priced(&rows, &prices), price_parameters(&prices)))
}
