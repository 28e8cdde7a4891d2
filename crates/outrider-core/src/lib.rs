//! The words of Outrider: time, random streams, ids, load reports.
//!
//! Nothing here reads a clock, an environment or a source of entropy: time and luck are arguments, so that the same
//! code flies in the proxy, in the simulator and in replay.

mod class;
mod load_report;
mod random;
mod time;

pub use class::{ClassId, ClassKey};
pub use load_report::LoadReport;
pub use random::Random;
pub use time::Time;
