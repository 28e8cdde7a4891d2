//! The command line: one file per command, one line here for each.

mod atlas;
mod check;
mod demo;
mod forecast;
mod generate;
mod impact;
mod lab;
mod model;
mod predict;
mod schema;
mod serve;
mod simulate;
mod terminal;
mod train;
mod version;

use std::io::{self, ErrorKind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// An HTTP load balancer that rides ahead.
#[derive(Debug, Parser)]
#[command(name = "outrider", version, propagate_version = false, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compare rules on this machine: uneven hosts, open-loop load, no configuration
    Demo(demo::Demo),
    /// Balance
    Serve(serve::Serve),
    /// Validate a configuration: every mistake at once, or what it will do
    Check(check::Check),
    /// Print the JSON Schema of the configuration, for editors
    Schema(schema::Schema),
    /// Experiments: balancers side by side on simulated hosts; or hosts and load alone
    Lab(lab::Lab),
    /// Compare rules in virtual time: whole scenarios in seconds
    Simulate(simulate::Simulate),
    /// Train a predictor on a file of telemetry, and judge it: a model to trust, or a clear reason not to
    Train(train::Train),
    /// What a model says of rows
    Predict(predict::Predict),
    /// Look into a model
    Model(model::Model),
    /// Results of RIPE Atlas: fetch them
    Atlas(atlas::Atlas),
    /// What is forecast of links: refresh it in the background, or read the latest
    Forecast(forecast::Forecast),
    /// What client retries cost, every step of the arithmetic
    Impact(impact::Impact),
    /// Make data up to try commands with
    Generate(generate::Generate),
    /// Print the version
    Version(version::Version),
}

impl Cli {
    /// Runs the command. Exit code 0: done; 1: failed, and said why; 2: called wrongly.
    pub(crate) fn run(self) -> ExitCode {
        let result = match self.command {
            Command::Demo(command) => Ok(command.run()),
            Command::Lab(command) => Ok(command.run()),
            Command::Simulate(command) => Ok(command.run()),
            Command::Train(command) => Ok(command.run()),
            Command::Predict(command) => Ok(command.run()),
            Command::Model(command) => Ok(command.run()),
            Command::Atlas(command) => Ok(command.run()),
            Command::Forecast(command) => Ok(command.run()),
            Command::Impact(command) => Ok(command.run()),
            Command::Generate(command) => Ok(command.run()),
            Command::Serve(command) => command.run(),
            Command::Check(command) => command.run(),
            Command::Schema(command) => command.run(),
            Command::Version(command) => command.run(),
        };
        result.unwrap_or_else(|error| unwritable(&error))
    }
}

/// Output that nobody reads any more is no failure worth a word; output that is lost is.
fn unwritable(error: &io::Error) -> ExitCode {
    if error.kind() != ErrorKind::BrokenPipe {
        terminal::complain(&format!("cannot write: {error}; is the disk full?"));
    }
    ExitCode::FAILURE
}
