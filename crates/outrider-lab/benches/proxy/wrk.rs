//! The load generator `wrk`, on the core of the hosts.

use std::process::Command;

use crate::process::{self, Failure};

/// What a run of wrk did.
pub(crate) struct Run {
    pub(crate) requests: f64,
    pub(crate) seconds: f64,
}

/// Keeps so many connections busy for so long. Any error spoils the run.
pub(crate) fn run(url: &str, connections: u32, seconds: u32) -> Result<Run, Failure> {
    let (connections, duration) = (format!("-c{connections}"), format!("-d{seconds}s"));
    let mut command = Command::new("taskset");
    command.args(["-c", process::cores().rest, "wrk", "-t1", &connections, &duration, url]);
    let output = command.output()?;
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() || report.contains("Socket errors") || report.contains("Non-2xx") {
        return Err(format!("wrk saw errors:\n{report}{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let counted = report.lines().find_map(|line| line.trim().split_once(" requests in "));
    let (requests, rest) = counted.ok_or_else(|| format!("wrk printed\n{report}"))?;
    let seconds = rest.split_once("s,").ok_or_else(|| format!("wrk printed\n{report}"))?.0;
    Ok(Run { requests: requests.parse()?, seconds: seconds.parse()? })
}
