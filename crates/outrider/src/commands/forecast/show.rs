//! What was last forecast, how old that is, and what it is still worth.

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::file::{Latest, LinkForecast};
use super::span;

/// From where on what is called what.
#[derive(Clone, Debug, Args)]
pub(super) struct Bounds {
    /// A forecast this old is stale
    #[arg(long, value_name = "SPAN", default_value = "15m", value_parser = span)]
    stale: Duration,
    /// A forecast this old is critical
    #[arg(long, value_name = "SPAN", default_value = "30m", value_parser = span)]
    critical: Duration,
    /// A link is red from this probability on
    #[arg(long, value_name = "SHARE", default_value_t = 0.4)]
    red: f64,
}

/// A forecast at a time.
pub(super) struct View<'a> {
    latest: &'a Latest,
    age_s: f64,
    state: &'static str,
    red: Vec<&'a LinkForecast>,
    red_from: f64,
}

impl View<'_> {
    /// As it is at `now_s`.
    pub(super) fn of<'a>(latest: &'a Latest, bounds: &Bounds, now_s: f64) -> View<'a> {
        let age_s = (now_s - latest.made_at_s.unwrap_or_default()).max(0.0);
        let state = match age_s {
            age if age >= bounds.critical.as_secs_f64() => "critical",
            age if age >= bounds.stale.as_secs_f64() => "stale",
            _ => "fresh",
        };
        let mut red: Vec<&LinkForecast> = latest.links.iter().filter(|link| link.probability >= bounds.red).collect();
        red.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        View { latest, age_s, state, red, red_from: bounds.red }
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let at = |link: &&LinkForecast| format!("{} at {:.0} %", link.link, 100.0 * link.probability);
        let named: Vec<String> = self.red.iter().take(5).map(at).collect();
        let red = match self.red.len() {
            0 => format!("no link of {} red", self.latest.links.len()),
            count => format!("{count} of {} links RED: {}", self.latest.links.len(), named.join(", ")),
        };
        let without = match self.latest.links_without {
            0 => String::new(),
            count => format!("; {count} links have too little history"),
        };
        let failed = self.latest.failed.as_ref().map_or(String::new(), |failure| {
            format!("; the last refresh failed at step {}: {}", failure.step, failure.why)
        });
        format!("{}, {:.0} min old: {red}{without}{failed}\n", self.state, (self.age_s / 60.0).floor())
    }

    /// All of it.
    pub(super) fn json(&self) -> String {
        let link = |link: &LinkForecast| -> Value {
            json!({
                "link": link.link,
                "sampled_at_s": link.sampled_at_s,
                "probability": link.probability,
                "is_red": link.probability >= self.red_from,
            })
        };
        let value = json!({
            "state": self.state,
            "age_s": self.age_s,
            "made_at_s": self.latest.made_at_s,
            "model": self.latest.model,
            "verdict": self.latest.verdict,
            "links": self.latest.links.iter().map(link).collect::<Vec<_>>(),
            "links_without": self.latest.links_without,
            "failed": self.latest.failed,
        });
        format!("{value}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::forecast::file::Failure;

    fn latest() -> Latest {
        let link = |name: &str, probability| LinkForecast { link: name.to_owned(), sampled_at_s: 900.0, probability };
        Latest {
            made_at_s: Some(1_000.0),
            links: vec![link("a", 0.39), link("b", 0.4), link("c", 0.9)],
            ..Latest::default()
        }
    }

    fn bounds() -> Bounds {
        Bounds { stale: Duration::from_secs(900), critical: Duration::from_secs(1_800), red: 0.4 }
    }

    #[test]
    fn age_makes_it_stale_and_then_critical() {
        let (latest, bounds) = (latest(), bounds());
        let state = |age_s: f64| View::of(&latest, &bounds, 1_000.0 + age_s).state;
        assert_eq!(
            [0.0, 899.0, 900.0, 1_799.0, 1_800.0, -5.0].map(state),
            ["fresh", "fresh", "stale", "stale", "critical", "fresh"]
        );
    }

    #[test]
    fn links_are_red_from_four_in_ten_on_the_worst_first() {
        let (latest, bounds) = (latest(), bounds());
        let line = View::of(&latest, &bounds, 1_125.0).line();
        assert_eq!(line, "fresh, 2 min old: 2 of 3 links RED: c at 90 %, b at 40 %\n");
    }

    #[test]
    fn a_refresh_that_failed_is_told_beside_the_last_good_forecast() {
        let failed = Some(Failure { at_s: 1_100.0, step: "source".to_owned(), why: "gone".to_owned() });
        let (latest, bounds) = (Latest { failed, ..latest() }, bounds());
        let view = View::of(&latest, &bounds, 2_000.0);
        assert!(view.line().starts_with("stale, 16 min old") && view.line().contains("failed at step source: gone"));
        let value: Value = serde_json::from_str(&view.json()).unwrap();
        assert_eq!((value["state"].as_str(), value["links"][2]["is_red"].as_bool()), (Some("stale"), Some(true)));
    }
}
