//! The words of Outrider: time, random streams, ids, load reports, tables of columns and what models take of them.
//!
//! Nothing here reads a clock, an environment or a source of entropy: time and luck are arguments, so that the same
//! code flies in the proxy, in the simulator and in replay.

mod class;
pub mod frame;
mod load_report;
mod random;
pub mod schema;
mod time;

pub use class::{ClassId, ClassKey};
pub use load_report::LoadReport;
pub use random::Random;
pub use time::Time;
