//! The endpoints that only look.

use std::time::Duration;

use http::header::ACCEPT;
use http::{HeaderMap, StatusCode};
use outrider_core::Time;
use outrider_pilot::{FeedbackSeen, HostState, HostStatus, PoolKind, ReportSeen, Shedding};
use outrider_proxy::control::{PoolStatus, SourceStatus};
use serde_json::{Value, json};

use crate::AdminState;
use crate::exposition::{self, Form};
use crate::parameters::Parameters;
use crate::problem::{Answer, Problem, json_answer, text};

/// `/readyz`: whether whoever stands in front should send requests. A pool without a usable host does not count: an
/// answer from here that says so is better than a balancer that is taken out for a fault of one pool.
pub(crate) fn ready(state: &AdminState) -> Result<Answer, Problem> {
    let unready = |why: &str| Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why));
    if state.shared.is_draining() {
        return unready("leaving: requests in flight are finished, new ones should go elsewhere");
    }
    if !state.control.is_running() {
        return unready("the control thread has ended: hosts and verdicts are no longer kept up to date");
    }
    Ok(text(StatusCode::OK, "text/plain; charset=utf-8", "ready\n".to_owned()))
}

/// `/metrics`. Without the control thread all that it knows is left out.
pub(crate) async fn metrics(state: &AdminState, headers: &HeaderMap) -> Result<Answer, Problem> {
    let status = state.control.status().await.ok();
    let form = Form::accepted(headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()));
    match exposition::written(state, status.as_ref(), form) {
        Ok(body) => Ok(text(StatusCode::OK, form.content_type(), body)),
        Err(error) => Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
    }
}

/// `/api/v1/pools`.
pub(crate) async fn pools(state: &AdminState) -> Result<Answer, Problem> {
    let status = state.control.status().await?;
    let snapshot = state.shared.published.load();
    let view = |pool: &PoolStatus| {
        let usable = snapshot.snapshot.pool(&pool.settings.name).map_or(0, |view| view.candidates().len());
        pool_view(pool, usable)
    };
    let pools: Vec<Value> = status.pools.iter().map(view).collect();
    Ok(json_answer(&json!({ "epoch": status.epoch, "pools": pools })))
}

fn pool_view(pool: &PoolStatus, usable: usize) -> Value {
    let kind = match pool.settings.kind {
        PoolKind::Container => "container",
        PoolKind::Serverless => "serverless",
    };
    let (requests, retries) = pool.retry_budget;
    json!({
        "name": pool.settings.name,
        "kind": kind,
        "strategy": pool.settings.strategy.name(),
        "panic": pool.panic,
        "hosts": pool.hosts.len(),
        "hosts_usable": usable,
        "retry_budget": { "requests": requests, "retries": retries },
        "shedding": pool.shedding.iter().map(shedding_view).collect::<Vec<_>>(),
        "sources": pool.sources.iter().map(source_view).collect::<Vec<_>>(),
    })
}

fn shedding_view((class, shedding): &(String, Shedding)) -> Value {
    let Shedding { requests, accepts, probability, .. } = shedding;
    json!({ "class": class, "requests": requests, "accepted": accepts, "share": probability })
}

fn source_view(source: &SourceStatus) -> Value {
    let SourceStatus { kind, name, hosts, failure } = source;
    json!({ "kind": kind, "name": name, "hosts": hosts, "failure": failure })
}

/// `/api/v1/hosts`, of all pools or of the one that `query` names.
pub(crate) async fn hosts(state: &AdminState, query: Option<&str>) -> Result<Answer, Problem> {
    let parameters = Parameters::read(query, &["pool"])?;
    let wanted = parameters.get("pool");
    let status = state.control.status().await?;
    let pools = status.pools.iter().filter(|pool| wanted.is_none_or(|name| pool.settings.name == name));
    let now = state.shared.clock.now();
    let hosts: Vec<Value> = pools
        .clone()
        .flat_map(|pool| pool.hosts.iter().map(move |status| host(&pool.settings.name, status, now)))
        .collect();
    match wanted {
        Some(name) if pools.count() == 0 => {
            Err(Problem::new(StatusCode::NOT_FOUND, format!("there is no pool {name:?}")))
        }
        _ => Ok(json_answer(&json!({ "epoch": status.epoch, "hosts": hosts }))),
    }
}

