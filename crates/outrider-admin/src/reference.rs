//! `docs/reference/metrics.md`, written from the catalogue.

use std::fmt::Write;

use outrider_proxy::metrics::catalogue::{ALL, Metric};
use outrider_proxy::metrics::{BOUNDS_NS, Label, OwnError, RetryReason, StatusClass};
use outrider_proxy::{events, metrics};

const HEAD: &str = "\
# Metrics

Written from `crates/outrider-proxy/src/metrics/catalogue.rs`; a test keeps this page and that file the same.

`GET /metrics` at the admin address answers in the Prometheus text format, or in OpenMetrics where the scraper accepts
it. Durations are in seconds, sizes in bytes. Counters begin at zero when the process starts; those of a class or a pool
begin anew when it is admitted or configured anew. Labels are bounded: per host or per class, never both, and never
anything that a client chooses.
";

/// The page.
pub fn metrics_page() -> String {
    let mut page = HEAD.to_owned();
    let bounds: Vec<String> = BOUNDS_NS.iter().map(|&ns| (ns as f64 / 1e9).to_string()).collect();
    line(&mut page, &format!("\nBuckets of every histogram (s): {}.\n", bounds.join(" ")));
    line(&mut page, "| metric | kind | labels | meaning |\n|---|---|---|---|");
    for metric in ALL {
        line(&mut page, &row(metric));
    }
    line(&mut page, "\n## Values of labels\n");
    line(&mut page, &values::<StatusClass>("status"));
    line(&mut page, &values::<OwnError>("error"));
    line(&mut page, &values::<RetryReason>("reason"));
    line(&mut page, &values::<events::Kind>("kind"));
    let slots = metrics::POOL_SLOTS;
    line(&mut page, &format!("- `pool`: the first {slots} pools by name; of more than {slots}, the rest is `other`"));
    line(&mut page, "- `host`: `IP:PORT`");
    line(&mut page, "- `class`: the classes of requests, at most 64; `other` is the rest");
    page
}

fn row(metric: &Metric) -> String {
    let labels: Vec<String> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
    format!("| `{}` | {} | {} | {} |", metric.name, metric.kind.name(), labels.join(", "), metric.help)
}

fn values<K: Label>(label: &str) -> String {
    let values: Vec<String> = K::ALL.iter().map(|value| format!("`{}`", value.name())).collect();
    format!("- `{label}`: {}", values.join(", "))
}

fn line(page: &mut String, line: &str) {
    writeln!(page, "{line}").expect("a string takes every write");
}
