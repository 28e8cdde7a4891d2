//! The report for a terminal: one table for each scenario and load, what it says, and how far to believe it.

use std::fmt::{self, Write};

use super::columns::{Entry, for_terminal, is_best};
use super::findings::findings;
use super::numbers::{counted, three_digits};
use super::{Phase, Report};

/// Longer names are cut.
const NAME_MAX: usize = 22;

/// The report for a person at a terminal, at most 110 columns wide. `bold` marks headings and the best of each column with
/// the terminal's bold face; without, the best has a star.
pub fn render_table(report: &Report, bold: bool) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = render(&mut text, report, bold);
    text
}

fn render(text: &mut String, report: &Report, bold: bool) -> fmt::Result {
    for group in report.grouped() {
        heading(text, &group)?;
        text.push_str(&table(&group, bold));
        phases(text, &group)?;
        text.push('\n');
    }
    let mark = if bold { "Bold" } else { "*" };
    writeln!(text, "Latency in ms from the scheduled arrival; intervals over seeds; {mark}: the least of its column.")?;
    findings(report).iter().try_for_each(|sentence| paragraph(text, "", sentence))?;
    truth(text, report)?;
    report.warnings.iter().try_for_each(|warning| paragraph(text, "WARNING: ", warning))
}

fn heading(text: &mut String, group: &[Entry<'_>]) -> fmt::Result {
    let Some(first) = group.first().map(|entry| entry.run) else {
        return Ok(());
    };
    let load = first.load.map_or_else(String::new, |load| format!(", load {load:.2}"));
    let requests = first.requests;
    writeln!(text, "{}{load}: {}, {requests} requests per strategy", first.scenario, counted(first.seeds, "seed"))
}

fn table(group: &[Entry<'_>], bold: bool) -> String {
    let columns = for_terminal(group);
    let heads = columns.iter().map(|column| Cell { text: column.head.to_owned(), marked: bold });
    let mut rows: Vec<Vec<Cell>> = vec![heads.collect()];
    for entry in group {
        let cell = |column| {
            let best = is_best(column, entry, group);
            let star = if best && !bold { "*" } else { "" };
            Cell { text: format!("{}{star}", cut(&(column.cell)(entry))), marked: best && bold }
        };
        rows.push(columns.iter().map(cell).collect());
    }
    align(&rows)
}

struct Cell {
    text: String,
    marked: bool,
}

impl Cell {
    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// The same of cells that are not marked.
pub(crate) fn align_plain(rows: &[Vec<String>]) -> String {
    let cell = |text: &String| Cell { text: text.clone(), marked: false };
    align(&rows.iter().map(|row| row.iter().map(cell).collect()).collect::<Vec<_>>())
}

/// Columns two apart, the first one to the left, the others to the right; marked cells in bold face.
fn align(rows: &[Vec<Cell>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let pad = " ".repeat(widths[column] - cell.width());
            let shown = if cell.marked { format!("\x1b[1m{}\x1b[0m", cell.text) } else { cell.text.clone() };
            line += &if column == 0 { format!("{shown}{pad}") } else { format!("  {pad}{shown}") };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// Names come from files: cut if long, and without what a terminal would obey.
fn cut(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    if plain.chars().count() <= NAME_MAX {
        return plain;
    }
    plain.chars().take(NAME_MAX - 1).chain(['…']).collect()
}

/// What users got between the marks, where there are marks.
fn phases(text: &mut String, group: &[Entry<'_>]) -> fmt::Result {
    let plain = |text: String| Cell { text, marked: false };
    let heads = ["phase", "from s", "to s", "strategy", "goodput/s", "errors", "attempts", "p50", "p99"];
    let mut rows: Vec<Vec<Cell>> = vec![heads.map(|head| plain(head.to_owned())).into()];
    let phases = group.first().map_or(0, |entry| entry.detail.phases.len());
    for index in 0..phases {
        for entry in group {
            rows.extend(entry.detail.phases.get(index).map(|phase| phase_row(&entry.run.strategy, phase, plain)));
        }
    }
    if rows.len() == 1 { Ok(()) } else { write!(text, "\n{}", align(&rows)) }
}

fn phase_row(strategy: &str, phase: &Phase, plain: impl Fn(String) -> Cell) -> Vec<Cell> {
    let cells = [
        cut(phase.after.as_deref().unwrap_or("before")),
        format!("{:.0}", phase.from_s),
        format!("{:.0}", phase.to_s),
        cut(strategy),
        three_digits(phase.goodput_per_s),
        super::numbers::percent(phase.error_rate),
        super::numbers::ms(phase.attempts_per_request),
        super::numbers::ms(phase.p50_ms),
        super::numbers::ms(phase.p99_ms),
    ];
    cells.map(plain).into()
}

fn truth(text: &mut String, report: &Report) -> fmt::Result {
    match super::findings::bench(report) {
        told if told.is_empty() => Ok(()),
        told => paragraph(text, "", &told),
    }
}

/// Wrapped at the table's width.
fn paragraph(text: &mut String, lead: &str, words: &str) -> fmt::Result {
    let mut width = 0;
    for word in [lead.trim()].into_iter().chain(words.split(' ')).filter(|word| !word.is_empty()) {
        let word = word.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>();
        let length = word.chars().count();
        let gap = if width == 0 {
            ""
        } else if width + 1 + length > WIDTH {
            "\n  "
        } else {
            " "
        };
        width = if gap == "\n  " { 2 + length } else { width + gap.len() + length };
        write!(text, "{gap}{word}")?;
    }
    writeln!(text)
}

/// Of a paragraph, in characters.
const WIDTH: usize = 108;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{MadeUp, Wits};
    use crate::report::{figures, tests::made_up};
    use outrider_sim::Measured;

    #[test]
    fn a_table_with_intervals_verdicts_and_the_best_marked() {
        let text = render_table(&figures(&made_up(5)), false);
        assert!(!text.contains('\x1b'), "no bold face unless asked for");
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("test, load 0.70: 5 seeds, "), "{text}");
        for head in ["strategy", "p99", "95 % interval", "p99 vs first", "share by host"] {
            assert!(lines[1].contains(head), "{head} is missing in\n{text}");
        }
        let weighted = lines.iter().find(|line| line.starts_with("weighted")).unwrap();
        assert!(weighted.contains('*') && weighted.contains(" <"), "{text}");
        assert!(text.contains("The bench itself"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() < 110), "{text}");
    }

    #[test]
    fn long_names_huge_ranges_and_faults_fit() {
        let name = "haproxy leastconn with a name that nobody should give \x1b[31m";
        let made = MadeUp { hang_s: Some((6.0, 9.0)), load: 0.9, length_s: 30.0, ..MadeUp::default() };
        let wits = Wits { looks: 0.0, knows_speed: false };
        let measured: Vec<Measured> = made.rounds(&[(name, wits), ("b", Wits { looks: 1.0, knows_speed: true })], 3);
        let text = render_table(&figures(&measured), false);
        assert!(text.contains("haproxy leastconn wit…"), "{text}");
        assert!(text.contains("h1 hangs") && text.contains("before") && text.contains("recovery s"), "{text}");
        assert!(text.contains("0.00*"), "b leaves the host at once:\n{text}");
        assert!(!text.contains('\x1b'), "names cannot colour the terminal");
        assert!(text.lines().all(|line| line.chars().count() < 110), "{text}");
    }

    #[test]
    fn bold_is_for_headings_and_the_best() {
        let text = render_table(&figures(&made_up(2)), true);
        assert!(text.contains("\x1b[1mstrategy\x1b[0m") && !text.contains('*'), "{text}");
    }
}
