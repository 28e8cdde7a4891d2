//! The keys of a pool: its hosts, how one of them is picked, and what watches over them.

use outrider_pilot::{
    BreakerSettings, EjectionSettings, HealthSettings, PoolSettings, ProbeSettings, RetrySettings, StormGuardSettings,
    StrategyKind,
};

use super::picking::{FINGERPRINTS, HASH, OBSERVED, Q_LEARNING, STRATEGIES};
use super::{DAY, HOUR, SECOND, duration, integer, list};
use crate::config::forms;
use crate::config::lower::{AGENT_INTERVAL, WEIGHT};
use crate::config::shape::Shape::{Bool, Choice, Decimal, List, Map as Keys, ShortOrLong, Statuses, Text};
use crate::config::shape::{Key, Map, Rule, Shape, Word};
use crate::config::units::duration_text as span;

#[rustfmt::skip]
pub(super) static POOL: Map = Map {
    what: "a pool",
    keys: &[
        Key::required("name", Text(&forms::POOL_NAME), "api", "Its name, unique: in routes, metrics, logs and the admin API."),
        Key::optional("hosts", HOSTS, "[127.0.0.1:9101, { address: 127.0.0.1:9102, weight: 2 }, api.internal:8080]",
            "Where the hosts are: `address:port`, or a DNS name with a port (every A and AAAA record is a host, resolved again \
             when its TTL has passed), or the longer form below.")
            .elsewhere(&["servers", "targets", "endpoints", "upstreams", "backends"]),
        Key::optional("hosts_file", Text(&forms::FILE), "hosts.yaml",
            "A file that holds a list in the form of `hosts`, without DNS names; read again when it changes."),
        Key::default("strategy", Choice(STRATEGIES), || StrategyKind::LeastRequest.name().to_owned(), "p2c",
            "How a host is picked.")
            .elsewhere(&["lb_policy", "balance", "algorithm", "policy", "load_balancing"]),
        Key::optional("observe", Choice(OBSERVED), "predictive",
            "Learned, computed for every request and exported (`outrider_pool_*`, `/api/v1/explain`) beside the strategy; nothing is routed by it.")
            .elsewhere(&["shadow", "mirror"]),
        Key::section("fingerprints", &FINGERPRINTS, "What is learned of hosts and classes, where predictions route or are observed."),
        Key::default("balancers", integer(1, 10_000), || PoolSettings::named("").balancers.to_string(), "3",
            "How many balancers send to these hosts, this one included: `c3` takes each to have as much there as itself.")
            .elsewhere(&["clients", "replicas"]),
        Key::section("hash", &HASH, "What sticks to a host under `consistent_hash`: the client's address, unless said otherwise.")
            .elsewhere(&["hash_on", "hash_policy", "sticky", "stickiness", "session_affinity"]),
        Key::section("q_learning", &Q_LEARNING, "How `q_learning` and `q_learning_linear` learn, and what a state is to the former."),
        Key::default("kind", Choice(KINDS), || "container".to_owned(), "serverless", "What its hosts are.").elsewhere(&["type"]),
        Key::section("health", &HEALTH,
            "Active checks: an HTTP GET where `path` is given, else whether a TCP connection opens.")
            .elsewhere(&["healthcheck", "health_check", "health_checks", "check"]),
        Key::section("ejection", &EJECTION, "Hosts that traffic shows to be bad are left out for a while.")
            .elsewhere(&["outlier_detection"]),
        Key::section("retry", &RETRY, "Tries beyond the first, of what is safe to repeat, on another host.")
            .elsewhere(&["retries", "retry_policy"]),
        Key::section("storm_guard", &STORM_GUARD,
            "While hosts reject most requests of a class, most are rejected here, so that clients that try again do not keep the hosts down.")
            .elsewhere(&["admission_control", "load_shedding", "throttle"]),
        Key::section("breaker", &BREAKER, "Limits for each host, over all workers.").elsewhere(&["circuit_breaker", "circuit_breakers"]),
        Key::optional("agent_check", Keys(&AGENT), "{ port: 9777 }",
            "HAProxy agent checks: every host is asked over TCP for a line such as `75%`, `drain` or `maxconn:30`. Left out: none.")
            .elsewhere(&["agent"]),
        Key::section("probe", &PROBE,
            "Probes, for strategies that ask hosts for their load (`prequal`): a GET that a host answers at once with the ORCA \
             header `endpoint-load-metrics` and its named metrics `rif` (requests in flight) and `latency_ms` (median of recent \
             latencies at or near that number).")
            .elsewhere(&["probes", "probing"]),
    ],
    rules: &[Rule::SomeOf(&["hosts", "hosts_file"])],
};

