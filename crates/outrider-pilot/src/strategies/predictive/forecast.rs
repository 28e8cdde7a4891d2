//! The table over one publication's candidates, and the choice among them.

use std::sync::Arc;
use std::time::Duration;

use outrider_core::{ClassId, Random, Time};

use super::Quote;
use super::choice::{Choice, Exploring};
use crate::picker::Picker;
use crate::prediction::{Cell, Doubt, Row, Table, Work};
use crate::settings::{PoolSettings, StrategyKind};
use crate::strategies::prequal::Prequal;
use crate::strategies::{Candidate, Field};

/// So many hosts are compared.
pub(super) const COMPARED: usize = 16;
/// Of those, in larger pools, the best for the class by table.
const BEST: usize = 8;

/// What a quote goes by besides host and cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(super) now: Time,
    /// What all hosts' live factors have in common.
    pub(super) common: f32,
    pub(super) correct: bool,
    pub(super) wait: bool,
    /// Instead of what is known.
    pub(super) slots: Option<f32>,
}

/// A table over the candidates of one publication: rows in their order.
#[derive(Debug)]
pub(crate) struct Forecast {
    epoch: u64,
    at: Time,
    ready: bool,
    trusted: bool,
    rows: Box<[Option<Arc<Row>>]>,
    /// For each class the candidates that serve it fastest, where there are more than are compared.
    best: Box<[[u32; BEST]]>,
    terms: Terms,
    classes: bool,
    sizes: bool,
    exploring: Exploring,
    /// Some cell has failures.
    has_errors: bool,
    /// Hosts are asked what others have there: where they answer probes and other balancers send to them.
    probes: Option<Prequal>,
}

/// Who is told how a choice came about. Nobody, on the way of a request that nobody asks about.
pub(crate) trait Listener {
    fn quoted(&mut self, _at: usize, _quote: &Quote) {}
    fn priced(&mut self, _at: usize, _price_ns: f64) {}
    fn explores(&mut self, _at: usize) {}
    fn settles(&mut self, _most_ns: f64) {}
}

impl Listener for () {}

impl Forecast {
    /// `table` over `candidates`.
    pub(crate) fn new(settings: &PoolSettings, candidates: &[Candidate], table: &Table) -> Forecast {
        let row = |candidate: &Candidate| table.rows.get(&candidate.host.address).cloned();
        let rows: Box<[Option<Arc<Row>>]> = candidates.iter().map(row).collect();
        let predict = &settings.predict;
        let terms = Terms {
            now: table.at,
            common: table.common,
            correct: predict.correction,
            wait: predict.wait,
            #[allow(clippy::cast_precision_loss)]
            slots: predict.slots.map(|slots| slots as f32),
        };
        Forecast {
            epoch: table.epoch,
            at: table.at,
            ready: table.ready && !predict.fallback_only,
            trusted: table.trusted || !predict.guard,
            best: best(&rows),
            has_errors: rows.iter().flatten().any(|row| row.has_errors()),
            terms,
            classes: predict.classes,
            sizes: predict.sizes,
            exploring: Exploring::new(candidates.len(), table.rate_per_s),
            probes: is_crowded(settings).then(|| Prequal::new(candidates, settings.probe.per_request)),
            rows,
        }
    }

    /// Why no choice may go by it at `now`; `None`: it may.
    #[inline]
    pub(crate) fn doubt(&self, now: Time) -> Option<Doubt> {
        Doubt::of(self.ready, self.trusted, self.at, now)
    }

    /// How old it is at `now`.
    pub(crate) fn age(&self, now: Time) -> Duration {
        now.since(self.at)
    }

    /// Which table it is of.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Requests that candidate `at` serves at a time, as far as is known.
    pub(crate) fn slots(&self, at: usize) -> Option<f32> {
        Some(self.terms.slots.unwrap_or(self.rows[at].as_ref()?.slots))
    }

