//! A scenario from its file.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

use super::{FleetSource, Scenario, ScenarioError};
use crate::mistake::{Mistake, Mistakes, read_form};

/// The scenario that `text`, called `source`, describes. One that needs recordings is checked when they are there.
///
/// # Errors
/// The first mistake, of form or of sense, with its place.
pub fn read_scenario(text: &str, source: &str) -> Result<Scenario, Mistakes> {
    read(text).map_err(|mistake| Mistakes { source: source.to_owned(), mistakes: vec![mistake] })
}

fn read(text: &str) -> Result<Scenario, Mistake> {
    let scenario: Scenario = read_form(text)?;
    if !matches!(scenario.fleet, FleetSource::LanguageModel(_)) {
        scenario.check_all().map_err(|error| placed(&error, text))?;
    }
    Ok(scenario)
}

/// `error` at the value of the key that it is about, where the file has that key.
fn placed(error: &ScenarioError, text: &str) -> Mistake {
    let places: BTreeMap<String, Spanned<IgnoredAny>> = read_form(text).unwrap_or_default();
    let place = places.get(error.key()).map(|value| value.referenced);
    let (line, column) = place.map_or((0, 0), |place| (place.line(), place.column()));
    Mistake { line, column, what: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "\
name: small
fleet: { equal: { hosts: 3, parallelism: 2, mean: 10ms } }
loads: [0.5]
warm_up: 1s
measured: 5s
faults: ['host=1,at=2s,kind=hang']
engine: [{ at: 2s, kind: stopped }]
recovery: { host: 1 }
";

    #[test]
    fn a_small_file_is_a_scenario() {
        let scenario = read_scenario(SMALL, "small.yaml").unwrap();
        assert_eq!((scenario.name.as_str(), scenario.loads.len(), scenario.engine.len()), ("small", 1, 1));
        assert_eq!((scenario.instances, scenario.notices_leaving, scenario.scale), (1, true, 1.0));
    }

    #[test]
    fn mistakes_have_a_sentence_and_a_place() {
        let told =
            |from: &str, to: &str| read_scenario(&SMALL.replace(from, to), "small.yaml").unwrap_err().to_string();
        assert!(told("warm_up", "warm").starts_with("small.yaml:4:1: "), "{}", told("warm_up", "warm"));
        assert!(told("1s\n", "1\n").starts_with("small.yaml:4:10: "), "{}", told("1s\n", "1\n"));
        assert_eq!(told("[0.5]", "[50]"), "small.yaml:3:8: a load is above 0 and at most 10, not 50");
        assert_eq!(told("host=1", "host=9"), "small.yaml:6:9: faults: there is no host 9, they are 0 to 2");
        assert!(told("hosts: 3", "hosts: 0").starts_with("small.yaml:2:8: a fleet has 1 to 1024 hosts"));
        assert!(told("[0.5]", "[]").contains("at least one"));
        let long = format!("{SMALL}# {}", "x".repeat(1 << 20));
        assert!(
            read_scenario(&long, "long.yaml").unwrap_err().to_string().starts_with("long.yaml: the file is longer")
        );
    }
}
