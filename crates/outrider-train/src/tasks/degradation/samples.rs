//! Round trips of links, from whatever columns a source has them in: each sample by itself, or in buckets of a minute where there are many.

mod columns;

use std::collections::BTreeMap;

use outrider_core::frame::{Frame, NO_TIME};

use super::super::TaskError;
use super::pace::Pace;
use columns::{Columns, names};

/// The width of a bucket that holds several samples.
const BUCKET_US: i64 = 60_000_000;
/// Where samples come each half minute or less often (a tenth less for jitter), each is a bucket: minutes by the clock would join two
/// whenever their phase is near the minute's edge, and leave the next minute empty.
const SPARSE_US: i64 = 27_000_000;
/// Samples as near as this are of one measurement however often there is one.
const TOGETHER_US: i64 = 15_000_000;

/// What a link did at a sample, or in a minute of them. Lost samples are loss, not latency: where all are lost, times are not a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bucket {
    /// When its first sample was taken, us since 1970.
    pub(super) since_us: i64,
    /// When its last one was.
    pub(super) at_us: i64,
    /// The mean of its round trips, ms.
    pub(super) avg_ms: f64,
    /// The shortest, ms.
    pub(super) min_ms: f64,
    /// The longest, ms.
    pub(super) max_ms: f64,
    /// Packets that came back.
    pub(super) received: f64,
    /// Packets that did not.
    pub(super) lost: f64,
    /// The sum of squared distances from the mean, ms^2 (Chan, Golub, LeVeque 1983), over `measured` packets.
    squares: f64,
    measured: f64,
}

/// The buckets of a link in the order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Link {
    /// As the source names it.
    pub(super) name: String,
    /// A gap is a gap: where there is no sample there is no bucket.
    pub(super) buckets: Vec<Bucket>,
    /// Of each bucket the median time between two of them, as far as it is known with that bucket.
    pub(super) intervals_us: Vec<i64>,
}

/// The links of a source, and the link and bucket of each of its rows; none for rows without a link or a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Links {
    pub(super) links: Vec<Link>,
    pub(super) places: Vec<Option<(usize, usize)>>,
}

impl Bucket {
    /// The standard deviation of its packets, ms; not a number where they are fewer than two.
    pub(super) fn spread_ms(&self) -> f64 {
        if self.measured < 2.0 { f64::NAN } else { (self.squares / (self.measured - 1.0)).sqrt() }
    }

    /// Whether a packet came back.
    pub(super) fn is_answered(&self) -> bool {
        self.avg_ms > 0.0
    }

    /// Whether two samples of a link are one that was read twice.
    fn is_same(&self, other: &Bucket) -> bool {
        self.at_us == other.at_us && self.avg_ms.to_bits() == other.avg_ms.to_bits()
    }

    /// Whether a sample at `at_us` belongs to it too, where samples lie `pace_us` apart.
    fn is_joined_by(&self, at_us: i64, pace_us: i64) -> bool {
        let is_same_minute = self.at_us.div_euclid(BUCKET_US) == at_us.div_euclid(BUCKET_US);
        is_same_minute && (pace_us < SPARSE_US || at_us - self.at_us < TOGETHER_US)
    }

    /// With a later sample of the same minute.
    fn with(self, next: &Bucket) -> Bucket {
        let (mine, theirs) = (self.measured, next.measured);
        let measured = mine + theirs;
        let apart = next.avg_ms - self.avg_ms;
        let (avg_ms, squares) = match (self.is_answered(), next.is_answered()) {
            (true, true) => (
                self.avg_ms + apart * theirs / measured,
                self.squares + next.squares + apart.powi(2) * mine * theirs / measured,
            ),
            (true, false) => (self.avg_ms, self.squares),
            (false, _) => (next.avg_ms, next.squares),
        };
        Bucket {
            since_us: self.since_us,
            at_us: next.at_us,
            avg_ms,
            squares,
            measured,
            min_ms: self.min_ms.min(next.min_ms),
            max_ms: self.max_ms.max(next.max_ms),
            received: self.received + next.received,
            lost: self.lost + next.lost,
        }
    }
}

