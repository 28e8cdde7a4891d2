//! What one request teaches: what was done in which state, and what followed.

use super::linear::Tiles;
use super::table::Places;

/// What was done. Carried by the request, so that credit goes to it and to no other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// Sent, in `state`, to the host at `place` of the table of these `hosts`.
    Table { hosts: u64, state: u16, place: u8 },
    /// Sent to a host on these tiles, whose value was guessed to be `guess`.
    Linear { tiles: Tiles, guess: f32 },
}

/// What followed when the request ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Next {
    /// This state, in which these could be picked.
    State { state: u16, places: Places },
    /// The best value that was there to be had.
    Value(f32),
}

/// What one request teaches, its response time apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Experience {
    pub(crate) step: Step,
    pub(crate) next: Next,
}
