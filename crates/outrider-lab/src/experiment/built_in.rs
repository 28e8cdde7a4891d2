//! Experiments that come with the binary, by name.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name: that of its file in `experiments/`.
    pub name: &'static str,
    /// The file.
    pub text: &'static str,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        [$(BuiltIn { name: $name, text: include_str!(concat!("../../../../experiments/", $name, ".yaml")) }),*]
    };
}

static ALL: [BuiltIn; 17] = built_in![
    "demo",
    "uneven-mixed",
    "mixed-path",
    "q-learning-three",
    "rivals",
    "tail",
    "lanes",
    "worlds",
    "starvation",
    "slow-host",
    "dead-host-refuse",
    "dead-host-hang",
    "dead-host-fail-fast",
    "flapping",
    "cold-host",
    "retries",
    "storm",
];

/// All of them.
pub fn built_ins() -> &'static [BuiltIn] {
    &ALL
}

/// The one called `name`.
pub fn built_in(name: &str) -> Option<&'static BuiltIn> {
    ALL.iter().find(|built_in| built_in.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Experiment, plan};

    #[test]
    fn every_one_can_be_read_is_called_as_its_file_and_can_be_planned() {
        for built_in in built_ins() {
            let experiment = Experiment::read(built_in.text, built_in.name).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(experiment.name, built_in.name);
            assert!(plan(&experiment).is_ok(), "{}", built_in.name);
        }
    }
}
