//! What happens to the hosts in a round, and when.

use std::time::Duration;

use super::Experiment;
use crate::Fault;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// When, from the start of the round.
    pub(super) at: Duration,
    /// To which host.
    pub(super) host: usize,
    /// What.
    pub(super) act: Act,
    /// The same in a few words.
    pub(super) what: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Act {
    /// Something is wrong with it, or nothing any more.
    Fault(Fault),
    /// It is there.
    Join,
}

/// All events of a round in the order of their times. What would end after the round has no end in it.
pub(super) fn schedule(experiment: &Experiment) -> Vec<Event> {
    let length = experiment.length();
    let mut events = Vec::new();
    for line in &experiment.faults {
        events.push(fault(line.host, line.at, line.fault));
        let end = line.lasts.map(|lasts| line.at + lasts).filter(|end| *end < length);
        events.extend(end.map(|end| fault(line.host, end, Fault::None)));
    }
    let joins = experiment.joins.iter();
    events.extend(joins.map(|join| Event { at: join.at, host: join.host, act: Act::Join, what: "joins".to_owned() }));
    events.sort_by_key(|event| event.at);
    events
}

fn fault(host: usize, at: Duration, fault: Fault) -> Event {
    Event { at, host, act: Act::Fault(fault), what: words(fault) }
}

fn words(fault: Fault) -> String {
    match fault {
        Fault::None => "is well again".to_owned(),
        Fault::Slow(factor) => format!("is {factor:.3} times slower").replace(".000", ""),
        Fault::Hang => "hangs".to_owned(),
        Fault::Refuse => "refuses".to_owned(),
        Fault::FailFast => "fails fast".to_owned(),
        Fault::Flap(_) => "flaps".to_owned(),
        Fault::Die => "dies".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name: x\nabout: x\nfleet: { uneven_mixed: { hosts: 4 } }\nloads: [0.5]\nwarm_up: 2s\nmeasured: 8s\n\
        faults: ['host=2,at=3s,kind=slow,for=2s', 'host=1,at=1s,kind=hang,for=60s']\njoins: [{ host: 3, at: 4s }]\n\
        balancers: [random]\n";

    #[test]
    fn faults_end_and_hosts_join_in_the_order_of_time() {
        let events = schedule(&Experiment::read(TEXT, "x").unwrap());
        let told: Vec<_> = events.iter().map(|e| (e.at.as_secs(), e.host, e.what.as_str())).collect();
        assert_eq!(told, [(1, 1, "hangs"), (3, 2, "is 10 times slower"), (4, 3, "joins"), (5, 2, "is well again")]);
    }
}
