//! Columns bound to features by name: one way for every kind of model.

use outrider_core::frame::{Frame, Values};
use outrider_core::schema::FeatureKind;

/// Which columns do not fit a model, all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table does not fit the model: {}. Names bind: give it the columns that the model was trained on", .0.join("; "))]
pub struct BindError(pub Vec<String>);

/// The column of each feature, in their order.
///
/// # Errors
///
/// If one is not there or holds something else; all such are named. A column without any value fits all.
pub(crate) fn columns<'a, 'b>(
    frame: &'a Frame,
    features: impl Iterator<Item = (&'b str, FeatureKind)>,
) -> Result<Vec<&'a Values>, BindError> {
    let (mut bound, mut mistakes) = (Vec::new(), Vec::new());
    for (name, kind) in features {
        match column(frame, name, kind) {
            Ok(values) => bound.push(values),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(bound) } else { Err(BindError(mistakes)) }
}

fn column<'a>(frame: &'a Frame, name: &str, kind: FeatureKind) -> Result<&'a Values, String> {
    let column = frame.column(name).ok_or_else(|| format!("it has no column {name:?}"))?;
    let expected = match kind {
        FeatureKind::Number => "numbers",
        FeatureKind::Category => "words",
    };
    let found = match column.values {
        Values::Number(_) => "numbers",
        Values::Word(_) => "words",
        Values::Time(_) => "times",
    };
    // Nothing in a column without values says what it would hold.
    let fits = found == expected || column.values.missing() == column.values.len();
    if fits { Ok(&column.values) } else { Err(format!("column {name:?} holds {found}, expected {expected}")) }
}

#[cfg(test)]
mod tests {
    use outrider_core::frame::Column;

    use super::*;

    fn bound(column_name: &str, values: Values) -> Result<usize, BindError> {
        let frame = Frame::new(vec![Column { name: column_name.to_owned(), values }]).unwrap();
        columns(&frame, [("size", FeatureKind::Number)].into_iter()).map(|columns| columns.len())
    }

    #[test]
    fn names_and_kinds_bind() {
        assert_eq!(bound("size", Values::Number(vec![1.0])), Ok(1));
        assert_eq!(
            bound("sise", Values::Number(vec![1.0])),
            Err(BindError(vec!["it has no column \"size\"".to_owned()]))
        );
        let told = bound("size", Values::Time(vec![1])).unwrap_err().to_string();
        assert!(told.contains("column \"size\" holds times, expected numbers"), "{told}");
    }

    #[test]
    fn a_column_without_any_value_fits_all() {
        assert_eq!(bound("size", Values::Word([None].into_iter().collect())), Ok(1));
    }
}
