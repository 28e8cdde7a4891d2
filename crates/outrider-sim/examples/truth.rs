//! The simulator beside queueing theory: mean response times of queues that are known exactly.
//!
//! `cargo run --release -p outrider-sim --example truth -- [REQUESTS]`

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

#[path = "../tests/sim/queues.rs"]
mod queues;

fn main() {
    let requests = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(200_000);
    println!("mean response time, ms; 99.9 % interval over 20 replications of {requests} requests");
    println!("{:22} {:>5} {:>9} {:>9} {:>8} {:>7}", "queue", "load", "theory", "shown", "+-", "off");
    for queue in [0.5, 0.7, 0.9].into_iter().flat_map(queues::queues_at) {
        let shown = queue.response_ms(requests);
        let off = 100.0 * (shown.mean / queue.theory_ms - 1.0);
        let verdict = if shown.holds(queue.theory_ms) { "" } else { "  outside" };
        println!(
            "{:22} {:5} {:9.3} {:9.3} {:8.3} {off:6.2}%{verdict}",
            queue.name, queue.load, queue.theory_ms, shown.mean, shown.half
        );
    }
}
