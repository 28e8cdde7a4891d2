//! The lab's commands: their options, and what each prints. The binary only names them.

mod backends;
mod demo;
mod load;

pub use backends::{BackendsArgs, RunBackendsError, run_backends};
pub use demo::{DemoArgs, RunDemoError, run_demo, run_demo_with};
pub use load::{LoadArgs, RunLoadError, run_load};

use std::io::{self, Write};

use serde::Serialize;

/// Prints one JSON value on a line of its own.
fn print_json(value: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}
