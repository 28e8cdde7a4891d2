//! Three decisions explained: the hosts of the demo under `predictive` for some seconds of its traffic, then what the balancer
//! says of where requests of three classes would go, and why.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use outrider_workload::Pattern;
use serde_json::Value;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use super::HoldError;
use crate::Stop;
use crate::balancers::{Contender, Tools};
use crate::experiment::{Admin, Experiment, Scene};
use crate::load::{self, Target, plan};

/// Traffic from which it learns, and the moment at which it is asked.
const LENGTH: Duration = Duration::from_secs(9);
const ASKED_AT: Duration = Duration::from_secs(8);
const DECISIONS: usize = 3;
/// The page, beside those of the report.
const PAGE: &str = "decisions.html";
const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}\
                     table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #ddd}\
                     th:first-child,td:first-child{text-align:left}tr.chosen{background:#e3f1e3;font-weight:600}p{max-width:46rem}";

/// Asks for the decisions and writes the page into `folder`; `None` if it was stopped before, or nothing was explained.
///
/// # Errors
/// When something cannot be started or written.
pub fn explain_decisions(
    experiment: &Experiment,
    tools: &Tools,
    stop: &Stop,
    folder: &Path,
) -> Result<Option<PathBuf>, HoldError> {
    let decisions = ask(experiment, tools, stop)?;
    if decisions.is_empty() {
        return Ok(None);
    }
    let path = folder.join(PAGE);
    fs::create_dir_all(folder)?;
    fs::write(&path, page(&decisions))?;
    Ok(Some(path))
}

fn ask(experiment: &Experiment, tools: &Tools, stop: &Stop) -> Result<Vec<Value>, HoldError> {
    let seed = experiment.seeds.first().copied().unwrap_or(1);
    let scene = Scene::set(experiment, seed, &Contender::standard("predictive"), tools)?;
    let rate_per_s = experiment.demands.first().map_or(100.0, |demand| demand.rate_per_s(&scene.fleet));
    let requests = plan::mixed(&scene.fleet, &Pattern::Poisson, rate_per_s, LENGTH, seed);
    let target = Target { patience: experiment.clients.clone(), ..Target::at(scene.balancer.clients()) };
    let Some(admin) = scene.balancer.admin() else { return Ok(Vec::new()) };
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    thread::scope(|scope| {
        let asking = scope.spawn(move || {
            LocalSet::new().block_on(&runtime, async {
                tokio::time::sleep(ASKED_AT).await;
                explained(&mut Admin::at(admin)).await
            })
        });
        load::run(&target, requests, stop, |_| {})?;
        Ok(asking.join().unwrap_or_default())
    })
}

/// What is said of the cheapest class, the dearest and one between, as the balancer knows them.
async fn explained(admin: &mut Admin) -> Vec<Value> {
    let classes = admin.json("/api/v1/classes").await.unwrap_or_default();
    let mut known: Vec<(f64, &str)> = classes["classes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|class| Some((class["duration_ms_mean"].as_f64()?, class["name"].as_str()?)))
        .filter(|(_, name)| name.contains('/'))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut decisions = Vec::new();
    for nth in 0..DECISIONS.min(known.len()) {
        let (_, name) = known[nth * (known.len() - 1) / (DECISIONS - 1)];
        let path = format!("/api/v1/explain?pool=lab&class={}&size=1", encoded(name));
        decisions.extend(admin.json(&path).await.filter(|said| said["decision"].is_object()));
    }
    decisions
}

/// Percent-encoded for a query.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

fn page(decisions: &[Value]) -> String {
    let mut html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Three decisions</title>\
         <style>{STYLE}</style><h1>Three decisions</h1><p>What the balancer said, while traffic went on, of where a request of each of these classes (of \
         size 1) would go just then. Cost is service, wait and what the request takes from others; it goes where it costs least, or to any host that \
         costs as good as that.</p>"
    );
    decisions.iter().for_each(|said| html.push_str(&section(said)));
    html + "</html>\n"
}

fn section(said: &Value) -> String {
    let decision = &said["decision"];
    let mut hosts: Vec<&Value> = decision["candidates"].as_array().into_iter().flatten().collect();
    hosts.sort_by(|a, b| number(a, "cost_ms").total_cmp(&number(b, "cost_ms")));
    let class = escaped(said["class"].as_str().unwrap_or("?"));
    let why = match (decision["why_fallback"].as_str(), decision["explores"].as_bool()) {
        (Some(why), _) => format!("The fallback chose: {}.", escaped(why)),
        (None, Some(true)) => "The host was chosen to learn of it: nobody had been sent there for a while.".to_owned(),
        (None, _) => format!(
            "By table {}, {:.2} s old. Costs up to {:.1} ms are as good as the least, by how well they are known.",
            decision["table_epoch"],
            number(decision, "table_age_s"),
            number(decision, "as_good_ms"),
        ),
    };
    let mut html = format!(
        "<h2>{class}</h2><p>{why}</p><table><tr><th>host<th>in flight<th>at a time<th>now takes<th>service ms<th>wait ms<th>cost ms</tr>"
    );
    for host in hosts {
        let chosen = if host["host"] == decision["chosen"] { " class=chosen" } else { "" };
        let _ = write!(
            html,
            "<tr{chosen}><td>{}<td>{:.0}<td>{:.0}<td>{:.2} x<td>{:.1}<td>{:.1}<td>{:.1}</tr>",
            escaped(host["host"].as_str().unwrap_or("?")),
            number(host, "in_flight"),
            number(host, "slots"),
            number(host, "correction"),
            number(host, "service_ms"),
            number(host, "wait_ms"),
            number(host, "cost_ms"),
        );
    }
    html + "</table>"
}

fn number(of: &Value, name: &str) -> f64 {
    of[name].as_f64().unwrap_or(0.0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_marks_the_chosen_host_and_lists_the_cheapest_first() {
        let host =
            |name: &str, cost: f64| json!({ "host": name, "cost_ms": cost, "service_ms": 1.0, "correction": 1.0 });
        let said = json!({ "class": "GET /c/<b>", "decision": {
            "table_epoch": 7, "table_age_s": 0.1, "chosen": "b", "explores": false, "candidates": [host("a", 9.0), host("b", 3.0)],
        } });
        let html = page(&[said]);
        assert!(html.contains("GET /c/&lt;b&gt;") && html.contains("By table 7, 0.10 s old."), "{html}");
        let (first, second) = (html.find("<td>b<td>").unwrap(), html.find("<td>a<td>").unwrap());
        assert!(first < second && html.contains("<tr class=chosen><td>b<td>"), "{html}");
    }

    #[test]
    fn names_are_encoded_for_a_query() {
        assert_eq!(encoded("GET /c/a&b"), "GET%20%2Fc%2Fa%26b");
    }
}
