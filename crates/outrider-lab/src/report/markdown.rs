//! The report as Markdown, for an issue or a pull request: tables, what the words mean, how to repeat it.

use std::fmt::Write;

use super::columns::{Column, Entry, all, is_best};
use super::findings::{bench, findings};
use super::numbers::{counted, ms, percent, three_digits};
use super::{About, Report};

/// The whole of `summary.md`.
pub(super) fn markdown(report: &Report, about: &About) -> String {
    let sections = [
        head(report, about),
        groups(report),
        seeds(report),
        classes(report),
        shares(report),
        definitions(report),
        repeat(about),
    ];
    sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n")
}

fn head(report: &Report, about: &About) -> String {
    let mut text = format!("# {}\n\n{}\n\n", plain(&about.name), plain(&about.about));
    for sentence in findings(report) {
        text += &format!("- {}\n", plain(&sentence));
    }
    for warning in &report.warnings {
        text += &format!("- **Warning**: {}\n", plain(warning));
    }
    text += &format!("\n{}. {}\n", plain(&about.world), bench(&report.bench));
    text
}

fn groups(report: &Report) -> String {
    report
        .grouped()
        .iter()
        .map(|group| format!("{}\n{}{}", title(report, group), table(group), phases(group)))
        .collect()
}

fn title(report: &Report, group: &[Entry<'_>]) -> String {
    let Some(run) = group.first().map(|entry| entry.run) else {
        return String::new();
    };
    let load = run.load.map_or_else(String::new, |load| format!(" at load {load:.2}"));
    let fleet = report.hosts.iter().filter(|host| host.scenario == run.scenario).count();
    format!("## {}{load}: {}, {}\n", plain(&run.scenario), counted(fleet, "host"), counted(run.seeds, "seed"))
}

fn table(group: &[Entry<'_>]) -> String {
    let columns = all(group);
    let cell = |column: &Column, entry: &Entry<'_>| {
        let text = plain(&(column.cell)(entry));
        if is_best(column, entry, group) { format!("**{text}**") } else { text }
    };
    let rows = group.iter().map(|entry| columns.iter().map(|column| cell(column, entry)).collect());
    rows_of(&columns.iter().map(|column| column.head).collect::<Vec<_>>(), rows)
}

fn phases(group: &[Entry<'_>]) -> String {
    let heads = ["strategy", "after", "from s", "to s", "requests", "goodput/s", "errors", "attempts", "p50", "p99"];
    let rows = group.iter().flat_map(|entry| {
        entry.detail.phases.iter().map(|phase| {
            vec![
                plain(&entry.run.strategy),
                plain(phase.after.as_deref().unwrap_or("the warm-up")),
                three_digits(phase.from_s),
                three_digits(phase.to_s),
                phase.requests.to_string(),
                three_digits(phase.goodput_per_s),
                percent(phase.error_rate),
                ms(phase.attempts_per_request),
                ms(phase.p50_ms),
                ms(phase.p99_ms),
            ]
        })
    });
    if group.iter().all(|entry| entry.detail.phases.is_empty()) {
        return String::new();
    }
    format!("\nBetween what happened:\n\n{}", rows_of(&heads, rows))
}

fn seeds(report: &Report) -> String {
    let rows = report.runs.iter().flat_map(|run| {
        run.by_seed.iter().map(|s| vec![plain(&report.label(run)), s.seed.to_string(), ms(s.mean_ms), ms(s.p99_ms)])
    });
    format!("## By seed\n\n{}", rows_of(&["strategy", "seed", "mean ms", "p99"], rows))
}

fn classes(report: &Report) -> String {
    let rows = report.runs.iter().flat_map(|run| {
        run.by_class.iter().map(|(class, figures)| {
            let requests = figures.requests.to_string();
            vec![plain(&report.label(run)), plain(class), requests, ms(figures.p50_ms), ms(figures.p99_ms)]
        })
    });
    format!("## By class\n\n{}", rows_of(&["strategy", "class", "requests", "p50", "p99"], rows))
}

/// A row for each host, a column for each strategy.
fn shares(report: &Report) -> String {
    let labels: Vec<String> = report.runs.iter().map(|run| plain(&report.label(run))).collect();
    let heads: Vec<&str> =
        ["host", "at a time", "of the capacity"].into_iter().chain(labels.iter().map(String::as_str)).collect();
    let rows = report.hosts.iter().map(|host| {
        let share = |run: &super::Run| {
            let own = run.by_host.get(&host.name).filter(|_| run.scenario == host.scenario);
            own.map_or_else(String::new, |share| percent(*share))
        };
        let about = [plain(&host.name), host.parallelism.to_string(), percent(host.capacity_share)];
        about.into_iter().chain(report.runs.iter().map(share)).collect()
    });
    let counted: Vec<&str> = report.details.iter().map(|detail| detail.shares_of).collect();
    let of = counted.first().filter(|first| counted.iter().all(|of| of == *first));
    let of = of.map_or("picks where the balancer tells them, else of arrivals", |of| *of);
    format!("## Share of requests by host\n\nShares of {of}.\n\n{}", rows_of(&heads, rows))
}

fn definitions(report: &Report) -> String {
    let entries: Vec<Entry<'_>> = report.grouped().into_iter().flatten().collect();
    let mut text = format!("## What the words mean\n\n{}\n\n", super::findings::METHOD);
    for column in all(&entries) {
        text += &format!("- **{}**: {}\n", column.head.replace('<', "\\<"), column.meaning);
    }
    text
}

fn repeat(about: &About) -> String {
    let mut text = String::from("## Set-up\n\n");
    for (name, value) in about.setup.iter().chain(&about.versions) {
        text += &format!("- {}: {}\n", plain(name), plain(value));
    }
    let fence = "````";
    // Writing to a String cannot fail.
    let _ = write!(text, "\nAgain:\n\n{fence}\n{}\n{fence}\n", about.command.replace('`', "'"));
    text
}

fn rows_of(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(ToString::to_string).collect();
    let rule = format!("|---|{}\n", "---:|".repeat(heads.len().saturating_sub(1)));
    line(&heads) + &rule + &rows.map(|row| line(&row)).collect::<String>()
}

/// Names come from files: on one line, and without what Markdown or its reader's browser would obey.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '|' | '<' | '`' | '*' | '[' | ']' | '#' => plain.extend(['\\', letter]),
            letter if letter.is_control() => plain.push(' '),
            letter => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{figures, tests::made_up};

    fn about() -> About {
        About {
            name: "a | <b>name</b>".into(),
            command: "outrider lab run x.yaml".into(),
            setup: vec![("fleet".into(), "six hosts".into())],
            ..About::default()
        }
    }

    #[test]
    fn tables_have_as_many_cells_as_heads() {
        let text = markdown(&figures(&made_up(2)), &about());
        for heading in
            ["# a \\| \\<b>name", "## test at load 0.70: 6 hosts, 2 seeds", "## By seed", "## By class", "## Set-up"]
        {
            assert!(text.contains(heading), "{heading} is missing in\n{text}");
        }
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let lines: Vec<&str> = text.lines().collect();
        let tables = lines.windows(2).filter(|pair| pair.iter().all(|line| line.starts_with('|')));
        let tables = tables.inspect(|pair| assert_eq!(cells(pair[0]), cells(pair[1]), "{pair:#?}"));
        assert!(tables.count() > 30);
        assert!(text.contains("outrider lab run x.yaml") && text.contains("**p99 vs first**"));
    }

    #[test]
    fn names_cannot_break_a_table_or_become_markup() {
        let mut measured = made_up(1);
        measured.iter_mut().for_each(|round| round.scenario = "x\n| y | <script>".into());
        let text = markdown(&figures(&measured), &about());
        assert!(text.contains("## x \\| y \\| \\<script>") && !text.contains(" <script>"), "{text}");
    }
}
