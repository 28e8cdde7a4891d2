//! The report as one page: pictures, tables and words in a single file that asks nothing of any network.
//!
//! Everything that was given a name by somebody else is escaped, and the page's own policy forbids it to load anything.

use super::findings::{METHOD, bench, findings};
use super::plots::Plot;
use super::tables::{Cell, Table, by_group, meanings, to_look_up};
use super::{About, Report};
use crate::chart::{escape, style, svg};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Styles and the script that stand in the page, and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The whole of `index.html`.
pub(super) fn page(report: &Report, about: &About, plots: &[Plot]) -> String {
    let sections = [
        head(report, about),
        warnings(report),
        plots.iter().take(1).map(picture).collect(),
        by_group(report).iter().map(section_of).collect(),
        plots.iter().skip(1).map(picture).collect(),
        to_look_up(report).iter().map(folded).collect(),
        definitions(report),
        set_up(about),
    ];
    document(&about.name, &sections.concat())
}

/// A page of these sections.
pub(crate) fn document(title: &str, sections: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n<style>\n{}{STYLE}</style>\n</head>\n<body>\n<main>\n{}</main>\n\
         <script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escape(title),
        colours(),
        sections
    )
}

fn colours() -> String {
    let style = style();
    format!(
        ":root {{ {} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {} }} }}\n@media print {{ :root {{ {} }} }}\n",
        style.light, style.dark, style.light
    )
}

pub(crate) fn section(class: &str, title: &str, body: &str) -> String {
    format!("<section class=\"{class}\">\n<h2>{}</h2>\n{body}</section>\n", escape(title))
}

pub(crate) fn paragraph(class: &str, text: &str) -> String {
    format!("<p class=\"{class}\">{}</p>\n", escape(text))
}

fn head(report: &Report, about: &About) -> String {
    let told: String = findings(report).iter().map(|sentence| paragraph("", sentence)).collect();
    let files = "<p class=\"quiet\">Beside this page: <a href=\"comparison.json\">comparison.json</a> (all figures), \
                 <a href=\"requests.csv.gz\">requests.csv.gz</a> (every request), <a href=\"summary.md\">summary.md</a>, and every picture as PNG.</p>\n";
    format!(
        "<header>\n<h1>{}</h1>\n{}{}</header>\n{}",
        escape(&about.name),
        paragraph("", &about.about),
        paragraph("quiet", &about.world),
        section("", "What came out", &format!("{told}{}{files}", paragraph("quiet", &bench(report))))
    )
}

fn warnings(report: &Report) -> String {
    if report.warnings.is_empty() {
        return String::new();
    }
    let told: String = report.warnings.iter().map(|warning| paragraph("", warning)).collect();
    section("warning", "Before you believe it", &told)
}

pub(crate) fn picture(plot: &Plot) -> String {
    format!("<section>\n{}</section>\n", svg(&plot.scene))
}

pub(crate) fn section_of(each: &Table) -> String {
    section("", &each.title, &table(each))
}

fn folded(each: &Table) -> String {
    format!("<section><details><summary>{}</summary>\n{}</details></section>\n", escape(&each.title), table(each))
}

pub(crate) fn table(table: &Table) -> String {
    let head = |head: &String| format!("<th scope=\"col\"><button type=\"button\">{}</button></th>", escape(head));
    let cell = |cell: &Cell| {
        let best = if cell.is_best { " class=\"best\"" } else { "" };
        format!("<td{best}>{}</td>", escape(&cell.text))
    };
    let heads: String = table.heads.iter().map(head).collect();
    let rows = table.rows.iter().map(|row| format!("<tr>{}</tr>\n", row.iter().map(cell).collect::<String>()));
    let note = if table.note.is_empty() { String::new() } else { paragraph("quiet", &table.note) };
    format!(
        "{note}<div class=\"table\"><table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{}</tbody>\n</table></div>\n",
        rows.collect::<String>()
    )
}

fn definitions(report: &Report) -> String {
    let pairs: Vec<(String, String)> =
        meanings(report).iter().map(|(head, meaning)| ((*head).to_owned(), (*meaning).to_owned())).collect();
    section("", "What the words mean", &format!("{}{}", paragraph("", METHOD), list(&pairs)))
}

fn set_up(about: &About) -> String {
    let pairs: Vec<(String, String)> = about.setup.iter().chain(&about.versions).cloned().collect();
    let again = format!("<p>Again:</p>\n<pre>{}</pre>\n", escape(&about.command));
    section("", "Set-up", &format!("{}{again}", list(&pairs)))
}

pub(crate) fn list(pairs: &[(String, String)]) -> String {
    let item = |(name, value): &(String, String)| format!("<dt>{}</dt><dd>{}</dd>\n", escape(name), escape(value));
    format!("<dl>\n{}</dl>\n", pairs.iter().map(item).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::plots::plots;
    use crate::report::{SOCKETS, figures, tests::made_up};

    const HOSTILE: &str = "</title></text><script>alert(1)</script><img src=x onerror=alert(2)> \"' &amp;";

    fn hostile_page() -> String {
        let mut measured = made_up(2);
        for round in &mut measured {
            round.scenario = HOSTILE.into();
            round.strategy = format!("{}{HOSTILE}", round.strategy);
            round.classes[0] = HOSTILE.into();
            round.hosts[0].name = HOSTILE.into();
        }
        let text = || HOSTILE.to_owned();
        let about = About {
            name: text(),
            about: text(),
            world: SOCKETS.into(),
            setup: vec![(text(), text())],
            versions: vec![(text(), text())],
            command: text(),
        };
        let report = figures(&measured);
        page(&report, &about, &plots(&measured, &report, &about))
    }

    #[test]
    fn names_cannot_become_markup() {
        let page = hostile_page();
        assert_eq!(page.matches("<script").count(), 1, "the page's own alone");
        assert!(!page.contains("<img") && !page.contains("alert(1)</script>"));
        assert_eq!(page.matches("</title>").count(), 1 + page.matches("<title>").count() - 1);
    }

    #[test]
    fn the_page_asks_nothing_of_any_network() {
        let page = hostile_page();
        assert!(page.contains("default-src 'none'"));
        for word in ["http://", "https://", "url(", "@import", " src=", "<link", "<iframe"] {
            let own = page.replace(&escape(HOSTILE), "");
            assert!(!own.contains(word), "{word}");
        }
    }

    #[test]
    fn every_element_is_closed_in_its_turn() {
        let page = hostile_page();
        let mut open: Vec<&str> = Vec::new();
        let body = page.split("<script>").next().unwrap();
        for tag in body.split('<').skip(2).filter_map(|part| part.split('>').next()) {
            let name = tag.split([' ', '/']).find(|word| !word.is_empty()).unwrap();
            match tag {
                tag if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "{tag}"),
                tag if tag.ends_with('/') || name == "meta" => {}
                _ => open.push(name),
            }
        }
        assert_eq!(open, ["html", "body"], "they end after the script");
    }
}
