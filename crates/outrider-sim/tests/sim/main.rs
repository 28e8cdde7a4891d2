//! Whether the simulator can be believed: what theory knows exactly, what must repeat, what must differ.

mod knowledge;
mod known;
mod probed;
mod queues;
mod repeat;
mod shift;
mod storm;
mod swarm;
mod truth;
