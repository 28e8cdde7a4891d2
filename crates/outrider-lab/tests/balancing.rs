//! Experiments and the demo from end to end, with processes of their own as balancers. Outrider's part is played by this very
//! test binary, called as the shipped one would be. Hence no test harness: `main` is either the balancer or the tests, and
//! speaks as much of the harness's language as test runners need.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

#[path = "balancing/demo.rs"]
mod demo;
#[path = "balancing/experiment.rs"]
mod experiment;
#[path = "balancing/stand_in.rs"]
mod stand_in;

use std::io::Write;

type Test = (&'static str, fn());

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [serve, c, config] = arguments.as_slice()
        && serve == "serve"
        && c == "-c"
    {
        return stand_in::serve(config);
    }
    let tests: Vec<Test> = experiment::TESTS.into_iter().chain(demo::TESTS).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let exact = has("--exact");
    // A runner that lists asks for all, and how to write them is no name.
    let is_wanted = |name: &str| {
        has("--list")
            || wanted.is_empty()
            || wanted.iter().any(|word| if exact { *word == name } else { name.contains(word.as_str()) })
    };
    // Ignored tests there are none.
    let tests = tests.into_iter().filter(|(name, _)| is_wanted(name) && !has("--ignored"));
    let mut out = std::io::stdout();
    for (name, test) in tests {
        if has("--list") {
            writeln!(out, "{name}: test").unwrap();
        } else {
            test();
            writeln!(out, "{name} ... ok").unwrap();
        }
    }
}
