//! Outrider itself: the shipped binary on a configuration of the lab's.
//!
//! On start it says on standard error where it listens, `outrider: listening on ADDRESS`, `outrider: admin on ADDRESS`, and
//! then `outrider: ready`.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;

use serde_json::{Map, Value, json};

use super::child::Child;
use super::scratch::Scratch;
use super::tools::BalancerCommand;
use super::{Balancer, BalancerError, Ground, PATIENCE, Upstream};

/// The list of hosts that it watches where some join later.
const HOSTS_FILE: &str = "hosts.yaml";
const TOKEN_FILE: &str = "admin-token";

/// Its configuration for `ground`, beside whatever files that names.
pub(super) fn prepare(
    scratch: &Scratch,
    rule: &str,
    pool: &Map<String, Value>,
    ground: Ground<'_>,
) -> Result<String, BalancerError> {
    if ground.hosts.iter().any(|host| host.joins) {
        let now: Vec<Upstream> = ground.hosts.iter().copied().filter(|host| !host.joins).collect();
        list_hosts(scratch, &now).map_err(BalancerError::Config)?;
    }
    let mut configuration = outrider_configuration(rule, pool, ground);
    if let Some(token) = ground.token {
        scratch.write(TOKEN_FILE, token).map_err(BalancerError::Config)?;
        configuration["admin"]["token_file"] = json!(TOKEN_FILE);
    }
    Ok(configuration.to_string())
}

/// What it is told; all else are its defaults. JSON, which is YAML too. `pool` goes over what the lab says of the pool.
pub fn outrider_configuration(rule: &str, pool: &Map<String, Value>, ground: Ground<'_>) -> Value {
    let mut all = Map::new();
    all.insert("name".to_owned(), json!("lab"));
    all.insert("strategy".to_owned(), json!(rule));
    all.insert("health".to_owned(), json!({ "path": "/healthz" }));
    if ground.hosts.iter().any(|host| host.joins) {
        all.insert("hosts_file".to_owned(), json!(HOSTS_FILE));
    } else {
        all.insert("hosts".to_owned(), hosts(ground.hosts));
    }
    all.extend(pool.clone());
    json!({
        "listeners": [{ "address": "127.0.0.1:0" }],
        "pools": [all],
        // How the load says how big a request is.
        "classes": { "size": { "query": "size" } },
        "workers": ground.workers,
        "admin": { "address": "127.0.0.1:0" },
        // A round is over when it is over.
        "drain": { "idle": "0ms", "timeout": "100ms" },
    })
}

/// Writes the list that it watches.
pub(super) fn list_hosts(scratch: &Scratch, now: &[Upstream]) -> io::Result<()> {
    scratch.write(HOSTS_FILE, &hosts(now).to_string()).map(drop)
}

fn hosts(hosts: &[Upstream]) -> Value {
    let host = |host: &Upstream| match host.weight {
        Some(weight) => json!({ "address": host.address, "weight": weight }),
        None => json!(host.address),
    };
    hosts.iter().map(host).collect()
}

pub(super) fn start(
    command: &BalancerCommand,
    scratch: Scratch,
    configuration: &str,
) -> Result<Balancer, BalancerError> {
    let file = scratch.write("outrider.yaml", configuration).map_err(BalancerError::Config)?;
    let mut arguments: Vec<String> = command.arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    arguments.push(file.to_string_lossy().into_owned());
    let (ready, is_ready) = mpsc::channel();
    let mut heard = Heard::default();
    let mut child = Child::start(&command.program, &arguments, move |line| {
        if let Some(listening) = heard.line(line) {
            // Whoever waited may have given up.
            let _ = ready.send(listening);
        }
    })?;
    let (clients, admin) = match is_ready.recv_timeout(PATIENCE) {
        Ok(listening) => listening,
        Err(mpsc::RecvTimeoutError::Timeout) => return Err(BalancerError::NotReady { said: child.last_words() }),
        Err(mpsc::RecvTimeoutError::Disconnected) => return Err(child.silent()),
    };
    Ok(Balancer { child: Some(child), clients, admin, scratch: Some(scratch) })
}

/// What the child has said of itself so far.
#[derive(Default)]
struct Heard {
    clients: Option<SocketAddr>,
    admin: Option<SocketAddr>,
}

