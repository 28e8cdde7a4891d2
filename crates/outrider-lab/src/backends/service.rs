//! What a simulated host answers.
//!
//! `/c/NAME?size=1.3&n=17` is one request of class NAME; without a size the host draws one, without a number it meets the
//! host's own luck. `/healthz` costs nothing. `/probe` costs nothing either and says what the host has in flight and how fast
//! it lately was at that, which is what Prequal asks for; a host that fails fast answers it and looks idle. Any other path is the first class, so that any client can be pointed here, or
//! that of `class=NAME` in the query, for classes that share a path.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use outrider_workload::Mix;

use super::host::{Condition, Host, Present, Work};
use super::orca;

/// Response header that names the host.
pub const SERVED_BY: &str = "x-served-by";

/// No request is bigger: a factor on its service time.
const SIZE_MAX: f64 = 1e6;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ask {
    Health,
    Probe,
    Work(Work),
    NoSuchClass,
    BadQuery,
}

pub(super) async fn answer(
    host: Arc<Host>,
    body: Bytes,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let ask = read(request.uri(), &host.spec.fleet.mix);
    if let Ask::Work(work) = ask {
        let present = host.arrive();
        discard(request.into_body()).await?;
        return Ok(do_work(&host, &present, body, work).await);
    }
    discard(request.into_body()).await?;
    host.thawed().await;
    let mut response = plain(&host, status(ask), Bytes::new());
    if ask == Ask::Probe {
        response.headers_mut().insert(orca::HEADER, host.answer_to_probe());
    }
    Ok(response)
}

async fn do_work(host: &Host, present: &Present<'_>, body: Bytes, work: Work) -> Response<Full<Bytes>> {
    if *host.condition.borrow() == Condition::FailingFast {
        host.count_answer(false);
        return plain(host, StatusCode::INTERNAL_SERVER_ERROR, Bytes::new());
    }
    let service = host.serve(work).await;
    host.count_answer(true);
    present.answered_well();
    let mut response = plain(host, StatusCode::OK, body);
    if host.spec.orca {
        response.headers_mut().insert(orca::HEADER, host.report(service));
    }
    response
}

fn status(ask: Ask) -> StatusCode {
    match ask {
        Ask::Health | Ask::Probe | Ask::Work(_) => StatusCode::OK,
        Ask::NoSuchClass => StatusCode::NOT_FOUND,
        Ask::BadQuery => StatusCode::BAD_REQUEST,
    }
}

fn plain(host: &Host, status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(SERVED_BY, host.name.clone());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// Reads a body to its end without keeping it.
async fn discard(mut body: Incoming) -> Result<(), hyper::Error> {
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}

fn read(uri: &Uri, mix: &Mix) -> Ask {
    let class = match uri.path().strip_prefix("/c/") {
        Some(name) => mix.position(name),
        None if uri.path() == "/healthz" => return Ask::Health,
        None if uri.path() == "/probe" => return Ask::Probe,
        None => Some(0),
    };
    let Some(class) = class else {
        return Ask::NoSuchClass;
    };
    let mut work = Work { class, size: None, number: None };
    let pairs = uri.query().unwrap_or("").split('&');
    let noted = pairs.filter_map(|p| p.split_once('=')).try_for_each(|p| note(&mut work, mix, p));
    noted.map_or_else(|bad| bad, |()| Ask::Work(work))
}

/// Notes one pair of the query; what is wrong with it is the whole request's fate.
fn note(work: &mut Work, mix: &Mix, (key, value): (&str, &str)) -> Result<(), Ask> {
    match key {
        "size" => {
            let size = value.parse().ok();
            work.size = Some(size.filter(|s| (0.0..=SIZE_MAX).contains(s)).ok_or(Ask::BadQuery)?);
        }
        "n" => work.number = Some(value.parse().map_err(|_| Ask::BadQuery)?),
        "class" => work.class = mix.position(value).ok_or(Ask::NoSuchClass)?,
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(uri: &str) -> Ask {
        read(&uri.parse().unwrap(), &Mix::uneven_mixed())
    }

    fn work(class: usize, size: Option<f64>, number: Option<u64>) -> Ask {
        Ask::Work(Work { class, size, number })
    }

    #[test]
    fn paths_and_queries_say_what_is_asked() {
        assert_eq!((ask("/healthz"), ask("/probe")), (Ask::Health, Ask::Probe));
        assert_eq!(ask("/c/list?size=1.5&n=17"), work(2, Some(1.5), Some(17)));
        assert_eq!(ask("/c/ping"), work(0, None, None));
        assert_eq!(ask("/index.html?x=1&y"), work(0, None, None));
        assert_eq!(ask("/shared?class=search&n=3"), work(3, None, Some(3)));
        assert_eq!(ask("/c/nothing"), Ask::NoSuchClass);
        assert_eq!(ask("/shared?class=nothing"), Ask::NoSuchClass);
    }

    #[test]
    fn senseless_sizes_and_numbers_are_refused() {
        for query in ["size=NaN", "size=inf", "size=-1", "size=1e9", "size=", "n=-1", "n=x"] {
            assert_eq!(ask(&format!("/c/ping?{query}")), Ask::BadQuery, "{query}");
        }
    }

    proptest! {
        #[test]
        fn no_uri_panics(uri in "/[!-~]{0,40}") {
            if let Ok(uri) = uri.parse() {
                let _ = read(&uri, &Mix::uneven_mixed());
            }
        }
    }
}
