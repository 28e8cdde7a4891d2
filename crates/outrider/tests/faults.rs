//! What faults cost under a steady load, through the shipped binary.

#[path = "support/balancer.rs"]
mod balancer;
#[path = "support/child.rs"]
mod child;
#[path = "faults/client.rs"]
mod client;
#[path = "faults/client_retries.rs"]
mod client_retries;
#[path = "support/folder.rs"]
mod folder;
#[path = "faults/host.rs"]
mod host;
#[path = "faults/load.rs"]
mod load;
#[path = "faults/losses.rs"]
mod losses;
#[path = "faults/probes.rs"]
mod probes;
#[path = "faults/rig.rs"]
mod rig;
#[path = "faults/shares.rs"]
mod shares;
#[path = "support/signals.rs"]
mod signals;
#[path = "faults/sticky.rs"]
mod sticky;
#[path = "faults/storm.rs"]
mod storm;
