//! The endpoints that change something: drain, undrain, weight. All need the token.

use std::net::SocketAddr;
use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde::Deserialize;
use tokio::time::timeout;

use crate::problem::{Answer, Problem, json_answer};
use crate::{AdminState, endpoints, gate};

/// Bytes of a request body.
const BODY_BYTES: usize = 4 * 1024;
/// For a whole body to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest weight, as in the configuration.
const WEIGHT_MAX: u32 = 1_000;

/// The body of a weight change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weight {
    // Without `default`, so that a body without the key is not taken for null.
    #[serde(deserialize_with = "Option::deserialize")]
    weight: Option<u32>,
}

/// Sets whether a host takes no new requests, and shows the host.
pub(crate) async fn drain(
    state: &AdminState,
    request: Request<Incoming>,
    segments: &[String],
    drained: bool,
) -> Result<Answer, Problem> {
    gate::check_token(request.headers(), state.token.as_deref())?;
    let (pool, host) = target(segments)?;
    state.control.set_drained(pool, host, drained).await?;
    shown(state, pool, host).await
}

/// Sets a host's weight, and shows the host.
pub(crate) async fn weight(
    state: &AdminState,
    request: Request<Incoming>,
    segments: &[String],
) -> Result<Answer, Problem> {
    gate::check_token(request.headers(), state.token.as_deref())?;
    let (pool, host) = target(segments)?;
    let Weight { weight } = body(request.into_body()).await?;
    if weight.is_some_and(|weight| weight > WEIGHT_MAX) {
        let detail = format!("a weight is at most {WEIGHT_MAX}");
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    state.control.set_weight(pool, host, weight).await?;
    shown(state, pool, host).await
}

fn target(segments: &[String]) -> Result<(&str, SocketAddr), Problem> {
    let [pool, address] = segments else {
        return Err(Problem::new(StatusCode::NOT_FOUND, "pool and address are missing"));
    };
    let host = address.parse().map_err(|_| {
        let detail = format!("{address:?} is no address; write IP:PORT, as /api/v1/hosts shows it");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })?;
    Ok((pool, host))
}

async fn body(body: Incoming) -> Result<Weight, Problem> {
    let example = "send {\"weight\": 3}, or {\"weight\": null} for the configured one";
    let bytes = timeout(BODY_TIMEOUT, Limited::new(body, BODY_BYTES).collect()).await;
    let bytes = match bytes {
        Ok(Ok(bytes)) => bytes.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            let detail = format!("the body is larger than {BODY_BYTES} bytes");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
        }
        Ok(Err(error)) => return Err(Problem::new(StatusCode::BAD_REQUEST, format!("the body broke off: {error}"))),
        Err(_) => return Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
    };
    serde_json::from_slice(&bytes).map_err(|error| {
        let detail = format!("the body cannot be understood: {error}; {example}");
        Problem::new(StatusCode::BAD_REQUEST, detail)
    })
}

async fn shown(state: &AdminState, pool: &str, host: SocketAddr) -> Result<Answer, Problem> {
    let status = state.control.status().await?;
    let host = status
        .pools
        .iter()
        .filter(|p| p.settings.name == pool)
        .flat_map(|p| &p.hosts)
        .find(|h| h.address == host)
        .map(|h| endpoints::host(pool, h, state.shared.clock.now()));
    host.map(|host| json_answer(&host)).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "the host has just left"))
}
