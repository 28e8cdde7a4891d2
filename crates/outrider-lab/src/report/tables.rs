//! The tables of the summary and of the page, before either has given them its form.

use super::Report;
use super::columns::{Column, Entry, all, is_best};
use super::numbers::{counted, ms, percent, three_digits};

/// A table: the first column names, the others are numbers.
pub(crate) struct Table {
    pub(crate) title: String,
    /// What must be known to read it; may be empty.
    pub(crate) note: String,
    pub(crate) heads: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// One of its cells.
pub(crate) struct Cell {
    pub(crate) text: String,
    /// The least of its column.
    pub(crate) is_best: bool,
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { text, is_best: false }
    }
}

/// One for each scenario and load, and one of its phases where something happened.
pub(crate) fn by_group(report: &Report) -> Vec<Table> {
    let groups = report.grouped();
    groups.iter().flat_map(|group| [Some(strategies(report, group)), phases(group)]).flatten().collect()
}

/// What is rather looked up than read.
pub(crate) fn to_look_up(report: &Report) -> Vec<Table> {
    let tables = [seeds(report), classes(report), shares(report)];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

fn strategies(report: &Report, group: &[Entry<'_>]) -> Table {
    let columns = all(group);
    let cell = |column: &Column, entry: &Entry<'_>| Cell {
        text: (column.cell)(entry),
        is_best: is_best(column, entry, group),
    };
    let run = group[0].run;
    let load = run.load.map_or_else(String::new, |load| format!(" at load {load:.2}"));
    let hosts = report.hosts.iter().filter(|host| host.scenario == run.scenario).count();
    Table {
        title: format!("{}{load}: {}, {}", run.scenario, counted(hosts, "host"), counted(run.seeds, "seed")),
        note: String::new(),
        heads: columns.iter().map(|column| column.head.to_owned()).collect(),
        rows: group.iter().map(|entry| columns.iter().map(|column| cell(column, entry)).collect()).collect(),
    }
}

fn heads(heads: &[&str]) -> Vec<String> {
    heads.iter().map(ToString::to_string).collect()
}

fn phases(group: &[Entry<'_>]) -> Option<Table> {
    let rows = group.iter().flat_map(|entry| {
        entry.detail.phases.iter().map(|phase| {
            let cells = [
                entry.run.strategy.clone(),
                phase.after.clone().unwrap_or_else(|| "the warm-up".into()),
                three_digits(phase.from_s),
                three_digits(phase.to_s),
                phase.requests.to_string(),
                three_digits(phase.goodput_per_s),
                percent(phase.error_rate),
                ms(phase.attempts_per_request),
                ms(phase.p50_ms),
                ms(phase.p99_ms),
            ];
            cells.map(Cell::from).into()
        })
    });
    let names = ["strategy", "after", "from s", "to s", "requests", "goodput/s", "errors", "attempts", "p50", "p99"];
    let rows: Vec<Vec<Cell>> = rows.collect();
    (!rows.is_empty()).then(|| Table {
        title: "Between what happened".into(),
        note: String::new(),
        heads: heads(&names),
        rows,
    })
}

fn seeds(report: &Report) -> Table {
    let rows = report.runs.iter().flat_map(|run| {
        run.by_seed.iter().map(|seed| {
            [report.label(run), seed.seed.to_string(), ms(seed.mean_ms), ms(seed.p99_ms)].map(Cell::from).into()
        })
    });
    Table {
        title: "By seed".into(),
        note: String::new(),
        heads: heads(&["strategy", "seed", "mean ms", "p99"]),
        rows: rows.collect(),
    }
}

fn classes(report: &Report) -> Table {
    let rows = report.runs.iter().flat_map(|run| {
        run.by_class.iter().map(|(class, figures)| {
            let requests = figures.requests.to_string();
            let cells = [report.label(run), class.clone(), requests, ms(figures.p50_ms), ms(figures.p99_ms)];
            cells.map(Cell::from).into()
        })
    });
    Table {
        title: "By class".into(),
        note: String::new(),
        heads: heads(&["strategy", "class", "requests", "p50", "p99"]),
        rows: rows.collect(),
    }
}

/// A row for each host, a column for each strategy.
fn shares(report: &Report) -> Table {
    let labels = report.runs.iter().map(|run| report.label(run));
    let rows = report.hosts.iter().map(|host| {
        let share = |run: &super::Run| {
            let own = run.by_host.get(&host.name).filter(|_| run.scenario == host.scenario);
            own.map_or_else(String::new, |share| percent(*share))
        };
        let about = [host.name.clone(), host.parallelism.to_string(), percent(host.capacity_share)];
        about.into_iter().chain(report.runs.iter().map(share)).map(Cell::from).collect()
    });
    let counted: Vec<&str> = report.details.iter().map(|detail| detail.shares_of).collect();
    let of = counted.first().filter(|first| counted.iter().all(|of| of == *first));
    Table {
        title: "Share of requests by host".into(),
        note: format!("Shares of {}.", of.map_or("picks where the balancer tells them, else of arrivals", |of| *of)),
        heads: heads(&["host", "at a time", "of the capacity"]).into_iter().chain(labels).collect(),
        rows: rows.collect(),
    }
}

/// What each column of the main tables means.
pub(crate) fn meanings(report: &Report) -> Vec<(&'static str, &'static str)> {
    let entries: Vec<Entry<'_>> = report.grouped().into_iter().flatten().collect();
    all(&entries).iter().map(|column| (column.head, column.meaning)).collect()
}
