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
/// five minutes, whoever it serves; ten requests came that would execute for 0.6 s each, so each pays 3.
///
/// | | waited | price |
/// |---|---|---|
/// | lambda | 1.0 s | 100 + 8 = 108 |
/// | lambda | 1.0 s | 108 |
/// | lambda | 1.0 s | 108 |
/// | lambda, cold | 3.0 s | 300 + 8 = 308 |
/// | lambda | 1.7 s | 170 + 8 = 178 |
/// | ecs | 0.9 s | 90 + 3 = 93 |
/// | ecs | 1.5 s | 150 + 3 = 153 |
/// | ecs | 2.0 s | 200 + 3 = 203 |
/// | ecs, timed out | at least 30 s | infinite |
/// | ecs, timed out | at least 30 s | infinite |
///
/// Medians: lambda 108, 108, **108**, 178, 308; ecs 93, 153, **203**, infinite, infinite. 108 is below 203: serverless is better, for all ten.
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
    assert_eq!(of("cut_short"), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    // Serverless at 196 + 8 = 204, just above 203.
    let mut slower = minute();
    slower[..5].iter_mut().for_each(|line| line.response_ms = 1_960.0);
    assert_eq!(labels(&slower), [0.0; 10]);
}

#[test]
fn timeouts_that_nobody_logged_would_turn_the_label() {
    let mut lines = lambda([1_700.0; 5]);
    lines.extend([900.0, 1_500.0, 2_000.0, 1_500.0, 1_500.0].map(|waited| Line::served("ecs", waited, 600.0)));
    // 178 beside 90 + 3, 153, **153**, 153, 203: the container has it.
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
fn idle_time_of_containers_is_paid_by_all_whom_they_could_serve() {
    let mut lines = lambda([1_000.0; 5]);
    lines.extend([Line::served("ecs", 950.0, 600.0); 5]);
    let mut prices = round_prices();
    let label = |prices: &Prices| labels_of(&PLACEMENT, &priced(&log(&lines), prices))[0];
    assert_eq!(label(&prices), 0.0, "108 beside 95 + 30/10");
    prices.tasks.get_mut("heavy_processing").unwrap().count = 5;
    assert_eq!(label(&prices), 1.0, "108 beside 95 + 150/10");
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
    ];
    assert_eq!(labels_of(&PLACEMENT_BALANCED, &log(&lines)), [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    // One without a time has its part in the medians, which are now 450 ms of containers, though no label: 440 is not below 405.
    let lines = [&lines[..], &[Line { at_us: NO_TIME, ..line("ecs", 1.0, 100.0) }]].concat();
    assert_eq!(labels_of(&PLACEMENT_BALANCED, &log(&lines)), [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    let told = (PLACEMENT_BALANCED.rows)(&log(&lines[..4])).unwrap_err().to_string();
    assert!(told.starts_with("none of 4 rows can be used"), "nothing to compare with is no label: {told}");
}

/// `lines` with an id for each.
fn log_of(lines: &[(usize, Line)]) -> Frame {
    let ids: Vec<String> = lines.iter().map(|(id, _)| id.to_string()).collect();
    let mut frame = log(&lines.iter().map(|(_, line)| *line).collect::<Vec<_>>());
    frame.push(word_column("request_id", &ids.iter().map(|id| Some(id.as_str())).collect::<Vec<_>>())).unwrap();
    frame
}

#[test]
fn what_a_platform_costs_does_not_hang_on_how_many_were_sent_there() {
    let copies = |id: usize| [(id, Line::served("lambda", 1_000.0, 800.0)), (id, Line::served("ecs", 950.0, 600.0))];
    let both: Vec<(usize, Line)> = (0..60).flat_map(copies).collect();
    // Six of sixty alone go to containers.
    let thinned: Vec<(usize, Line)> = (0..60).map(|id| copies(id)[usize::from(id % 10 == 0)]).collect();
    let priced = |lines: &[(usize, Line)]| priced(&log_of(lines), &round_prices());
    let of = |frame: &Frame, name: &str| super::super::numbers(&(PLACEMENT.rows)(frame).unwrap(), name).unwrap();
    for lines in [&both, &thinned] {
        let frame = priced(lines);
        // 95 + 30/60 beside 100 + 8.
        assert_eq!(of(&frame, LABEL), vec![0.0; lines.len()]);
        assert!(of(&frame, "standing_usd").iter().all(|usd| (usd * 1e6 - 0.5).abs() < 1e-9));
    }
    // A line that repeats a request on its platform counts once, and that is told.
    let twice = priced(&[&both[..], &both[..30]].concat());
    assert_eq!(of(&twice, LABEL).len(), 120);
    let told = (PLACEMENT.remarks)(&twice);
    assert_eq!(told, ["30 rows repeat a request_id on the same platform and are left out"]);
}

#[test]
fn what_is_not_as_it_should_be_is_told() {
    let mut lines = minute();
    assert_eq!((PLACEMENT.remarks)(&log(&lines)), Vec::<String>::new());
    lines.extend([Line { workload: "of my own", ..Line::served("ecs", 1.0, 1.0) }; 2]);
    let told = (PLACEMENT.remarks)(&log(&lines));
    assert!(told[0].starts_with("the price list has no task for workload_type \"of my own\""), "{told:?}");
    assert!(told[1].starts_with("2 of 12 requests are left out"), "{told:?}");
    let mut lines = minute();
    lines[5..].iter_mut().for_each(|line| line.at_us += 86_400 * SECOND);
    let told = (PLACEMENT.remarks)(&log(&lines));
    assert!(told[0].starts_with("10 of 10 labels compare requests of different days"), "{told:?}");
}

#[test]
fn few_requests_of_a_kind_are_not_compared_with_other_days() {
    let line = |platform, day: i64, minute: i64| Line {
        at_us: MONDAY_2_UTC + (day * 86_400 + minute * 60) * SECOND,
        ..Line::served(platform, 1_000.0, 600.0)
    };
    let of_day = |day| [0, 10, 20].map(|minute| [line("lambda", day, minute), line("ecs", day, minute)]).concat();
    let lines: Vec<Line> = (0..4).flat_map(of_day).collect();
    assert!(
        (PLACEMENT.rows)(&log(&lines)).is_err(),
        "three of each in a slice, and the same at the same hour of other days"
    );
}

#[test]
fn numbers_that_cannot_be_are_missing() {
    let mut lines = minute();
    lines[0].response_ms = -1e6;
    lines[1].size_kb = 1e39;
    let read = Log::of(&log(&lines));
    assert!(read.response_ms[0].is_nan() && read.size_kb[1].is_nan() && !read.size_kb[0].is_nan());
}

#[test]
fn rates_count_what_came_before_wherever_it_went() {
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
    assert_eq!(all, [0.0, 1.0 / 60.0, 2.0 / 60.0, 3.0 / 60.0, 4.0 / 60.0, 4.0 / 60.0]);
    assert_eq!(all_now, [0.0, 0.0, 0.1, 0.2, 0.3, 0.0]);
    assert_eq!(own, [0.0, 1.0 / 60.0, 2.0 / 60.0, 0.0, 3.0 / 60.0, 3.0 / 60.0]);
    assert_eq!(now, [0.0, 0.0, 0.1, 0.0, 0.2, 0.0]);
    assert!(since[0].is_nan() && since[1..3] == [55.0, 1.0] && since[3].is_nan() && since[4..] == [2.0, 12.0]);
    // The second copy of a request sees what the first does.
    let copies = [(0, at("lambda", 0, "heavy_processing")), (1, lines[1]), (1, Line { platform: "ecs", ..lines[1] })];
    let [all, ..] = super::super::arrivals::rates(&Log::of(&log_of(&[&copies[..], &[(2, lines[2])]].concat())));
    assert_eq!(all, [0.0, 1.0 / 60.0, 1.0 / 60.0, 2.0 / 60.0]);
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
fn whoever_was_not_served_waited_as_long_as_anybody() {
    let mut lines = minute();
    lines[8] = Line { status: 500.0, response_ms: 1.0, ..lines[8] };
    lines[9].response_ms = f64::NAN;
    lines.push(Line::timed_out("ecs"));
    let rows = (PLACEMENT.rows)(&priced(&log(&lines), &round_prices())).unwrap();
    let of = |name: &str| super::super::numbers(&rows, name).unwrap();
    assert_eq!(of("went_serverless"), [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!((of("cut_short")[8..].to_vec(), of("not_served")[8..].to_vec()), (vec![0.0, 1.0, 1.0], vec![1.0; 3]));
    // In millionths, of containers without what stands. To fail at once is no service: 30 s, as for the others.
    let told = [108.0, 108.0, 108.0, 308.0, 178.0, 90.0, 150.0, 200.0, 3_000.0, 3_000.0, 3_000.0];
    let near = |(own, told): (&f64, f64)| (own * 1e6 - told).abs() < 1e-6;
    assert!(of("own_usd").iter().zip(told).all(near), "{:?}", of("own_usd"));
    let served_alone = (PLACEMENT_BALANCED.rows)(&priced(&log(&lines), &round_prices())).unwrap();
    assert!(served_alone.column("went_serverless").is_none(), "who was not served is not among its rows");
}
