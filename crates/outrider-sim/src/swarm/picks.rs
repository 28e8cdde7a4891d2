//! Nobody is sent where they should not be: not to an ejected host but on trial, not to a host again that has failed them,
//! not into a line while another host has room.

use super::Checker;
use crate::world::{Act, World};

pub(super) struct Picks;

impl Checker for Picks {
    fn name(&self) -> &'static str {
        "picks"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        for (balancer, act) in &world.witness.acts {
            let Act::Picked(picked) = act else { continue };
            let wrong = match picked {
                p if p.ejected && !p.trial => "which is ejected",
                p if p.tried => "where the request has been",
                p if p.full && p.room_elsewhere => "to stand in line while another has room",
                _ => continue,
            };
            return Err(format!("balancer {balancer} picks host {}, {wrong}", picked.host));
        }
        Ok(())
    }
}
