//! Real clients and real servers with the shipped binary in between.

#[path = "support/balancer.rs"]
mod balancer;
#[path = "support/child.rs"]
mod child;
#[path = "clients/curl.rs"]
mod curl;
#[path = "support/folder.rs"]
mod folder;
#[path = "clients/host.rs"]
mod host;
#[path = "clients/load.rs"]
mod load;
#[path = "clients/python.rs"]
mod python;
#[path = "support/resident.rs"]
mod resident;
#[path = "clients/rig.rs"]
mod rig;
#[path = "clients/tools.rs"]
mod tools;
