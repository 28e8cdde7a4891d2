//! Request classes, origins and load reports: one code path online and offline.
//!
//! A [`Classifier`] folds what a request looks like into a [`ClassKey`](outrider_core::ClassKey) without allocating; a
//! [`ClassRegistry`] on the slow path decides which of those looks are common enough to be a class; a [`ClassTable`]
//! is what it publishes for the fast path to read. [`orca`] reads what hosts say about their own load.
//!
//! Nothing here reads a clock or a source of entropy: time and seeds are arguments.

mod class_registry;
mod class_table;
mod classifier;
pub mod orca;
mod request;
mod settings;

pub use class_registry::{ClassRegistry, ClassStatus};
pub use class_table::ClassTable;
pub use classifier::Classifier;
pub use request::{BodySize, Headers, RequestFacts};
pub use settings::{ClassSettings, OriginSettings};
