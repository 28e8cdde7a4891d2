//! What can be said of each link: a forecast, that it is lost now, or that its history is too little.

use std::collections::BTreeMap;

use outrider_core::frame::{Frame, NO_TIME, Values};

use super::file::{Latest, LinkForecast, LostLink, ThinLink};

/// Missing where the sample is lost, or the hour before it too thin: nothing can be said then.
const NEEDED: &str = "rise_over_normal";
/// Missing where the sample is lost, and only there.
const ANSWERED: &str = "range_of_packets";
/// Samples may be so much later than now, for clocks differ.
const SLACK_US: i64 = 300_000_000;
/// So many lost samples in a row, and a link is down.
pub(super) const LOST_DOWN: usize = 3;

/// A sample of a link: all of a minute.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at_us: i64,
    is_answered: bool,
    /// That the link will be degraded; none: lost, or too little before it.
    probability: Option<f64>,
}

/// What is said of each link at `now_s`, put into `latest`. Samples later than that are counted and left out.
pub(super) fn sort(features: &Frame, said: &[f64], now_s: f64, latest: &mut Latest) {
    let values = |name: &str| features.column(name).map(|column| &column.values);
    let (Some(Values::Word(links)), Some(Values::Time(at_us)), Some(Values::Number(needed))) =
        (values("link"), values("at"), values(NEEDED))
    else {
        return;
    };
    let Some(Values::Number(answered)) = values(ANSWERED) else { return };
    #[allow(clippy::cast_possible_truncation)] // microseconds since 1970
    let until_us = ((now_s * 1e6) as i64).saturating_add(SLACK_US);
    let mut samples: BTreeMap<&str, BTreeMap<i64, Sample>> = BTreeMap::new();
    for row in (0..said.len()).filter(|&row| at_us[row] != NO_TIME) {
        let Some(link) = links.get(row) else { continue };
        if at_us[row] > until_us {
            latest.samples_ahead += 1;
            continue;
        }
        let probability = Some(said[row]).filter(|said| !needed[row].is_nan() && !said.is_nan());
        let sample = Sample { at_us: at_us[row], is_answered: !answered[row].is_nan(), probability };
        samples.entry(link).or_default().insert(at_us[row], sample);
    }
    for (link, samples) in samples {
        let samples: Vec<Sample> = samples.into_values().collect();
        put(link.to_owned(), &samples, latest);
    }
}

/// One link, whose samples are in the order of time.
fn put(link: String, samples: &[Sample], latest: &mut Latest) {
    let Some(newest) = samples.last() else { return };
    let lost_samples = samples.iter().rev().take_while(|sample| !sample.is_answered).count();
    let newest_sample_at_s = seconds(newest.at_us);
    let (answered, lost) = samples.split_at(samples.len() - lost_samples);
    let recent = answered.last().filter(|last| {
        // Give or take half of one, since samples are not taken to the second.
        2 * (newest.at_us - last.at_us) <= 5 * interval_us(samples)
    });
    let said = recent.filter(|_| lost_samples < LOST_DOWN).and_then(|last| Some((last.at_us, last.probability?)));
    match (said, lost.first()) {
        (Some((at_us, probability)), _) => {
            let sampled_at_s = seconds(at_us);
            latest.links.push(LinkForecast { link, sampled_at_s, newest_sample_at_s, lost_samples, probability });
        }
        (None, Some(first)) if lost_samples >= LOST_DOWN || recent.is_none() && !answered.is_empty() => {
            let lost_since_s = seconds(first.at_us);
            latest.lost.push(LostLink { link, lost_since_s, newest_sample_at_s, lost_samples });
        }
        _ => latest.too_little_history.push(ThinLink { link, newest_sample_at_s }),
    }
}

/// The median time between neighbours.
fn interval_us(samples: &[Sample]) -> i64 {
    let mut gaps: Vec<i64> = samples.windows(2).map(|pair| pair[1].at_us - pair[0].at_us).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or_default()
}

fn seconds(at_us: i64) -> f64 {
    at_us as f64 / 1e6
}
