//! Request classes, fingerprints, origins and load reports: one code path online and offline.
//!
//! A [`Classifier`] folds what a request looks like into a [`ClassKey`](outrider_core::ClassKey) without allocating; a
//! [`ClassRegistry`] on the slow path decides which of those looks are common enough to be a class; a [`ClassTable`]
//! is what it publishes for the fast path to read. [`fingerprint`] learns what each host can do for each class. [`orca`]
//! reads what hosts say about their own load.
//!
//! Nothing here reads a clock or a source of entropy: time and seeds are arguments.

mod authentication;
pub mod calendar;
mod class_registry;
mod class_table;
mod classifier;
mod client_kind;
mod client_retry;
pub mod fingerprint;
mod fold;
mod frequent;
mod keyed_hash;
mod named_header;
pub mod orca;
mod origin;
mod request;
mod request_size;
mod route;
mod settings;
mod size;
mod spelling;

pub use class_registry::{ClassRegistry, ClassStatus};
pub use class_table::ClassTable;
pub use classifier::Classifier;
pub use client_retry::{Declared, DeclaredBy, Marker, RequestMark, RetryHeaders, declared};
pub use keyed_hash::keyed_hash;
pub use request::{BodySize, Headers, RequestFacts};
pub use request_size::SizeFrom;
pub use route::PatternError;
pub use settings::{ClassMistake, ClassSettings, OriginSettings};
