//! The tables of `outrider lab truth`.

use std::io::{self, Write};

use super::{Bench, Checked, RECURSION, Report, THEORY, WORLDS_P50, WORLDS_P99};
use crate::truth::{BothWorlds, Clock, QueueTruth, StallTruth, WorldsTruth};

pub(super) fn print(out: &mut impl Write, report: &Report) -> io::Result<()> {
    print_queues(out, &report.queues)?;
    print_bench(out, &report.bench)?;
    for warning in &report.warnings {
        writeln!(out, "{warning}")?;
    }
    writeln!(out)?;
    print_stall(out, &report.stall, report.stall_ok)?;
    writeln!(out)?;
    print_worlds(out, &report.worlds)?;
    out.flush()
}

fn print_queues(out: &mut impl Write, queues: &[Checked<QueueTruth>]) -> io::Result<()> {
    writeln!(out, "Queues on real sockets, service 50 ms on average; times from the schedule, ms")?;
    writeln!(
        out,
        "{:<6}{:>5}{:>9}{:>10}{:>11}{:>10}{:>9}{:>8}{:>10}{:>16}{:>16}",
        "queue",
        "load",
        "requests",
        "theory",
        "recursion",
        "measured",
        "/theory",
        "s.e.",
        "/recurs.",
        "p50 (theory)",
        "p99 (theory)"
    )?;
    queues.iter().try_for_each(|queue| print_queue(out, queue))?;
    writeln!(
        out,
        "ok: within {:.0} % of theory and {:.0} % of the recursion on the same arrivals and services. s.e.: what the luck of a\n\
         draw of this length is, over independent hosts; each draw is the first whose recursion alone is within 1 % of theory.",
        THEORY * 100.0,
        RECURSION * 100.0
    )
}

fn print_queue(out: &mut impl Write, Checked { truth: q, ok }: &Checked<QueueTruth>) -> io::Result<()> {
    writeln!(
        out,
        "{:<6}{:>5.1}{:>9}{:>10.2}{:>11.2}{:>10.2}{:>9.4}{:>8.4}{:>10.4}{:>16}{:>16}  {}",
        q.queue,
        q.load,
        q.requests,
        q.theory_mean_ms,
        q.recursion_mean_ms,
        q.measured_mean_ms,
        q.measured_over_theory,
        q.draw_error,
        q.measured_over_recursion,
        beside(q.measured_p50_ms, q.theory_p50_ms),
        beside(q.measured_p99_ms, q.theory_p99_ms),
        verdict(*ok)
    )
}

fn beside(measured_ms: f64, theory_ms: Option<f64>) -> String {
    let theory = theory_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
    format!("{measured_ms:.1} ({theory})")
}

fn verdict(ok: bool) -> &'static str {
    if ok { "ok" } else { "OFF" }
}

fn print_bench(out: &mut impl Write, b: &Bench) -> io::Result<()> {
    writeln!(
        out,
        "the bench itself: {} requests at {:.0}/s, late by p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms; timers of the hosts\n\
         {:.2} ms; {:.2} cores, the loader's thread {:.2}",
        b.requests,
        b.rate_per_s,
        b.late_p50_ms,
        b.late_p99_ms,
        b.late_max_ms,
        b.timer_lag_mean_ms,
        b.process_cpu_cores,
        b.loader_cpu_cores
    )
}

fn print_stall(out: &mut impl Write, s: &StallTruth, ok: bool) -> io::Result<()> {
    let e = &s.expected;
    writeln!(
        out,
        "A balancer stopped (SIGSTOP) for {:.0} ms at a constant {}/s: {:.0} requests were due meanwhile",
        s.pause_ms, s.rate_per_s, s.expected_in_pause
    )?;
    writeln!(out, "{:<44}{:>7}{:>9}{:>9}{:>9}{:>12}", "ms", "slow", "p50", "p90", "p99", "p99 of all")?;
    writeln!(
        out,
        "{:<44}{:>7.0}{:>9.0}{:>9.0}{:>9.0}",
        "theory: waits spread evenly", s.expected_slow, e.p50_ms, e.p90_ms, e.p99_ms
    )?;
    print_clock(out, "from the schedule, open loop (this bench)", &s.from_schedule, verdict(ok))?;
    print_clock(out, "from the send, four connections (omission)", &s.from_send, "")?;
    writeln!(out, "slow: a tenth of the stop and more; p50, p90 and p99 are those of the slow ones")
}

fn print_clock(out: &mut impl Write, what: &str, clock: &Clock, verdict: &str) -> io::Result<()> {
    let Clock { slow, of_slow: q, p99_ms, .. } = clock;
    let line =
        format!("{what:<44}{slow:>7}{:>9.0}{:>9.0}{:>9.0}{p99_ms:>12.1}  {verdict}", q.p50_ms, q.p90_ms, q.p99_ms);
    writeln!(out, "{}", line.trim_end())
}

fn print_worlds(out: &mut impl Write, worlds: &[Checked<WorldsTruth>]) -> io::Result<()> {
    writeln!(out, "least_request on twelve unlike hosts in both worlds, times 10; the median of the seeds, ms")?;
    let both = format!("{:>12}{:>12}{:>8}", "sockets", "simulated", "ratio");
    writeln!(out, "load  seeds  requests  p50{both}  p99{both}")?;
    worlds.iter().try_for_each(|world| print_world(out, world))?;
    let (p50, p99) = (WORLDS_P50 * 100.0, WORLDS_P99 * 100.0);
    writeln!(out, "ok: sockets within {p50:.0} % of virtual time at p50 and {p99:.0} % at p99, each seed beside itself")
}

fn print_world(out: &mut impl Write, Checked { truth: w, ok }: &Checked<WorldsTruth>) -> io::Result<()> {
    let both = |b: &BothWorlds| format!("{:>12.1}{:>12.1}{:>8.3}", b.sockets_ms, b.simulated_ms, b.ratio);
    let (p50, p99) = (both(&w.p50), both(&w.p99));
    writeln!(out, "{:>4.1}{:>7}{:>10}     {p50}     {p99}  {}", w.load, w.seeds, w.requests, verdict(*ok))
}
