//! The report in Markdown and as a page: the same words and tables in either form.

use outrider_train::training::Trained;

use super::{tables, words};
use crate::chart::escape;
use crate::report::markdown::{fenced, plain, table as markdown_table};
use crate::report::page::{document, list, paragraph, picture, section, section_of};
use crate::report::plots::Plot;
use crate::report::tables::Table;

/// All that is told.
pub(super) struct Told<'a> {
    title: String,
    verdict: String,
    reasons: Vec<String>,
    warning: Option<&'static str>,
    notes: Vec<String>,
    tables: Vec<Table>,
    split: Vec<(String, String)>,
    meanings: Vec<(String, String)>,
    command: &'a str,
}

const SPLIT: &str = "How rows were split";
const NOTES: &str = "To be known besides";
const MEANINGS: &str = "What the figures mean";
const BEFORE: &str = "Before you believe it";

impl<'a> Told<'a> {
    pub(super) fn of(trained: &Trained, rejected_rows: u64, command: &'a str) -> Told<'a> {
        let meaning = |name: String| words::meaning(&name).map(|meaning| (name, meaning.to_owned()));
        Told {
            title: format!("{}: {}", trained.task.name, trained.task.question),
            verdict: words::verdict(trained),
            reasons: trained.reasons(),
            warning: words::warning(trained),
            notes: trained.notes(),
            tables: tables::all(trained),
            split: words::split(trained, rejected_rows),
            meanings: tables::figure_names(trained).into_iter().filter_map(meaning).collect(),
            command,
        }
    }

    /// The whole of `report.md`.
    pub(super) fn markdown(&self, plots: &[Plot]) -> String {
        let mut text = format!("# {}\n\n**{}**\n", plain(&self.title), plain(&self.verdict));
        text += if self.reasons.is_empty() && self.warning.is_none() { "" } else { "\n" };
        self.reasons.iter().for_each(|reason| text += &format!("- {}\n", plain(reason)));
        if let Some(warning) = self.warning {
            text += &format!("- **Warning**: {}\n", plain(warning));
        }
        for each in &self.tables {
            text += &format!("\n{}", markdown_table(each));
        }
        text += &items(SPLIT, &self.split);
        if !self.notes.is_empty() {
            text += &format!("\n## {NOTES}\n\n");
            self.notes.iter().for_each(|note| text += &format!("- {}\n", plain(note)));
        }
        text += "\n## Pictures\n";
        for plot in plots {
            text += &format!("\n![{}]({}.png)\n", plain(&plot.scene.title), plot.name);
        }
        text += &items(MEANINGS, &self.meanings);
        text + "\n## How to repeat it\n\n" + &fenced(self.command)
    }

    /// The whole of `index.html`.
    pub(super) fn page(&self, plots: &[Plot]) -> String {
        let (models, others) = self.tables.split_first().map_or((None, &[][..]), |(first, rest)| (Some(first), rest));
        let sections = [
            self.head(),
            self.warning.map_or_else(String::new, |warning| section("warning", BEFORE, &paragraph("", warning))),
            models.into_iter().chain(&others[..others.len().min(1)]).map(section_of).collect(),
            section("", SPLIT, &list(&self.split)),
            self.notes(),
            plots.iter().map(picture).collect(),
            others.iter().skip(1).map(section_of).collect(),
            section("", MEANINGS, &list(&self.meanings)),
            section("", "How to repeat it", &format!("<pre>{}</pre>\n", escape(self.command))),
        ];
        document(&self.title, &sections.concat())
    }

    fn head(&self) -> String {
        let class = if self.reasons.is_empty() { "" } else { "warning" };
        let reasons: String = self.reasons.iter().map(|reason| format!("<li>{}</li>\n", escape(reason))).collect();
        let reasons = if reasons.is_empty() { reasons } else { format!("<ul>\n{reasons}</ul>\n") };
        let beside =
            "<p class=\"quiet\">Beside this page: <a href=\"report.md\">report.md</a>, and every picture as PNG.</p>\n";
        let verdict = section(class, "Verdict", &format!("{}{reasons}{beside}", paragraph("", &self.verdict)));
        format!("<header>\n<h1>{}</h1>\n</header>\n{verdict}", escape(&self.title))
    }

    fn notes(&self) -> String {
        let notes: String = self.notes.iter().map(|note| paragraph("", note)).collect();
        if notes.is_empty() { notes } else { section("", NOTES, &notes) }
    }
}

fn items(title: &str, pairs: &[(String, String)]) -> String {
    let lines: String =
        pairs.iter().map(|(name, value)| format!("- **{}**: {}\n", plain(name), plain(value))).collect();
    format!("\n## {title}\n\n{lines}")
}
