//! Results of RIPE Atlas, fetched from its API: hours in parallel, each tried again with back-off, kept as they come in, so that a fetch
//! that was broken off goes on where it stopped.

mod answer;
mod connection;
mod parts;
mod recent;
mod tries;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tokio::task::JoinSet;

pub use recent::update_atlas;

/// Parts of one fetch, at most: 40 years in parts of 4 hours.
const PARTS_MAX: i64 = 100_000;

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtlasQuery {
    /// Where the API is, `https://atlas.ripe.net` or an `http://` address.
    pub api: String,
    /// The measurement.
    pub measurement: u64,
    /// From this second since 1970 on.
    pub from_s: i64,
    /// Up to this one, not included.
    pub to_s: i64,
    /// Only these probes; none: all.
    pub probes: Vec<u64>,
}

/// How it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct AtlasSettings {
    /// The span of a part, s.
    pub part_s: i64,
    /// Parts that are fetched at a time.
    pub parallel: usize,
    /// For a part from connecting to its last byte.
    pub timeout: Duration,
    /// How often a part is asked for.
    pub tries: u32,
    /// Before the second try.
    pub back_off: Duration,
    /// By how much each wait is longer than the one before it.
    pub factor: f64,
    /// No `Retry-After` is obeyed for longer.
    pub patience: Duration,
    /// Bytes of a part, at most.
    pub bytes_max: usize,
}

impl Default for AtlasSettings {
    fn default() -> AtlasSettings {
        AtlasSettings {
            part_s: 4 * 3_600,
            parallel: 6,
            timeout: Duration::from_secs(80),
            tries: 4,
            back_off: Duration::from_secs(1),
            factor: 1.5,
            patience: Duration::from_secs(60),
            bytes_max: 64 << 20,
        }
    }
}

/// Why there is no file of results.
#[derive(Debug, Error)]
pub enum AtlasError {
    /// Nothing can be asked so.
    #[error("{0}")]
    Query(String),
    /// Some parts could not be fetched; the others are kept.
    #[error(
        "{failed} of {parts} parts could not be fetched, the first: {first}. The others are kept in {kept}: run the same command again",
        kept = kept.display()
    )]
    Parts {
        /// How many.
        failed: usize,
        /// Of how many.
        parts: usize,
        /// The first, and why.
        first: String,
        /// Where the others are.
        kept: PathBuf,
    },
    /// Some of the latest parts could not be fetched.
    #[error("{failed} of {parts} parts could not be fetched, the first: {first}")]
    Recent {
        /// How many.
        failed: usize,
        /// Of how many.
        parts: usize,
        /// The first, and why.
        first: String,
    },
    /// Told to.
    #[error("it was told to stop before all was fetched")]
    Stopped,
    /// A file cannot be written or read.
    #[error("{path}: {source}; is there room, and may you write there?", path = path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Seconds since 1970, from the first to the one behind the last.
type Span = (i64, i64);

/// Fetches all results of `query` into `out`, a line each, which is replaced whole. Parts that were fetched before a failure are kept, but
/// those that had not ended a quarter of an hour before are fetched again. `watch` hears of parts: how many there are of how many.
///
/// # Errors
///
/// If the query makes no sense, a part cannot be fetched, or files cannot be written.
pub fn fetch_atlas(
    query: &AtlasQuery,
    settings: &AtlasSettings,
    out: &Path,
    watch: &mut dyn FnMut(usize, usize),
) -> Result<(), AtlasError> {
    let target = target(query, settings)?;
    let kept = parts::Parts::open(query, out)?;
    let spans = spans(query, settings);
    let missing: Vec<Span> = spans.iter().copied().filter(|span| !kept.has(*span)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| AtlasError::Io { path: out.to_owned(), source })?;
    let done = spans.len() - missing.len();
    let mut told = |fetched: usize| watch(done + fetched, spans.len());
    let failed = runtime.block_on(fetch_all(query, settings, &target, &kept, missing, &mut told))?;
    let Some(first) = failed.first().cloned() else { return kept.join(&spans, out) };
    let (failed, parts, kept) = (failed.len(), spans.len(), kept.folder().to_owned());
    Err(AtlasError::Parts { failed, parts, first, kept })
}

/// Where to ask, if it can be asked so.
fn target(query: &AtlasQuery, settings: &AtlasSettings) -> Result<connection::Target, AtlasError> {
    if query.from_s >= query.to_s {
        return Err(AtlasError::Query("--from does not lie before --to; change places, or ask for more".to_owned()));
    }
    let parts = query.to_s.checked_sub(query.from_s).map(|span_s| span_s / settings.part_s.max(1));
    if query.from_s < 0 || parts.is_none_or(|parts| parts >= PARTS_MAX) {
        let most =
            "--from and --to lie after 1970, and so near that a fetch has at most 100000 parts; ask for less at a time";
        return Err(AtlasError::Query(most.to_owned()));
    }
    connection::Target::of(&query.api).map_err(AtlasError::Query)
}

fn spans(query: &AtlasQuery, settings: &AtlasSettings) -> Vec<Span> {
    let step = settings.part_s.max(1);
    let count = (query.to_s - query.from_s + step - 1) / step;
    let of = |nth: i64| (query.from_s + nth * step, (query.from_s + (nth + 1) * step).min(query.to_s));
    (0..count).map(of).collect()
}

/// Fetches and keeps `missing`, so many at a time; what failed, a sentence each.
async fn fetch_all(
    query: &AtlasQuery,
    settings: &AtlasSettings,
    target: &connection::Target,
    kept: &parts::Parts,
    missing: Vec<Span>,
    told: &mut dyn FnMut(usize),
) -> Result<Vec<String>, AtlasError> {
    let (mut waiting, mut running, mut done, mut failed) = (missing.into_iter(), JoinSet::new(), 0, Vec::new());
    loop {
        while running.len() < settings.parallel.max(1)
            && let Some(span) = waiting.next()
        {
            running.spawn(fetched(target.clone(), path(query, span), settings.clone(), span));
        }
        match running.join_next().await {
            None => return Ok(failed),
            Some(Ok((span, Ok(lines)))) => {
                kept.keep(span, &lines)?;
                done += 1;
                told(done);
            }
            Some(Ok((span, Err(why)))) => failed.push(format!("seconds {} to {}: {why}", span.0, span.1)),
            Some(Err(broken)) => failed.push(broken.to_string()),
        }
    }
}

/// A part with its span.
async fn fetched(
    target: connection::Target,
    path: String,
    settings: AtlasSettings,
    span: Span,
) -> (Span, Result<Vec<u8>, String>) {
    (span, tries::fetch(&target, &path, &settings).await)
}

/// What is asked for, as of API version 2; `stop` is included there.
fn path(query: &AtlasQuery, (from_s, to_s): Span) -> String {
    let probes: Vec<String> = query.probes.iter().map(ToString::to_string).collect();
    let probes = if probes.is_empty() { String::new() } else { format!("&probe_ids={}", probes.join(",")) };
    let measurement = query.measurement;
    format!("/api/v2/measurements/{measurement}/results/?format=json&start={from_s}&stop={}{probes}", to_s - 1)
}
