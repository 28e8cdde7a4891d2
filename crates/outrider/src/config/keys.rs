//! Every configuration key there is: the one place to add another.
//!
//! The strict check, the JSON Schema and the reference page come from here; defaults come from the settings of the crates
//! that use them, so that the documentation cannot say another. A key that is listed here and not given a meaning in
//! `lower/` fails a test.

use outrider_features::ClassSettings;
use outrider_pilot::{BreakerSettings, EjectionSettings, HealthSettings, RetrySettings, StrategyKind};
use outrider_proxy::settings::{Drain, Forwarding, Limits, Timeouts};

use crate::config::forms;
use crate::config::lower::{ADMIN_ADDRESS, AGENT_INTERVAL, WEIGHT};
use crate::config::shape::Shape::{
    Bool, Choice, Decimal, Duration, Integer, List, Map as Keys, Named, ShortOrLong, Size, Statuses, Text,
};
use crate::config::shape::{Key, Map, Rule, Shape, UNLIMITED, Word};
use crate::config::units::{duration_text as span, size_text};

const SECOND: u64 = 1_000;
const HOUR: u64 = 3_600 * SECOND;
const DAY: u64 = 24 * HOUR;
const GIB: u64 = 1 << 30;

const fn duration(min_ms: u64, max_ms: u64) -> Shape {
    Duration { min_ms, max_ms, unlimited: false }
}

const fn integer(min: u64, max: u64) -> Shape {
    Integer { min, max }
}

const fn list(item: &'static Shape, min: usize, max: usize) -> Shape {
    List { item, min, max }
}

/// The whole file.
#[rustfmt::skip]
pub(crate) static ROOT: Map = Map {
    what: "the configuration",
    keys: &[
        Key::required("listeners", list(&Keys(&LISTENER), 1, 64), "[{ address: 127.0.0.1:8080 }]",
            "Where clients connect.")
            .elsewhere(&["bind", "listen", "frontends", "entrypoints", "ports", "server"]),
        Key::required("pools", list(&Keys(&POOL), 1, 1_000), "[{ name: api, hosts: [10.0.0.1:8080] }]",
            "The hosts that requests are balanced over, grouped by what they serve.")
            .elsewhere(&["upstreams", "backends", "clusters", "services"]),
        Key::optional("routes", list(&Keys(&ROUTE), 1, 1_000), "[{ path_prefix: /api, pool: api }]",
            "Which requests go to which pool; the first that matches wins, and what none matches is answered 404. \
             May be left out where there is one pool: it then serves everything.")
            .elsewhere(&["rules", "virtual_hosts", "locations"]),
        Key::section("classes", &CLASSES,
            "How requests are told apart, beyond route, method and size of the body: what is learned is learned per class."),
        Key::section("limits", &LIMITS, "What a peer may take."),
        Key::section("timeouts", &TIMEOUTS, "How long a peer may take.").elsewhere(&["timeout"]),
        Key::section("forwarding", &FORWARDING, "Who we say we are, and whom we believe.").elsewhere(&["proxy", "headers"]),
        Key::optional("access_log", ShortOrLong { short: &Choice(&[Word { name: "stdout", doc: "Standard output." }]), long: &ACCESS_LOG },
            "stdout", "Where one JSON line per request goes. Left out: nowhere.")
            .elsewhere(&["log", "logs", "access_logs"]),
        Key::optional("workers", integer(1, 1_024), "2",
            "Threads that forward; fixed at start. Left out: one for each core.")
            .elsewhere(&["threads", "concurrency", "nbthread", "worker_processes"]),
        Key::section("drain", &DRAIN, "How the process leaves, once told to.").elsewhere(&["shutdown"]),
        Key::section("admin", &ADMIN, "The admin API, the metrics and the health of the balancer itself.")
            .elsewhere(&["metrics", "stats", "dashboard", "api"]),
    ],
    rules: &[],
};

#[rustfmt::skip]
static LISTENER: Map = Map {
    what: "a listener",
    keys: &[
        Key::required("address", Text(&forms::LISTEN_ADDRESS), "127.0.0.1:8080",
            "IP address and port; `0.0.0.0` or `\"[::]\"` is every address, port 0 lets the system choose.")
            .elsewhere(&["bind", "listen", "host"]),
    ],
    rules: &[],
};

