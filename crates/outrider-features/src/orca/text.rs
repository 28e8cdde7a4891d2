//! ORCA as text: `cpu_utilization=0.3, utilization.gpu:0.5, named_metrics.rif=4`.
//!
//! Pairs part at commas, name and value at the first `=` or `:`, blanks around either do not count. Cheap to write by
//! hand in any language, and the form that hosts are told to use in the guide.

use std::fmt::Write as _;

use outrider_core::LoadReport;

use super::{Draft, OrcaError, group_of, scalar_of};

/// Reads the text after the word `TEXT`.
pub(super) fn parse(text: &[u8]) -> Result<LoadReport, OrcaError> {
    let text = std::str::from_utf8(text).map_err(|_| OrcaError::BadText)?;
    let mut draft = Draft::default();
    if text.is_empty() {
        return Ok(draft.finish());
    }
    for pair in text.split(',') {
        let (name, value) = pair.split_once(['=', ':']).ok_or(OrcaError::BadText)?;
        let value: f64 = value.trim().parse().map_err(|_| OrcaError::BadNumber)?;
        take(&mut draft, name.trim(), value)?;
    }
    Ok(draft.finish())
}

fn take(draft: &mut Draft, name: &str, value: f64) -> Result<(), OrcaError> {
    if let Some(scalar) = scalar_of(name) {
        return draft.set(scalar, value);
    }
    let grouped = name.split_once('.').and_then(|(group, name)| Some((group_of(group)?, name)));
    let (group, name) = grouped.ok_or(OrcaError::UnknownMetric)?;
    draft.add(group, name, value)
}

/// Spells `report` as the value of [`HEADER`](super::HEADER): `TEXT cpu_utilization=0.3, named_metrics.rif=4`. Metrics
/// whose name text cannot carry (blanks at its ends, `,`, `=`, `:`, anything but printable ASCII) are left out.
pub fn to_text(report: &LoadReport) -> String {
    let scalars = [
        ("cpu_utilization", report.cpu_utilization),
        ("mem_utilization", report.mem_utilization),
        ("application_utilization", report.application_utilization),
        ("rps_fractional", report.rps_fractional),
        ("eps", report.eps),
    ];
    let groups = [
        ("utilization", &report.utilization),
        ("request_cost", &report.request_cost),
        ("named_metrics", &report.named_metrics),
    ];
    let mut text = String::from("TEXT");
    let mut mark = ' ';
    let mut put = |group: &str, dot: &str, name: &str, value: f64| {
        write!(text, "{mark}{group}{dot}{name}={value}").expect("a string takes all that is written");
        mark = ',';
    };
    for (name, value) in scalars {
        if let Some(value) = value {
            put("", "", name, value);
        }
    }
    for (group, metrics) in groups {
        for (name, value) in metrics.iter().filter(|(name, _)| is_plain(name)) {
            put(group, ".", name, *value);
        }
    }
    text
}

fn is_plain(name: &str) -> bool {
    let fits = |byte: u8| (byte == b' ' || byte.is_ascii_graphic()) && !b",=:".contains(&byte);
    !name.is_empty() && name.trim() == name && name.bytes().all(fits)
}
