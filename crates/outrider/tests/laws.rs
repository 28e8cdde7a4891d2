//! The laws of this repository, held against its own files: a rule that nothing checks is not a rule.
//!
//! Each law is a file in `laws/` that turns the tree into a list of breaches, each saying what, where and what to do.

#[path = "laws/documents.rs"]
mod documents;
#[path = "laws/floors.rs"]
mod floors;
#[path = "laws/names.rs"]
mod names;
#[path = "laws/purity.rs"]
mod purity;
#[path = "laws/sizes.rs"]
mod sizes;
#[path = "laws/source.rs"]
mod source;
#[path = "laws/token.rs"]
mod token;
#[path = "laws/tree.rs"]
mod tree;

use tree::Tree;

#[test]
fn a_crate_depends_only_on_crates_of_a_lower_floor() {
    hold(&floors::breaches(&Tree::of_repository()));
}

#[test]
fn nothing_below_the_line_does_io_waits_or_reads_a_clock() {
    hold(&purity::breaches(&Tree::of_repository()));
}

#[test]
fn files_and_functions_outgrow_nothing() {
    hold(&sizes::breaches(&Tree::of_repository()));
}

#[test]
fn documents_name_only_what_exists() {
    hold(&documents::breaches(&Tree::of_repository()));
}

#[test]
fn files_have_names_that_say_something_and_no_place_of_one_machine() {
    hold(&names::breaches(&Tree::of_repository()));
}

fn hold(breaches: &[String]) {
    assert!(breaches.is_empty(), "{} breaches:\n\n{}\n", breaches.len(), breaches.join("\n"));
}
