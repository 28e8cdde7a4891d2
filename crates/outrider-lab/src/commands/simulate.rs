//! `outrider simulate`: scenarios in virtual time, every rule on the same fleets, beside those that know everything.

use std::cmp::Reverse;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;

use outrider_sim::{Contender, Mistakes, Scenario, ScenarioError, by_name, file_of, names, read_scenario};
use serde::Serialize;
use thiserror::Error;

use super::print_json;
use crate::llm_fleet::{LLM_DATA, LlmDataError, needs_data, with_data};
use crate::report::{self, Report, Run};
use crate::simulation::{Comparing, Comparison, compare, render_comparisons};

/// Compare rules in virtual time: whole scenarios in seconds, beside a rule that knows everything
#[derive(Clone, Debug, clap::Args)]
pub struct SimulateArgs {
    /// Names of scenarios, or YAML files; left out: shows what there is
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Arrivals over the hosts' capacity, instead of the scenario's; may be given several times
    #[arg(long, value_name = "L")]
    pub load: Vec<f64>,
    /// Only these, by name, in this order; `all`: those without parts of the predictive rule too
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub strategies: Vec<String>,
    /// So many fleets, drawn by seeds 1, 2 and so on
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub seeds: u64,
    /// Measure so many requests on each fleet, and warm up with a tenth of them, instead of the scenario's times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub requests: Option<u32>,
    /// The folder with the public data sets that llm-fleet is made of
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub json: bool,
    /// So many rounds at once; left out: one for each core
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<usize>>,
}

