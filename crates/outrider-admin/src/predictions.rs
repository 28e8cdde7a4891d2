//! The endpoints of pools that predict: what is known of their hosts, and why a request goes where it goes.

use std::hash::{BuildHasher, RandomState};

use http::StatusCode;
use outrider_core::{ClassId, Random};
use outrider_features::ClassTable;
use outrider_features::fingerprint::{CellPrint, FEATURES};
use outrider_pilot::{Doubt, Explanation, PickRequest, Picker, PoolView, Quoted};
use outrider_proxy::control::PoolPrints;
use serde_json::{Map, Value, json};

use crate::AdminState;
use crate::parameters::Parameters;
use crate::problem::{Answer, Problem, json_answer};

const NS_PER_MS: f64 = 1e6;

/// `/api/v1/fingerprints`, of all pools that predict or of the one that `query` names.
pub(crate) async fn fingerprints(state: &AdminState, query: Option<&str>) -> Result<Answer, Problem> {
    let parameters = Parameters::read(query, &["pool"])?;
    let mut pools = state.control.fingerprints().await?;
    if let Some(wanted) = parameters.get("pool") {
        view(state, wanted, |_| ())?;
        pools.retain(|prints| prints.pool == wanted);
    }
    let rows: Vec<Value> = pools.iter().flat_map(rows).collect();
    Ok(json_answer(&json!({ "features": FEATURES, "fingerprints": rows })))
}

fn rows(pool: &PoolPrints) -> impl Iterator<Item = Value> {
    pool.prints.iter().map(|(class, print)| row(&pool.pool, class, print))
}

fn row(pool: &str, class: &str, print: &CellPrint) -> Value {
    let values: Map<String, Value> =
        FEATURES.iter().zip(print.vector()).map(|(&name, value)| (name.to_owned(), json!(value))).collect();
    json!({
        "pool": pool,
        "host": print.host.to_string(),
        "class": class,
        "values": values,
        "vector": print.vector(),
    })
}

/// `/api/v1/explain`: where a request would go now, and why.
pub(crate) fn explain(state: &AdminState, query: Option<&str>) -> Result<Answer, Problem> {
    let parameters = Parameters::read(query, &["pool", "class", "size"])?;
    let pool = parameters.get("pool").ok_or_else(|| bad("pool=NAME says in which pool"))?;
    let published = state.shared.published.load();
    let classes = &published.snapshot.classes;
    let class = class(classes, parameters.get("class"))?;
    let (size, now) = (size(parameters.get("size"))?, state.shared.clock.now());
    let request = PickRequest { class, tried: &[], repeatable: false, size, key: None, now };
    let mut picker = Picker::new(Random::new(RandomState::new().hash_one("explain")));
    let told = view(state, pool, |view| Some((view.settings().strategy.name(), view.explain(&request, &mut picker)?)))?;
    let (strategy, explanation) = told.ok_or_else(|| does_not_predict(pool))?;
    Ok(json_answer(&json!({
        "pool": pool,
        "strategy": strategy,
        "class": classes.name(class),
        "size": size,
        "decision": decision(&explanation),
    })))
}

fn bad(what: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, what)
}

fn does_not_predict(pool: &str) -> Problem {
    let detail = format!("pool {pool:?} does not predict: it needs `strategy: predictive` or `observe: predictive`");
    Problem::new(StatusCode::CONFLICT, detail)
}

fn size(written: Option<&str>) -> Result<Option<f32>, Problem> {
    let number = |text: &str| text.parse().ok().filter(|size| (0.0..f32::INFINITY).contains(size));
    written.map(|text| number(text).ok_or_else(|| bad("size is a number of 0 or more"))).transpose()
}

fn view<T>(state: &AdminState, pool: &str, look: impl FnOnce(&PoolView) -> T) -> Result<T, Problem> {
    let published = state.shared.published.load();
    let view = published.snapshot.pool(pool);
    let view = view.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, format!("there is no pool {pool:?}")))?;
    Ok(look(view))
}

fn class(classes: &ClassTable, wanted: Option<&str>) -> Result<ClassId, Problem> {
    let Some(wanted) = wanted else { return Ok(ClassId::OTHER) };
    let found = classes.iter().find(|(_, name)| *name == wanted);
    found.map(|(id, _)| id).ok_or_else(|| {
        let names: Value = classes.iter().map(|(_, name)| json!(name)).collect();
        Problem::new(StatusCode::NOT_FOUND, format!("there is no class {wanted:?}")).with("classes", names)
    })
}

fn decision(explanation: &Explanation) -> Value {
    let Explanation { epoch, table_age, doubt, candidates, chosen, explores, as_good_ns } = explanation;
    json!({
        "table_epoch": epoch,
        "table_age_s": table_age.map(|age| age.as_secs_f64()),
        "fallback": doubt.map(Doubt::name),
        "why_fallback": doubt.map(|doubt| doubt.to_string()),
        "chosen": chosen.map(|host| host.to_string()),
        "explores": explores,
        "as_good_ms": as_good_ns.map(|cost_ns| cost_ns / NS_PER_MS),
        "candidates": candidates.iter().map(candidate).collect::<Vec<_>>(),
    })
}

fn candidate(quoted: &Quoted) -> Value {
    json!({
        "host": quoted.host.to_string(),
        "in_flight": quoted.in_flight,
        "slots": quoted.slots,
        "correction": quoted.correction,
        "service_ms": quoted.service_ns / NS_PER_MS,
        "wait_ms": quoted.wait_ns / NS_PER_MS,
        "cost_ms": quoted.cost_ns / NS_PER_MS,
        "error_price_ms": quoted.error_price_ns / NS_PER_MS,
    })
}
