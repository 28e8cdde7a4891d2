//! What a file is that is no model, as far as its first bytes tell, and what to write in its place.

use super::ImportError;

/// Bytes that are looked at.
const START: usize = 1 << 10;
const SAVE: &str = "save_model(\"m.ubj\") of XGBoost or booster_.save_model(\"m.txt\") of LightGBM";

/// Why such bytes are not read; `None`: nothing says what they are.
pub(super) fn told(bytes: &[u8]) -> Option<ImportError> {
    let start = &bytes[..bytes.len().min(START)];
    let has = |what: &str| start.windows(what.len()).any(|window| window == what.as_bytes());
    let (found, instead) = match start.trim_ascii_start() {
        [0x80, 2..=5, ..] => (
            "a pickle, which is a program and is never run",
            format!("load it in Python and write the model with {SAVE}"),
        ),
        [b'P', b'K', ..] | [0x1f, 0x8b, ..] => ("a compressed file or an archive", "unpack it first".to_owned()),
        [b'b', b'i', b'n', b'f', ..] => (
            "the old binary format of XGBoost",
            "load it with the XGBoost that wrote it, and write it with save_model(\"m.json\")".to_owned(),
        ),
        [b'[', ..] if has("\"nodeid\"") => dump(),
        [b'b', b'o', b'o', b's', b't', b'e', b'r', b'[', ..] => dump(),
        [b'{', ..] if has("\"num_tree_per_iteration\"") => (
            "what dump_model of LightGBM prints",
            "write the model with booster_.save_model(\"m.txt\") or Booster.save_model(\"m.txt\")".to_owned(),
        ),
        _ => return None,
    };
    Some(ImportError::Unknown(format!(", but {found}; {instead}")))
}

fn dump() -> (&'static str, String) {
    (
        "what dump_model of XGBoost prints, which leaves the objective out",
        "write the model with save_model(\"m.ubj\")".to_owned(),
    )
}