    /// Requests of the mean kind per second that candidate `at` serves; 1 if nothing is known.
    pub(super) fn capacity(&self, at: usize) -> f64 {
        self.rows[at].as_ref().map_or(1.0, |row| row.capacity_per_s)
    }

    /// The open candidate that costs least, or one that is to be tried.
    pub(crate) fn pick(&self, field: &Field<'_>, picker: &mut Picker, listener: &mut impl Listener) -> Option<usize> {
        if let Some(probes) = &self.probes {
            return self.pick_probed(probes, field, picker, listener);
        }
        let mut compared = [0; COMPARED];
        let count = self.compare(field, &mut compared, picker.random());
        let terms = self.terms.at(field.request.now);
        let mut choice = Choice::at(terms.now);
        for &at in compared[..count].iter().filter(|&&at| field.is_open(at)) {
            if let Some(quote) = self.quote(field, at, &terms, None) {
                listener.quoted(at, &quote);
                choice.offer(at, quote.cost_ns);
                choice.rests_since(field.candidates[at].host.live.last_begin());
            }
        }
        if self.has_errors {
            self.price_errors(field, &compared[..count], &terms, &mut choice, listener);
        }
        let tried =
            self.exploring.is_due(&choice, terms.now).then(|| self.to_try(field, &compared[..count], &terms, &choice));
        match tried.flatten() {
            Some(at) => {
                listener.explores(at);
                Some(at)
            }
            None => {
                let most_ns = choice.as_good_ns(self.uncertainty(field, &choice));
                listener.settles(most_ns);
                choice.settle(most_ns, picker.random())
            }
        }
    }

    /// How little is known of what the best of `choice` takes: the relative standard error of it.
    fn uncertainty(&self, field: &Field<'_>, choice: &Choice) -> f64 {
        let row = choice.best.and_then(|(_, at)| self.rows[at].as_ref());
        row.map_or(0.0, |row| f64::from(row.cell(self.facts(field).0).uncertainty))
    }

    /// The host that has rested longest of those that are to be tried.
    #[cold]
    fn to_try(&self, field: &Field<'_>, compared: &[usize], terms: &Terms, choice: &Choice) -> Option<usize> {
        let (best_ns, best) = choice.best?;
        let last_begin = |at: usize| field.candidates[at].host.live.last_begin();
        let is_tried = |at: usize| {
            let usual_ns = self.rows[at].as_ref().map_or(0.0, |row| row.usual_ns());
            let quote = self.quote(field, at, terms, None);
            quote.is_some_and(|quote| self.exploring.tries(&quote, usual_ns, last_begin(at), best_ns, terms.now))
        };
        let tried = compared.iter().copied().filter(|&at| at != best && field.is_open(at) && is_tried(at));
        tried.min_by_key(|&at| last_begin(at))
    }

