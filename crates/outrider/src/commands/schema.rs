//! `outrider schema`: the JSON Schema of the configuration, or the reference page.

use std::io;
use std::process::ExitCode;

use clap::Args;

use crate::commands::terminal;
use crate::config;

/// Prints the JSON Schema (draft 2020-12) of the configuration.
///
/// In an editor with a YAML language server, begin the file with
/// `# yaml-language-server: $schema=outrider.schema.json`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Print the reference page instead, in Markdown
    #[arg(long)]
    reference: bool,
}

impl Schema {
    pub(super) fn run(self) -> io::Result<ExitCode> {
        terminal::say(&match self.reference {
            true => config::reference(),
            false => format!("{:#}\n", config::schema()),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
