//! A small reader of the Prometheus text format and of OpenMetrics text, stricter than scrapers are.

use std::collections::{BTreeMap, BTreeSet};

/// One metric with its samples.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: String,
    /// Suffix of the name, labels, value.
    pub(crate) samples: Vec<(String, Labels, f64)>,
}

pub(crate) type Labels = BTreeMap<String, String>;

/// Reads a page, or says at which line it is wrong.
pub(crate) fn read(page: &str, is_openmetrics: bool) -> Result<BTreeMap<String, Family>, String> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    let mut series = BTreeSet::new();
    let body = match (is_openmetrics, page.strip_suffix("# EOF\n")) {
        (true, None) => return Err("no # EOF at the end".into()),
        (true, Some(body)) => body,
        (false, Some(_)) => return Err("# EOF is not of this format".into()),
        (false, None) => page,
    };
    for line in body.lines() {
        let wrong = |what: &str| format!("{what}: {line}");
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').ok_or(wrong("no help"))?;
            if families.contains_key(name) {
                return Err(wrong("a family in two pieces"));
            }
            current = name.to_owned();
            families.insert(current.clone(), Family { help: help.into(), ..Family::default() });
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').ok_or(wrong("no type"))?;
            let family = families.get_mut(name).filter(|_| name == current).ok_or(wrong("a type without help"))?;
            family.kind = kind.to_owned();
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').ok_or(wrong("no unit"))?;
            if !is_openmetrics || name != current || !name.ends_with(&format!("_{unit}")) {
                return Err(wrong("a unit that does not fit"));
            }
        } else {
            let (name, labels, value) = sample(line).ok_or(wrong("no sample"))?;
            let suffix = name.strip_prefix(&current).ok_or(wrong("a sample of another family"))?;
            if !series.insert((name.clone(), labels.clone())) {
                return Err(wrong("a series twice"));
            }
            let family = families.get_mut(&current).ok_or(wrong("a sample without a family"))?;
            family.samples.push((suffix.to_owned(), labels, value));
        }
    }
    Ok(families)
}

fn sample(line: &str) -> Option<(String, Labels, f64)> {
    let name_end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'))?;
    let (name, rest) = line.split_at(name_end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Labels::new(), rest),
    };
    let value = rest.strip_prefix(' ')?;
    Some((name.to_owned(), labels, value.parse().ok()?))
}

/// Labels up to `}`, and what follows it.
fn labels(mut rest: &str) -> Option<(Labels, &str)> {
    let mut labels = Labels::new();
    loop {
        let (name, after) = rest.split_once("=\"")?;
        let (value, after) = quoted(after)?;
        if labels.insert(name.to_owned(), value).is_some() {
            return None;
        }
        match after.split_at_checked(1)? {
            (",", after) => rest = after,
            ("}", after) => return Some((labels, after)),
            _ => return None,
        }
    }
}

/// A value up to its closing quote, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                c @ ('\\' | '"') => c,
                _ => return None,
            }),
            c => value.push(c),
        }
    }
    None
}

/// Checks that every histogram of `family` adds up.
pub(crate) fn check_histogram(family: &Family) -> Result<(), String> {
    let mut last: BTreeMap<Labels, (f64, f64)> = BTreeMap::new();
    for (_, labels, count) in family.samples.iter().filter(|(suffix, ..)| suffix == "_bucket") {
        let mut labels = labels.clone();
        let bound: f64 = labels.remove("le").ok_or("no le")?.parse().map_err(|_| "le is no number")?;
        let (bound_before, count_before) = last.insert(labels, (bound, *count)).unwrap_or((f64::MIN, 0.0));
        if bound <= bound_before || *count < count_before {
            return Err(format!("bucket {bound} does not rise"));
        }
    }
    for (suffix, labels, count) in &family.samples {
        let all = last.get(labels);
        if suffix == "_count" && all != Some(&(f64::INFINITY, *count)) {
            return Err(format!("{labels:?}: count {count}, +Inf {all:?}"));
        }
    }
    Ok(())
}

#[test]
fn the_reader_refuses_what_is_wrong() {
    let head = "# HELP a Help.\n# TYPE a gauge\n";
    for (page, right) in [
        ("a 1\n", true),
        ("a{x=\"1\"} 1\na{x=\"2\"} 1\n", true),
        ("a{x=\"\\\"\\\\\\n,}\"} 1\n", true),
        ("a{x=\"1\"} 1\na{x=\"1\"} 2\n", false),
        ("a{x=\"1} 1\n", false),
        ("a{x=\"1\",x=\"2\"} 1\n", false),
        ("a{} one\n", false),
        ("b 1\n", false),
        ("# HELP a Help.\n", false),
    ] {
        assert_eq!(read(&format!("{head}{page}"), false).is_ok(), right, "{page}");
    }
}
