//! What policies would have come to, from rows of which each went one of two ways.
//!
//! A row says what became of it where it went, and nothing of the other way. A policy is replayed on the rows that went where it would
//! have sent them, each counted by how rarely its like went there (Li, Chu, Langford, Wang 2011; weights normalised by their sum, as
//! Swaminathan and Joachims 2015). Its like: the rows of its group and block that have in common what the trial names. So it holds where,
//! among like rows, the way has nothing to do with what would come of it; and for both ways as they were then, not as the load that a
//! policy makes would have them.

use std::collections::{BTreeMap, BTreeSet};

use outrider_core::frame::Values;

use super::scoring::{Figure, blocks};
use super::{Candidate, Head, Options, Scored};
use crate::dataset::{Dataset, Trial, ids};
use crate::gates::Baseline;
use crate::metrics::{Bootstrap, Sample};
use crate::split::Split;

/// From which probability on a row is sent the second way.
const EVEN: f64 = 0.5;
const THOUSAND: f64 = 1e3;

/// What policies would have come to on rows that judge.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Rows that tell something.
    pub rows: usize,
    /// Rows that tell nothing: none of their like went the other way, or what became of them is not known.
    pub left_out: usize,
    /// All rows one way, all the other, then those who say a probability; the model is the last. Figures: the share sent the second way,
    /// the share that was not served, money and waiting in dollars per thousand rows (with what stands of each group that sends anything
    /// the first way), and how much that is above the model's; of waiting, in ms, the median and the 99th percentile, none where more
    /// were not served than that leaves.
    pub policies: Vec<Scored>,
}

/// Who sends a row the second way where it says at least [`EVEN`].
struct Policy<'a> {
    name: &'a str,
    scores: &'a [f64],
}

/// Replays the baselines of `heads` and the best candidate on rows that judge.
pub(super) fn of_best(
    data: &Dataset,
    split: &Split,
    best: &Candidate,
    heads: &[Head],
    options: &Options,
) -> Option<Replay> {
    // One that says the same of all rows sends all one way, and that is replayed anyhow.
    let tells_apart = |baseline: &&Baseline| baseline.scores.iter().any(|score| *score != baseline.scores[0]);
    let baselines = heads.iter().flat_map(|head| &head.baselines).filter(tells_apart);
    let model = (&best.scored.name, best.test_scores.first()?);
    let all = baselines.map(|baseline| (&baseline.name, &baseline.scores)).chain([model]);
    let policies: Vec<Policy> = all.map(|(name, scores)| Policy { name, scores }).collect();
    replay(data, &split.test, &policies, Bootstrap { seed: options.seed, ..Bootstrap::default() })
}

/// Replays all rows one way, all the other, and `policies`, of which the last is the model, on `rows`. `None` if they were no trial, or if
/// nobody's like went both ways.
fn replay(data: &Dataset, rows: &[usize], policies: &[Policy], bootstrap: Bootstrap) -> Option<Replay> {
    let trial = data.roles().trial.as_ref()?;
    let tried = Tried::of(data, rows, trial, bootstrap)?;
    let one_way = |way: usize| Weighed::of(&tried, format!("all to {}", trial.ways[way]), |_| way == 1);
    let weighed = |policy: &Policy| Weighed::of(&tried, policy.name.to_owned(), |at| policy.scores[at] >= EVEN);
    let all: Vec<Weighed> = [one_way(0), one_way(1)].into_iter().chain(policies.iter().map(weighed)).collect();
    let model = all.last()?;
    let scored =
        |weighed: &Weighed| Scored { name: weighed.name.clone(), figures: tried.figures(weighed, model, trial) };
    Some(Replay {
        rows: tried.places.len(),
        left_out: rows.len() - tried.places.len(),
        policies: all.iter().map(scored).collect(),
    })
}

