//! Models of XGBoost and LightGBM as their own libraries predict with them, and files that are none.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]
#![expect(clippy::print_stdout, reason = "what was measured, also by functions that tests share")]
#![expect(clippy::cast_possible_truncation, reason = "small numbers that a test writes")]

#[path = "import/bound.rs"]
mod bound;
#[path = "import/files.rs"]
mod files;
#[path = "import/fuzz.rs"]
mod fuzz;
#[path = "import/hostile.rs"]
mod hostile;
#[path = "import/names.rs"]
mod names;
#[path = "import/peers.rs"]
mod peers;
#[path = "import/words.rs"]
mod words;
