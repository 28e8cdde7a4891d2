//! Labels worked out by hand.

use outrider_workload::{ContainerPrices, ServerlessPrices, TaskSize};

use super::*;

/// Round prices: a second of waiting 100, a GB and second of serverless 10, a second of a container 0.1, in millionths of a dollar.
fn round_prices() -> Prices {
    let heavy = TaskSize { vcpu: 1.0, gb: 0.0, count: 1 };
    Prices {
        client_second_usd: 100e-6,
        serverless: ServerlessPrices { gb_second_usd: 10e-6, request_usd: 0.0 },
        containers: ContainerPrices { vcpu_hour_usd: 360e-6, gb_hour_usd: 0.0 },
        tasks: [("heavy_processing".to_owned(), heavy)].into(),
        ..Prices::default()
    }
}

/// One minute, in millionths of a dollar. A serverless request with 1 GB for 0.8 s costs 8. The one container costs 0.1 x 300 s = 30 in the
/// five minutes, and the three requests that it served executed for 0.6 s each, so each pays 10.
///
/// | | waited | price |
/// |---|---|---|
/// | lambda | 1.0 s | 100 + 8 = 108 |
/// | lambda | 1.0 s | 108 |
/// | lambda | 1.0 s | 108 |
/// | lambda, cold | 3.0 s | 300 + 8 = 308 |
/// | lambda | 1.7 s | 170 + 8 = 178 |
/// | ecs | 0.9 s | 90 + 10 = 100 |
/// | ecs | 1.5 s | 150 + 10 = 160 |
/// | ecs | 2.0 s | 200 + 10 = 210 |
/// | ecs, timed out | at least 30 s | infinite |
/// | ecs, timed out | at least 30 s | infinite |
///
/// Medians: lambda 108, 108, **108**, 178, 308; ecs 100, 160, **210**, infinite, infinite. 108 is below 210: serverless is better, for all ten.
fn minute() -> Vec<Line> {
    let mut lines = lambda([1_000.0, 1_000.0, 1_000.0, 3_000.0, 1_700.0]);
    lines.extend([900.0, 1_500.0, 2_000.0].map(|waited| Line::served("ecs", waited, 600.0)));
    lines.extend([Line::timed_out("ecs"); 2]);
    lines
}

fn lambda(waited: [f64; 5]) -> Vec<Line> {
    waited.map(|waited| Line::served("lambda", waited, 800.0)).to_vec()
}

fn labels(lines: &[Line]) -> Vec<f64> {
    labels_of(&PLACEMENT, &priced(&log(lines), &round_prices()))
}

