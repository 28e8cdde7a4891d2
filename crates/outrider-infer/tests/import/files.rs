//! Files that the libraries wrote once (`files.py`): models over columns with words, and an old one.

pub(crate) const XGBOOST: &[u8] = include_bytes!("files/words-xgboost.json");
pub(crate) const XGBOOST_UBJSON: &[u8] = include_bytes!("files/words-xgboost.ubj");
/// Of XGBoost 1.7.6, which has no words and notes no iterations.
pub(crate) const XGBOOST_OLD: &[u8] = include_bytes!("files/xgboost-1.7.json");
pub(crate) const LIGHTGBM: &[u8] = include_bytes!("files/words-lightgbm.txt");
/// Rows, and what the two libraries say of them.
pub(crate) const ROWS: &str = include_str!("files/words.json");