/// Rows that tell something, those that waited longest first.
struct Tried {
    /// Their places among the rows that judge.
    places: Vec<usize>,
    /// Whether each went the second way.
    went: Vec<bool>,
    /// By how rarely its like went that way.
    weights: Vec<f64>,
    usd_per_1000: Vec<f64>,
    /// Shares of what the first way costs whether it is gone or not.
    standing_usd_per_1000: Vec<f64>,
    groups: Vec<u32>,
    /// Infinite for whoever was not served.
    waited_ms: Vec<f64>,
    blocks: Vec<u32>,
    bootstrap: Bootstrap,
}

/// A policy, and what each row counts for it: nothing where the policy would have sent it the other way.
struct Weighed {
    name: String,
    /// The share of rows that it sends the second way.
    share: f64,
    weights: Vec<f64>,
    /// What stands for it, dollars per thousand rows.
    standing_usd_per_1000: f64,
}

impl Tried {
    fn of(data: &Dataset, rows: &[usize], trial: &Trial, bootstrap: Bootstrap) -> Option<Tried> {
        let number = |name: &str| match &data.frame().column(name)?.values {
            Values::Number(numbers) => Some(numbers),
            _ => None,
        };
        let (went, usd, standing_usd) = (number(&trial.went)?, number(&trial.usd)?, number(&trial.standing_usd)?);
        let (waited_ms, not_served, groups) = (number(&trial.waited_ms)?, number(&trial.not_served)?, data.groups()?);
        let blocks = blocks(data, rows);
        let own = ids(&data.frame().column(&trial.like)?.values);
        let like = |at: usize| (groups[rows[at]], blocks[at], own[rows[at]]);
        let is_second = |at: usize| went[rows[at]] == 1.0;
        let mut places: Vec<usize> =
            (0..rows.len()).filter(|&at| (usd[rows[at]] + standing_usd[rows[at]]).is_finite()).collect();
        let mut ways: BTreeMap<(u32, u32, u32), [f64; 2]> = BTreeMap::new();
        places.iter().for_each(|&at| ways.entry(like(at)).or_default()[usize::from(is_second(at))] += 1.0);
        places.retain(|&at| ways[&like(at)].iter().all(|&went| went > 0.0));
        let waited = |at: usize| if not_served[rows[at]] == 1.0 { f64::INFINITY } else { waited_ms[rows[at]] };
        places.sort_by(|&a, &b| waited(b).total_cmp(&waited(a)));
        let weight = |&at: &usize| {
            let ways = ways[&like(at)];
            (ways[0] + ways[1]) / ways[usize::from(is_second(at))]
        };
        (!places.is_empty()).then(|| Tried {
            went: places.iter().map(|&at| is_second(at)).collect(),
            weights: places.iter().map(weight).collect(),
            usd_per_1000: places.iter().map(|&at| usd[rows[at]] * THOUSAND).collect(),
            standing_usd_per_1000: places.iter().map(|&at| standing_usd[rows[at]] * THOUSAND).collect(),
            groups: places.iter().map(|&at| groups[rows[at]]).collect(),
            waited_ms: places.iter().map(|&at| waited(at)).collect(),
            blocks: places.iter().map(|&at| blocks[at]).collect(),
            places,
            bootstrap,
        })
    }

    fn figures(&self, policy: &Weighed, model: &Weighed, trial: &Trial) -> Vec<Figure> {
        let all = Sample::new(&self.usd_per_1000, &self.waited_ms);
        let (own, models) = (all.weighted(&policy.weights), all.weighted(&model.weights));
        let drawn = |name: &str, of: fn(&Sample) -> Option<f64>| {
            (name.to_owned(), of(&own), self.bootstrap.interval(&own, &self.blocks, of))
        };
        let plain = |name: &str, value: Option<f64>| (name.to_owned(), value, None);
        let above = self.bootstrap.difference(&own, &models, &self.blocks, mean_usd);
        let above = above.map(|above| above.plus(policy.standing_usd_per_1000 - model.standing_usd_per_1000));
        let usd = self.bootstrap.interval(&own, &self.blocks, mean_usd);
        let usd = usd.map(|usd| usd.plus(policy.standing_usd_per_1000));
        let whole = mean_usd(&own).map(|usd| usd + policy.standing_usd_per_1000);
        vec![
            plain(&format!("to_{}", trial.ways[1]), Some(policy.share)),
            drawn("not_served", |sample| sample.mean(|_, waited| f64::from(u8::from(waited.is_infinite())))),
            plain("waited_p50_ms", waited_ms(&own, 0.5)),
            plain("waited_p99_ms", waited_ms(&own, 0.99)),
            ("usd_per_1000".to_owned(), whole, usd),
            ("above_model".to_owned(), above.map(|above| above.value), above),
        ]
    }
}

