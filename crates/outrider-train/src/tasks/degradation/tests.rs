//! The traps that such forecasts fell into.

use outrider_core::Random;
use outrider_core::frame::{Frame, Values};

use super::normal::moments;
use super::samples::{Link, Links};
use super::states::{State, level, rolling};
use super::{DEGRADATION, DEGRADATION_ROLLING, LABEL, features, targets};
use crate::dataset::Dataset;
use crate::split::{Shares, at_random};
use crate::tasks::Fitted;
use crate::testing::{numbers, times, words};

const SECOND_US: i64 = 1_000_000;
const BEGIN_S: i64 = 1_476_000_000;

/// Samples of one probe, each 240 s: quiet noise of 0.05 ms around 100 ms, with `trips` for some of them.
fn trace(samples: usize, trips: &[(usize, f64)]) -> Vec<(i64, f64)> {
    let mut random = Random::new(5);
    let quiet = |nth: usize| (BEGIN_S + 240 * i64::try_from(nth).unwrap(), 100.0 + 0.1 * random.unit());
    let mut all: Vec<(i64, f64)> = (0..samples).map(quiet).collect();
    trips.iter().for_each(|&(nth, trip)| all[nth].1 = trip);
    all
}

fn frame(probe: &str, samples: &[(i64, f64)]) -> Frame {
    Frame::new(vec![
        words("trace", &vec![Some(probe); samples.len()]),
        times("unix_ts", &samples.iter().map(|sample| sample.0 * SECOND_US).collect::<Vec<_>>()),
        numbers("rtt_ms", &samples.iter().map(|sample| sample.1).collect::<Vec<_>>()),
    ])
    .unwrap()
}

fn link(samples: &[(i64, f64)]) -> Link {
    Links::of(&frame("p", samples)).unwrap().links.remove(0)
}

fn levels(samples: &[(i64, f64)]) -> Vec<State> {
    let link = link(samples);
    level(&link, &moments(&link))
}

fn degraded(states: &[State]) -> Vec<usize> {
    (0..states.len()).filter(|&at| matches!(states[at], State::Degraded { .. })).collect()
}

fn column(frame: &Frame, name: &str) -> Vec<f64> {
    match &frame.column(name).unwrap().values {
        Values::Number(numbers) => numbers.clone(),
        other => panic!("{name} holds {other:?}"),
    }
}

#[test]
fn spikes_of_one_or_two_samples_are_no_shift_though_the_old_label_calls_them() {
    let samples = trace(80, &[(30, 180.0), (50, 180.0), (51, 180.0)]);
    assert_eq!(degraded(&levels(&samples)), Vec::<usize>::new());
    assert_eq!(degraded(&rolling(&link(&samples))), [30, 50]);
}

#[test]
fn a_shift_lasts_from_its_first_sample_until_it_ends_or_an_hour_has_passed() {
    let short: Vec<(usize, f64)> = (30..36).map(|nth| (nth, 120.0)).collect();
    let states = levels(&trace(80, &short));
    assert_eq!(degraded(&states), (30..36).collect::<Vec<_>>());
    assert_eq!(states[35], State::Degraded { since_us: (BEGIN_S + 240 * 30) * SECOND_US });
    let lasting: Vec<(usize, f64)> = (30..80).map(|nth| (nth, 120.0)).collect();
    assert_eq!(degraded(&levels(&trace(80, &lasting))), (30..46).collect::<Vec<_>>(), "then it is normal");
}

#[test]
fn a_rise_that_nobody_feels_is_no_shift() {
    let small: Vec<(usize, f64)> = (30..36).map(|nth| (nth, 100.6)).collect();
    assert_eq!(degraded(&levels(&trace(80, &small))), Vec::<usize>::new());
}

#[test]
fn a_run_that_the_data_or_a_gap_cuts_off_is_unknown() {
    let end = levels(&trace(40, &[(38, 120.0), (39, 120.0)]));
    assert_eq!(end[37..], [State::Normal, State::Unknown, State::Unknown]);
    let mut gap = trace(60, &[(30, 120.0), (31, 120.0)]);
    gap.iter_mut().skip(32).for_each(|sample| sample.0 += 3_000);
    assert_eq!(levels(&gap)[30..32], [State::Unknown, State::Unknown]);
}

