//! What was compared, and how to do it again: what no figure says.

use serde::Serialize;

/// A comparison in words. All of it is printed as it is, whatever it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct About {
    /// Its name.
    pub name: String,
    /// What it is for, in a sentence or two.
    pub about: String,
    /// What served, in a few words: [`SOCKETS`], or whatever else did.
    pub world: String,
    /// Facts of the set-up by name, in order: the fleet, the arrivals, the users' patience, the faults.
    pub setup: Vec<(String, String)>,
    /// Version of each program that was measured, by name.
    pub versions: Vec<(String, String)>,
    /// The command that repeats it.
    pub command: String,
}

/// Hosts that answer on a socket when a timer says so.
pub const SOCKETS: &str = "Simulated hosts on real sockets: service times are generated, nothing is computed";