impl Weighed {
    fn of(tried: &Tried, name: String, is_second: impl Fn(usize) -> bool) -> Weighed {
        let sent: Vec<bool> = tried.places.iter().map(|&at| is_second(at)).collect();
        let weight = |((sent, went), weight): ((&bool, &bool), &f64)| if sent == went { *weight } else { 0.0 };
        let of_first = |(&sent, &group): (&bool, &u32)| (!sent).then_some(group);
        let standing: BTreeSet<u32> = sent.iter().zip(&tried.groups).filter_map(of_first).collect();
        let stands = |(group, usd): (&u32, &f64)| if standing.contains(group) { *usd } else { 0.0 };
        let standing_usd: f64 = tried.groups.iter().zip(&tried.standing_usd_per_1000).map(stands).sum();
        Weighed {
            name,
            share: sent.iter().filter(|&&sent| sent).count() as f64 / sent.len() as f64,
            weights: sent.iter().zip(&tried.went).zip(&tried.weights).map(weight).collect(),
            standing_usd_per_1000: standing_usd / sent.len() as f64,
        }
    }
}

fn mean_usd(sample: &Sample) -> Option<f64> {
    sample.mean(|usd, _| usd)
}

/// What a share of the rows waited at most, of rows from the longest waiting downwards; `None` if it is not known how long.
fn waited_ms(sample: &Sample, share: f64) -> Option<f64> {
    let all: f64 = sample.iter().map(|(_, _, weight)| weight).sum();
    let mut longer = 0.0;
    let waited = sample.iter().find_map(|(_, waited, weight)| {
        longer += weight;
        (longer > (1.0 - share) * all).then_some(waited)
    });
    waited.filter(|waited| waited.is_finite())
}

#[cfg(test)]
mod tests {
    use outrider_core::frame::Frame;

    use super::*;
    use crate::dataset::Roles;
    use crate::testing::{numbers, schema};

    const BLOCKS: usize = 40;

    /// In every block ten rows of 10 ms and 0.8 dollars go the first way, and of two that go the second way one waits 2 ms for 0.1 dollars
    /// and one is not served, for 0.5. The first way costs 0.2 dollars a row whether it is gone or not.
    fn data(is_trial: bool) -> Dataset {
        let of = |went: f64, waited: f64, usd: f64, not_served: f64| [went, waited, usd, not_served];
        let block: Vec<[f64; 4]> =
            [vec![of(0.0, 10.0, 0.8, 0.0); 10], vec![of(1.0, 2.0, 0.1, 0.0), of(1.0, 99.0, 0.5, 1.0)]].concat();
        let rows: Vec<[f64; 4]> = (0..BLOCKS).flat_map(|_| block.clone()).collect();
        let column = |name: &str, of: usize| numbers(name, &rows.iter().map(|row| row[of]).collect::<Vec<_>>());
        let places: Vec<f64> = (0..rows.len()).map(|row| (row / block.len()) as f64).collect();
        let frame = Frame::new(vec![
            column("went", 0),
            column("waited", 1),
            column("usd", 2),
            column("not_served", 3),
            numbers("standing", &vec![0.2; rows.len()]),
            numbers("block", &places),
            numbers("group", &vec![1.0; rows.len()]),
            numbers("x", &places),
            numbers("label", &places),
        ]);
        let named = |name: &str| Some(name.to_owned());
        let text = str::to_owned;
        let trial = Trial {
            went: text("went"),
            usd: text("usd"),
            standing_usd: text("standing"),
            like: text("group"),
            not_served: text("not_served"),
            waited_ms: text("waited"),
            ways: ["left", "right"],
        };
        let roles = Roles {
            label: text("label"),
            group: named("group"),
            block: named("block"),
            trial: is_trial.then_some(trial),
            ..Roles::default()
        };
        Dataset::new(frame.unwrap(), schema(&["x"], &[]), roles).unwrap()
    }