#[test]
fn what_is_lost_within_a_run_neither_ends_nor_makes_it() {
    let lost = levels(&trace(60, &[(30, 120.0), (31, -1.0), (32, 120.0), (33, 120.0)]));
    assert_eq!(degraded(&lost), [30, 31, 32, 33]);
    let thin = levels(&trace(60, &[(30, 120.0), (31, -1.0), (32, 120.0)]));
    assert_eq!(degraded(&thin), Vec::<usize>::new());
    assert_eq!(levels(&trace(60, &[(30, -1.0)]))[30], State::Unknown);
}

#[test]
fn a_window_that_holds_its_sample_bounds_the_z_score() {
    // (n - 1) / sqrt(n) is 2.47 for n = 8 and 2.67 for 9: however high the spike, the old label needs nine samples.
    let of = |before: usize| {
        let mut samples = trace(before + 1, &[]);
        samples[before].1 = 1e6;
        degraded(&rolling(&link(&samples)))
    };
    assert_eq!((of(7), of(8)), (vec![], vec![8]));
    // Without the sample in its window there is no such bound.
    let samples = trace(60, &[(30, 1e6)]);
    let z = features::rows(&link(&samples))[30][1];
    assert!(z > 1e5, "{z}");
}

#[test]
fn the_target_is_the_first_sample_after_five_minutes_and_within_an_interval() {
    let mut samples = trace(60, &(30..36).map(|nth| (nth, 120.0)).collect::<Vec<_>>());
    let all = link(&samples);
    let ahead = targets::ahead(&all, &level(&all, &moments(&all)));
    assert_eq!(degraded(&ahead), (28..34).collect::<Vec<_>>(), "480 s ahead");
    assert_eq!(ahead[58..], [State::Unknown, State::Unknown]);
    samples.drain(40..43);
    let gap = link(&samples);
    let ahead = targets::ahead(&gap, &level(&gap, &moments(&gap)));
    assert_eq!((ahead[37], ahead[38], ahead[39]), (State::Normal, State::Unknown, State::Unknown), "a gap is a gap");
}

#[test]
fn jitter_costs_no_rows_whatever_the_interval_and_phase() {
    // In ms: interval, phase and jitter. Five minutes are a multiple of most of these intervals.
    for (every, phase, jitter) in [
        (60_000, 0, 2),
        (60_000, 30_000, 2),
        (60_000, 0, 500),
        (60_000, 59_999, 500),
        (30_000, 0, 200),
        (100_000, 30_000, 1_000),
        (300_000, 0, 2),
        (300_000, 30_000, 1_000),
        (240_000, 0, 2_000),
        (10_000, 0, 200),
    ] {
        let mut random = Random::new(3);
        let at = |nth: i64| BEGIN_S * 1_000 + phase + every * nth;
        // Early, in time or late, as it comes.
        let mut late = || [-jitter, -jitter / 2, 0, jitter / 2, jitter][random.below(5)] * 1_000;
        let at_us: Vec<i64> = (0..2_000).map(|nth| at(nth) * 1_000 + late()).collect();
        let [link, _, trips] = frame("p", &trace(2_000, &[])).columns().to_vec().try_into().unwrap();
        let source = Frame::new(vec![link, times("unix_ts", &at_us), trips]).unwrap();
        let expected = 2_000.0 / (60_000.0 / every as f64).floor().max(1.0);
        let used = (DEGRADATION.rows)(&source).unwrap().rows() as f64;
        assert!(used > expected - 25.0, "{used} of {expected}: {every} ms from {phase} ms, +-{jitter} ms");
    }
}

#[test]
fn several_packets_of_a_measurement_stay_together() {
    let packets: Vec<(i64, f64)> =
        trace(60, &[]).iter().flat_map(|&(at, trip)| [(at, trip), (at + 1, trip + 1.0)]).collect();
    assert_eq!(link(&packets).buckets.len(), 60);
}

