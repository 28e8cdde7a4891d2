//! Collection for the question where a request had better go: a designed experiment on two simulated platforms, on real sockets in scaled
//! time, with every request sent to both.
//!
//! What is collected is **generated**: the platforms follow rules of ours, written here, and nobody's measurements but for the
//! cold starts, where their data is given. The rules:
//!
//! - Four workloads of three sizes each (`world.rs`), in shares of 50, 25, 15 and 10 %. A request takes a fixed CPU time and some for each
//!   kB of its payload, times a log-normal factor (sigma 0.3) of its own, the same on both platforms. The payload itself is not sent.
//! - Containers: so many tasks per workload, each serves one request at a time on the vCPUs that it has, one queue in front, first come
//!   first served. They are paid all the time.
//! - Serverless: an instance per concurrent request, kept for five minutes after its last one; a new one starts cold. Memory given buys CPU
//!   (1769 MB a vCPU, as AWS documents), no more than one; what needs more memory than that fails halfway with status 500. At some hours
//!   the platform is slower for everybody. A function whose client leaves ends.
//! - Requests are Poisson, at 5/s (low), 15/s (medium), 5 to 25/s (ramp) and 5, 30, 5/s (burst), for the first nine tenths of each session;
//!   five windows a day; the patterns change places from day to day. What lies between windows is left out. No day is unlike another.
//! - A client leaves after 30 s.
//!
//! Everything runs `scale` times faster: arrivals, services, cold starts, patience. So a millisecond that the bench itself takes counts
//! for `scale` milliseconds; what it adds is printed.

mod cold_starts;
mod collect;
mod design;
mod files;
mod hosts;
mod line;
mod world;

pub use cold_starts::{COLD_STARTS, ColdStarts, ColdStartsError};
pub use collect::{CollectError, Collected, Told, collect};
pub use design::Design;
pub use files::{FileError, LogFiles, read_prices};