impl Links {
    /// Of the rows of `source`, each link by itself: links are never pooled.
    pub(super) fn of(source: &Frame) -> Result<Links, TaskError> {
        let (names, columns) = (names(source)?, Columns::of(source)?);
        let mut rows: BTreeMap<&str, Vec<(usize, Bucket)>> = BTreeMap::new();
        for row in 0..source.rows() {
            if let (Some(name), true) = (names.get(row), columns.at_us[row] != NO_TIME) {
                rows.entry(name).or_default().push((row, columns.sample(row)));
            }
        }
        let mut all = Links { links: Vec::new(), places: vec![None; source.rows()] };
        for (name, mut rows) in rows {
            rows.sort_by(|(_, one), (_, other)| one.at_us.cmp(&other.at_us).then(one.avg_ms.total_cmp(&other.avg_ms)));
            all.add(name, &rows);
        }
        Ok(all)
    }

    /// A link of samples in the order of time. What is read twice, as where fetches overlap, counts once, and has an answer each.
    fn add(&mut self, name: &str, rows: &[(usize, Bucket)]) {
        let (mut buckets, mut pace): (Vec<Bucket>, _) = (Vec::new(), Pace::default());
        let mut before: Option<&Bucket> = None;
        for (row, sample) in rows {
            if !before.is_some_and(|before| before.is_same(sample)) {
                let pace_us = pace.after(sample.at_us).unwrap_or(0);
                match buckets.last_mut() {
                    Some(last) if last.is_joined_by(sample.at_us, pace_us) => *last = last.with(sample),
                    _ => buckets.push(*sample),
                }
            }
            before = Some(sample);
            self.places[*row] = Some((self.links.len(), buckets.len() - 1));
        }
        let mut pace = Pace::default();
        let interval_us = |bucket: &Bucket| pace.after(bucket.at_us).unwrap_or(BUCKET_US).max(SPARSE_US);
        let intervals_us = buckets.iter().map(interval_us).collect();
        self.links.push(Link { name: name.to_owned(), buckets, intervals_us });
    }
}

impl Link {
    /// The median time between two buckets over all, for what is told after the fact; no feature may know it.
    pub(super) fn interval_us(&self) -> i64 {
        let mut intervals_us = self.intervals_us.clone();
        intervals_us.sort_unstable();
        intervals_us.get(intervals_us.len() / 2).copied().unwrap_or(BUCKET_US)
    }
}