#[test]
fn features_know_nothing_of_what_comes_after() {
    let shift = (40..52).map(|nth| (nth, 130.0));
    let steady = trace(290, &shift.chain([(70, 150.0), (200, 130.0), (201, -1.0)]).collect::<Vec<_>>());
    // A pace that changes, and samples that are missing before it does.
    let paced = |begin: i64, end: i64| {
        let at = |nth: i64| BEGIN_S + begin * nth.min(100) + end * (nth - 100).max(0);
        let all = steady.iter().zip(0..).filter(|&(_, nth)| nth % 5 > 1 || nth > 100);
        all.map(|(sample, nth)| (at(nth), sample.1)).collect::<Vec<_>>()
    };
    for samples in [paced(60, 240), paced(240, 60), paced(60, 900), paced(20, 60), paced(240, 240), steady.clone()] {
        let all = features::rows(&link(&samples));
        for end in (10..samples.len()).step_by(7) {
            let part = link(&samples[..end]);
            // What comes after may lie in the minute of the last.
            let known = part.buckets.len() - 1;
            let part = features::rows(&part);
            let bits = |row: &features::Row| row.map(f64::to_bits);
            assert!((0..known).all(|at| bits(&part[at]) == bits(&all[at])), "{end} of {}", samples.len());
        }
    }
}

#[test]
fn a_probe_twice_as_far_away_has_the_same_features() {
    let near = trace(90, &[(40, 130.0), (41, 131.0), (70, -1.0)]);
    let far: Vec<(i64, f64)> = near.iter().map(|sample| (sample.0, sample.1 * 4.0)).collect();
    let (near, far) = (features::rows(&link(&near)), features::rows(&link(&far)));
    for (near, far) in near.iter().zip(&far) {
        for (at, (near, far)) in near.iter().zip(far).enumerate() {
            let is_same = near.is_nan() && far.is_nan() || (near - far).abs() < 1e-9;
            assert!(is_same, "{}: {near} and {far}", features::NAMES[at]);
        }
    }
}

#[test]
fn serving_makes_the_features_that_training_made() {
    let source = frame("p", &trace(90, &[(40, 130.0), (41, 131.0), (42, 131.0)]));
    let trained = (DEGRADATION.rows)(&source).unwrap();
    let served = DEGRADATION.features(&source, &Fitted::new()).unwrap();
    let derived = (DEGRADATION.derive)(&trained, &Fitted::new()).unwrap();
    // The first 8 samples have no hour to be held against, the last 2 no sample ahead.
    assert_eq!((trained.rows(), served.rows()), (80, 90));
    let rows: Vec<usize> = (8..88).collect();
    let told = crate::gates::differences(&derived.schema, &derived.frame, &served.select(&rows));
    assert_eq!(told, Vec::<String>::new());
}

#[test]
fn rows_that_are_read_twice_change_nothing_and_have_their_answers() {
    let once = trace(90, &[(40, 130.0), (41, -1.0), (42, 131.0)]);
    // Two fetches that overlap.
    let twice: Vec<(i64, f64)> = once[..60].iter().chain(&once[30..]).copied().collect();
    assert_eq!(link(&once).intervals_us, link(&twice).intervals_us);
    let features = |samples: &[(i64, f64)]| DEGRADATION.features(&frame("p", samples), &Fitted::new()).unwrap();
    let expected: Vec<usize> = (0..60).chain(30..90).collect();
    let schema = crate::testing::schema(&features::NAMES, &[]);
    let told = crate::gates::differences(&schema, &features(&twice), &features(&once).select(&expected));
    assert_eq!(told, Vec::<String>::new());
}

#[test]
fn round_trips_beyond_all_measure_leave_features_missing_and_none_beyond_models() {
    let link = link(&trace(400, &[(40, 1e308), (41, 1e308), (42, f64::MAX), (43, 1e-320), (200, 1e300)]));
    assert!(features::rows(&link).iter().flatten().all(|value| value.is_nan() || value.abs() <= f64::from(f32::MAX)));
    let last = features::rows(&link)[399];
    assert!(last.iter().filter(|value| value.is_nan()).count() < 4, "{last:?}");
}

#[test]
fn an_episode_of_old_ends_at_a_gap() {
    let mut samples = trace(80, &[(40, 180.0), (41, 2_000.0)]);
    samples.iter_mut().skip(41).for_each(|sample| sample.0 += 1_200);
    let states = rolling(&link(&samples));
    let at = |nth: usize| State::Degraded { since_us: samples[nth].0 * SECOND_US };
    assert_eq!(states[40..42], [at(40), at(41)]);
}