#[rustfmt::skip]
static POOL: Map = Map {
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
        Key::default("kind", Choice(KINDS), || "container".to_owned(), "serverless", "What its hosts are.").elsewhere(&["type"]),
        Key::section("health", &HEALTH,
            "Active checks: an HTTP GET where `path` is given, else whether a TCP connection opens.")
            .elsewhere(&["healthcheck", "health_check", "health_checks", "check"]),
        Key::section("ejection", &EJECTION, "Hosts that traffic shows to be bad are left out for a while.")
            .elsewhere(&["outlier_detection"]),
        Key::section("retry", &RETRY, "Tries beyond the first, of what is safe to repeat, on another host.")
            .elsewhere(&["retries", "retry_policy"]),
        Key::section("breaker", &BREAKER, "Limits for each host, over all workers.").elsewhere(&["circuit_breaker", "circuit_breakers"]),
        Key::optional("agent_check", Keys(&AGENT), "{ port: 9777 }",
            "HAProxy agent checks: every host is asked over TCP for a line such as `75%`, `drain` or `maxconn:30`. Left out: none.")
            .elsewhere(&["agent"]),
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

static STRATEGIES: &[Word] = &[
    Word { name: StrategyKind::RoundRobin.name(), doc: "In turn, smoothly by weight." },
    Word { name: StrategyKind::Random.name(), doc: "At random, by weight." },
    Word { name: StrategyKind::LeastRequest.name(), doc: "Fewest requests in flight per weight, ties at random." },
    Word { name: StrategyKind::P2c.name(), doc: "Two at random, the one with fewer requests in flight per weight." },
    Word {
        name: StrategyKind::PeakEwma.name(),
        doc: "Two at random, the one with the lower product of recent peak latency and requests in flight.",
    },
];

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
static AGENT: Map = Map {
    what: "agent checks",
    keys: &[
        Key::required("port", integer(1, 65_535), "9777", "The port that is asked on every host."),
        Key::optional("send", Text(&forms::AGENT_SEND), "\"status\\n\"", "What is sent after connecting. Left out: nothing."),
        Key::default("interval", duration(100, HOUR), || span(AGENT_INTERVAL), "5s", "Time between two asks of one host."),
    ],
    rules: &[],
};

#[rustfmt::skip]
static ROUTE: Map = Map {
    what: "a route",
    keys: &[
        Key::required("pool", Text(&forms::POOL_NAME), "api", "The pool that its requests go to.")
            .elsewhere(&["backend", "cluster", "upstream", "service"]),
        Key::optional("hosts", list(&Text(&forms::HOST_PATTERN), 1, 100), "[example.com, \"*.example.com\"]",
            "Host names, one of which the request asks for; a leading `*.` is any name below. Left out: any.")
            .elsewhere(&["host", "domains", "server_name"]),
        Key::optional("path_prefix", Text(&forms::PATH_PREFIX), "/api",
            "The whole segments that the path begins with: `/api` takes `/api` and `/api/x`, not `/apix`. Left out: any.")
            .elsewhere(&["path", "prefix", "match"]),
        Key::optional("headers", Named { name: &forms::HEADER_NAME, value: &Text(&forms::HEADER_VALUE), max: 20 }, "{ x-tenant: gold }",
            "Headers and their exact values, all of which the request has. Left out: any."),
    ],
    rules: &[],
};

#[rustfmt::skip]
static CLASSES: Map = Map {
    what: "classes",
    keys: &[
        Key::default("paths", list(&Text(&forms::PATH_PATTERN), 0, 1_000), || "[]".to_owned(), "[\"/users/{id}\", \"/files/*\"]",
            "Patterns of paths; the first that matches names the class. `{id}` is one segment, a last `*` or `{rest...}` all that follows. \
             A path that none matches has its numbers, UUIDs and hexadecimal segments folded."),
        Key::default("authentication", Bool, || ClassSettings::default().authentication.to_string(), "true",
            "Whether the kind of authentication counts (never the secret)."),
        Key::default("client_kind", Bool, || ClassSettings::default().client_kind.to_string(), "true",
            "Whether the kind of client counts, by its `User-Agent`."),
        Key::optional("origin", Keys(&ORIGIN), "{ header: x-region }", "Whether the region counts that a request comes from. Left out: it does not."),
        Key::default("headers", list(&Text(&forms::HEADER_NAME), 0, 8), || "[]".to_owned(), "[x-tenant]",
            "Headers whose values count."),
        Key::default("max", integer(1, 64), || ClassSettings::default().max.to_string(), "32",
            "How many classes there may be; what is rare is counted as \"other\"."),
    ],
    rules: &[],
};

#[rustfmt::skip]
static ORIGIN: Map = Map {
    what: "the origin",
    keys: &[
        Key::optional("header", Text(&forms::HEADER_NAME), "x-region", "The header that names the region; where it is absent, the networks do."),
        Key::optional("networks", Named { name: &forms::LABEL, value: &list(&Text(&forms::NETWORK), 1, 10_000), max: 64 },
            "{ eu-west: [10.1.0.0/16] }", "Regions and the networks of their clients; the longest prefix that matches wins."),
    ],
    rules: &[Rule::SomeOf(&["header", "networks"])],
};

#[rustfmt::skip]
static LIMITS: Map = Map {
    what: "limits",
    keys: &[
        Key::default("head", Size { min: 1 << 10, max: 1 << 20, unlimited: false }, || size_text(Limits::default().head_bytes as u64), "32KiB",
            "Size of a request or response head; more is answered 431 or 502.")
            .elsewhere(&["head_bytes", "max_header_size"]),
        Key::default("headers", integer(10, 1_000), || Limits::default().headers.to_string(), "64",
            "Fields of a request or response head."),
        Key::default("body", Size { min: 1, max: 1_024 * GIB, unlimited: true }, body_limit, "10MB",
            "Size of a request body; more is answered 413.")
            .elsewhere(&["body_bytes", "client_max_body_size", "max_body_size"]),
        Key::default("connections", integer(1, 10_000_000), || Limits::default().connections.to_string(), "10000",
            "Client connections at a time, over all workers; more wait in the accept queue.")
            .elsewhere(&["max_connections", "maxconn"]),
        Key::default("idle_per_host", integer(0, 1_000), || Limits::default().idle_per_host.to_string(), "4",
            "Idle connections that each worker keeps to each host."),
    ],
    rules: &[],
};

fn body_limit() -> String {
    match Limits::default().body_bytes {
        0 => UNLIMITED.to_owned(),
        bytes => size_text(bytes),
    }
}

#[rustfmt::skip]
static TIMEOUTS: Map = Map {
    what: "timeouts",
    keys: &[
        Key::default("connect", duration(1, HOUR), || span(Timeouts::default().connect), "500ms", "To open a connection to a host."),
        Key::default("head", duration(100, HOUR), || span(Timeouts::default().head), "5s",
            "For a client to send a whole request head, from its first byte."),
        Key::default("first_byte", duration(1, DAY), || span(Timeouts::default().first_byte), "30s",
            "For a host to begin its answer, from the end of the request."),
        Key::default("idle", duration(1, DAY), || span(Timeouts::default().idle), "30s",
            "Without a byte in either direction: a body, a tunnel."),
        Key::default("keep_alive", duration(1, DAY), || span(Timeouts::default().keep_alive), "60s",
            "A client connection without a request."),
        Key::default("upstream_keep_alive", duration(1, DAY), || span(Timeouts::default().upstream_keep_alive), "10s",
            "An unused connection to a host; keep it below what the hosts allow."),
        Key::default("request", Duration { min_ms: 1, max_ms: DAY, unlimited: true }, request_timeout, "2m",
            "From a request's first byte to its answer's last."),
    ],
    rules: &[],
};

fn request_timeout() -> String {
    Timeouts::default().request.map_or_else(|| UNLIMITED.to_owned(), span)
}

#[rustfmt::skip]
static FORWARDING: Map = Map {
    what: "forwarding",
    keys: &[
        Key::default("trusted", list(&Text(&forms::NETWORK), 0, 1_000), || "[]".to_owned(), "[10.0.0.0/8]",
            "Peers whose `Forwarded` and `X-Forwarded-*` are believed and extended; those of others are replaced.")
            .elsewhere(&["trusted_proxies", "set_real_ip_from", "trusted_ips"]),
        Key::default("forwarded", Bool, || Forwarding::default().forwarded.to_string(), "true",
            "Whether `Forwarded` (RFC 7239) is written beside `X-Forwarded-*`."),
        Key::default("name", Text(&forms::PROXY_NAME), || Forwarding::default().name, "edge-1", "Our name in `Via` and `Proxy-Status`."),
        Key::default("request_id_header", Text(&forms::REQUEST_ID_HEADER), || Forwarding::default().request_id_header, "x-correlation-id",
            "The header of the request id."),
    ],
    rules: &[],
};

#[rustfmt::skip]
static ACCESS_LOG: Map = Map {
    what: "the access log",
    keys: &[
        Key::required("path", Text(&forms::FILE), "access.log",
            "Appended to this file; opened again on SIGHUP, so that it can be rotated.")
            .elsewhere(&["file"]),
    ],
    rules: &[],
};

#[rustfmt::skip]
static DRAIN: Map = Map {
    what: "the drain",
    keys: &[
        Key::default("idle", duration(0, HOUR), || span(Drain::default().idle), "3s",
            "Client connections without a request are closed after this long."),
        Key::default("timeout", duration(0, DAY), || span(Drain::default().timeout), "60s",
            "What still runs after this long is cut."),
    ],
    rules: &[],
};

#[rustfmt::skip]
static ADMIN: Map = Map {
    what: "the admin API",
    keys: &[
        Key::default("address", Text(&forms::LISTEN_ADDRESS), || ADMIN_ADDRESS.to_string(), "127.0.0.1:9902",
            "Where it listens.")
            .elsewhere(&["bind", "listen", "port"]),
        Key::optional("token_file", Text(&forms::FILE), "admin-token",
            "A file that holds the token which changes need: at least 16 visible characters. Left out: the environment variable \
             `OUTRIDER_ADMIN_TOKEN`; without either, changes are refused.")
            .elsewhere(&["token", "password", "secret"]),
        Key::default("allow_remote", Bool, || "false".to_owned(), "true",
            "Whether `address` may be other than loopback; a token is then required."),
    ],
    rules: &[],
};
