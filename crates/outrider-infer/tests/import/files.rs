//! Files that the libraries wrote once (`files.py`): models over columns with words, and an old one.

pub(crate) const XGBOOST: &[u8] = include_bytes!("files/words-xgboost.json");
pub(crate) const XGBOOST_UBJSON: &[u8] = include_bytes!("files/words-xgboost.ubj");
/// Of XGBoost 1.7.6, which has no words and notes no iterations.
pub(crate) const XGBOOST_OLD: &[u8] = include_bytes!("files/xgboost-1.7.json");
pub(crate) const LIGHTGBM: &[u8] = include_bytes!("files/words-lightgbm.txt");
/// Rows, and what the two libraries say of them.
pub(crate) const ROWS: &str = include_str!("files/words.json");
/// Of `more.py`: two columns may have the words; `categorical_feature` names a column of numbers; a column has ordered categories; no objective.
pub(crate) const AUTO: &[u8] = include_bytes!("files/auto-lightgbm.txt");
pub(crate) const EXPLICIT: &[u8] = include_bytes!("files/explicit-lightgbm.txt");
pub(crate) const ORDERED: &[u8] = include_bytes!("files/ordered-lightgbm.txt");
pub(crate) const CUSTOM: &[u8] = include_bytes!("files/custom-lightgbm.txt");
/// Rows, and what LightGBM says of them by the first.
pub(crate) const AUTO_ROWS: &str = include_str!("files/auto-lightgbm.json");
/// Trained on after early stopping, whose best iteration the file still names.
pub(crate) const CONTINUED: &[u8] = include_bytes!("files/continued-xgboost.json");
/// Splits by categories of versions that write `NaN` for their threshold: JSON, UBJSON, and rows with what the library says.
pub(crate) const CATEGORIES: [(&[u8], &[u8], &str); 2] = [
    (
        include_bytes!("files/categories-xgboost-1.7.6.json"),
        include_bytes!("files/categories-xgboost-1.7.6.ubj"),
        include_str!("files/categories-xgboost-1.7.6-said.json"),
    ),
    (
        include_bytes!("files/categories-xgboost-2.1.4.json"),
        include_bytes!("files/categories-xgboost-2.1.4.ubj"),
        include_str!("files/categories-xgboost-2.1.4-said.json"),
    ),
];
