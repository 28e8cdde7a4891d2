//! What was last forecast, how old that is, and what it is still worth.

mod view;

use std::time::Duration;

use clap::Args;

use super::span;
pub(super) use view::View;

/// From where on what is called what.
#[derive(Clone, Debug, Args)]
pub(super) struct Bounds {
    /// A forecast this old is stale, and so is one whose newest sample is
    #[arg(long, value_name = "SPAN", default_value = "15m", value_parser = span)]
    stale: Duration,
    /// A forecast this old is critical, and so is one whose newest sample is; a link so far behind the others is silent
    #[arg(long, value_name = "SPAN", default_value = "30m", value_parser = span)]
    critical: Duration,
    /// A link is red from this probability on
    #[arg(long, value_name = "SHARE", default_value = "0.4", value_parser = share)]
    red: f64,
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a number from 0 to 1, as 0.4".to_owned())
}
