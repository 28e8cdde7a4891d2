//! ORCA load reports in response headers.

use outrider_core::LoadReport;

/// The header that carries a report as text, JSON or base64.
pub const HEADER: &str = "endpoint-load-metrics";
/// The header that carries a report as base64 of its protobuf message alone.
pub const HEADER_BIN: &str = "endpoint-load-metrics-bin";

/// Why a report was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrcaError {
    /// The value starts with none of `TEXT`, `JSON`, `BIN`.
    #[error("starts with none of TEXT, JSON, BIN")]
    UnknownForm,
    /// More than one report in one response.
    #[error("more than one load report in one response")]
    SeveralForms,
}

/// Reads the value of [`HEADER`].
pub fn parse(_value: &[u8]) -> Result<LoadReport, OrcaError> {
    Err(OrcaError::UnknownForm)
}

/// Reads the value of [`HEADER_BIN`].
pub fn parse_bin(_value: &[u8]) -> Result<LoadReport, OrcaError> {
    Err(OrcaError::UnknownForm)
}

/// Reads the report among the fields of a response, if there is one. `fields` are names in lower case and values.
pub fn from_fields<'a>(
    fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<Option<LoadReport>, OrcaError> {
    let mut found = None;
    for (name, value) in fields {
        let report = match name {
            HEADER => parse(value)?,
            HEADER_BIN => parse_bin(value)?,
            _ => continue,
        };
        if found.replace(report).is_some() {
            return Err(OrcaError::SeveralForms);
        }
    }
    Ok(found)
}