impl Heard {
    /// Takes in one line; where it listens for clients and for the admin API, if this line says that it is ready.
    fn line(&mut self, line: &str) -> Option<(SocketAddr, Option<SocketAddr>)> {
        let said = line.strip_prefix("outrider: ")?;
        if let Some(address) = said.strip_prefix("listening on ") {
            self.clients = self.clients.or(address.trim().parse().ok());
        } else if let Some(address) = said.strip_prefix("admin on ") {
            self.admin = address.trim().parse().ok();
        } else if said.trim() == "ready" {
            return Some((self.clients?, self.admin));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outrider_features::{BodySize, ClassSettings, Classifier, Headers, RequestFacts};
    use std::path::PathBuf;

    fn hear(lines: &[&str]) -> Option<(SocketAddr, Option<SocketAddr>)> {
        let mut heard = Heard::default();
        lines.iter().find_map(|line| heard.line(line))
    }

    #[test]
    fn a_ready_balancer_has_said_where_it_listens() {
        let listening = hear(&[
            "outrider: listening on 127.0.0.1:4001",
            "outrider: listening on 127.0.0.1:4002",
            "something else",
            "outrider: admin on 127.0.0.1:4003",
            "outrider: ready",
        ]);
        let (clients, admin) = ("127.0.0.1:4001".parse().unwrap(), "127.0.0.1:4003".parse().unwrap());
        assert_eq!(listening, Some((clients, Some(admin))));
        assert_eq!(hear(&["outrider: ready"]), None);
        assert_eq!(hear(&["outrider: listening on 127.0.0.1:4001"]), None);
    }

    #[test]
    fn a_program_that_is_not_there_or_says_nothing_is_an_error() {
        let start = |program: &str| {
            let command = BalancerCommand { program: PathBuf::from(program), arguments: Vec::new() };
            Balancer::start_outrider(&command, "").unwrap_err()
        };
        assert!(matches!(start("/nowhere/outrider"), BalancerError::Start { .. }));
        assert!(matches!(start("true"), BalancerError::Ended { .. }));
    }

    #[test]
    fn what_the_experiment_says_of_the_pool_goes_over_what_the_lab_says() {
        let host = |joins| Upstream { address: ([127, 0, 0, 1], 9_001).into(), weight: Some(3), joins };
        let pool = json!({ "probe": { "path": "/probe" }, "health": { "enabled": false } });
        let pool = pool.as_object().unwrap();
        let of =
            |joins| outrider_configuration("prequal", pool, Ground { hosts: &[host(joins)], workers: 2, token: None });
        let text = of(false);
        assert_eq!(text["pools"][0]["health"], json!({ "enabled": false }));
        assert_eq!(text["pools"][0]["probe"]["path"], "/probe");
        assert_eq!(text["pools"][0]["hosts"], json!([{ "address": "127.0.0.1:9001", "weight": 3 }]));
        assert_eq!(of(true)["pools"][0]["hosts_file"], HOSTS_FILE);
    }

    /// No header of a request.
    struct NoHeaders;

    impl Headers for NoHeaders {
        fn get(&self, _: &str) -> Option<&[u8]> {
            None
        }
    }

    /// What the balancer calls a class, from the path, method and body that the load gives it.
    fn class_name(class: &outrider_workload::Class) -> String {
        let form = &class.form;
        let path = form.path.clone().unwrap_or_else(|| format!("/c/{}", class.name));
        let body = if form.body_bytes > 0 { BodySize::Known(form.body_bytes as u64) } else { BodySize::None };
        let client = [127, 0, 0, 1].into();
        let facts = RequestFacts { method: form.method(), path: &path, body, headers: &NoHeaders, client };
        Classifier::new(&ClassSettings::default()).name(&facts)
    }

    #[test]
    fn the_balancer_tells_the_classes_of_every_experiment_apart() {
        for built_in in crate::experiment::built_ins() {
            let experiment = crate::experiment::Experiment::read(built_in.text, built_in.name).unwrap();
            let mix = experiment.fleet.draw(1).mix;
            let names: std::collections::BTreeSet<String> = mix.classes().iter().map(class_name).collect();
            assert_eq!(names.len(), mix.classes().len(), "{}: {names:?}", built_in.name);
        }
    }
}
