//! The shipped binary, run to its end in a folder.

use std::process::{Command, Output};

use crate::folder::Folder;

pub(crate) fn outrider(folder: &Folder, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outrider"));
    command.current_dir(folder.path()).args(words).output().expect("the binary runs")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("all output is text")
}
