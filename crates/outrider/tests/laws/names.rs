//! Files are named for what is in them, and nothing names a place of one machine.

use crate::tree::Tree;

/// Names that say nothing, and what to do instead.
const EMPTY_NAMES: [(&str, &str); 5] = [
    ("mod.rs", "a module `x` is `x.rs` with its parts in `x/`"),
    ("utils.rs", "name it for the one thing that it does"),
    ("util.rs", "name it for the one thing that it does"),
    ("helpers.rs", "name it for the one thing that it does"),
    ("common.rs", "name it for the one thing that it does"),
];

/// Folders where somebody's checkout or home may lie, in two parts, so that this file passes its own law.
const PLACES: [(&str, &str); 4] = [("/wo", "rk/"), ("/ro", "ot/"), ("/ho", "me/"), ("/Use", "rs/")];

/// Files with empty names, and lines with places of one machine.
pub(crate) fn breaches(tree: &Tree) -> Vec<String> {
    let names = tree.files().filter_map(|(path, _)| empty_name(path));
    names.chain(tree.files().flat_map(|(path, text)| places(path, text))).collect()
}

fn empty_name(path: &str) -> Option<String> {
    let last = path.rsplit('/').next()?;
    let (_, advice) = EMPTY_NAMES.iter().find(|(name, _)| *name == last)?;
    Some(format!("{path}: {advice}."))
}

fn places(path: &str, text: &str) -> Vec<String> {
    let lines = (1..).zip(text.lines());
    lines
        .filter(|(_, line)| PLACES.iter().any(|(a, b)| names_place(line, &[*a, *b].concat())))
        .map(|(number, line)| {
            let line = line.trim().chars().take(80).collect::<String>();
            format!("{path}:{number}: a path of one machine: {line}. Make it relative, or an argument.")
        })
        .collect()
}

/// Whether `place` starts a path in `line`: as the middle of another path or of an address it is none.
fn names_place(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|character| character.is_alphanumeric() || "._-}/*".contains(character))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_names_and_places_are_told() {
        let here = ["cd /ro", "ot/x"].concat();
        let tree = Tree::of(&[
            ("a/mod.rs", ""),
            ("a/utils.rs", ""),
            ("a/model.rs", "see docs/root/intro and http://x/home/y"),
            ("a/run.sh", &format!("ok\n{here}")),
        ]);
        let told = breaches(&tree);
        assert_eq!(told.len(), 3, "{told:#?}");
        assert!(told[2].starts_with("a/run.sh:2:"));
    }
}
