//! Where the time of a forwarded request goes: `perf` on the saturated proxy, if the machine has it.

use std::process::{Command, Stdio};

use crate::hosts::Hosts;
use crate::options::Options;
use crate::process::{Failure, Folder};
use crate::subject::Subject;
use crate::wrk;

const CONNECTIONS: u32 = 128;
const LINES: usize = 70;

/// Profiles every proxy that is asked for.
pub(crate) fn run(options: &Options, hosts: &Hosts) -> Result<(), Failure> {
    for kind in &options.kinds {
        let subject = Subject::start(*kind, options, hosts)?;
        println!("\n## Profile of {}: {CONNECTIONS} connections\n", kind.name());
        println!("{}", profile(&subject, options.seconds)?);
    }
    Ok(())
}

/// What takes most of the time: kernel, libraries and the proxy itself, then function by function.
fn profile(subject: &Subject, seconds: u32) -> Result<String, Failure> {
    let folder = Folder::new("perf")?;
    let data = format!("{}/data", folder.path());
    // Virtual machines often have no cycle counter; the clock is there everywhere.
    let mut perf = Command::new("perf");
    perf.args(["record", "-q", "-e", "cpu-clock", "-F", "1999", "-o", &data, "-p", &subject.process.pid().to_string()]);
    perf.args(["--", "sleep", &seconds.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut recording =
        perf.spawn().map_err(|error| format!("cannot run perf: {error}; Debian's linux-perf has it"))?;
    let run = wrk::run(&subject.url(), CONNECTIONS, seconds);
    recording.wait()?;
    run?;
    Ok(format!("{}\n\n{}", report(&data, "dso")?, report(&data, "dso,symbol")?))
}

/// Shares of the time, by what `perf report` sorts by.
fn report(data: &str, sort: &str) -> Result<String, Failure> {
    let mut report = Command::new("perf");
    report.args(["report", "-i", data, "--stdio", "-q", "--no-children", "--percent-limit", "0.3", "--sort", sort]);
    let output = report.output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
    Ok(lines.take(LINES).collect::<Vec<_>>().join("\n"))
}
