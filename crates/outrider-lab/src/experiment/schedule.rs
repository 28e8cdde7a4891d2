//! What happens to the hosts in a round, and when.

use std::time::Duration;

use super::Experiment;
use crate::Fault;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Event {
    /// When, from the start of the round.
    pub(super) at: Duration,
    /// To which hosts.
    pub(super) hosts: Vec<usize>,
    /// What.
    pub(super) act: Act,
    /// The same in a few words.
    pub(super) what: String,
}

impl Event {
    /// The host that it is about, if it is one.
    pub(super) fn host(&self) -> Option<usize> {
        match self.hosts.as_slice() {
            [host] => Some(*host),
            _ => None,
        }
    }

    /// Whether `later` is the same at the same time, to other hosts; if so it is part of this.
    fn takes_in(&mut self, later: &Event) -> bool {
        let same = (self.at, self.act) == (later.at, later.act);
        if same {
            self.hosts.extend(&later.hosts);
        }
        same
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Act {
    /// Something is wrong with it, or nothing any more.
    Fault(Fault),
    /// It is there.
    Join,
}

/// All events of a round in the order of their times; what happens to several hosts at a time is one. What would end after the round has no end in it.
pub(super) fn schedule(experiment: &Experiment) -> Vec<Event> {
    let length = experiment.length();
    let mut events = Vec::new();
    for line in &experiment.faults {
        events.push(fault(line.host, line.at, line.fault));
        let end = line.lasts.map(|lasts| line.at + lasts).filter(|end| *end < length);
        events.extend(end.map(|end| fault(line.host, end, Fault::None)));
    }
    events.extend(experiment.joins.iter().map(|join| event(join.host, join.at, Act::Join)));
    // In the order of the file where times are equal: the later line counts.
    events.sort_by_key(|event| event.at);
    events.dedup_by(|later, event| event.takes_in(later));
    for event in &mut events {
        event.what = words(event);
    }
    events
}

fn fault(host: usize, at: Duration, fault: Fault) -> Event {
    event(host, at, Act::Fault(fault))
}

fn event(host: usize, at: Duration, act: Act) -> Event {
    Event { at, hosts: vec![host], act, what: String::new() }
}

fn words(event: &Event) -> String {
    let (what, many) = match event.act {
        Act::Join => ("joins".to_owned(), "join".to_owned()),
        Act::Fault(Fault::None) => ("is well again".to_owned(), "are well again".to_owned()),
        Act::Fault(Fault::Slow(factor)) => {
            let slower = format!("{factor:.2} times slower").replace(".00", "");
            (format!("is {slower}"), format!("are {slower}"))
        }
        Act::Fault(Fault::Hang) => ("hangs".to_owned(), "hang".to_owned()),
        Act::Fault(Fault::Refuse) => ("refuses".to_owned(), "refuse".to_owned()),
        Act::Fault(Fault::FailFast) => ("fails fast".to_owned(), "fail fast".to_owned()),
        Act::Fault(Fault::Flap(_)) => ("flaps".to_owned(), "flap".to_owned()),
        Act::Fault(Fault::Die) => ("dies".to_owned(), "die".to_owned()),
    };
    match event.hosts.len() {
        1 => what,
        hosts => format!("{hosts} hosts {many}"),
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
        let told: Vec<_> = events.iter().map(|e| (e.at.as_secs(), e.host().unwrap(), e.what.as_str())).collect();
        assert_eq!(told, [(1, 1, "hangs"), (3, 2, "is 10 times slower"), (4, 3, "joins"), (5, 2, "is well again")]);
    }

    #[test]
    fn what_happens_to_several_hosts_at_a_time_is_one_event() {
        let both = "'host=0,at=3s,kind=slow,factor=1.6666667,for=2s', 'host=2,at=3s,kind=slow,factor=1.6666667,for=2s'";
        let text = TEXT.replace("'host=2,at=3s,kind=slow,for=2s'", both);
        let events = schedule(&Experiment::read(&text, "x").unwrap());
        let told: Vec<_> = events.iter().map(|e| (e.hosts.as_slice(), e.what.as_str())).collect();
        assert_eq!(told[1], ([0, 2].as_slice(), "2 hosts are 1.67 times slower"));
        assert_eq!(told[3], ([0, 2].as_slice(), "2 hosts are well again"));
    }
}
