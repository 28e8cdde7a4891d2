//! Every configuration key there is: the one place to add another; those of a pool are in `keys/pool.rs`.
//!
//! The strict check, the JSON Schema and the reference page come from here; defaults come from the settings of the crates
//! that use them, so that the documentation cannot say another. A key that is listed here and not given a meaning in
//! `lower/` fails a test.

mod classes;
mod links;
mod picking;
mod pool;

use outrider_proxy::settings::{Drain, Forwarding, Limits, Timeouts};

use crate::config::forms;
use crate::config::lower::ADMIN_ADDRESS;
use crate::config::shape::Shape::{Bool, Choice, Duration, Integer, List, Map as Keys, Named, ShortOrLong, Size, Text};
use crate::config::shape::{Key, Map, Shape, UNLIMITED, Word};
use crate::config::units::{duration_text as span, size_text};

use classes::CLASSES;
use links::LINK_PROBES;
pub(crate) use pool::HOSTS;
use pool::POOL;

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
        Key::optional("link_probes", Keys(&LINK_PROBES), "{ file: links.csv }",
            "Measures the links to the hosts by TCP handshakes, and writes the round trips to a file that `outrider train degradation` learns from. \
             Left out: off.")
            .elsewhere(&["ping", "pings", "rtt", "links"]),
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
        Key::optional("path", Text(&forms::FILE), "access.log",
            "Appended to this file; opened again on SIGHUP, so that it can be rotated. Left out: standard output.")
            .elsewhere(&["file"]),
        Key::default("explain", Bool, || "false".to_owned(), "true",
            "Whether each line also says what every host that was compared was to cost, in pools that predict."),
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