/// One host.
pub(crate) fn host(pool: &str, host: &HostStatus, now: Time) -> Value {
    json!({
        "pool": pool,
        "address": host.address.to_string(),
        "region": host.labels.region,
        "kind": host.labels.kind,
        "state": host.state.name(),
        "why": why(&host.state),
        "ejected_for_s": ejected_for(&host.state, now).map(|left| left.as_secs_f64()),
        "weight": host.weight,
        "weight_configured": host.weight_configured,
        "in_flight": host.in_flight,
        "pending": host.pending,
        "max_connections": host.max_connections,
        "picks_total": host.totals.picks,
        "successes_total": host.totals.successes,
        "failures_total": host.totals.failures,
        "cancelled_total": host.totals.cancelled,
        "success_rate": host.success_rate,
        "peak_ewma_ms": host.peak_ewma_ms,
        "load_report": host.report.map(load_report),
        "c3": host.feedback.map(feedback),
    })
}

/// What the rule `c3` goes by. What a host does not report is null: our own numbers stand for it.
fn feedback(seen: FeedbackSeen) -> Value {
    let FeedbackSeen { response_ns, service_ns, queue } = seen;
    json!({ "response_ms": response_ns / 1e6, "service_ms": service_ns.map(|ns| ns / 1e6), "queue": queue })
}

/// What a host has said of its own load, under ORCA's names.
fn load_report(report: ReportSeen) -> Value {
    let ReportSeen { age, cpu_utilization, mem_utilization, application_utilization, rps_fractional, eps, rif } =
        report;
    json!({
        "age_s": age.as_secs_f64(),
        "cpu_utilization": cpu_utilization,
        "mem_utilization": mem_utilization,
        "application_utilization": application_utilization,
        "rps_fractional": rps_fractional,
        "eps": eps,
        "rif": rif,
    })
}

fn why(state: &HostState) -> Option<String> {
    match state {
        HostState::Healthy | HostState::Trial => None,
        HostState::Unhealthy { why } => Some(why.clone()),
        HostState::Ejected { why, .. } => Some(why.to_string()),
        HostState::Drained { by } => Some(format!("{by:?}").to_lowercase()),
    }
}

fn ejected_for(state: &HostState, now: Time) -> Option<Duration> {
    match state {
        HostState::Ejected { until, .. } => Some(until.since(now)),
        _ => None,
    }
}

/// `/api/v1/classes`.
pub(crate) async fn classes(state: &AdminState) -> Result<Answer, Problem> {
    let status = state.control.status().await?;
    let now = state.shared.clock.now();
    let counted = state.metrics.by_class();
    let classes: Vec<Value> = status
        .classes
        .iter()
        .map(|class| {
            let totals = counted.iter().find(|(name, _)| *name == class.name).map(|&(_, totals)| totals);
            let mean_ms = totals.filter(|t| t.requests > 0).map(|t| t.duration_ns as f64 / t.requests as f64 / 1e6);
            json!({
                "id": class.id.0,
                "name": class.name,
                "share_last_minute": class.share_last_minute,
                "successes_total": class.successes_total,
                "admitted_for_s": now.since(class.since).as_secs_f64(),
                "requests_total": totals.map(|t| t.requests),
                "failures_total": totals.map(|t| t.failures),
                "duration_ms_mean": mean_ms,
            })
        })
        .collect();
    Ok(json_answer(&json!({ "epoch": status.epoch, "classes": classes })))
}

/// `/api/v1/config`.
pub(crate) fn config(state: &AdminState) -> Answer {
    json_answer(&state.config.load())
}

/// `/api/v1/version`.
pub(crate) fn version() -> Answer {
    json_answer(&json!({ "name": "outrider", "version": env!("CARGO_PKG_VERSION") }))
}
