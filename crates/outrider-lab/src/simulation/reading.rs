//! A scenario from its file.

use outrider_sim::Scenario;

use crate::experiment::{Mistake, Mistakes, form, too_long};

/// The scenario that `text`, called `source`, describes.
///
/// # Errors
/// The first mistake of form, with its place; else the first load at which it makes no sense.
pub fn read_scenario(text: &str, source: &str) -> Result<Scenario, Mistakes> {
    let refuse = |mistake| Mistakes { source: source.to_owned(), mistakes: vec![mistake] };
    if let Some(mistake) = too_long(text) {
        return Err(refuse(mistake));
    }
    let scenario: Scenario = serde_saphyr::from_str(text).map_err(|error| refuse(form(&error)))?;
    let about_all = |what: String| refuse(Mistake { line: 0, column: 0, what });
    for load in &scenario.loads {
        scenario.check(*load, 1).map_err(|error| about_all(format!("at load {load}: {error}")))?;
    }
    if scenario.loads.is_empty() {
        return Err(about_all("loads is a list of arrivals over capacity, at least one".to_owned()));
    }
    Ok(scenario)
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
    }

    #[test]
    fn mistakes_have_a_sentence_and_a_place() {
        let told =
            |from: &str, to: &str| read_scenario(&SMALL.replace(from, to), "small.yaml").unwrap_err().to_string();
        assert!(told("warm_up", "warm").starts_with("small.yaml:4:1: "), "{}", told("warm_up", "warm"));
        assert_eq!(told("[0.5]", "[50]"), "small.yaml: at load 50: a load is above 0 and at most 10, not 50");
        assert!(told("host=1", "host=9").contains("a fault of host 9, but there are only 3"));
        assert!(told("[0.5]", "[]").contains("at least one"));
    }
}
