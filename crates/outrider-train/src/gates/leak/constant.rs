//! A label that is the same throughout a group in which it should vary: then the group is the label.

use std::collections::BTreeMap;

use outrider_core::frame::{Column, Values};

use super::{Evidence, Rules};
use crate::dataset::ids;

/// Smaller groups prove nothing.
const ROWS: usize = 100;
/// Nor do those in which so few of either class are to be expected.
const EXPECTED: f64 = 5.0;
/// Of more groups in one column only the number is told.
const NAMED: usize = 3;

pub(super) fn reasons(rules: &Rules, evidence: &Evidence) -> Vec<String> {
    let columns = rules.varies_within.iter().filter_map(|name| evidence.data.frame().column(name));
    columns.filter_map(|column| reason(column, evidence.data.labels(), evidence.data.is_two_class())).collect()
}

struct Group {
    first: usize,
    rows: usize,
    is_constant: bool,
}

fn reason(column: &Column, labels: &[f64], is_two_class: bool) -> Option<String> {
    let groups = groups(&ids(&column.values), labels);
    let varies = labels.iter().any(|label| *label != labels[0]);
    let share = labels.iter().sum::<f64>() / labels.len() as f64;
    let should_vary = |group: &Group| {
        let rows = group.rows as f64;
        let expected = if is_two_class { rows * share.min(1.0 - share) } else { rows };
        varies && group.rows >= ROWS && expected >= EXPECTED
    };
    let constant: Vec<&Group> = groups.values().filter(|group| group.is_constant && should_vary(group)).collect();
    let told: Vec<String> = constant.iter().take(NAMED).map(|group| told(column, labels, group)).collect();
    let more = if constant.len() > NAMED { format!(", and {} more", constant.len() - NAMED) } else { String::new() };
    (!told.is_empty()).then(|| {
        format!(
            "the label does not vary within groups of {:?} ({}{more}): a table of {:?} would be the model. Is the label made per group?",
            column.name,
            told.join(", "),
            column.name
        )
    })
}

fn groups(ids: &[u32], labels: &[f64]) -> BTreeMap<u32, Group> {
    let mut groups: BTreeMap<u32, Group> = BTreeMap::new();
    for (row, id) in ids.iter().enumerate() {
        let group = groups.entry(*id).or_insert(Group { first: row, rows: 0, is_constant: true });
        group.rows += 1;
        group.is_constant &= labels[row] == labels[group.first];
    }
    groups
}

fn told(column: &Column, labels: &[f64], group: &Group) -> String {
    let value = match &column.values {
        Values::Word(words) => words.get(group.first).unwrap_or("missing").to_owned(),
        Values::Number(numbers) => numbers[group.first].to_string(),
        Values::Time(times) => times[group.first].to_string(),
    };
    format!("{value}: always {} in {} rows", labels[group.first], group.rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::words;

    fn told_of(groups: &[(&str, usize, usize)]) -> Option<String> {
        let rows = groups.iter().flat_map(|&(name, negatives, positives)| {
            std::iter::repeat_n((name, 0.0), negatives).chain(std::iter::repeat_n((name, 1.0), positives))
        });
        let (names, labels): (Vec<_>, Vec<_>) = rows.map(|(name, label)| (Some(name), label)).unzip();
        reason(&words("workload", &names), &labels, true)
    }

    #[test]
    fn a_label_that_is_constant_within_a_group_is_told() {
        let told = told_of(&[("light", 150, 0), ("heavy", 0, 120), ("mixed", 50, 50)]).unwrap();
        assert!(
            told.contains("\"workload\"") && told.contains("light: always 0 in 150 rows, heavy: always 1 in 120 rows"),
            "{told}"
        );
    }

    #[test]
    fn small_groups_and_rare_labels_prove_nothing() {
        assert_eq!(told_of(&[("light", 99, 0), ("mixed", 500, 500)]), None, "too few rows");
        assert_eq!(told_of(&[("light", 150, 0), ("mixed", 9_850, 100)]), None, "1.5 positives expected");
        assert_eq!(told_of(&[("all", 500, 0)]), None, "nothing varies anywhere");
        assert!(told_of(&[("light", 600, 0), ("mixed", 9_850, 100)]).is_some(), "5.7 positives expected");
    }

    #[test]
    fn amounts_may_not_be_constant_either() {
        let labels: Vec<f64> = (0..300).map(|row| if row < 120 { 7.5 } else { f64::from(row) }).collect();
        let names: Vec<Option<&str>> = (0..300).map(|row| Some(if row < 120 { "a" } else { "b" })).collect();
        let told = reason(&words("class", &names), &labels, false).unwrap();
        assert!(told.contains("a: always 7.5 in 120 rows") && !told.contains("b:"), "{told}");
    }
}
