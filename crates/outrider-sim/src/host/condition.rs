//! How a host can stand, receive and speak of itself.

/// How a host stands right now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Condition {
    /// It serves, so many times slower than it should.
    Serving { slow: f64 },
    /// Nothing moves.
    Hung,
    /// Every request is answered 500 at once.
    FailingFast,
    /// No listener, no connection.
    Closed,
}

/// What is wrong with what a host says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lie {
    /// Nothing.
    #[default]
    None,
    /// It says nothing.
    Silent,
    /// Its numbers are none.
    NotANumber,
    /// Its numbers are negative or beyond all measure.
    Absurd,
    /// It says what it said when this began.
    Stale,
    /// It says what was so at the answer before.
    Late,
}

/// How a host receives a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reception {
    Taken,
    Refused,
    FailedFast,
}
