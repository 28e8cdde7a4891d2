//! What a pick expects is what the table in force says of that class and size on that host, not of another; and its numbers are
//! numbers, whatever hosts have said and tables have held.

use outrider_pilot::Work;

use super::Checker;
use crate::balancer::{Balancer, class_id};
use crate::world::{Act, Picked, World};

pub(super) struct Cells;

impl Checker for Cells {
    fn name(&self) -> &'static str {
        "cells"
    }

    fn check(&mut self, world: &World) -> Result<(), String> {
        for (index, act) in &world.witness.acts {
            let Act::Picked(picked) = act else { continue };
            let balancer = &world.balancers[usize::from(*index)];
            if let Some(wrong) = picked.work.and_then(|work| wrong(balancer, picked, &work)) {
                return Err(format!("balancer {index} picks host {} by {wrong}: {:?}", picked.host, picked.work));
            }
        }
        Ok(())
    }
}

fn wrong(balancer: &Balancer, picked: &Picked, work: &Work) -> Option<String> {
    let expected = balancer.expected(picked.host, picked.class, Some(picked.size));
    let said = expected.map_or((0, 0), |expected| (expected.table_ns, expected.epoch));
    if work.class != class_id(picked.class) || (work.table_ns, work.epoch) != said {
        return Some(format!("what is not there: of class {} the table says {said:?}", picked.class));
    }
    (!is_sound(work)).then(|| "what is no number".to_owned())
}

fn is_sound(work: &Work) -> bool {
    let times = [work.wait_ns, work.cost_ns, work.found];
    work.correction > 0.0 && work.correction.is_finite() && times.iter().all(|time| *time >= 0.0 && time.is_finite())
}
