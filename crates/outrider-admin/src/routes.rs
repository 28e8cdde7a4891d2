//! Which endpoint answers: the table of them all, and how a request finds its row.

use http::header::ALLOW;
use http::{HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::problem::{Answer, Problem, text};
use crate::{AdminState, change, endpoints, gate, predictions};

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Endpoint {
    Index,
    Alive,
    Ready,
    Metrics,
    Pools,
    Hosts,
    Classes,
    Fingerprints,
    Explain,
    Config,
    Version,
    Drain,
    Undrain,
    Weight,
}

/// Method, path and meaning. `{...}` stands for one segment.
const TABLE: &[(Endpoint, &str, &str, &str)] = &[
    (Endpoint::Index, "GET", "/", "this list"),
    (Endpoint::Alive, "GET", "/healthz", "200 while the process is up"),
    (Endpoint::Ready, "GET", "/readyz", "200 while it takes requests, 503 while it is leaving"),
    (Endpoint::Metrics, "GET", "/metrics", "everything that is counted, for Prometheus"),
    (Endpoint::Pools, "GET", "/api/v1/pools", "pools, their state and where their hosts come from"),
    (Endpoint::Hosts, "GET", "/api/v1/hosts", "hosts and their state; ?pool=NAME for one pool"),
    (Endpoint::Classes, "GET", "/api/v1/classes", "classes of requests"),
    (
        Endpoint::Fingerprints,
        "GET",
        "/api/v1/fingerprints",
        "what is known of each host for each class; ?pool=NAME for one pool",
    ),
    (
        Endpoint::Explain,
        "GET",
        "/api/v1/explain",
        "where a request would go now, and why; ?pool=NAME&class=NAME&size=NUMBER",
    ),
    (Endpoint::Config, "GET", "/api/v1/config", "the configuration in use, defaults written out"),
    (Endpoint::Version, "GET", "/api/v1/version", "which version runs"),
    (Endpoint::Drain, "POST", "/api/v1/hosts/{pool}/{address}/drain", "no new requests to this host (token)"),
    (Endpoint::Undrain, "POST", "/api/v1/hosts/{pool}/{address}/undrain", "requests to this host again (token)"),
    (
        Endpoint::Weight,
        "POST",
        "/api/v1/hosts/{pool}/{address}/weight",
        "another weight: {\"weight\": 3}, or null for the configured one (token)",
    ),
];

/// Answers one request, whatever it asks.
pub(crate) async fn answer(request: Request<Incoming>, state: &AdminState) -> Answer {
    match routed(request, state).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_answer(),
    }
}

async fn routed(request: Request<Incoming>, state: &AdminState) -> Result<Answer, Problem> {
    let (endpoint, segments) = find(request.method(), request.uri().path())?;
    let token = state.token.as_deref();
    // Probes of an orchestrator may use any name; what they learn is nothing.
    if !matches!(endpoint, Endpoint::Alive | Endpoint::Ready) {
        gate::check_host(request.headers(), request.version(), token)?;
    }
    Ok(match endpoint {
        Endpoint::Index => text(StatusCode::OK, "text/plain; charset=utf-8", index()),
        Endpoint::Alive => text(StatusCode::OK, "text/plain; charset=utf-8", "up\n".to_owned()),
        Endpoint::Ready => endpoints::ready(state)?,
        Endpoint::Metrics => endpoints::metrics(state, request.headers()).await?,
        Endpoint::Pools => endpoints::pools(state).await?,
        Endpoint::Hosts => endpoints::hosts(state, request.uri().query()).await?,
        Endpoint::Classes => endpoints::classes(state).await?,
        Endpoint::Fingerprints => predictions::fingerprints(state, request.uri().query()).await?,
        Endpoint::Explain => predictions::explain(state, request.uri().query())?,
        Endpoint::Config => endpoints::config(state),
        Endpoint::Version => endpoints::version(),
        Endpoint::Drain => change::drain(state, request, &segments, true).await?,
        Endpoint::Undrain => change::drain(state, request, &segments, false).await?,
        Endpoint::Weight => change::weight(state, request, &segments).await?,
    })
}

/// The endpoint of `path`, and what its `{...}` stand for.
fn find(method: &Method, path: &str) -> Result<(Endpoint, Vec<String>), Problem> {
    let rows: Vec<_> = TABLE.iter().filter_map(|row| Some((row, matched(row.2, path)?))).collect();
    let Some((first, _)) = rows.first() else {
        let detail = format!("there is no {path} here");
        return Err(Problem::new(StatusCode::NOT_FOUND, detail).with("endpoints", list()));
    };
    let allowed = first.1;
    let is_allowed = *method == *allowed || (*method == Method::HEAD && allowed == "GET");
    match rows.into_iter().next() {
        Some((row, segments)) if is_allowed => Ok((row.0, segments)),
        _ => {
            let allow = if allowed == "GET" { "GET, HEAD" } else { allowed };
            let detail = format!("{path} understands {allow}");
            Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail).header(ALLOW, HeaderValue::from_static(allow)))
        }
    }
}

/// What the `{...}` of `pattern` stand for in `path`, decoded; none if they do not match.
fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let mut values = Vec::new();
    let mut path = path.split('/');
    for wanted in pattern.split('/') {
        let segment = path.next()?;
        if wanted.starts_with('{') {
            values.push(decoded(segment)?);
        } else if wanted != segment {
            return None;
        }
    }
    path.next().is_none().then_some(values)
}

/// `text` with its percent escapes replaced; none if they are broken or not UTF-8.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let both_hex = digits.iter().all(u8::is_ascii_hexdigit);
        let digits = std::str::from_utf8(digits).ok().filter(|_| both_hex)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn index() -> String {
    let line = |(_, method, path, meaning): &(_, &str, &str, &str)| format!("{method:<4} {path:<40} {meaning}\n");
    TABLE.iter().map(line).collect()
}

fn list() -> Value {
    let line = |(_, method, path, _): &(_, &str, &str, &str)| json!(format!("{method} {path}"));
    TABLE.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_own_path() {
        for &(endpoint, method, path, _) in TABLE {
            let path = path.replace("{pool}", "a%20b").replace("{address}", "[::1]:80");
            let (found, segments) = find(&method.parse().unwrap(), &path).unwrap();
            assert_eq!(found, endpoint);
            if path.contains("::1") {
                assert_eq!(segments, ["a b", "[::1]:80"]);
            }
        }
    }

    #[test]
    fn what_is_no_row_is_not_found() {
        for path in ["/api", "/healthz/", "//", "/api/v1/hosts/a/b/c/drain", "/api/v1/hosts/%zz/x/drain", "*", ""] {
            let problem = find(&Method::GET, path).unwrap_err().into_answer();
            assert_eq!(problem.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }

    #[test]
    fn escapes_are_decoded_or_refused() {
        assert_eq!(decoded("%41%2Fb").as_deref(), Some("A/b"));
        for broken in ["%", "%4", "%+1", "%ff", "%zz"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }
}