#[test]
fn client_time_weighs_waiting_and_money_and_counts_those_cut_short() {
    let rows = (PLACEMENT.rows)(&priced(&log(&minute()), &round_prices())).unwrap();
    let of = |name: &str| super::super::numbers(&rows, name).unwrap();
    assert_eq!(of(LABEL), [1.0; 10]);
    assert_eq!(of("not_served"), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    // Serverless at 203 + 8 = 211, just above 210.
    let mut slower = minute();
    slower[..5].iter_mut().for_each(|line| line.response_ms = 2_030.0);
    assert_eq!(labels(&slower), [0.0; 10]);
}

#[test]
fn timeouts_that_nobody_logged_would_turn_the_label() {
    let mut lines = lambda([1_700.0; 5]);
    lines.extend([900.0, 1_500.0, 2_000.0, 1_500.0, 1_500.0].map(|waited| Line::served("ecs", waited, 600.0)));
    // 178 beside 90 + 6, 156, **156**, 156, 206: the container has it.
    assert_eq!(labels(&lines), [0.0; 10]);
    // Six of eleven were never answered: their median is infinite.
    lines.extend([Line::timed_out("ecs"); 6]);
    assert_eq!(labels(&lines), [1.0; 16]);
}

#[test]
fn an_answer_of_failure_is_no_fast_answer() {
    let mut lines = minute();
    lines[..5].iter_mut().for_each(|line| line.response_ms = 25_000.0);
    assert_eq!(labels(&lines), [0.0; 10]);
    lines[5] = Line { status: 500.0, response_ms: 1.0, ..lines[5] };
    // Now three of the containers' five were not served: better late than never.
    assert_eq!(labels(&lines), [1.0; 10]);
}

#[test]
fn the_same_minute_counts_before_the_five_around_it() {
    let later = |line: Line, minutes: i64| Line { at_us: line.at_us + 60 * minutes * SECOND, ..line };
    let all = |platform, waited, minutes| [later(Line::served(platform, waited, 600.0), minutes); 5];
    let lines = [
        all("lambda", 1_000.0, 0),
        all("ecs", 2_000.0, 0),
        all("lambda", 5_000.0, 1),
        all("lambda", 5_000.0, 1),
        all("ecs", 2_000.0, 1),
        // Nothing of the other platform within its minute: the five minutes say that serverless is slower.
        all("ecs", 2_000.0, 2),
    ];
    let expected = [[1.0; 10].as_slice(), &[0.0; 20]].concat();
    assert_eq!(labels(&lines.concat()), expected);
}

#[test]
fn where_neither_platform_serves_nobody_knows() {
    let lines = [[Line::timed_out("lambda"); 5], [Line::timed_out("ecs"); 5]].concat();
    let told = (PLACEMENT.rows)(&log(&lines)).unwrap_err().to_string();
    assert!(told.starts_with("none of 10 rows can be used by task placement"), "{told}");
}

#[test]
fn idle_time_of_containers_is_paid_by_whom_they_served() {
    let mut lines = lambda([1_000.0; 5]);
    lines.extend([Line::served("ecs", 950.0, 600.0); 5]);
    let mut prices = round_prices();
    let label = |prices: &Prices| labels_of(&PLACEMENT, &priced(&log(&lines), prices))[0];
    assert_eq!(label(&prices), 0.0, "108 beside 95 + 30/5");
    prices.tasks.get_mut("heavy_processing").unwrap().count = 3;
    assert_eq!(label(&prices), 1.0, "108 beside 95 + 90/5");
}

#[test]
fn the_client_s_time_counts_and_not_the_server_s() {
    // The container's server is faster by a quarter; its client waits longer all the same.
    let rows = priced(&log(&minute()), &round_prices());
    assert_eq!(labels_of(&PLACEMENT, &rows)[..5], [1.0; 5]);
    assert_eq!(labels_of(&PLACEMENT_BALANCED, &rows)[..5], [0.0; 5]);
}

#[test]
fn those_measured_at_another_time_are_compared_within_their_window() {
    const DAY: i64 = 86_400 * SECOND;
    let mut lines = minute();
    lines[5..].iter_mut().for_each(|line| line.at_us += DAY);
    assert_eq!(labels(&lines), [1.0; 10]);
    // At another hour there is none to compare with.
    lines[5..].iter_mut().for_each(|line| line.at_us += 3 * 3_600 * SECOND);
    assert!((PLACEMENT.rows)(&log(&lines)).is_err());
}

/// Default prices: a container of 1 vCPU and 2 GB costs 0.05678 an hour, 15.77e-6 a second; serverless with 512 MB costs 8.333e-6 a second
/// and 0.2e-6.
///
/// | | executed | cost, 1e-6 | label |
/// |---|---|---|---|
/// | lambda | 300 ms | 2.70 | below 450 and below 7.10: 1 |
/// | lambda | 440 ms | 3.87 | 1 |
/// | lambda | 460 ms | 4.03 | not below 450: 0 |
/// | lambda, 3008 MB | 300 ms | 14.89 | not below 7.10: 0 |
/// | ecs | 400 ms | 6.31 | 370 not below 360: 0 |
/// | ecs | 500 ms | 7.89 | 370 below 450, 3.95 below 7.10: 1 |
/// | ecs | 600 ms | 9.46 | 1 |
///
/// Medians: lambda 370 ms and 3.95; ecs 500 ms and 7.89, of which 9/10 are 450 ms and 7.10. Those below the line do not count: a failure, a
/// platform that is not known, and one that does not say how long it executed.
#[test]
fn balanced_optimal_asks_for_both_by_a_margin() {
    let line = |platform, execution_ms, memory_used_mb| Line {
        workload: "medium_processing",
        memory_used_mb,
        ..Line::served(platform, 1_000.0, execution_ms)
    };
    let lines = [
        line("lambda", 300.0, 512.0),
        line("lambda", 440.0, 512.0),
        line("lambda", 460.0, 512.0),
        line("lambda", 300.0, 3_008.0),
        line("ecs", 400.0, 100.0),
        line("ecs", 500.0, 100.0),
        line("ecs", 600.0, 100.0),
        Line { status: 500.0, ..line("ecs", 1.0, 100.0) },
        line("unknown", 1.0, 100.0),
        line("lambda", f64::NAN, 512.0),
        Line { at_us: NO_TIME, ..line("ecs", 1.0, 100.0) },
    ];
    assert_eq!(labels_of(&PLACEMENT_BALANCED, &log(&lines)), [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn rates_count_what_came_before_on_the_same_platform() {
    let at = |platform, seconds: i64, workload| Line {
        at_us: MONDAY_2_UTC + seconds * SECOND,
        workload,
        ..Line::served(platform, 1.0, 1.0)
    };
    let lines = [
        at("lambda", 0, "heavy_processing"),
        at("lambda", 55, "heavy_processing"),
        at("ecs", 56, "heavy_processing"),
        at("lambda", 57, "lightweight_api"),
        at("lambda", 58, "heavy_processing"),
        at("lambda", 70, "heavy_processing"),
    ];
    let [all, all_now, own, now, since] = super::super::arrivals::rates(&Log::of(&log(&lines)));
    assert_eq!(all, [0.0, 1.0 / 60.0, 0.0, 2.0 / 60.0, 3.0 / 60.0, 3.0 / 60.0]);
    assert_eq!(all_now, [0.0, 0.0, 0.0, 0.1, 0.2, 0.0]);
    assert_eq!(own, [0.0, 1.0 / 60.0, 0.0, 0.0, 2.0 / 60.0, 2.0 / 60.0]);
    assert_eq!(now, [0.0, 0.0, 0.0, 0.0, 0.1, 0.0]);
    assert!(since[0].is_nan() && since[1..][0] == 55.0 && since[4..] == [3.0, 12.0]);
}

#[test]
fn in_flight_are_those_that_came_before_and_were_not_answered_yet() {
    let at = |platform, seconds: i64, workload, response_ms| Line {
        at_us: MONDAY_2_UTC + seconds * SECOND,
        workload,
        ..Line::served(platform, response_ms, 1.0)
    };
    let timed_out = Line { at_us: MONDAY_2_UTC + 2 * SECOND, ..Line::timed_out("ecs") };
    let lines = [
        at("lambda", 0, "heavy_processing", 5_000.0),
        at("ecs", 0, "heavy_processing", 1_000.0),
        at("ecs", 1, "heavy_processing", 4_000.0),
        at("lambda", 1, "lightweight_api", 9_000.0),
        timed_out,
        at("lambda", 3, "heavy_processing", f64::NAN),
        at("lambda", 5, "heavy_processing", 1.0),
        at("ecs", 31, "heavy_processing", 1.0),
        at("ecs", 32, "heavy_processing", 1.0),
    ];
    let [serverless, containers] = super::super::arrivals::in_flight(&Log::of(&log(&lines)));
    assert_eq!(serverless, [0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(containers, [0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 1.0, 1.0, 0.0]);
}

#[test]
fn whoever_was_not_served_has_paid_and_waited_all_the_same() {
    let mut lines = minute();
    lines[9].response_ms = f64::NAN;
    let rows = (PLACEMENT.rows)(&priced(&log(&lines), &round_prices())).unwrap();
    let of = |name: &str| super::super::numbers(&rows, name).unwrap();
    assert_eq!(of("went_serverless"), [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    // In millionths, as above; who timed out waited 30 s, and nobody knows of the last, so as long as anybody.
    let told = [108.0, 108.0, 108.0, 308.0, 178.0, 100.0, 160.0, 210.0, 3_000.0, 3_000.0];
    let near = |(paid, told): (&f64, f64)| (paid * 1e6 - told).abs() < 1e-6;
    assert!(of("paid_usd").iter().zip(told).all(near), "{:?}", of("paid_usd"));
    let served_alone = (PLACEMENT_BALANCED.rows)(&priced(&log(&lines), &round_prices())).unwrap();
    assert!(served_alone.column("went_serverless").is_none(), "who was not served is not among its rows");
}
