//! The rules by which a host is picked, and the keys of the one that has keys of its own.

use outrider_pilot::{PoolSettings, PredictSettings, StrategyKind};

use crate::config::forms;
use crate::config::shape::Shape::{Bool, Decimal, Text};
use crate::config::shape::{Key, Map, Rule, Word};
use crate::config::units::duration_text as span;

use super::{SECOND, duration};

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
