//! A forecast at a time, in a line or as JSON.

use outrider_store::time_of;
use serde_json::{Value, json};

use super::super::file::{Latest, LinkForecast, LostLink};
use super::super::outcome::LOST_DOWN;
use super::Bounds;

/// States, the best first.
const STATES: [&str; 3] = ["fresh", "stale", "critical"];

/// The verdict that goes without saying.
const CREDIBLE: &str = "credible";

/// A forecast at a time.
pub(in super::super) struct View<'a> {
    latest: &'a Latest,
    bounds: &'a Bounds,
    age_s: f64,
    /// When the newest of all samples was taken.
    newest_s: Option<f64>,
    /// Indices of `STATES`, of the refresh and of the newest sample.
    states: [usize; 2],
}

impl View<'_> {
    /// As it is at `now_s`.
    pub(in super::super) fn of<'a>(latest: &'a Latest, bounds: &'a Bounds, now_s: f64) -> View<'a> {
        let state = |age_s: f64| {
            let is_over = |bound: std::time::Duration| age_s >= bound.as_secs_f64();
            if is_over(bounds.critical) { 2 } else { usize::from(is_over(bounds.stale)) }
        };
        let age_s = (now_s - latest.made_at_s.unwrap_or_default()).max(0.0);
        let newest_s = newest_samples(latest).map(|(_, at_s)| at_s).max_by(f64::total_cmp);
        // Without a sample there is nothing that could be fresh.
        let states = [state(age_s), newest_s.map_or(2, |at_s| state(now_s - at_s))];
        View { latest, bounds, age_s, newest_s, states }
    }

    fn state(&self) -> &'static str {
        STATES[self.states[0].max(self.states[1])]
    }

    /// Whether a link whose newest sample is of then has fallen behind the others.
    fn is_silent(&self, newest_sample_at_s: f64) -> bool {
        self.newest_s.is_some_and(|newest_s| newest_s - newest_sample_at_s >= self.bounds.critical.as_secs_f64())
    }

    fn is_red(&self, link: &LinkForecast) -> bool {
        link.probability >= self.bounds.red && !self.is_silent(link.newest_sample_at_s)
    }

    fn is_down(&self, link: &LostLink) -> bool {
        link.lost_samples >= LOST_DOWN && !self.is_silent(link.newest_sample_at_s)
    }

    fn silent(&self) -> Vec<&str> {
        newest_samples(self.latest).filter(|(_, at_s)| self.is_silent(*at_s)).map(|(link, _)| link).collect()
    }

    /// Names of links with too little history.
    fn thin(&self) -> Vec<&str> {
        let links = self.latest.too_little_history.iter();
        links.filter(|link| !self.is_silent(link.newest_sample_at_s)).map(|link| link.link.as_str()).collect()
    }

    /// One line for people.
    pub(in super::super) fn line(&self) -> String {
        let (state, age_min) = (self.state(), whole_minutes(self.age_s));
        let sample = match self.newest_s {
            None => ", without any sample".to_owned(),
            Some(at_s) if self.states[1] > 0 => format!(", newest sample is of {}", time(at_s)),
            Some(_) => String::new(),
        };
        let notes: String = self.notes().iter().map(|note| format!("; {note}")).collect();
        let by = match self.latest.verdict.as_str() {
            "" | CREDIBLE => String::new(),
            verdict => format!(", by a model that is {verdict}"),
        };
        format!("{state}, {age_min} min old{sample}{by}: {}{notes}\n", self.red())
    }

    /// Which links are red, the worst first.
    fn red(&self) -> String {
        let mut red: Vec<&LinkForecast> = self.latest.links.iter().filter(|link| self.is_red(link)).collect();
        red.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        let down = self.latest.lost.iter().filter(|link| self.is_down(link)).map(lost);
        let at = |link: &&LinkForecast| format!("{} at {:.0} %", link.link, 100.0 * link.probability);
        let named: Vec<String> = down.chain(red.iter().map(at)).collect();
        let known = newest_samples(self.latest).filter(|(_, at_s)| !self.is_silent(*at_s)).count() - self.thin().len();
        match named.len() {
            0 => format!("no link of {known} red"),
            count => format!("{count} of {known} links RED: {}", named[..count.min(5)].join(", ")),
        }
    }

    /// What else is to be known.
    fn notes(&self) -> Vec<String> {
        let latest = self.latest;
        let short = latest.lost.iter().filter(|link| !self.is_down(link) && !self.is_silent(link.newest_sample_at_s));
        let mut notes: Vec<String> = short.take(5).map(lost).collect();
        let mut count = |count: usize, one: &str, many: &str| match count {
            0 => {}
            1 => notes.push(format!("1 {one}")),
            count => notes.push(format!("{count} {many}")),
        };
        let critical_min = whole_minutes(self.bounds.critical.as_secs_f64());
        count(self.thin().len(), "link has too little history", "links have too little history");
        let behind = format!("silent: the newest sample is {critical_min} min or more behind that of others");
        count(self.silent().len(), &format!("link is {behind}"), &format!("links are {behind}"));
        let ahead = "than the clock of the refresh left out";
        count(latest.samples_ahead, &format!("sample later {ahead}"), &format!("samples later {ahead}"));
        let failed = latest.failed.iter();
        notes
            .extend(failed.map(|failure| format!("the last refresh failed at step {}: {}", failure.step, failure.why)));
        notes
    }

    fn link(&self, link: &LinkForecast) -> Value {
        json!({
            "link": link.link,
            "sampled_at_s": link.sampled_at_s,
            "newest_sample_at_s": link.newest_sample_at_s,
            "lost_samples": link.lost_samples,
            "probability": link.probability,
            "is_red": self.is_red(link),
        })
    }

    fn lost(&self, link: &LostLink) -> Value {
        json!({
            "link": link.link,
            "lost_since_s": link.lost_since_s,
            "newest_sample_at_s": link.newest_sample_at_s,
            "lost_samples": link.lost_samples,
            "is_red": self.is_down(link),
        })
    }

    /// All of it.
    pub(in super::super) fn json(&self) -> String {
        let links: Vec<Value> = self.latest.links.iter().map(|link| self.link(link)).collect();
        let lost: Vec<Value> = self.latest.lost.iter().map(|link| self.lost(link)).collect();
        let value = json!({
            "state": self.state(),
            "age_s": self.age_s,
            "made_at_s": self.latest.made_at_s,
            "newest_sample_at_s": self.newest_s,
            "model": self.latest.model,
            "verdict": self.latest.verdict,
            "links": links,
            "lost": lost,
            "links_without": self.thin().len(),
            "too_little_history": self.thin(),
            "silent": self.silent(),
            "samples_ahead": self.latest.samples_ahead,
            "failed": self.latest.failed,
        });
        format!("{value}\n")
    }
}

/// All links and when their newest samples were taken.
fn newest_samples(latest: &Latest) -> impl Iterator<Item = (&str, f64)> {
    let links = latest.links.iter().map(|link| (link.link.as_str(), link.newest_sample_at_s));
    let lost = latest.lost.iter().map(|link| (link.link.as_str(), link.newest_sample_at_s));
    let thin = latest.too_little_history.iter().map(|link| (link.link.as_str(), link.newest_sample_at_s));
    links.chain(lost).chain(thin)
}

fn lost(link: &LostLink) -> String {
    let samples = if link.lost_samples == 1 { "sample" } else { "samples" };
    format!("{} lost since {} ({} {samples})", link.link, time(link.lost_since_s), link.lost_samples)
}

fn whole_minutes(span_s: f64) -> f64 {
    (span_s / 60.0).floor()
}

#[allow(clippy::cast_possible_truncation)] // seconds since 1970
fn time(at_s: f64) -> String {
    time_of(at_s as i64)
}

#[cfg(test)]
mod tests;
