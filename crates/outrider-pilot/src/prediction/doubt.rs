//! Why a pool does not go by its table.

use std::fmt;
use std::time::Duration;

use outrider_core::Time;

/// An older table is none.
const STALE: Duration = Duration::from_secs(5);

/// Why the fallback routes and not the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Not enough is known of its hosts yet.
    Unknown,
    /// The table is too old.
    Stale,
    /// Simple averages have lately predicted better.
    Distrusted,
}

impl Doubt {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Doubt; 3] = [Doubt::Unknown, Doubt::Stale, Doubt::Distrusted];

    /// Whether a table of `at` is to be doubted at `now`.
    #[inline]
    pub(crate) fn of(is_ready: bool, is_trusted: bool, at: Time, now: Time) -> Option<Doubt> {
        match (is_ready, is_trusted) {
            (false, _) => Some(Doubt::Unknown),
            (true, false) => Some(Doubt::Distrusted),
            (true, true) => (now.since(at) > STALE).then_some(Doubt::Stale),
        }
    }

    /// A word for it, in metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Doubt::Unknown => "unknown",
            Doubt::Stale => "stale",
            Doubt::Distrusted => "distrusted",
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Doubt::Unknown => "too little is known of its hosts",
            Doubt::Stale => "its table is too old",
            Doubt::Distrusted => "simple averages predict better",
        })
    }
}
