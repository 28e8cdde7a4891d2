//! The features that a model from elsewhere may take for a task: those that the task makes of its columns alone. Features that
//! need numbers learnt in training are none of them.

use outrider_core::schema::{FeatureKind, KnownAt};

use super::degradation::FEATURES;
use super::placement::BUSY;
use super::{DEGRADATION, PLACEMENT, RETRY, SERVICE, Task};

/// A feature: its name, its kind, when it is known.
pub type Known = (&'static str, FeatureKind, KnownAt);

const fn number(name: &'static str, known_at: KnownAt) -> Known {
    (name, FeatureKind::Number, known_at)
}

const fn category(name: &'static str, known_at: KnownAt) -> Known {
    (name, FeatureKind::Category, known_at)
}

/// Of the retry task.
const OF_RETRY: [Known; 19] = [
    number("hour_utc", KnownAt::Response),
    number("weekday_utc", KnownAt::Response),
    number("is_weekend", KnownAt::Response),
    number("is_peak_hour", KnownAt::Response),
    number("log1p_response_time_ms", KnownAt::Response),
    number("is_slow", KnownAt::Response),
    number("is_client_error", KnownAt::Response),
    number("is_server_error", KnownAt::Response),
    number("is_success", KnownAt::Response),
    number("bytes_per_ms", KnownAt::Response),
    number("bytes", KnownAt::Response),
    number("try", KnownAt::Response),
    category("status_code", KnownAt::Response),
    category("failure_type", KnownAt::Response),
    category("server_id", KnownAt::Response),
    category("region", KnownAt::Response),
    category("method", KnownAt::Response),
    category("latency_bucket", KnownAt::Response),
    category("method_category", KnownAt::Response),
];

/// Of the service task.
const OF_SERVICE: [Known; 6] = [
    category("host", KnownAt::Arrival),
    category("class", KnownAt::Arrival),
    number("in_flight", KnownAt::Arrival),
    number("size", KnownAt::Arrival),
    number("prompt_size", KnownAt::Arrival),
    number("tensor_parallel", KnownAt::Arrival),
];

/// Of the degradation task.
const OF_DEGRADATION: [Known; FEATURES.len()] = {
    let mut all = [number("", KnownAt::Arrival); FEATURES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at].0 = FEATURES[at];
        at += 1;
    }
    all
};

/// Of the placement task.
const OF_PLACEMENT: [Known; 12] = [
    category("workload_type", KnownAt::Arrival),
    category("time_window", KnownAt::Arrival),
    number("hour_utc", KnownAt::Arrival),
    number("weekday_utc", KnownAt::Arrival),
    number("target_payload_size_kb", KnownAt::Arrival),
    number(BUSY[0], KnownAt::Arrival),
    number(BUSY[1], KnownAt::Arrival),
    number(BUSY[2], KnownAt::Arrival),
    number(BUSY[3], KnownAt::Arrival),
    number(BUSY[4], KnownAt::Arrival),
    number(BUSY[5], KnownAt::Arrival),
    number(BUSY[6], KnownAt::Arrival),
];

/// The features of `task`; `None`: they are whatever columns there are, and bind when rows come.
pub fn known(task: &Task) -> Option<&'static [Known]> {
    match task.name {
        name if name == RETRY.name => Some(&OF_RETRY),
        name if name == SERVICE.name => Some(&OF_SERVICE),
        name if name == DEGRADATION.name => Some(&OF_DEGRADATION),
        name if name == PLACEMENT.name => Some(&OF_PLACEMENT),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use outrider_core::frame::Frame;
    use outrider_core::schema::Schema;

    use super::*;
    use crate::tasks::Fitted;
    use crate::testing::{numbers, times, words};

    /// What the task makes of columns with all that it reads, and of nothing that was learnt.
    fn derived(task: &Task, columns: Vec<outrider_core::frame::Column>) -> Schema {
        (task.derive)(&Frame::new(columns).unwrap(), &Fitted::new()).unwrap().schema
    }

    fn listed(task: &Task) -> Vec<Known> {
        let mut all = known(task).unwrap().to_vec();
        all.sort_by_key(|known| known.0);
        all
    }

    fn made(schema: &Schema) -> Vec<(&str, FeatureKind, KnownAt)> {
        let mut all: Vec<_> = schema.features.iter().map(|f| (f.name.as_str(), f.kind, f.known_at)).collect();
        all.sort_by_key(|known| known.0);
        all
    }

    #[test]
    fn the_lists_are_what_the_tasks_make() {
        let number = |name: &str| numbers(name, &[1.0]);
        let word = |name: &str| words(name, &[Some("a")]);
        let retry = ["server_id", "region", "method", "latency_bucket", "method_category", "failure_type"].map(word);
        let rest = ["response_time_ms", "status_code", "bytes", "try", "anomaly_score"].map(number);
        let columns = retry.into_iter().chain(rest).chain([times("timestamp", &[0])]).collect();
        assert_eq!(made(&derived(&RETRY, columns)), listed(&RETRY));
        let service = ["in_flight", "size", "prompt_size", "tensor_parallel"].map(number);
        let columns = service.into_iter().chain(["host", "class"].map(word)).collect();
        assert_eq!(made(&derived(&SERVICE, columns)), listed(&SERVICE));
        let columns = vec![word("link"), times("timestamp", &[0]), number("rtt_ms")];
        assert_eq!(made(&derived(&DEGRADATION, columns)), listed(&DEGRADATION));
        let columns = BUSY.into_iter().chain(["target_payload_size_kb"]).map(number);
        let columns = columns.chain([word("workload_type"), times("timestamp", &[0])]).collect();
        assert_eq!(made(&derived(&PLACEMENT, columns)), listed(&PLACEMENT));
    }
}
