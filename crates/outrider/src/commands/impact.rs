//! `outrider impact`: what client retries cost, step by step.

use std::fmt::Write as _;
use std::io;
use std::process::ExitCode;

use clap::Args;
use outrider_train::impact::{ImpactError, Inputs};
use serde_json::json;
use thiserror::Error;

use crate::commands::terminal;

/// Works out what retries cost. Money is in any one currency.
#[derive(Debug, Args)]
pub(super) struct Impact {
    /// Requests a month
    #[arg(long, value_name = "N", default_value_t = Inputs::default().requests)]
    requests: f64,
    /// Share of requests that clients retry today, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = Inputs::default().retry_rate)]
    retry_rate: f64,
    /// The share that it is to become, 0 to 1: the new rate, not the difference
    #[arg(long, value_name = "SHARE", default_value_t = Inputs::default().target_rate)]
    target_rate: f64,
    /// What serving a request costs
    #[arg(long, value_name = "MONEY", default_value_t = Inputs::default().cost_per_request)]
    cost_per_request: f64,
    /// How many requests' worth a retried request costs
    #[arg(long, value_name = "N", default_value_t = Inputs::default().retry_multiplier)]
    retry_multiplier: f64,
    /// Times a month that a person must step in
    #[arg(long, value_name = "N", default_value_t = Inputs::default().interventions)]
    interventions: f64,
    /// Hours of each
    #[arg(long, value_name = "HOURS", default_value_t = Inputs::default().hours_per_intervention)]
    hours_per_intervention: f64,
    /// What an hour costs
    #[arg(long, value_name = "MONEY", default_value_t = Inputs::default().cost_per_hour)]
    cost_per_hour: f64,
    /// Retry cascades a month
    #[arg(long, value_name = "N", default_value_t = Inputs::default().cascades)]
    cascades: f64,
    /// Minutes that each lasts
    #[arg(long, value_name = "MINUTES", default_value_t = Inputs::default().minutes_per_cascade)]
    minutes_per_cascade: f64,
    /// What a minute of it costs
    #[arg(long, value_name = "MONEY", default_value_t = Inputs::default().cost_per_minute)]
    cost_per_minute: f64,
    /// What it takes to begin, once
    #[arg(long, value_name = "MONEY", default_value_t = Inputs::default().implementation)]
    implementation: f64,
    /// What it costs to run, a month
    #[arg(long, value_name = "MONEY", default_value_t = Inputs::default().running)]
    running: f64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Error)]
enum ImpactCommandError {
    #[error(transparent)]
    Impact(#[from] ImpactError),
    #[error("cannot write: {0}; is the disk full?")]
    Write(#[from] io::Error),
}

impl Impact {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(self.tell())
    }

    fn tell(&self) -> Result<(), ImpactCommandError> {
        let inputs = self.inputs();
        let impact = inputs.impact()?;
        if self.json {
            return Ok(terminal::say(&format!(
                "{}\n",
                json!({ "inputs": inputs, "impact": impact, "steps": inputs.steps()? })
            ))?);
        }
        let mut text =
            String::from("What retries cost, by what you assume; each assumption is an option of this command:\n");
        inputs.steps()?.iter().for_each(|step| _ = writeln!(text, "  {step}"));
        Ok(terminal::say(&text)?)
    }

    fn inputs(&self) -> Inputs {
        Inputs {
            requests: self.requests,
            retry_rate: self.retry_rate,
            target_rate: self.target_rate,
            cost_per_request: self.cost_per_request,
            retry_multiplier: self.retry_multiplier,
            interventions: self.interventions,
            hours_per_intervention: self.hours_per_intervention,
            cost_per_hour: self.cost_per_hour,
            cascades: self.cascades,
            minutes_per_cascade: self.minutes_per_cascade,
            cost_per_minute: self.cost_per_minute,
            implementation: self.implementation,
            running: self.running,
        }
    }
}
