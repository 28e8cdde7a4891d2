//! The scenarios of the page of methods, and others like them, by name: files as anybody may write them.

use super::{Scenario, read_scenario};

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../scenarios/", $name, ".yaml")))),*]
    };
}

/// Names and files.
const ALL: [(&str, &str); 24] = built_in![
    "uneven-mixed",
    "mixed-path",
    "blind",
    "blind-ramp",
    "starvation",
    "slow-host",
    "dead-host-refuse",
    "dead-host-hang",
    "dead-host-fail-fast",
    "flapping",
    "cold-host",
    "shift",
    "storm",
    "fleet",
    "fleet-silent",
    "llm-fleet",
    "q-learning-low",
    "q-learning-medium",
    "q-learning-ramp",
    "q-learning-burst",
    "no-model",
    "stale-model",
    "poisoned-model",
    "tail",
];

/// The names of all scenarios.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}

/// The file of the scenario called `name`, if there is one.
pub fn file_of(name: &str) -> Option<&'static str> {
    ALL.iter().find(|(known, _)| *known == name).map(|(_, file)| *file)
}

/// The scenario called `name`, if there is one.
pub fn by_name(name: &str) -> Option<Scenario> {
    let read = |file| read_scenario(file, name).expect("a test reads all built-in files");
    file_of(name).map(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_is_called_as_its_scenario() {
        for name in names() {
            let scenario = read_scenario(file_of(name).unwrap(), name).unwrap_or_else(|mistakes| panic!("{mistakes}"));
            assert_eq!(scenario.name, name);
            assert!((20..400).contains(&scenario.about.len()), "{name}: what is it?");
        }
        assert_eq!(by_name("nothing"), None);
    }

    #[test]
    fn a_scenario_written_reads_back_the_same() {
        for name in names() {
            let scenario = by_name(name).unwrap();
            let text = serde_json::to_string(&scenario).unwrap();
            assert_eq!(read_scenario(&text, name), Ok(scenario), "{name}");
        }
    }
}
