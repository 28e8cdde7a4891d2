//! The rules by which a host is picked, and the keys of those that have keys of their own.

use outrider_pilot::{PoolSettings, PredictSettings, QLearningSettings, StrategyKind};

use crate::config::forms;
use crate::config::shape::Shape::{Bool, Decimal, Text};
use crate::config::shape::{Key, Map, Rule, Shape, Word};
use crate::config::units::duration_text as span;

use super::{HOUR, SECOND, duration, integer};

pub(super) static STRATEGIES: &[Word] = &[
    Word { name: StrategyKind::RoundRobin.name(), doc: "In turn, smoothly by weight." },
    Word { name: StrategyKind::Random.name(), doc: "At random, by weight." },
    Word { name: StrategyKind::LeastRequest.name(), doc: "Fewest requests in flight per weight, ties at random." },
    Word { name: StrategyKind::P2c.name(), doc: "Two at random, the one with fewer requests in flight per weight." },
    Word {
        name: StrategyKind::PeakEwma.name(),
        doc: "Two at random, the one with the lower product of recent peak latency and requests in flight.",
    },
    Word {
        name: StrategyKind::C3.name(),
        doc: "The lowest rank by response time and the cube of the queue, as hosts report it (ORCA named metrics `rif` and \
              `service_ms`) or as it is seen here.",
    },
    Word {
        name: StrategyKind::GrpcWrr.name(),
        doc: "In turn, by the weights that hosts earn with their reports (ORCA): rate over utilisation. By `weight` until two \
              hosts have reported for 10 s.",
    },
    Word {
        name: StrategyKind::Prequal.name(),
        doc: "Of the hosts probed within the last second the fastest that is not hot, else the one with the fewest requests \
              in flight. Needs hosts that answer probes, and `probe.path`.",
    },
    Word {
        name: StrategyKind::PrequalLocal.name(),
        doc: "The same rule on requests in flight and response times as they are seen here, for hosts that answer no probes.",
    },
    Word {
        name: StrategyKind::ConsistentHash.name(),
        doc: "The same host for the same client, header, cookie or path (`hash`), by weight, while it has room.",
    },
    Word {
        name: StrategyKind::Predictive.name(),
        doc: "Where the request will be finished soonest, by what was learned of hosts and classes; by least request, or by probes \
              where hosts answer them, while too little is known or averages predict better.",
    },
    Word {
        name: StrategyKind::QLearning.name(),
        doc: "The host of the highest value for the state that all hosts are in (low, medium or high load each), as a table has \
              learned it from response times and failures (`q_learning`); for at most 8 hosts, and not for high load.",
    },
    Word {
        name: StrategyKind::QLearningLinear.name(),
        doc: "The same with one set of weights for all hosts, by their requests in flight, response time, CPU and failures; for any \
              number of hosts.",
    },
];

#[rustfmt::skip]
pub(super) static HASH: Map = Map {
    what: "the hash",
    keys: &[
        Key::optional("header", Text(&forms::HEADER_NAME), "x-tenant",
            "The value of this header sticks. Requests without it go anywhere."),
        Key::optional("cookie", Text(&forms::COOKIE_NAME), "session",
            "The value of this cookie sticks. Requests without it go anywhere."),
        Key::optional("path", Bool, "true", "Whether the path sticks, without the query.").elsewhere(&["uri", "url"]),
        Key::default("load_factor", Decimal { min: 1.01, max: 100.0 }, || PoolSettings::named("").hash.load_factor.to_string(), "1.5",
            "No host takes more than this times its share of what the pool has in flight; what is too much goes on to the next.")
            .elsewhere(&["hash_balance_factor", "balance_factor"]),
        Key::optional("seed", Text(&forms::LABEL), "b7Qf0m2x",
            "Equal at all balancers of the pool, or they do not agree. Who knows it and can choose what sticks can aim at one host, \
             up to its bound. Left out: the name of the pool.")
            .elsewhere(&["secret", "salt"]),
    ],
    rules: &[Rule::AtMostOne(&["header", "cookie", "path"])],
};

pub(super) static OBSERVED: &[Word] =
    &[Word { name: StrategyKind::Predictive.name(), doc: "What it expects, and how far off it was." }];

#[rustfmt::skip]
pub(super) static FINGERPRINTS: Map = Map {
    what: "fingerprints",
    keys: &[
        Key::default("refresh", duration(50, 60 * SECOND), || span(PredictSettings::default().refresh), "1s",
            "How often what was learned of hosts and classes is put to use.")
            .elsewhere(&["interval", "update_interval"]),
    ],
    rules: &[],
};

#[rustfmt::skip]
pub(super) static Q_LEARNING: Map = Map {
    what: "Q-learning",
    keys: &[
        Key::optional("file", Text(&forms::FILE), "api-values.bin",
            "Where what is learned is kept over restarts: a file of numbers with a checksum, replaced every minute and at the end. Left out: nowhere.")
            .elsewhere(&["path", "model_path", "save_path"]),
        Key::default("alpha", SHARE, || defaults().alpha.to_string(), "0.05", "How far one answer moves a value towards what it shows."),
        Key::default("gamma", Decimal { min: 0.0, max: 0.999 }, || defaults().gamma.to_string(), "0.5",
            "What the value of the state that follows counts for; of the table alone, as weights are learned relative to the mean reward.")
            .elsewhere(&["discount", "discount_factor"]),
        Key::default("epsilon", Decimal { min: 0.0, max: 1.0 }, || defaults().epsilon.to_string(), "0.2",
            "The share of requests that go to any host, at first.")
            .elsewhere(&["exploration", "exploration_rate"]),
        Key::default("epsilon_decay", SHARE, || defaults().epsilon_decay.to_string(), "0.999",
            "What `epsilon` is multiplied by with every answer that is learned from."),
        Key::default("epsilon_min", Decimal { min: 0.0, max: 1.0 }, || defaults().epsilon_min.to_string(), "0.02",
            "`epsilon` falls no lower."),
        Key::default("cpu_medium", UTILIZATION, || defaults().cpu.0.to_string(), "0.6",
            "From this CPU utilisation on a host is under medium load. Utilisation is what hosts report (ORCA); of those that do not, \
             the other two decide."),
        Key::default("cpu_high", UTILIZATION, || defaults().cpu.1.to_string(), "0.9", "From this CPU utilisation on it is under high load."),
        Key::default("active_medium", integer(1, 1_000_000), || defaults().active.0.to_string(), "7", "The same for requests in flight."),
        Key::default("active_high", integer(1, 1_000_000), || defaults().active.1.to_string(), "40", "The same for requests in flight."),
        Key::default("response_medium", duration(1, HOUR), || span(defaults().response.0), "50ms",
            "The same for the average response time. A host that never answered is under medium load at least."),
        Key::default("response_high", duration(1, HOUR), || span(defaults().response.1), "500ms", "The same for the average response time."),
        Key::default("penalty_per_ms", Decimal { min: 1e-6, max: 1e6 }, || defaults().penalty_per_ms.to_string(), "1.0",
            "What each millisecond of a response costs."),
        Key::default("failure_penalty", Decimal { min: 0.0, max: 1e9 }, || defaults().failure_penalty.to_string(), "5000.0",
            "What a failure costs."),
    ],
    rules: &[],
};

const SHARE: Shape = Decimal { min: 1e-6, max: 1.0 };
const UTILIZATION: Shape = Decimal { min: 0.0, max: 100.0 };

fn defaults() -> QLearningSettings {
    QLearningSettings::default()
}
