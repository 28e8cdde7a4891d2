//! The lab's commands: their options, and what each prints. The binary only names them.

mod backends;
mod collect;
mod demo;
mod fault;
mod load;
mod run;
mod simulate;
mod truth;

pub use backends::{BackendsArgs, RunBackendsError, run_backends};
pub use collect::{CollectPlacementArgs, CollectPlacementError, run_collect_placement};
pub use demo::{DemoArgs, RunDemoError, run_demo, run_demo_with};
pub use fault::{FaultArgs, SendFaultError, send_fault};
pub use load::{LoadArgs, RunLoadError, run_load};
pub use simulate::{RunSimulateError, SimulateArgs, run_simulate};
pub use truth::{RunTruthError, TruthArgs, run_truth};

pub use run::{ListArgs, RunArgs, RunExperimentError, run_experiment, run_experiment_with, run_list};

use std::io::{self, Write};

use serde::Serialize;

/// Standard output. Who reads no more has had enough, as `head` has: that is no error.
fn printer() -> impl Write {
    Printer(io::stdout().lock())
}

struct Printer<W>(W);

impl<W: Write> Write for Printer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).or_else(|error| or_nobody_reads(error, bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().or_else(|error| or_nobody_reads(error, ()))
    }
}

fn or_nobody_reads<T>(error: io::Error, otherwise: T) -> io::Result<T> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(otherwise) } else { Err(error) }
}

/// Prints one JSON value on a line of its own.
fn print_json(value: &impl Serialize) -> io::Result<()> {
    let mut out = printer();
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}
