//! Active health: what the checks of one host add up to.
//!
//! One failed check proves little and one passed check proves little, so it takes some in a row to turn the verdict
//! (HAProxy's `rise` and `fall`). A host counts as healthy until checks say otherwise.

use crate::settings::HealthSettings;

/// The verdict on one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// Why the host is unhealthy, if it is.
    unhealthy: Option<String>,
    /// Checks in a row that contradict the verdict.
    against: u32,
    last_passed: Option<bool>,
}

/// A verdict that has turned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    Unhealthy(String),
    Healthy,
}

impl Health {
    pub(crate) fn is_healthy(&self) -> bool {
        self.unhealthy.is_none()
    }

    pub(crate) fn why(&self) -> Option<&str> {
        self.unhealthy.as_deref()
    }

    /// Whether the last check failed.
    pub(crate) fn failed_last(&self) -> bool {
        self.last_passed == Some(false)
    }

    /// Takes in one check.
    pub(crate) fn checked(&mut self, result: Result<(), String>, settings: &HealthSettings) -> Option<Turned> {
        self.last_passed = Some(result.is_ok());
        if result.is_ok() == self.is_healthy() {
            self.against = 0;
            return None;
        }
        self.against = self.against.saturating_add(1);
        match result {
            Err(why) => (self.against >= settings.unhealthy_after).then(|| self.turn_bad(why)),
            Ok(()) => (self.against >= settings.healthy_after).then(|| self.turn_good()),
        }
    }

    fn turn_bad(&mut self, why: String) -> Turned {
        self.against = 0;
        self.unhealthy = Some(why.clone());
        Turned::Unhealthy(why)
    }

    fn turn_good(&mut self) -> Turned {
        self.against = 0;
        self.unhealthy = None;
        Turned::Healthy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs checks (`+` passed, `-` failed); after each, `H` or `U` for the verdict.
    fn run(checks: &str) -> String {
        let mut health = Health::default();
        let settings = HealthSettings { unhealthy_after: 2, healthy_after: 3, ..HealthSettings::default() };
        let verdict = |check: char| {
            let result = if check == '+' { Ok(()) } else { Err("refused".to_owned()) };
            health.checked(result, &settings);
            if health.is_healthy() { 'H' } else { 'U' }
        };
        checks.chars().map(verdict).collect()
    }

    #[test]
    fn verdicts_turn_after_enough_checks_in_a_row() {
        let table =
            [("+++", "HHH"), ("-+-+-", "HHHHH"), ("--", "HU"), ("--++-+++", "HUUUUUUH"), ("--+++--", "HUUUHHU")];
        for (checks, verdicts) in table {
            assert_eq!(run(checks), verdicts, "{checks}");
        }
    }

    #[test]
    fn a_turn_is_told_once_with_its_reason() {
        let (mut health, settings) = (Health::default(), HealthSettings::default());
        let failed = || Err("status 503".to_owned());
        assert_eq!(health.checked(failed(), &settings), None);
        assert_eq!(health.checked(failed(), &settings), Some(Turned::Unhealthy("status 503".to_owned())));
        assert_eq!(health.checked(failed(), &settings), None);
        assert_eq!(health.why(), Some("status 503"));
        assert!(health.failed_last());
    }
}
