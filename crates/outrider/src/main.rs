//! Outrider: an HTTP load balancer. The only place that composes the crates.

mod commands;
mod config;
mod descriptors;

use std::process::ExitCode;

use clap::Parser;

/// A tenth of the CPU time of a forwarded request was the system's allocator (`docs/adr/0002-dependencies.md`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::Cli::parse().run()
}
