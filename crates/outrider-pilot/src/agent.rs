//! What a host's HAProxy agent says: one line of words such as `up ready 75% maxconn:30`.
//!
//! Source: HAProxy, `src/checks.c`: words apart by blanks, tabs or commas, in any order and case; the line ends at the
//! first CR or LF; what follows a `#` is for humans; of several words of one kind the last one counts. Unlike HAProxy,
//! which acts on the words it knows, a line with an unknown word is an error as a whole: half a report is no report.

use std::fmt;

/// A report, as far as the agent made one: what it leaves out stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AgentReport {
    /// `75%`: weight relative to the configured one, 0 to [`AgentReport::MAX_WEIGHT_PERCENT`].
    pub weight_percent: Option<u32>,
    /// `ready`, `drain`, `maint`: what the host is willing to do.
    pub state: Option<AgentState>,
    /// `up`, or one of `down`, `stopped`, `fail`: what the host is able to do.
    pub health: Option<AgentHealth>,
    /// `maxconn:30`: requests in flight that the host takes; 0 = no limit.
    pub max_connections: Option<u32>,
}

/// What a host is willing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentState {
    /// Everything; ends `drain` and `maint`.
    Ready,
    /// No new requests.
    Drain,
    /// No new requests: somebody works on it.
    Maint,
}

/// What a host is able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentHealth {
    /// It works; ends `Down`.
    Up,
    /// It does not.
    Down,
}

/// Why a line is no report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// No word at all.
    #[error("the agent sent an empty line")]
    Empty,
    /// More than [`AgentReport::MAX_LINE_BYTES`].
    #[error("the agent sent a line of {0} bytes")]
    TooLong(usize),
    /// A word that is none of the protocol's.
    #[error("the agent sent {0:?}, which is no state, weight or limit")]
    Word(String),
    /// A weight or a limit that is not a number in range.
    #[error("the agent sent {0:?}, whose number is missing or too large")]
    Number(String),
}

impl AgentReport {
    /// The largest weight an agent may ask for, in percent of the configured one.
    pub const MAX_WEIGHT_PERCENT: u32 = 10_000;
    /// The longest line that is read.
    pub const MAX_LINE_BYTES: usize = 1024;

    /// Reads the first line of `line`.
    pub fn parse(line: &str) -> Result<AgentReport, AgentError> {
        let line = line.split(['\r', '\n']).next().unwrap_or_default();
        if line.len() > AgentReport::MAX_LINE_BYTES {
            return Err(AgentError::TooLong(line.len()));
        }
        let said = line.split('#').next().unwrap_or_default();
        let mut report = AgentReport::default();
        for word in said.split([' ', '\t', ',']).filter(|word| !word.is_empty()) {
            report.hear(word)?;
        }
        if report == AgentReport::default() { Err(AgentError::Empty) } else { Ok(report) }
    }

    fn hear(&mut self, word: &str) -> Result<(), AgentError> {
        match word.to_ascii_lowercase().as_str() {
            "ready" => self.state = Some(AgentState::Ready),
            "drain" => self.state = Some(AgentState::Drain),
            "maint" => self.state = Some(AgentState::Maint),
            "up" => self.health = Some(AgentHealth::Up),
            "down" | "stopped" | "fail" => self.health = Some(AgentHealth::Down),
            other => return self.hear_number(other),
        }
        Ok(())
    }

    fn hear_number(&mut self, word: &str) -> Result<(), AgentError> {
        if let Some(percent) = word.strip_suffix('%') {
            self.weight_percent = Some(number(percent, AgentReport::MAX_WEIGHT_PERCENT, word)?);
        } else if let Some(limit) = word.strip_prefix("maxconn:") {
            self.max_connections = Some(number(limit, u32::MAX, word)?);
        } else {
            return Err(AgentError::Word(word.to_owned()));
        }
        Ok(())
    }
}

fn number(digits: &str, max: u32, word: &str) -> Result<u32, AgentError> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let value = digits.parse::<u32>().ok().filter(|&value| all_digits && value <= max);
    value.ok_or_else(|| AgentError::Number(word.to_owned()))
}

impl fmt::Display for AgentReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.map(|state| format!("{state:?}").to_lowercase());
        let health = self.health.map(|health| format!("{health:?}").to_lowercase());
        let weight = self.weight_percent.map(|percent| format!("{percent}%"));
        let limit = self.max_connections.map(|limit| format!("maxconn:{limit}"));
        let words: Vec<String> = [health, state, weight, limit].into_iter().flatten().collect();
        f.write_str(&words.join(" "))
    }
}
