//! `random`, weighted: every open host with the chance of its weight, whatever its load. The baseline of all others.

use outrider_core::Random;

use super::alias::AliasTable;
use super::{Candidate, Field, Strategy};

/// Draws by weight, again when a draw hits a closed host.
#[derive(Debug)]
pub(super) struct Weighted(AliasTable);

impl Weighted {
    pub(super) fn new(candidates: &[Candidate]) -> Weighted {
        Weighted(AliasTable::new(candidates))
    }
}

impl Strategy for Weighted {
    fn pick(&self, field: &Field<'_>, random: &mut Random) -> Option<usize> {
        self.0.draw_open(field, random)
    }
}
