//! What is learnt from traffic, what it is worth, and what is said of it.

use std::net::SocketAddr;
use std::thread;

use outrider_lab::load::Record;
use serde_json::{Value, json};

use crate::rig::{Load, Rig, until};

const IN_FORCE: &str = "outrider_pool_fallback{pool=\"uneven\",reason=\"none\"} ";
const MEASURED: usize = 600;

fn mean_ms(records: &[Record]) -> f64 {
    let sum_s: f64 = records.iter().map(|record| record.latency().as_secs_f64()).sum();
    sum_s / records.len() as f64 * 1e3
}

/// Starts a load and waits until the pool predicts and the rarer class is known where it is sent most.
fn taught(rig: &Rig) -> Load {
    let load = rig.load();
    until("predictions are trusted", || rig.metric(IN_FORCE) == Some(1.0));
    until("the dear class is known on the fast hosts", || well_known(rig, "GET /c/dear").len() >= 2);
    load
}

/// What rests on 20 requests and more.
fn well_known(rig: &Rig, class: &str) -> Vec<Value> {
    let rows = rig.json("/api/v1/fingerprints?pool=uneven")["fingerprints"].clone();
    let rows = rows.as_array().expect("rows are a list").iter();
    rows.filter(|row| row["class"] == class && row["values"]["evidence"].as_f64() > Some(20.0)).cloned().collect()
}

#[test]
fn predictions_are_learnt_and_better_than_turns() {
    let log = "access_log: { path: access.log, explain: true }\n";
    let mut rig = Rig::start("strategy: predictive, fingerprints: { refresh: 100ms }", log);
    let load = taught(&rig);
    let turns = Rig::start("strategy: round_robin", "");
    let in_turn = turns.load();
    in_turn.next(100);
    let before = picks(&rig);
    // At the same time, so that whatever holds this machine up holds up both.
    let (predicted_ms, in_turn_ms) = thread::scope(|scope| {
        let by_predictions = scope.spawn(|| mean_ms(&load.next(MEASURED)));
        let in_turn_ms = mean_ms(&in_turn.next(MEASURED));
        (by_predictions.join().expect("requests end"), in_turn_ms)
    });
    let after = picks(&rig);
    drop(in_turn);
    let sent: Vec<f64> = before.iter().zip(after).map(|(before, after)| after - before).collect();
    eprintln!("mean {predicted_ms:.1} ms by predictions, {in_turn_ms:.1} ms in turn; picks {sent:?}");
    assert!(predicted_ms < in_turn_ms, "{predicted_ms} ms, {in_turn_ms} ms in turn");
    assert!(sent[2] < 0.15 * sent.iter().sum::<f64>(), "a host of an eighth of the speed: {sent:?}");

    what_is_known_is_shown(&rig);
    a_decision_is_explained(&rig);
    predictions_are_weighed(&rig);
    drop(load);
    rig.leave();
    the_log_says_why(&rig);
}

fn picks(rig: &Rig) -> Vec<f64> {
    let of = |host| rig.metric(&format!("outrider_host_picks_total{{pool=\"uneven\",host=\"{host}\"}} "));
    rig.hosts().iter().map(|host| of(host).expect("every host is counted")).collect()
}

fn what_is_known_is_shown(rig: &Rig) {
    let slow = rig.hosts()[2].to_string();
    for row in well_known(rig, "GET /c/dear") {
        let mean_ms = row["values"]["mean_ms"].as_f64().expect("it is known");
        let slope_ms = row["values"]["slope_ms"].as_f64().expect("it is known");
        let expected_ms = if row["host"] == slow { 80.0 } else { 10.0 };
        // Eight times lie between the hosts; a busy machine makes requests longer by less.
        assert!((0.7..3.0).contains(&(mean_ms / expected_ms)), "{row}");
        assert!((0.5..3.0).contains(&(slope_ms / expected_ms)), "time grows with size: {row}");
    }
}

