//! One host of a table.

use outrider_core::ClassId;

use super::Cell;
use crate::live::HostLive;

/// What is expected of one host. Immutable.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// Requests that it serves at a time, >= 1.
    pub(crate) slots: f32,
    /// Whether requests beyond that were seen to wait; if not, it may be more.
    pub(crate) slots_seen: bool,
    /// Service time that a request of somebody else brings, ns.
    pub(crate) work_ns: f32,
    /// What the table has learnt of how the host does now, as a factor.
    pub(crate) level: f32,
    /// Requests that it serves per second, of classes as they come to its pool. Not the model's, but as was seen: what the
    /// fallback goes by must not go wrong with the table.
    pub(crate) capacity_per_s: f64,
    /// A correction that is off by less than this is as likely chance.
    pub(crate) doubt: f32,
    /// By class; the first is of what has no class.
    cells: Box<[Cell]>,
}

impl Row {
    /// A row with at least the cell of what has no class.
    pub(crate) fn new(slots: (f32, bool), work_ns: f32, level: f32, cells: Box<[Cell]>) -> Row {
        assert!(!cells.is_empty(), "what has no class has a cell");
        let sigma = cells.iter().map(|cell| cell.sigma).sum::<f32>() / cells.len() as f32;
        let doubt = sigma * HostLive::FACTOR_ERROR;
        let slots_count = slots.0.max(1.0);
        let capacity_per_s = f64::from(slots_count) * 1e9 / f64::from(work_ns.max(1.0));
        Row { slots: slots_count, slots_seen: slots.1, work_ns, level, capacity_per_s, doubt, cells }
    }

    /// The cell of `class`, or of what has no class if the table does not know it.
    #[inline]
    pub(crate) fn cell(&self, class: ClassId) -> &Cell {
        self.cells.get(class.index()).unwrap_or(&self.cells[0])
    }

    /// How many classes it has cells of.
    pub(crate) fn classes(&self) -> usize {
        self.cells.len()
    }

    /// Whether any class fails here.
    pub(crate) fn has_errors(&self) -> bool {
        self.cells.iter().any(|cell| cell.error_rate > 0.0)
    }

    /// What a request takes, of classes as they come to its pool, ns.
    pub(crate) fn usual_ns(&self) -> f64 {
        f64::from(self.slots) * 1e9 / self.capacity_per_s
    }

    /// The same on a host that serves so many requests per second, of classes as they come to its pool.
    pub(crate) fn with_capacity(self, capacity_per_s: f64) -> Row {
        Row { capacity_per_s, ..self }
    }
}
