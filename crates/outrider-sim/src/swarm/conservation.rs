//! No request is lost and none is made: whoever has come is under way or has ended, and what a host holds somebody sent.

use super::Checker;
use crate::world::World;

pub(super) struct Conservation;

impl Checker for Conservation {
    fn name(&self) -> &'static str {
        "conservation"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        let (came, ended, under_way) = (world.record.rows.len(), world.record.ended, world.journeys.len());
        if came != ended + under_way {
            return Err(format!("{came} came, {ended} have ended, {under_way} are under way"));
        }
        let mut sent = vec![0; world.hosts.len()];
        for job in world.jobs.ids().filter_map(|id| world.jobs.get(id)) {
            sent[usize::from(job.host)] += 1;
        }
        let held = world.hosts.iter().map(|host| host.present().0 + host.present().1);
        match held.zip(&sent).position(|(held, sent)| held > *sent) {
            Some(host) => Err(format!("host {host} holds more than the {} that were sent there", sent[host])),
            None => Ok(()),
        }
    }
}
