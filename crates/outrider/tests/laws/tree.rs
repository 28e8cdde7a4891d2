//! The files of the repository, or of a made-up one for the tests of the laws themselves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::source::Source;

/// Files by path from the root of the repository, with `/` between folders.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<String, String>,
}

impl Tree {
    /// Every file below the root that `.gitignore` does not exclude: tracked, or about to be.
    pub(crate) fn of_repository() -> Tree {
        let root = root();
        let ignored = Ignored::read(&root);
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().expect("a folder of the repository").flatten() {
                let path = entry.path();
                let name = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
                let kind = entry.file_type().expect("a file has a type");
                if ignored.covers(&name) {
                    continue;
                } else if kind.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    files.insert(name, String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        Tree { files }
    }

    /// A tree of `files`: path and text.
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        let owned = |&(path, text): &(&str, &str)| (path.to_owned(), text.to_owned());
        Tree { files: files.iter().map(owned).collect() }
    }

    /// Every file: path and text.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of the file at `path`.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }

    /// Whether there is a file or a folder at `path`; the root is at "".
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        path.is_empty() || self.files.keys().any(|file| file == path || file.starts_with(&folder))
    }

    /// The folders of `crates/`, which are the names of the crates.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &str> {
        self.files.keys().filter_map(|path| path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
    }

    /// The sources of crate `name` without its tests.
    pub(crate) fn sources(&self, name: &str) -> Vec<Source> {
        let folder = format!("crates/{name}/src/");
        let files = self.files().filter(|(path, _)| path.starts_with(&folder) && path.ends_with(".rs"));
        Source::without_tests(files)
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("a crate lies two folders below the root").to_owned()
}

/// The part of `.gitignore` in use here: `/name` at the root, `name/` anywhere, `*.ending`.
struct Ignored(Vec<String>);

impl Ignored {
    fn read(root: &Path) -> Ignored {
        let text = std::fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        Ignored(lines.map(str::to_owned).chain([".git/".to_owned()]).collect())
    }

    fn covers(&self, path: &str) -> bool {
        let last = path.rsplit('/').next().unwrap_or(path);
        self.0.iter().any(|rule| match (rule.strip_prefix('/'), rule.strip_prefix('*')) {
            (Some(at_root), _) => path == at_root.trim_end_matches('/'),
            (None, Some(ending)) => last.ends_with(ending),
            (None, None) => last == rule.trim_end_matches('/'),
        })
    }
}
