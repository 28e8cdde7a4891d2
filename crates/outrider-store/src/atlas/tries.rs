//! A part, asked for until it is there or there is no point in asking.

use std::time::Duration;

use http::{Response, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{sleep, timeout};

use super::AtlasSettings;
use super::answer::lines;
use super::connection::Target;

/// Why a try has failed.
enum Failure {
    /// It may work later; after so long at the least, if the server has said so.
    Later(String, Option<Duration>),
    /// It never will.
    Never(String),
}

/// The results of the part at `path`, a line each.
pub(super) async fn fetch(target: &Target, path: &str, settings: &AtlasSettings) -> Result<Vec<u8>, String> {
    let mut wait = settings.back_off;
    for nth in 1..=settings.tries {
        let tried = timeout(settings.timeout, ask(target, path, settings)).await;
        let late = || Failure::Later(format!("not there within {:?}", settings.timeout), None);
        match tried.unwrap_or_else(|_| Err(late())) {
            Ok(lines) => return Ok(lines),
            Err(Failure::Never(why)) => return Err(why),
            Err(Failure::Later(why, _)) if nth == settings.tries => return Err(format!("{why}, after {nth} tries")),
            Err(Failure::Later(_, asked)) => sleep(wait.max(asked.unwrap_or_default()).min(settings.patience)).await,
        }
        wait = wait.mul_f64(settings.factor);
    }
    Err("no tries were allowed".to_owned())
}

async fn ask(target: &Target, path: &str, settings: &AtlasSettings) -> Result<Vec<u8>, Failure> {
    let response = target.get(path).await.map_err(|why| Failure::Later(why, None))?;
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(Failure::Later(format!("the server says {status}"), retry_after(&response)));
    }
    if status != StatusCode::OK {
        return Err(Failure::Never(format!("the server says {status}; are measurement and probes right?")));
    }
    let body = body(response, settings.bytes_max).await?;
    lines(&body).map_err(|why| Failure::Later(why, None))
}

/// Seconds alone: the API does not send dates.
fn retry_after(response: &Response<Incoming>) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

async fn body(response: Response<Incoming>, bytes_max: usize) -> Result<Vec<u8>, Failure> {
    let (mut body, mut bytes) = (response.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::Later(format!("the answer broke off: {error}"), None))?;
        let data = frame.into_data().unwrap_or_default();
        if bytes.len() + data.len() > bytes_max {
            let why = format!("the answer is larger than {bytes_max} bytes; ask for fewer probes");
            return Err(Failure::Never(why));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}