/// A list of hosts, in the configuration or in a file.
pub(crate) const HOSTS: Shape =
    List { item: &ShortOrLong { short: &Text(&forms::HOST), long: &HOST }, min: 0, max: 10_000 };

#[rustfmt::skip]
static HOST: Map = Map {
    what: "a host",
    keys: &[
        Key::optional("address", Text(&forms::HOST_ADDRESS), "10.0.0.1:8080", "IP address and port.")
            .elsewhere(&["host", "ip", "url", "server", "target"]),
        Key::optional("dns", Text(&forms::DNS_NAME), "api.internal",
            "A name instead: every A and AAAA record is a host, resolved again when its TTL has passed.")
            .elsewhere(&["name", "hostname"]),
        Key::optional("port", integer(1, 65_535), "8080", "The port of every address that the name has."),
        Key::default("weight", integer(0, 1_000), || WEIGHT.to_string(), "2",
            "Its share relative to the others; 0: no new requests."),
        Key::section("labels", &LABELS, "What is known of it."),
    ],
    rules: &[Rule::OneOf(&["address", "dns"]), Rule::Needs("dns", "port"), Rule::Needs("port", "dns")],
};

#[rustfmt::skip]
static LABELS: Map = Map {
    what: "labels",
    keys: &[
        Key::optional("region", Text(&forms::LABEL), "eu-west", "Where it stands.").elsewhere(&["zone"]),
        Key::optional("kind", Text(&forms::LABEL), "a100", "What machine it is: hosts of one kind are assumed alike until known better."),
    ],
    rules: &[],
};

static KINDS: &[Word] = &[
    Word { name: "container", doc: "Long-running servers." },
    Word { name: "serverless", doc: "Functions that start on demand." },
];

#[rustfmt::skip]
static HEALTH: Map = Map {
    what: "health checks",
    keys: &[
        Key::default("enabled", Bool, || HealthSettings::default().enabled.to_string(), "false",
            "Off: every host counts as healthy until traffic says otherwise."),
        Key::optional("path", Text(&forms::URL_PATH), "/healthz", "Path of the GET. Left out: TCP connect alone.")
            .elsewhere(&["uri", "url"]),
        Key::optional("host", Text(&forms::HOST_HEADER), "api.example.com", "The `Host` header of the GET. Left out: the host's address."),
        Key::default("interval", duration(10, HOUR), || span(HealthSettings::default().interval), "5s",
            "Time between two checks of one host."),
        Key::default("timeout", duration(1, HOUR), || span(HealthSettings::default().timeout), "500ms",
            "A check that takes longer has failed."),
        Key::default("unhealthy_after", integer(1, 100), || HealthSettings::default().unhealthy_after.to_string(), "3",
            "Failures in a row until a host is unhealthy.")
            .elsewhere(&["fall", "unhealthy_threshold", "max_fails"]),
        Key::default("healthy_after", integer(1, 100), || HealthSettings::default().healthy_after.to_string(), "1",
            "Successes in a row until it is healthy again.")
            .elsewhere(&["rise", "healthy_threshold"]),
        Key::default("statuses", Statuses, || range(HealthSettings::default().statuses), "200-299",
            "Statuses that count as healthy, both ends included.")
            .elsewhere(&["expected_statuses", "status", "codes"]),
    ],
    rules: &[],
};

fn range((low, high): (u16, u16)) -> String {
    format!("{low}-{high}")
}

#[rustfmt::skip]
static EJECTION: Map = Map {
    what: "ejection",
    keys: &[
        Key::default("enabled", Bool, || EjectionSettings::default().enabled.to_string(), "false", "Off: active checks alone count."),
        Key::default("consecutive_failures", integer(1, 1_000), || EjectionSettings::default().consecutive_failures.to_string(), "3",
            "Failures in a row (5xx, broken or refused connections, timeouts) that eject."),
        Key::default("success_rate_deviations", Decimal { min: 0.1, max: 10.0 }, || EjectionSettings::default().success_rate_deviations.to_string(), "2.5",
            "A success rate below the pool's mean by this many standard deviations ejects."),
        Key::default("success_rate_min_requests", integer(1, 1_000_000), || EjectionSettings::default().success_rate_min_requests.to_string(), "100",
            "Answers that a host must have given within the window before its success rate is judged."),
        Key::default("window", duration(SECOND, HOUR), || span(EjectionSettings::default().window), "30s",
            "The time over which success rates are taken."),
        Key::default("stall", duration(10, HOUR), || span(EjectionSettings::default().stall), "3s",
            "A host with requests in flight that answers nothing for this long, or for three times its slowest recent answer if that is longer, is ejected."),
        Key::default("base_time", duration(100, DAY), || span(EjectionSettings::default().base_time), "10s",
            "How long the first ejection lasts; each further one lasts as much longer."),
        Key::default("max_time", duration(100, DAY), || span(EjectionSettings::default().max_time), "10m",
            "No ejection lasts longer."),
        Key::default("max_share", Decimal { min: 0.0, max: 1.0 }, || EjectionSettings::default().max_share.to_string(), "0.3",
            "At most this share of the pool is ejected at a time."),
    ],
    rules: &[],
};

