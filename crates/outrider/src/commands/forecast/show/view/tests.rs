use std::time::Duration;

use super::super::super::file::{Failure, ThinLink};
use super::*;

fn link(name: &str, probability: f64, at_s: f64) -> LinkForecast {
    let link = name.to_owned();
    LinkForecast { link, sampled_at_s: at_s, newest_sample_at_s: at_s, lost_samples: 0, probability }
}

fn latest() -> Latest {
    Latest {
        made_at_s: Some(1_000.0),
        links: vec![link("a", 0.39, 1_000.0), link("b", 0.4, 1_000.0), link("c", 0.9, 1_000.0)],
        ..Latest::default()
    }
}

fn bounds() -> Bounds {
    Bounds { stale: Duration::from_secs(900), critical: Duration::from_secs(1_800), red: 0.4 }
}

#[test]
fn age_makes_it_stale_and_then_critical() {
    let (latest, bounds) = (latest(), bounds());
    let state = |age_s: f64| View::of(&latest, &bounds, 1_000.0 + age_s).state();
    assert_eq!(
        [0.0, 899.0, 900.0, 1_799.0, 1_800.0, -5.0].map(state),
        ["fresh", "fresh", "stale", "stale", "critical", "fresh"]
    );
}

#[test]
fn a_refresh_of_just_now_is_worth_what_its_newest_sample_is() {
    let bounds = bounds();
    let at = |sample_s: f64| {
        let latest = Latest { made_at_s: Some(10_000.0), links: vec![link("a", 0.1, sample_s)], ..Latest::default() };
        let view = View::of(&latest, &bounds, 10_000.0);
        (view.state(), view.line())
    };
    assert_eq!(at(9_101.0).0, "fresh");
    assert_eq!(at(9_100.0).0, "stale");
    let (state, line) = at(8_200.0);
    assert_eq!(state, "critical");
    assert_eq!(line, "critical, 0 min old, newest sample is of 1970-01-01T02:16:40Z: no link of 1 red\n");
    let none = Latest { made_at_s: Some(10_000.0), ..Latest::default() };
    assert_eq!(View::of(&none, &bounds, 10_000.0).state(), "critical");
}

#[test]
fn links_are_red_from_four_in_ten_on_the_worst_first() {
    let (latest, bounds) = (latest(), bounds());
    let line = View::of(&latest, &bounds, 1_125.0).line();
    assert_eq!(line, "fresh, 2 min old: 2 of 3 links RED: c at 90 %, b at 40 %\n");
}

#[test]
fn a_link_that_is_gone_is_silent_and_not_red_for_ever() {
    let (mut latest, bounds) = (latest(), bounds());
    latest.links[2].newest_sample_at_s = -800.0;
    latest.too_little_history.push(ThinLink { link: "d".to_owned(), newest_sample_at_s: 1_000.0 });
    latest.samples_ahead = 2;
    let view = View::of(&latest, &bounds, 1_000.0);
    let told = "fresh, 0 min old: 1 of 2 links RED: b at 40 %; 1 link has too little history; 1 link is silent: the newest sample is \
                30 min or more behind that of others; 2 samples later than the clock of the refresh left out\n";
    assert_eq!(view.line(), told);
    let value: Value = serde_json::from_str(&view.json()).unwrap();
    assert_eq!((&value["silent"], &value["too_little_history"]), (&json!(["c"]), &json!(["d"])));
    assert_eq!((&value["links"][2]["is_red"], &value["newest_sample_at_s"]), (&json!(false), &json!(1_000.0)));
}

#[test]
fn three_lost_samples_are_red_and_fewer_are_told() {
    let (mut latest, bounds) = (latest(), bounds());
    let lost = |name: &str, lost_samples| LostLink {
        link: name.to_owned(),
        lost_since_s: 600.0,
        newest_sample_at_s: 1_000.0,
        lost_samples,
    };
    latest.lost = vec![lost("d", 3), lost("e", 1)];
    let view = View::of(&latest, &bounds, 1_000.0);
    let told = "fresh, 0 min old: 3 of 5 links RED: d lost since 1970-01-01T00:10:00Z (3 samples), c at 90 %, b at 40 %; \
                e lost since 1970-01-01T00:10:00Z (1 sample)\n";
    assert_eq!(view.line(), told);
    let value: Value = serde_json::from_str(&view.json()).unwrap();
    assert_eq!((&value["lost"][0]["is_red"], &value["lost"][1]["is_red"]), (&json!(true), &json!(false)));
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

#[test]
fn a_verdict_is_told_where_it_is_not_credible() {
    let bounds = bounds();
    let line = |verdict: &str| {
        let latest = Latest { verdict: verdict.to_owned(), ..latest() };
        View::of(&latest, &bounds, 1_000.0).line()
    };
    let told = "fresh, 0 min old, by a model that is no_better_than persistence: 2 of 3 links RED";
    assert!(line("no_better_than persistence").starts_with(told), "{}", line("no_better_than persistence"));
    assert!(line("credible").starts_with("fresh, 0 min old: 2"), "{}", line("credible"));
}
