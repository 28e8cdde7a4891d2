//! Whatever a model from elsewhere says of whatever columns it takes.
//!
//! | | |
//! |---|---|
//! | question | none of the balancer's: no decision goes by it |
//! | features | the columns as they are, by name; when they are known nobody has told, so it counts as the end |
//! | without it | nothing changes |

use outrider_core::frame::{Frame, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};

use super::{Derived, Fitted, Target, Task};
use crate::dataset::Roles;
use crate::gates::{Rules, ShapeLimits};

/// The task.
pub const COLUMNS: Task = Task {
    name: "columns",
    label: None,
    question: "What does a model from elsewhere say of these columns?",
    target: Target::Anything,
    rows: |source| Ok(source.clone()),
    remarks: |_| Vec::new(),
    fit: |_| Fitted::new(),
    derive: |frame, _| Ok(Derived { frame: frame.clone(), schema: schema(frame), roles: Roles::default() }),
    rules: |metric| Rules {
        decision: KnownAt::Outcome,
        forbidden: Vec::new(),
        embargo_us: 0,
        varies_within: Vec::new(),
        can_be_cut_short: false,
        metric,
        shape: ShapeLimits::default(),
    },
    baselines: |_, _, _| Ok(Vec::new()),
    embargo_us: 0,
    groups: "",
    load: None,
};

fn schema(frame: &Frame) -> Schema {
    let kind = |values: &Values| match values {
        Values::Word(_) => FeatureKind::Category,
        Values::Number(_) | Values::Time(_) => FeatureKind::Number,
    };
    let columns = frame.columns().iter();
    let feature = |name: &str, kind| Feature { name: name.to_owned(), kind, known_at: KnownAt::Outcome };
    Schema { features: columns.map(|column| feature(&column.name, kind(&column.values))).collect() }
}
