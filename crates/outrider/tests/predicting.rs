//! Pools that predict, through the shipped binary: real hosts that are uneven, an open-loop load, the admin API.

#[path = "support/balancer.rs"]
mod balancer;
#[path = "support/child.rs"]
mod child;
#[path = "support/folder.rs"]
mod folder;
#[path = "predicting/learning.rs"]
mod learning;
#[path = "predicting/rig.rs"]
mod rig;
#[path = "predicting/service.rs"]
mod service;
#[path = "support/signals.rs"]
mod signals;
