//! What checkers must have seen at the moment it happened: nothing of it can be told afterwards from how things stand.

use outrider_pilot::Work;

/// One thing that a balancer did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    /// It took up a user's request.
    Asked,
    /// Its storm guard refused one.
    Shed,
    /// It was granted one try more.
    Retried,
    /// It picked a host.
    Picked(Picked),
}

/// A pick, and how things stood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Picked {
    pub(crate) host: u16,
    /// It tries out a host that was ejected.
    pub(crate) trial: bool,
    /// It is to stand in line.
    pub(crate) full: bool,
    /// The host was ejected.
    pub(crate) ejected: bool,
    /// The request had been there.
    pub(crate) tried: bool,
    /// Another host that the request had not been to would have had room.
    pub(crate) room_elsewhere: bool,
    /// Class and size of the request.
    pub(crate) class: u16,
    pub(crate) size: f32,
    /// What the balancer expects of it there.
    pub(crate) work: Option<Work>,
}

/// What balancers did since it was last cleared, with the number of the balancer. Nothing unless somebody watches.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) watching: bool,
    pub(crate) acts: Vec<(u16, Act)>,
}

impl Witness {
    pub(crate) fn note(&mut self, balancer: u16, act: Act) {
        if self.watching {
            self.acts.push((balancer, act));
        }
    }
}
