//! Outrider: an HTTP load balancer. The only place that composes the crates.

mod commands;
mod config;
mod descriptors;

use std::process::ExitCode;

use clap::Parser;

/// A forwarded request is a few dozen allocations, all short-lived; why this allocator: `docs/adr/0002-dependencies.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    commands::Cli::parse().run()
}