    fn value(replay: &Replay, policy: &str, figure: &str) -> Option<f64> {
        let policy = replay.policies.iter().find(|known| known.name == policy).unwrap();
        policy.figures.iter().find(|(name, ..)| name == figure).unwrap().1
    }

    #[test]
    fn each_way_counts_as_if_all_had_gone_there_however_few_did() {
        let data = data(true);
        let rows: Vec<usize> = (0..data.rows()).collect();
        // The right way in the second half of the blocks.
        let scores: Vec<f64> = rows.iter().map(|row| f64::from(u8::from(row / 12 >= BLOCKS / 2))).collect();
        let model = Policy { name: "model", scores: &scores };
        let replay = replay(&data, &rows, &[model], Bootstrap::default()).unwrap();
        assert_eq!((replay.rows, replay.left_out), (480, 0));
        let names: Vec<&str> = replay.policies.iter().map(|policy| policy.name.as_str()).collect();
        assert_eq!(names, ["all to left", "all to right", "model"]);
        let near =
            |found: Option<f64>, told: f64| assert!((found.unwrap() - told).abs() < 1e-9, "{found:?} and {told}");
        for (policy, share, not_served, usd) in
            [("all to left", 0.0, 0.0, 1_000.0), ("all to right", 1.0, 0.5, 300.0), ("model", 0.5, 0.25, 750.0)]
        {
            near(value(&replay, policy, "to_right"), share);
            near(value(&replay, policy, "not_served"), not_served);
            near(value(&replay, policy, "usd_per_1000"), usd);
            near(value(&replay, policy, "above_model"), usd - 750.0);
        }
        near(value(&replay, "all to left", "waited_p99_ms"), 10.0);
        assert_eq!(value(&replay, "all to right", "waited_p99_ms"), None, "half of them never got an answer");
        near(value(&replay, "model", "waited_p50_ms"), 10.0);
        let model = &replay.policies[2].figures;
        let usd = model.iter().find(|(name, ..)| name == "usd_per_1000").unwrap().2.unwrap();
        assert!(usd.low < 750.0 && 750.0 < usd.high, "{usd:?}");
    }

    #[test]
    fn rows_whose_like_went_one_way_alone_tell_nothing() {
        let data = data(true);
        // Of the first block the first way alone.
        let rows: Vec<usize> = (0..data.rows()).filter(|row| !(10..12).contains(row)).collect();
        let scores = vec![1.0; rows.len()];
        let of = |rows: &[usize]| {
            replay(&data, rows, &[Policy { name: "model", scores: &scores[..rows.len()] }], Bootstrap::default())
        };
        let told = of(&rows).unwrap();
        assert_eq!((told.rows, told.left_out), (468, 10));
        assert_eq!(of(&rows[..10]), None);
        assert_eq!(value(&told, "model", "above_model"), Some(0.0));
    }

    #[test]
    fn what_was_no_trial_is_not_replayed() {
        let data = data(false);
        let rows: Vec<usize> = (0..data.rows()).collect();
        let scores = vec![1.0; rows.len()];
        let model = Policy { name: "model", scores: &scores };
        assert_eq!(replay(&data, &rows, &[model], Bootstrap::default()), None);
    }
}