#[test]
fn many_probes_at_one_moment_are_no_history() {
    // "The last 400 results" of a measurement of many probes: two seconds.
    let names: Vec<String> = (0..400).map(|nth| nth.to_string()).collect();
    let names: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    let at: Vec<i64> = (0..400).map(|nth| (BEGIN_S + nth / 200) * SECOND_US).collect();
    let source =
        Frame::new(vec![words("prb_id", &names), times("timestamp", &at), numbers("avg", &[20.0; 400])]).unwrap();
    let told = (DEGRADATION.rows)(&source).unwrap_err().to_string();
    assert!(told.contains("none of 400 rows") && told.contains("many probes at one moment"), "{told}");
    let served = DEGRADATION.features(&source, &Fitted::new()).unwrap();
    assert!(column(&served, "rise_over_normal").iter().all(|rise| rise.is_nan()));
}

/// Three of four minutes repeat the one before, as a fill does.
fn filled(samples: &[(i64, f64)]) -> Vec<(i64, f64)> {
    samples.iter().flat_map(|&(at, trip)| (0..4).map(move |minute| (at + 60 * minute, trip))).collect()
}

#[test]
fn filled_gaps_are_remarked_and_coarse_clocks_are_not() {
    let told = |samples: &[(i64, f64)]| (DEGRADATION.remarks)(&frame("p", samples));
    let (measured, coarse) = (trace(400, &[]), trace(400, &[(40, 130.0)]));
    let expected =
        "1200 of 1600 samples repeat the one before them exactly: filled gaps? A gap is a gap; bring what was measured";
    assert_eq!(told(&filled(&measured)), [expected]);
    assert_eq!(told(&measured), Vec::<String>::new());
    let whole = |sample: &(i64, f64)| (sample.0, (100.0 + 20.0 * (sample.1 - 100.0)).round());
    assert_eq!(told(&coarse.iter().map(whole).collect::<Vec<_>>()), Vec::<String>::new());
    let lost: Vec<(i64, f64)> = measured.iter().map(|sample| (sample.0, -1.0)).collect();
    assert_eq!(told(&lost), Vec::<String>::new());
    assert_eq!((DEGRADATION_ROLLING.remarks)(&frame("p", &filled(&measured))), [expected]);
}

#[test]
fn forward_filled_copies_never_lie_on_both_sides_of_a_random_split() {
    let filled = filled(&trace(400, &[]));
    let rows = (DEGRADATION_ROLLING.rows)(&frame("p", &filled)).unwrap();
    let trips = crate::testing::schema(&["normal_spread"], &[]);
    let derived = (DEGRADATION.derive)(&rows, &Fitted::new()).unwrap();
    let data = Dataset::new(derived.frame, trips, derived.roles).unwrap();
    let copies = data.copies();
    let split = at_random(data.labels(), Shares::default(), &copies, 1).unwrap();
    let keys = copies.keys().expect("fine enough to tell");
    let side = |rows: &[usize]| rows.iter().map(|&row| keys[row]).collect::<std::collections::BTreeSet<_>>();
    assert!(side(&split.train).is_disjoint(&side(&split.test)));
}

#[test]
fn rows_in_another_order_make_the_same_table() {
    let samples = trace(90, &[(40, 130.0), (41, 131.0), (42, 131.0)]);
    let source = frame("p", &samples);
    let backwards: Vec<usize> = (0..90).rev().collect();
    let (forth, back) = ((DEGRADATION.rows)(&source), (DEGRADATION.rows)(&source.select(&backwards)));
    let (forth, back) = (forth.unwrap(), back.unwrap());
    assert_eq!(column(&forth, LABEL), column(&back, LABEL));
    assert_eq!(column(&forth, "rise_over_normal"), column(&back, "rise_over_normal"));
}

#[test]
fn marks_are_counted_beside_episodes_and_are_no_feature() {
    let shift: Vec<(usize, f64)> = (30..36).chain(60..66).map(|nth| (nth, 120.0)).collect();
    let mut frame = frame("p", &trace(80, &shift));
    assert_eq!(super::marks::told(&frame, super::Label::Level), None);
    // One at a shift, one an hour after the other.
    let marks: Vec<f64> = (0..80).map(|nth| f64::from(u8::from(nth == 32 || nth == 75))).collect();
    frame.push(numbers("change", &marks)).unwrap();
    let told = super::marks::told(&frame, super::Label::Level).unwrap();
    assert!(told.starts_with("0.5000 of 2 episodes begin within 4 sampling intervals"), "{told}");
    assert!(told.contains("where 0.2250 of all samples lie; 0.5000 of 2 marked changes"), "{told}");
}