/// By how much a sample may come early or late where one is due each `interval_us`: a tenth of it.
pub(super) fn slack_us(interval_us: i64) -> i64 {
    interval_us / 10
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    const SECOND_US: i64 = 1_000_000;

    fn links(rows: &[(&str, i64, f64)]) -> Links {
        let names: Vec<Option<&str>> = rows.iter().map(|row| Some(row.0)).collect();
        let at: Vec<i64> = rows.iter().map(|row| row.1 * SECOND_US).collect();
        let trips: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let columns =
            vec![testing::words("trace", &names), testing::times("unix_ts", &at), testing::numbers("rtt_ms", &trips)];
        Links::of(&Frame::new(columns).unwrap()).unwrap()
    }

    #[test]
    fn probes_are_never_pooled_and_rows_keep_their_places() {
        let found = links(&[("b", 240, 90.0), ("a", 0, 10.0), ("a", 240, 11.0), ("b", 0, 91.0)]);
        let names: Vec<(&str, usize)> =
            found.links.iter().map(|link| (link.name.as_str(), link.buckets.len())).collect();
        assert_eq!(names, [("a", 2), ("b", 2)]);
        assert_eq!(found.places, [Some((1, 1)), Some((0, 0)), Some((0, 1)), Some((1, 0))]);
        assert_eq!(found.links[0].intervals_us, [60 * SECOND_US, 240 * SECOND_US]);
    }

    #[test]
    fn a_minute_has_level_and_spread_and_a_gap_stays_a_gap() {
        let found = links(&[("a", 0, 10.0), ("a", 20, 14.0), ("a", 45, -1.0), ("a", 600, 20.0)]);
        let [first, second] = found.links[0].buckets[..] else { panic!("two minutes with samples") };
        assert_eq!((first.avg_ms, first.min_ms, first.max_ms), (12.0, 10.0, 14.0));
        assert_eq!((first.received, first.lost, first.at_us), (2.0, 1.0, 45 * SECOND_US));
        assert!((first.spread_ms() - 8.0_f64.sqrt()).abs() < 1e-12);
        assert!(second.spread_ms().is_nan() && second.at_us == 600 * SECOND_US);
    }

    #[test]
    fn what_was_lost_is_loss_and_no_latency() {
        let [lost] = links(&[("a", 0, -1.0)]).links[0].buckets[..] else { panic!("one minute") };
        assert!(!lost.is_answered() && lost.avg_ms.is_nan() && (lost.received, lost.lost) == (0.0, 1.0));
    }

    #[test]
    fn several_packets_of_a_ping_keep_their_spread() {
        let columns = vec![
            testing::numbers("prb_id", &[7.0, 7.0]),
            testing::times("timestamp", &[0, 20 * SECOND_US]),
            testing::numbers("avg", &[10.0, -1.0]),
            testing::numbers("std_ms", &[2.0, f64::NAN]),
            testing::numbers("sent", &[3.0, 3.0]),
            testing::numbers("rcvd", &[3.0, 0.0]),
        ];
        let found = Links::of(&Frame::new(columns).unwrap()).unwrap();
        let bucket = found.links[0].buckets[0];
        assert_eq!((bucket.avg_ms, bucket.spread_ms(), bucket.lost), (10.0, 2.0, 3.0));
    }

    #[test]
    fn a_round_trip_of_nought_is_an_answer() {
        let [bucket] = links(&[("a", 0, 0.0)]).links[0].buckets[..] else { panic!("one sample") };
        assert!(bucket.is_answered() && (bucket.received, bucket.lost, bucket.avg_ms) == (1.0, 0.0, 0.001));
    }

    #[test]
    fn every_destination_is_a_link_of_its_own() {
        let of = |column| {
            let columns = vec![
                testing::numbers("prb_id", &[7.0, 7.0]),
                testing::times("timestamp", &[0, 240 * SECOND_US]),
                testing::numbers("rtt_ms", &[1.0, 2.0]),
                column,
            ];
            let found = Links::of(&Frame::new(columns).unwrap()).unwrap();
            found.links.into_iter().map(|link| link.name).collect::<Vec<_>>()
        };
        assert_eq!(
            of(testing::words("dst_addr", &[Some("192.0.2.1"), Some("192.0.2.2")])),
            ["7/192.0.2.1", "7/192.0.2.2"]
        );
        assert_eq!(of(testing::words("target", &[Some("a"), Some("a")])), ["7"]);
        assert_eq!(of(testing::numbers("target", &[0.0, 1.0])), ["7"], "a label");
    }

    #[test]
    fn words_that_are_no_times_are_shown_with_what_is_expected() {
        let columns = vec![
            testing::words("host", &[Some("a")]),
            testing::words("ts", &[Some("15/10/2016 10:00")]),
            testing::numbers("rtt_ms", &[1.0]),
        ];
        let told = Links::of(&Frame::new(columns).unwrap()).unwrap_err().to_string();
        assert!(
            told.contains("\"ts\"") && told.contains("15/10/2016 10:00") && told.contains("2016-10-15T10:00:00Z"),
            "{told}"
        );
    }

    #[test]
    fn a_source_without_round_trips_is_told_what_it_lacks() {
        let frame = Frame::new(vec![testing::numbers("prb_id", &[1.0]), testing::times("ts", &[0])]).unwrap();
        assert!(Links::of(&frame).unwrap_err().to_string().contains("needs \"rtt_ms\""));
    }
}
