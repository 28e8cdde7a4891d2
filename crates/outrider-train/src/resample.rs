//! Rows that are not measured but made, for training alone.

mod smote;

pub use smote::{Oversampled, Smote, SmoteError};