fn a_decision_is_explained(rig: &Rig) {
    let explained = rig.json("/api/v1/explain?pool=uneven&class=GET%20/c/dear&size=2");
    let decision = &explained["decision"];
    assert_eq!((&explained["strategy"], &decision["fallback"]), (&json!("predictive"), &Value::Null), "{explained}");
    let candidates = decision["candidates"].as_array().expect("a list");
    let service_ms = |host: SocketAddr| {
        let found = candidates.iter().find(|candidate| candidate["host"] == host.to_string());
        found.expect("all are compared")["service_ms"].as_f64().expect("a number")
    };
    let times: Vec<f64> = rig.hosts().iter().copied().map(service_ms).collect();
    assert!(times[2] > 3.0 * times[0] && times[2] > 3.0 * times[1], "{explained}");
    assert!((10.0..40.0).contains(&times[0]), "a size of 2 takes 20 ms: {explained}");
    assert!(candidates.iter().any(|candidate| candidate["host"] == decision["chosen"]), "{explained}");
}

fn predictions_are_weighed(rig: &Rig) {
    let by_table = rig.metric("outrider_pool_chosen_by_total{pool=\"uneven\",by=\"predictions\"} ");
    assert!(by_table > Some(MEASURED as f64), "{by_table:?}");
    let fast = format!("{{pool=\"uneven\",host=\"{}\"}} ", rig.hosts()[0]);
    let of = |name: &str| rig.metric(&format!("{name}{fast}")).unwrap_or_else(|| panic!("no {name}"));
    let (predicted_s, actual_s) =
        (of("outrider_host_predicted_service_seconds_total"), of("outrider_host_service_seconds_total"));
    assert!((0.5..2.0).contains(&(predicted_s / actual_s)), "{predicted_s} s predicted, {actual_s} s taken");
    assert!((1.0..=16.0).contains(&of("outrider_host_slots")));
    assert_eq!(rig.metric("outrider_outcomes_lost_total "), Some(0.0));
    until("losses are known", || {
        rig.metric("outrider_pool_prediction_loss{pool=\"uneven\",of=\"predictions\"} ").is_some()
    });
    assert!(rig.balancer.log().contains("pool uneven goes by its predictions, after"), "{}", rig.balancer.log());
}

fn the_log_says_why(rig: &Rig) {
    let log = rig.file("access.log");
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let routed: Vec<Value> = lines.filter(|line| line["predicted"]["table_epoch"].as_u64() > Some(0)).collect();
    let by_table: Vec<&Value> = routed.iter().filter(|line| line["predicted"]["fallback"].is_null()).collect();
    assert!(by_table.len() >= MEASURED, "{} of {} lines", by_table.len(), routed.len());
    for line in by_table {
        let predicted = &line["predicted"];
        assert!(predicted["size"].as_f64() > Some(0.0), "{line}");
        let candidates = predicted["candidates"].as_array().expect("it was asked for");
        let number = |of: &Value, name: &str| of[name].as_f64().unwrap_or_else(|| panic!("no {name}: {line}"));
        let total = |candidate: &Value| number(candidate, "cost_ms") + number(candidate, "error_price_ms");
        let least = candidates.iter().map(total).fold(f64::INFINITY, f64::min);
        let chosen = candidates.iter().find(|candidate| candidate["host"] == line["upstream"]);
        let chosen = chosen.unwrap_or_else(|| panic!("it was not compared: {line}"));
        // Costs that differ by less than is known of them are as good, by a quarter at the most.
        assert!(predicted["explores"] == true || total(chosen) <= 1.26 * least, "{line}");
        let cost = number(predicted, "cost_ms");
        assert!(number(predicted, "service_ms") <= cost && number(predicted, "wait_ms") <= cost, "{line}");
    }
}

#[test]
fn who_observes_routes_nothing() {
    let rig = Rig::start("strategy: round_robin, observe: predictive", "");
    let load = taught(&rig);
    load.next(MEASURED / 3);
    drop(load);
    let picks = picks(&rig);
    assert!(picks.iter().all(|&count| (count - picks[0]).abs() <= 2.0), "still in turn: {picks:?}");
    let cost = rig.metric("outrider_pool_predicted_cost_seconds_total{pool=\"uneven\"} ").expect("it is counted");
    let least =
        rig.metric("outrider_pool_least_predicted_cost_seconds_total{pool=\"uneven\"} ").expect("it is counted");
    assert!(cost > 1.5 * least, "turns cost {cost} s where predictions would {least} s");
    let explained = rig.json("/api/v1/explain?pool=uneven");
    assert_eq!(explained["strategy"], "round_robin");
    assert_ne!(explained["decision"]["chosen"], json!(rig.hosts()[2].to_string()), "{explained}");
}