#[rustfmt::skip]
static RETRY: Map = Map {
    what: "retries",
    keys: &[
        Key::default("max", integer(0, 10), || RetrySettings::default().max.to_string(), "1",
            "At most this many tries more; 0: never.")
            .elsewhere(&["attempts", "num_retries", "tries"]),
        Key::default("budget_ratio", Decimal { min: 0.0, max: 1.0 }, || RetrySettings::default().budget_ratio.to_string(), "0.1",
            "Retries over requests, within 10 s."),
        Key::default("budget_min_per_s", integer(0, 1_000_000), || RetrySettings::default().budget_min_per_s.to_string(), "5",
            "Retries that are allowed in any case, per second."),
        Key::default("statuses", list(&integer(400, 599), 0, 50), || format!("{:?}", RetrySettings::default().statuses), "[503]",
            "Statuses of a host that are tried again elsewhere.")
            .elsewhere(&["retry_on", "codes"]),
    ],
    rules: &[],
};

#[rustfmt::skip]
static STORM_GUARD: Map = Map {
    what: "the storm guard",
    keys: &[
        Key::default("enabled", Bool, || StormGuardSettings::default().enabled.to_string(), "false", "Off: whatever comes is sent."),
        Key::default("multiplier", Decimal { min: 1.1, max: 10.0 }, || format!("{:?}", StormGuardSettings::default().multiplier), "1.5",
            "How many requests are sent for each one that hosts accept; the share beyond is rejected.")
            .elsewhere(&["k", "aggression"]),
        Key::default("statuses", list(&integer(400, 599), 0, 50), || format!("{:?}", StormGuardSettings::default().statuses), "[503]",
            "Statuses by which hosts reject. Leave 429 out where it means the quota of one client."),
    ],
    rules: &[],
};

#[rustfmt::skip]
static BREAKER: Map = Map {
    what: "the breaker",
    keys: &[
        Key::default("max_connections", integer(1, 1_000_000), || BreakerSettings::default().max_connections.to_string(), "100",
            "Requests (and so connections) in use at a time, at one host.")
            .elsewhere(&["maxconn", "max_conns", "max_requests"]),
        Key::default("max_pending", integer(0, 1_000_000), || BreakerSettings::default().max_pending.to_string(), "50",
            "Requests that may wait for one of them, at one host; more are answered 503.")
            .elsewhere(&["maxqueue", "max_pending_requests", "queue"]),
    ],
    rules: &[],
};

#[rustfmt::skip]
static PROBE: Map = Map {
    what: "probes",
    keys: &[
        Key::optional("path", Text(&forms::URL_PATH), "/probe", "Path of the GET. Left out: no probes are sent, and `prequal` cannot be the strategy.")
            .elsewhere(&["uri", "url"]),
        Key::optional("host", Text(&forms::HOST_HEADER), "api.example.com", "The `Host` header of the GET. Left out: the host's address."),
        Key::default("timeout", duration(1, 1_000), || span(ProbeSettings::default().timeout), "50ms",
            "A probe that takes longer has failed."),
        Key::default("per_request", Decimal { min: 0.01, max: 3.0 }, || ProbeSettings::default().per_request.to_string(), "0.5",
            "Probes that each request pays for, on average; they never delay it."),
    ],
    rules: &[],
};

#[rustfmt::skip]
static AGENT: Map = Map {
    what: "agent checks",
    keys: &[
        Key::required("port", integer(1, 65_535), "9777", "The port that is asked on every host."),
        Key::optional("send", Text(&forms::AGENT_SEND), "\"status\\n\"", "What is sent after connecting. Left out: nothing."),
        Key::default("interval", duration(100, HOUR), || span(AGENT_INTERVAL), "5s", "Time between two asks of one host."),
    ],
    rules: &[],
};
