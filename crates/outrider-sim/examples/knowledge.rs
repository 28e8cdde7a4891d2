//! What `predictive` has learnt of its hosts beside the truth, on fleets of `uneven-mixed`: how many requests they serve at a time, and
//! whether times stay within their predicted quantiles as often as they should.
//!
//! `cargo run --release -p outrider-sim --example knowledge -- [FLEETS [REQUESTS]]`

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

#[path = "../tests/sim/knowledge.rs"]
mod knowledge;

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().expect("FLEETS and REQUESTS are whole numbers"));
    let (fleets, requests) = (numbers.next().unwrap_or(5), numbers.next().unwrap_or(200_000));
    println!(
        "{fleets} fleets of 12 hosts, {requests} requests each; shares of requests within their predicted quantile, by host and by class"
    );
    println!(
        "{:>5} {:>24} {:>26} {:>26}",
        "load", "parallelism within 1", "within p50: mean (range)", "within p90: mean (range)"
    );
    for load in [0.5, 0.7, 0.85] {
        let known = knowledge::knowledge(load, 1..=u64::from(fleets), requests);
        let ([p50, p90], (mean_p50, mean_p90)) = (known.range(), known.mean());
        let told = |mean: f64, (least, most): (f64, f64)| format!("{mean:.3} ({least:.3} to {most:.3})");
        let within = format!(
            "{} of {} ({:.0} %)",
            known.within_one,
            known.hosts,
            100.0 * known.within_one as f64 / known.hosts as f64
        );
        println!("{load:5} {within:>24} {:>26} {:>26}", told(mean_p50, p50), told(mean_p90, p90));
    }
}