    /// What is expected of the request on candidate `at`.
    pub(crate) fn work(&self, field: &Field<'_>, at: usize) -> Option<Work> {
        let row = self.rows[at].as_ref()?;
        let terms = self.terms.at(field.request.now);
        let quote = self.quote(field, at, &terms, None)?;
        Some(self.written(field, row, row.cell(self.facts(field).0), &quote))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 24 bits are enough; times are above 0
    fn written(&self, field: &Field<'_>, row: &Row, cell: &Cell, quote: &Quote) -> Work {
        Work {
            class: field.request.class,
            size: field.request.size,
            table_ns: quote.table_ns as u64,
            correction: quote.correction as f32,
            wait_ns: quote.wait_ns as f32,
            cost_ns: quote.cost_ns as f32,
            least_cost_ns: quote.cost_ns as f32,
            found: quote.found as f32,
            epoch: self.epoch,
            doubt: self.doubt(field.request.now),
            free: quote.is_free(row.slots),
            level: row.level,
            common: self.terms.common,
            mean_log: cell.mean_log,
            p50_ratio: cell.p50_ratio,
            p90_ratio: cell.p90_ratio,
        }
    }

    fn facts(&self, field: &Field<'_>) -> (ClassId, Option<f32>) {
        let class = if self.classes { field.request.class } else { ClassId::OTHER };
        (class, field.request.size.filter(|_| self.sizes))
    }

    /// What the request costs on candidate `at`, where others than we have `others` requests, or as many as it last said.
    #[inline]
    fn quote(&self, field: &Field<'_>, at: usize, terms: &Terms, others: Option<f64>) -> Option<Quote> {
        let row = self.rows[at].as_ref()?;
        let (class, size) = self.facts(field);
        let host = &field.candidates[at].host;
        let others = others.unwrap_or_else(|| f64::from(host.live.others(terms.now)));
        Some(Quote::of(host, row, row.cell(class), size, terms, others))
    }

    /// The least cost among hosts that were probed lately.
    fn pick_probed(
        &self,
        probes: &Prequal,
        field: &Field<'_>,
        picker: &mut Picker,
        listener: &mut impl Listener,
    ) -> Option<usize> {
        let terms = self.terms.at(field.request.now);
        let cost = |at: usize, others: f64| {
            let quote = self.quote(field, at, &terms, Some(others))?;
            listener.quoted(at, &quote);
            Some(quote.cost_ns)
        };
        probes.pick_by(field, picker, |pool, field, _| pool.cheapest(field, cost))
    }

    /// Which candidates are compared.
    fn compare(&self, field: &Field<'_>, compared: &mut [usize; COMPARED], random: &mut Random) -> usize {
        let len = field.candidates.len();
        if len <= COMPARED {
            (0..len).for_each(|at| compared[at] = at);
            return len;
        }
        let (class, _) = self.facts(field);
        let best = self.best.get(class.index()).unwrap_or(&self.best[0]);
        for (nth, &at) in best.iter().enumerate() {
            compared[nth] = at as usize;
        }
        let mut count = BEST;
        for _ in 0..COMPARED - BEST {
            let at = random.below(len);
            if !compared[..count].contains(&at) {
                compared[count] = at;
                count += 1;
            }
        }
        count
    }

    /// A host that fails costs the next best one as well, and the time until it has failed.
    fn price_errors(
        &self,
        field: &Field<'_>,
        compared: &[usize],
        terms: &Terms,
        choice: &mut Choice,
        listener: &mut impl Listener,
    ) {
        let Some((least_ns, _)) = choice.best else { return };
        let (class, _) = self.facts(field);
        choice.begin_anew();
        for &at in compared.iter().filter(|&&at| field.is_open(at)) {
            let Some(quote) = self.quote(field, at, terms, None) else { continue };
            let Some(cell) = self.rows[at].as_ref().map(|row| row.cell(class)) else { continue };
            let price_ns = f64::from(cell.error_rate) * (least_ns + quote.service_ns * f64::from(cell.p50_ratio));
            listener.priced(at, price_ns);
            choice.offer(at, quote.cost_ns + price_ns);
        }
    }
}

/// Whether others send to the same hosts, which answer probes.
fn is_crowded(settings: &PoolSettings) -> bool {
    settings.balancers > 1 && settings.probe.path.is_some() && settings.strategy == StrategyKind::Predictive
}

/// For each class the candidates of the shortest service; empty where all are compared anyway.
#[allow(clippy::cast_possible_truncation)] // hosts are counted in 32 bits
fn best(rows: &[Option<Arc<Row>>]) -> Box<[[u32; BEST]]> {
    if rows.len() <= COMPARED {
        return Box::default();
    }
    let classes = rows.iter().flatten().map(|row| row.classes()).max().unwrap_or(1);
    let best_of = |class: usize| {
        let time = |at: u32| match &rows[at as usize] {
            Some(row) => row.cell(ClassId(class as u8)).service_ns(None),
            None => f32::INFINITY,
        };
        let mut all: Vec<u32> = (0..rows.len() as u32).collect();
        all.select_nth_unstable_by(BEST - 1, |&a, &b| time(a).total_cmp(&time(b)));
        std::array::from_fn(|nth| all[nth])
    };
    (0..classes).map(best_of).collect()
}
