//! The report as Markdown, for an issue or a pull request: tables, what the words mean, how to repeat it.

use super::findings::{METHOD, bench, findings};
use super::tables::{Cell, Table, by_group, meanings, to_look_up};
use super::{About, Report};

/// The whole of `summary.md`.
pub(super) fn markdown(report: &Report, about: &About) -> String {
    let tables = by_group(report).into_iter().chain(to_look_up(report));
    let sections = [head(report, about)].into_iter().chain(tables.map(|each| table(&each)));
    let sections = sections.chain([definitions(report), repeat(about)]);
    sections.collect::<Vec<_>>().join("\n")
}

fn head(report: &Report, about: &About) -> String {
    let mut text = format!("# {}\n\n{}\n\n", plain(&about.name), plain(&about.about));
    for sentence in findings(report) {
        text += &format!("- {}\n", plain(&sentence));
    }
    for warning in &report.warnings {
        text += &format!("- **Warning**: {}\n", plain(warning));
    }
    text += &format!("\n{}. {}\n", plain(&about.world), bench(report));
    text
}

pub(crate) fn table(table: &Table) -> String {
    let cell = |cell: &Cell| {
        let text = plain(&cell.text);
        if cell.is_best { format!("**{text}**") } else { text }
    };
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let heads = line(table.heads.iter().map(|head| plain(head)).collect());
    let rule = format!("|---|{}\n", "---:|".repeat(table.heads.len().saturating_sub(1)));
    let rows: String = table.rows.iter().map(|row| line(row.iter().map(cell).collect())).collect();
    let note = if table.note.is_empty() { String::new() } else { format!("{}\n\n", table.note) };
    format!("## {}\n\n{note}{heads}{rule}{rows}", plain(&table.title))
}

fn definitions(report: &Report) -> String {
    let mut text = format!("## What the words mean\n\n{METHOD}\n\n");
    for (head, meaning) in meanings(report) {
        text += &format!("- **{}**: {}\n", plain(head), plain(meaning));
    }
    text
}

fn repeat(about: &About) -> String {
    let mut text = String::from("## Set-up\n\n");
    for (name, value) in about.setup.iter().chain(&about.versions) {
        text += &format!("- {}: {}\n", plain(name), plain(value));
    }
    text + "\nAgain:\n\n" + &fenced(&about.command)
}

/// A command, to be copied.
pub(crate) fn fenced(command: &str) -> String {
    let fence = "````";
    format!("{fence}\n{}\n{fence}\n", command.replace('`', "'"))
}

/// Names come from files: on one line, and without what Markdown or its reader's browser would obey.
pub(crate) fn plain(text: &str) -> String {
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
