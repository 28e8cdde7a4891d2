//! The last hours of a measurement, kept up to date: what has ended is fetched once, the rest anew each time, and what is too old goes.

use std::future::Future;
use std::path::{Path, PathBuf};

use tokio::runtime::Runtime;

use super::parts::{LATE_S, Parts};
use super::{AtlasError, AtlasQuery, AtlasSettings, Span, fetch_all, target};

/// Brings what `folder` keeps of `query` up to date and names the files that hold results, a line each, in their order. Parts begin at
/// multiples of their span, the first at or before `from_s`; the one that `to_s`, the present, lies in is fetched each time, parts that
/// ended a quarter of an hour ago once. Parts before `from_s`, and such parts of other queries, are removed.
///
/// # Errors
///
/// If the query makes no sense, a part cannot be fetched (those that could are kept), files cannot be written, or `stop` ends first.
pub fn update_atlas(
    query: &AtlasQuery,
    settings: &AtlasSettings,
    folder: &Path,
    stop: impl Future<Output = ()>,
) -> Result<Vec<PathBuf>, AtlasError> {
    let target = target(query, settings)?;
    let kept = Parts::within(folder, query)?;
    let spans = spans(query, settings);
    kept.leave_only(&spans, query.from_s).map_err(|source| AtlasError::Io { path: folder.to_owned(), source })?;
    let is_missing = |span: &Span| !kept.has(*span) || spans.last() == Some(span);
    let missing: Vec<Span> = spans.iter().copied().filter(is_missing).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| AtlasError::Io { path: folder.to_owned(), source })?;
    let failed = fetched_unless(runtime, stop, fetch_all(query, settings, &target, &kept, missing, &mut |_| ()))?;
    match failed.first().cloned() {
        Some(first) => Err(AtlasError::Recent { failed: failed.len(), parts: spans.len(), first }),
        None => Ok(spans.into_iter().filter(|span| kept.holds_results(*span)).map(|span| kept.path(span)).collect()),
    }
}

fn fetched_unless(
    runtime: Runtime,
    stop: impl Future<Output = ()>,
    fetched: impl Future<Output = Result<Vec<String>, AtlasError>>,
) -> Result<Vec<String>, AtlasError> {
    let outcome = runtime.block_on(async {
        tokio::select! {
            outcome = fetched => outcome,
            () = stop => Err(AtlasError::Stopped),
        }
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    outcome
}

/// Those that have ended, and one from there to the present.
fn spans(query: &AtlasQuery, settings: &AtlasSettings) -> Vec<Span> {
    let step = settings.part_s.max(1);
    let (mut from_s, mut spans) = (query.from_s - query.from_s.rem_euclid(step), Vec::new());
    while from_s + step <= query.to_s - LATE_S {
        spans.push((from_s, from_s + step));
        from_s += step;
    }
    spans.push((from_s, query.to_s));
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600;

    #[test]
    fn the_last_part_reaches_from_those_that_are_over_to_the_present() {
        let at = |from_s, to_s| {
            let query = AtlasQuery { api: String::new(), measurement: 1, from_s, to_s, probes: Vec::new() };
            spans(&query, &AtlasSettings::default())
        };
        let day = 100 * 24 * HOUR;
        assert_eq!(at(day + HOUR, day + 2 * HOUR), [(day, day + 2 * HOUR)]);
        let late = day + 4 * HOUR + 899;
        assert_eq!(at(day, late), [(day, late)], "its last results may still come in");
        let settled = day + 4 * HOUR + 900;
        assert_eq!(at(day, settled), [(day, day + 4 * HOUR), (day + 4 * HOUR, settled)]);
        assert_eq!(at(day - 19 * HOUR, day + 5 * HOUR).len(), 7);
    }
}
