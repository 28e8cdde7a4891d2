//! What is wrong with an experiment's file, and where.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1; 0 where it is about the whole file.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What is wrong and what was expected.
    pub what: String,
}

/// All mistakes of a file, in the order of their lines. `Display` gives one line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// The file.
    pub source: String,
    /// The mistakes, at least one.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        for (number, mistake) in self.mistakes.iter().enumerate() {
            let Mistake { line, column, what } = mistake;
            if number > 0 {
                writeln!(f)?;
            }
            match line {
                0 => write!(f, "{source}: {what}")?,
                _ => write!(f, "{source}:{line}:{column}: {what}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