/// Why there is nothing to show.
#[derive(Debug, Error)]
pub enum RunSimulateError {
    /// No scenario is called so.
    #[error("no scenario is called {name}{hint}; there are {known}", known = names().join(", "))]
    NoScenario {
        /// What was asked for.
        name: String,
        /// What may have been meant, or nothing.
        hint: String,
    },
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// Which one.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file has a mistake.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// The scenario is made of public data that nobody has named.
    #[error("{0} needs --data PATH, the folder that its files are in; llm-fleet: {LLM_DATA}")]
    NoData(String),
    /// The data cannot be used.
    #[error(transparent)]
    Data(#[from] LlmDataError),
    /// No strategy is called so.
    #[error("no strategy is called {name}{hint}; there are {known}", known = strategy_names().join(", "))]
    NoStrategy {
        /// What was asked for.
        name: String,
        /// What may have been meant, or nothing.
        hint: String,
    },
    /// None of the strategies can be flown.
    #[error("{0}: hosts that share their servers are beyond what these strategies know; name others")]
    NobodyFlies(String),
    /// The scenario makes no sense.
    #[error("{name}: {source}")]
    Scenario {
        /// Which one.
        name: String,
        /// Why.
        source: ScenarioError,
    },
    /// Standard output is not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What is printed for programs: runs in the keys of `lab run --json`.
#[derive(Default, Serialize)]
struct Simulated {
    runs: Vec<Run>,
    comparisons: Vec<Comparison>,
    warnings: Vec<String>,
}

/// Flies the scenarios and prints what they have shown.
///
/// # Errors
/// When a name is unknown, a scenario makes no sense, or output fails.
pub fn run_simulate(args: &SimulateArgs) -> Result<(), RunSimulateError> {
    if args.scenarios.is_empty() {
        return Ok(list()?);
    }
    let scenarios: Vec<Scenario> =
        args.scenarios.iter().map(|name| scenario(name, args.data.as_deref())).collect::<Result<_, _>>()?;
    let comparing = comparing(args)?;
    let mut all = Simulated::default();
    for scenario in &scenarios {
        for load in if args.load.is_empty() { &scenario.loads } else { &args.load } {
            let (report, comparisons) = fly(&comparing, scenario, *load)?;
            if !args.json {
                print(&report, &comparisons)?;
            }
            all.runs.extend(report.runs);
            all.warnings.extend(report.warnings);
            all.comparisons.extend(comparisons);
        }
    }
    if args.json {
        print_json(&all)?;
    }
    Ok(())
}

/// Figures of all that is flown at one load; rows are dropped before the next.
fn fly(comparing: &Comparing, scenario: &Scenario, load: f64) -> Result<(Report, Vec<Comparison>), RunSimulateError> {
    let refuse = |source| RunSimulateError::Scenario { name: scenario.name.clone(), source };
    let measured = comparing.fly(scenario, load).map_err(refuse)?;
    if measured.is_empty() {
        return Err(RunSimulateError::NobodyFlies(scenario.name.clone()));
    }
    Ok((report::figures(&measured), compare(&measured)))
}

fn print(report: &Report, comparisons: &[Comparison]) -> io::Result<()> {
    let mut out = super::printer();
    let bold = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    writeln!(out, "{}\n{}", report::render_table(report, bold), render_comparisons(comparisons))?;
    out.flush()
}

fn list() -> io::Result<()> {
    let mut out = super::printer();
    for scenario in names().into_iter().filter_map(by_name) {
        writeln!(out, "{:<20} {}", scenario.name, scenario.about)?;
    }
    out.flush()
}

fn scenario(name: &str, data: Option<&Path>) -> Result<Scenario, RunSimulateError> {
    let scenario = read_scenario(&text_of(name)?, name)?;
    match data {
        None if needs_data(&scenario) => Err(RunSimulateError::NoData(scenario.name)),
        None => Ok(scenario),
        Some(folder) => Ok(with_data(scenario, folder)?),
    }
}

/// The file that comes with the binary, or the one at that path.
fn text_of(name: &str) -> Result<String, RunSimulateError> {
    if let Some(file) = file_of(name) {
        return Ok(file.to_owned());
    }
    if !Path::new(name).exists() && !name.contains(['/', '.']) {
        return Err(RunSimulateError::NoScenario { name: name.to_owned(), hint: hint(name, names()) });
    }
    fs::read_to_string(name).map_err(|source| RunSimulateError::Read { path: name.to_owned(), source })
}

fn comparing(args: &SimulateArgs) -> Result<Comparing, RunSimulateError> {
    let cores = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    let contenders = contenders(&args.strategies)?;
    Ok(Comparing { contenders, seeds: args.seeds, requests: args.requests, jobs: args.jobs.unwrap_or(cores) })
}

/// Who takes part, if these names were given.
fn contenders(names: &[String]) -> Result<Vec<Contender>, RunSimulateError> {
    match names {
        [] => Ok(Contender::usual()),
        [all] if all == "all" => Ok(Contender::all()),
        names => names.iter().map(|name| contender(name)).collect(),
    }
}

fn contender(name: &str) -> Result<Contender, RunSimulateError> {
    let unknown = || {
        let known = strategy_names();
        RunSimulateError::NoStrategy { name: name.to_owned(), hint: hint(name, known.iter().map(String::as_str)) }
    };
    Contender::named(name).ok_or_else(unknown)
}

fn strategy_names() -> Vec<String> {
    Contender::all().into_iter().map(|contender| contender.name).collect()
}

/// The nearest of `known`, as far as it is near, by what stands in both at the beginning or the end; the shortest of equals.
fn hint<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let alike = |word: &&str| {
        let from_start = word.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
        let from_end = word.chars().rev().zip(name.chars().rev()).take_while(|(a, b)| a == b).count();
        from_start + from_end
    };
    let nearest = known
        .into_iter()
        .max_by_key(|word| (alike(word), Reverse(word.len())))
        .filter(|word| 2 * alike(word) > name.chars().count());
    nearest.map_or_else(String::new, |word| format!(" (did you mean {word}?)"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: SimulateArgs,
    }

    fn parse(line: &str) -> SimulateArgs {
        Cli::try_parse_from(line.split(' ')).unwrap().args
    }

    #[test]
    fn strategies_are_the_usual_all_or_those_named() {
        let names = |line: &str| -> Vec<String> {
            comparing(&parse(line)).unwrap().contenders.into_iter().map(|contender| contender.name).collect()
        };
        assert!(names("x uneven-mixed").ends_with(&["weighted_least_request".to_owned(), "clairvoyant".to_owned()]));
        assert!(names("x uneven-mixed --strategies all").contains(&"predictive_no_wait".to_owned()));
        assert_eq!(names("x uneven-mixed --strategies p2c,predictive_slots_8"), ["p2c", "predictive_slots_8"]);
    }

    #[test]
    fn unknown_names_are_told_with_what_may_have_been_meant() {
        let told = comparing(&parse("x uneven-mixed --strategies predictiv")).unwrap_err().to_string();
        assert!(
            told.starts_with("no strategy is called predictiv (did you mean predictive?); there are round_robin, ")
        );
        let told = scenario("uneven-mix", None).unwrap_err().to_string();
        assert!(
            told.starts_with("no scenario is called uneven-mix (did you mean uneven-mixed?); there are uneven-mixed, ")
        );
        assert!(scenario("llm-fleet", None).unwrap_err().to_string().starts_with("llm-fleet needs --data PATH"));
        assert!(!scenario("qq", None).unwrap_err().to_string().contains("did you mean"));
    }

    #[test]
    fn any_number_of_threads_shows_the_same() {
        let flown = |jobs: &str| {
            let line = format!("x uneven-mixed --requests 2000 --seeds 2 --strategies p2c,predictive --jobs {jobs}");
            fly(&comparing(&parse(&line)).unwrap(), &by_name("uneven-mixed").unwrap(), 0.7).unwrap()
        };
        let (report, comparisons) = flown("1");
        assert_eq!(flown("3"), (report.clone(), comparisons));
        assert_eq!((report.runs.len(), &report.bench, report.runs[0].seeds), (2, &None, 2));
        assert!(report::render_table(&report, false).contains("predictive"));
    }

    #[test]
    fn who_knows_everything_sits_out_where_servers_are_shared() {
        let args = parse("x blind --strategies clairvoyant");
        let refused = fly(&comparing(&args).unwrap(), &by_name("blind").unwrap(), 0.7).unwrap_err();
        assert!(refused.to_string().starts_with("blind: hosts that share"), "{refused}");
    }
}
