//! Words of categories: which column's they are, and whether rows can spell them.

use std::collections::BTreeSet;

use super::ImportError;

/// The words of a file by code.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Words {
    /// Of each feature; none where it takes numbers, or codes without words.
    Of(Vec<Vec<String>>),
    /// In the order of the columns, without a word of which columns.
    Lists(Lists),
}

/// The categories of each column of them, in their order, and what the values of the training say of each feature.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lists {
    pub(super) lists: Vec<Vec<String>>,
    pub(super) seen: Vec<Seen>,
}

/// What the training saw in a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Categories, or nothing to split by; a list of so many words has a code for each.
    Categories(usize),
    /// Numbers that could be codes of a list of so many words: ordered categories are numbers too.
    Wholes(usize),
    /// What is no code.
    Numbers,
}

impl Seen {
    fn fits(self, words: &[String]) -> bool {
        match self {
            Seen::Categories(least) | Seen::Wholes(least) => least <= words.len(),
            Seen::Numbers => false,
        }
    }
}

impl Words {
    /// The words of each feature, by the columns that `told` names where the file leaves them open.
    pub(super) fn of(self, names: &[String], told: Option<&[String]>) -> Result<Vec<Vec<String>>, ImportError> {
        let words = match (self, told) {
            (Words::Of(words), None) => words,
            (Words::Of(_), Some(_)) => {
                return Err(ImportError::Names(
                    "--words: the file tells itself which features have words; leave it out".to_owned(),
                ));
            }
            (Words::Lists(lists), told) => lists.of(names, told)?,
        };
        names.iter().zip(&words).try_for_each(|(name, words)| check(name, words))?;
        Ok(words)
    }
}

impl Lists {
    fn of(self, names: &[String], told: Option<&[String]>) -> Result<Vec<Vec<String>>, ImportError> {
        let places = match told {
            Some(told) => self.told(names, told)?,
            None => self.proven(names)?,
        };
        if let Some(&place) = places.iter().find(|&&place| matches!(self.seen[place], Seen::Wholes(_))) {
            return Err(ImportError::unsupported(
                format!(
                    "feature {:?}, whose categories were ordered or left out of categorical_feature,",
                    names[place]
                ),
                "train it as categories without order, or import with --codes and give rows the codes of all categories",
            ));
        }
        let mut words = vec![Vec::new(); names.len()];
        places.into_iter().zip(self.lists).for_each(|(place, list)| words[place] = list);
        Ok(words)
    }

    /// The only columns that the lists can be of: as far to the left as they fit is as far to the right.
    fn proven(&self, names: &[String]) -> Result<Vec<usize>, ImportError> {
        let left = placed((0..self.seen.len()).map(|at| (at, self.seen[at])), self.lists.iter());
        let right = placed((0..self.seen.len()).rev().map(|at| (at, self.seen[at])), self.lists.iter().rev());
        let (Some(left), Some(mut right)) = (left, right) else {
            return Err(ImportError::Names(format!(
                "pandas_categorical has {}, and the features have no codes for them; if the file was edited, save the model again",
                counted(self.lists.len(), "list of words", "lists of words")
            )));
        };
        right.reverse();
        match left.iter().zip(&right).enumerate().find(|(_, (left, right))| left != right) {
            None => Ok(left),
            Some((nth, (&first, &last))) => Err(ImportError::Names(format!(
                "the file does not prove which columns have words: list {} of {} may be of {:?} or of {:?}; say --words NAME,.. \
                 with all columns that were categories of pandas, in the order of the training, or --codes if rows have codes",
                nth + 1,
                self.lists.len(),
                names[first],
                names[last]
            ))),
        }
    }

    /// The columns that were told, if the lists can be theirs.
    fn told(&self, names: &[String], told: &[String]) -> Result<Vec<usize>, ImportError> {
        if told.len() != self.lists.len() {
            return Err(ImportError::Names(format!(
                "--words has {}, and the file has words for {}: name each column that was one of categories of pandas",
                counted(told.len(), "name", "names"),
                self.lists.len()
            )));
        }
        let mut places: Vec<usize> = Vec::new();
        for (name, list) in told.iter().zip(&self.lists) {
            let place = self.place(names, name, list, places.last().copied());
            places.push(place.map_err(|problem| ImportError::Names(format!("--words names {name:?}{problem}")))?);
        }
        Ok(places)
    }

    /// The column called `name`, if it comes after `last` and a list can be its.
    fn place(&self, names: &[String], name: &str, list: &[String], last: Option<usize>) -> Result<usize, String> {
        let place = names.iter().position(|own| own == name);
        let place = place.ok_or_else(|| format!(", expected features of the model: {}", names.join(",")))?;
        if last.is_some_and(|last| last >= place) {
            return Err(" too late: expected the order of the features".to_owned());
        }
        match self.seen[place].fits(list) {
            true => Ok(place),
            false => {
                let words = counted(list.len(), "word", "words");
                Err(format!(", whose values in the training were no codes of its {words}"))
            }
        }
    }
}

/// For each list the first column that it fits after that of the list before.
fn placed<'a>(
    mut columns: impl Iterator<Item = (usize, Seen)>,
    mut lists: impl Iterator<Item = &'a Vec<String>>,
) -> Option<Vec<usize>> {
    lists.try_fold(Vec::new(), |mut places, list| {
        places.push(columns.find(|(_, seen)| seen.fits(list))?.0);
        Some(places)
    })
}

/// Whether rows can spell the words of a feature: they are read without white space at their ends.
fn check(name: &str, words: &[String]) -> Result<(), ImportError> {
    let mut seen = BTreeSet::new();
    for word in words {
        let start: String = word.chars().take(80).collect();
        let problem = match word.as_str() {
            "" => "the empty word, and an empty value of a row is a missing one".to_owned(),
            word if word.trim() != word => format!("{start:?}, and rows are read without white space at the ends"),
            word if !seen.insert(word) => format!("{start:?} twice"),
            _ => continue,
        };
        return Err(ImportError::Names(format!(
            "feature {name:?} has among its categories {problem}; rename that category and train again, or import with --codes"
        )));
    }
    Ok(())
}

/// `1 word`, `2 words`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
