//! Hosts, a balancer and traffic that stay up until Ctrl-C, and what to try with them.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use outrider_core::Random;
use outrider_workload::Pattern;
use thiserror::Error;

use super::door::{Door, DoorError};
use super::live::{Live, show};
use crate::Stop;
use crate::backends::Backends;
use crate::balancers::{Balancer, Contender, Tools};
use crate::experiment::{Experiment, RoundError, Scene};
use crate::load::{self, LoadError, Target, plan};

/// Why there is nothing to hold.
#[derive(Debug, Error)]
pub enum HoldError {
    /// Hosts or balancer cannot start.
    #[error(transparent)]
    Scene(#[from] RoundError),
    /// The door for faults cannot be opened.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// Load cannot be sent.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Standard output or a thread is not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Traffic goes on for so long, or until it is stopped.
const FOR_EVER: Duration = Duration::from_secs(30 * 24 * 3_600);

/// Keeps the hosts of `experiment`, `contender` in front of them and its load up until `stop` is raised.
///
/// # Errors
/// When something cannot be started. That the balancer is killed shows in the figures; it is no error here.
pub fn hold(experiment: &Experiment, contender: &Contender, tools: &Tools, stop: &Stop) -> Result<(), HoldError> {
    let seed = experiment.seeds.first().copied().unwrap_or(1);
    let token = token(seed);
    let scene = Scene::set_with_token(experiment, seed, contender, tools, Some(&token))?;
    let backends = Arc::new(scene.backends);
    let door = Door::open(Arc::clone(&backends))?;
    let rate_per_s = experiment.demands.first().map_or(100.0, |demand| demand.rate_per_s(&scene.fleet));
    let what = format!(
        "{} simulated hosts, Outrider under {}, and {rate_per_s:.0} requests/s of generated traffic",
        backends.names().len(),
        contender.label
    );
    let tries = tries(&backends, &scene.balancer, door.address(), &token);
    io::stdout().lock().write_all(guide(&what, &tries).as_bytes())?;
    let live = Mutex::new(Live::new(backends.names()));
    let requests = plan::mixed(&scene.fleet, &Pattern::Poisson, rate_per_s, FOR_EVER, seed);
    let target = Target { patience: experiment.clients.clone(), ..Target::at(scene.balancer.clients()) };
    thread::scope(|scope| {
        scope.spawn(|| show(&live, &backends, stop));
        load::run(&target, requests, stop, |record| live.lock().unwrap_or_else(PoisonError::into_inner).add(record))
    })?;
    Ok(())
}

/// A secret for the life of one demo on loopback: it keeps accidents away, and web pages, not attackers.
fn token(seed: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let mut random = Random::new(seed ^ u64::from(now.subsec_nanos()) ^ now.as_secs() ^ u64::from(std::process::id()));
    format!("{:016x}{:016x}", random.next_u64(), random.next_u64())
}

/// What to try, with the addresses as they are.
fn guide(what: &str, tries: &[(&str, Vec<String>)]) -> String {
    let mut text = format!("\n{what} stay up until Ctrl-C.\nIn another terminal:\n\n");
    for (what, commands) in tries {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  # {what}");
        for command in commands {
            let _ = writeln!(text, "  {command}");
        }
    }
    text + "\n"
}

fn tries(backends: &Backends, balancer: &Balancer, door: SocketAddr, token: &str) -> Vec<(&'static str, Vec<String>)> {
    let mut tries = vec![(
        "a request of your own, through the balancer",
        vec![format!("curl -si http://{}/c/list", balancer.clients())],
    )];
    if let (Some(admin), Some(host)) = (balancer.admin(), backends.addresses().first()) {
        tries.extend(admin_tries(admin, *host, token));
    }
    let program = std::env::args().next().unwrap_or_else(|| "outrider".to_owned());
    let fault = |rest: &str| format!("{program} lab fault --at {door} {rest}");
    let faults = |all: &[&str]| all.iter().map(|rest| fault(rest)).collect();
    tries.extend([
        ("a host that hangs, for ten seconds", faults(&["--host 1 --kind hang --for 10s"])),
        ("one that is killed, and comes back", faults(&["--host 2 --kind die", "--host 2 --kind recover"])),
        (
            "one that turns ten times slower, and one that fails fast",
            faults(&["--host 3 --kind slow", "--host 4 --kind fail_fast"]),
        ),
    ]);
    tries
}

fn admin_tries(admin: SocketAddr, host: SocketAddr, token: &str) -> [(&'static str, Vec<String>); 3] {
    let change = |what: &str| {
        format!("curl -X POST -H 'Authorization: Bearer {token}' http://{admin}/api/v1/hosts/lab/{host}/{what}")
    };
    [
        ("what it thinks of its hosts", vec![format!("curl -s http://{admin}/api/v1/hosts")]),
        ("what it counts, for Prometheus", vec![format!("curl -s http://{admin}/metrics")]),
        ("take h0 out, and back in", vec![change("drain"), change("undrain")]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_try_names_the_addresses_as_they_are() {
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let text = guide("A host and a balancer", &admin_tries(at(9_901), at(9_101), "secret"));
        assert!(text.contains("A host and a balancer stay up until Ctrl-C."), "{text}");
        let drain = "  # take h0 out, and back in\n  curl -X POST -H 'Authorization: Bearer secret' \
                     http://127.0.0.1:9901/api/v1/hosts/lab/127.0.0.1:9101/drain\n";
        assert!(text.contains(drain), "{text}");
    }
}
