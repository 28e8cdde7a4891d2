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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn report(words: &str) -> AgentReport {
        AgentReport::parse(words).unwrap()
    }

    #[test]
    fn lines_that_mean_something() {
        let nothing = AgentReport::default();
        let up = AgentReport { health: Some(AgentHealth::Up), ..nothing };
        let down = AgentReport { health: Some(AgentHealth::Down), ..nothing };
        let weighs = |percent| AgentReport { weight_percent: Some(percent), ..nothing };
        let is = |state| AgentReport { state: Some(state), ..nothing };
        let table = [
            ("75%", weighs(75)),
            ("0%\n", weighs(0)),
            ("10000%", weighs(10_000)),
            ("ready", is(AgentState::Ready)),
            ("drain\r\n", is(AgentState::Drain)),
            ("MAINT", is(AgentState::Maint)),
            ("up", up),
            ("down", down),
            ("stopped", down),
            ("Fail # disk full, 99%", down),
            ("maxconn:30", AgentReport { max_connections: Some(30), ..nothing }),
            ("maxconn:0", AgentReport { max_connections: Some(0), ..nothing }),
            ("up\nand a second line", up),
            (" \t,up , 50%,ready", AgentReport { state: Some(AgentState::Ready), weight_percent: Some(50), ..up }),
            ("down drain", AgentReport { state: Some(AgentState::Drain), ..down }),
            ("drain ready 10% 20%", AgentReport { weight_percent: Some(20), ..is(AgentState::Ready) }),
        ];
        for (line, expected) in table {
            assert_eq!(report(line), expected, "{line:?}");
        }
    }

    #[test]
    fn lines_that_do_not() {
        let word = |w: &str| AgentError::Word(w.to_owned());
        let number = |w: &str| AgentError::Number(w.to_owned());
        let table = [
            ("", AgentError::Empty),
            ("  ,\t\n", AgentError::Empty),
            ("# all is well", AgentError::Empty),
            ("fine", word("fine")),
            ("up perhaps", word("perhaps")),
            ("75", word("75")),
            ("%", number("%")),
            ("-5%", number("-5%")),
            ("+5%", number("+5%")),
            ("7.5%", number("7.5%")),
            ("10001%", number("10001%")),
            ("99999999999%", number("99999999999%")),
            ("maxconn:", number("maxconn:")),
            ("maxconn:-1", number("maxconn:-1")),
            ("maxconn:4294967296", number("maxconn:4294967296")),
        ];
        for (line, expected) in table {
            assert_eq!(AgentReport::parse(line), Err(expected), "{line:?}");
        }
        assert_eq!(AgentReport::parse(&"u".repeat(2_000)), Err(AgentError::TooLong(2_000)));
    }

    proptest! {
        #[test]
        fn nothing_an_agent_sends_panics(line in "\\PC*") {
            let _ = AgentReport::parse(&line);
        }

        #[test]
        fn what_is_shown_reads_back(
            weight_percent in prop::option::of(0u32..=10_000),
            max_connections: Option<u32>,
            state in prop::option::of(prop::sample::select(vec![AgentState::Ready, AgentState::Drain, AgentState::Maint])),
            health in prop::option::of(prop::sample::select(vec![AgentHealth::Up, AgentHealth::Down])),
        ) {
            let report = AgentReport { weight_percent, state, health, max_connections };
            prop_assume!(report != AgentReport::default());
            prop_assert_eq!(AgentReport::parse(&report.to_string()), Ok(report));
        }
    }
}
