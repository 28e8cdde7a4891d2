//! The pilot flown in virtual time: a fleet, its traffic and its faults, on one thread.

mod faults;
mod learning;
mod shares;
mod world;
