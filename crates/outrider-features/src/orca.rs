//! ORCA: what a host says about its own load in the header or trailer of a response.
//!
//! Three spellings of one message (`xds.data.orca.v3.OrcaLoadReport`), in a file each: text and JSON in
//! [`HEADER`], protobuf there or, in base64 alone, in [`HEADER_BIN`]:
//!
//! ```text
//! endpoint-load-metrics: TEXT cpu_utilization=0.3, named_metrics.rif=4
//! endpoint-load-metrics: JSON {"cpu_utilization": 0.3, "named_metrics": {"rif": 4}}
//! endpoint-load-metrics: BIN CTMzMzMzM9M/
//! endpoint-load-metrics-bin: CTMzMzMzM9M/
//! ```
//!
//! Read by hand and not with a protobuf library: it is one message of nine fields, and what a host sends must cost a
//! bounded amount whatever it holds. A report is taken whole or refused whole. Unknown fields are passed over in JSON and
//! protobuf, which grow by new fields; in text they are refused, as Envoy does. Explicit zeros are kept: a consumer
//! that knows its host to send 0 for "unknown" has to say so.

mod json;
mod protobuf;
mod text;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use outrider_core::LoadReport;

pub use text::to_text;

/// The header that carries a report as text, JSON or base64 of its protobuf message.
pub const HEADER: &str = "endpoint-load-metrics";
/// The header that carries a report as base64 of its protobuf message, without a word in front.
pub const HEADER_BIN: &str = "endpoint-load-metrics-bin";

/// A longer value is not looked at, in bytes.
pub const VALUE_BYTES_MAX: usize = 8192;
/// A report names at most so many metrics.
pub const METRICS_MAX: usize = 64;
/// A longer name is refused, in bytes.
pub const NAME_BYTES_MAX: usize = 128;

/// Why a report was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OrcaError {
    /// The value starts with none of `TEXT`, `JSON` and `BIN`.
    #[error("a load report starts with TEXT, JSON or BIN")]
    UnknownForm,
    /// There is more than one report in a response.
    #[error("more than one load report in one response")]
    SeveralReports,
    /// The value is longer than [`VALUE_BYTES_MAX`].
    #[error("a load report of more than {VALUE_BYTES_MAX} bytes")]
    TooLong,
    /// There are more metrics than [`METRICS_MAX`].
    #[error("a load report of more than {METRICS_MAX} named metrics")]
    TooManyMetrics,
    /// A name is empty, longer than [`NAME_BYTES_MAX`], not UTF-8, or holds control characters.
    #[error("a metric whose name is empty, longer than {NAME_BYTES_MAX} bytes or not printable")]
    BadName,
    /// Text that does not name a field of the message.
    #[error("a metric that load reports do not have")]
    UnknownMetric,
    /// A value is no finite number.
    #[error("a metric whose value is no finite number")]
    BadNumber,
    /// A value is finite and makes no sense for its metric.
    #[error("a metric whose value is out of its range")]
    OutOfRange,
    /// A metric comes twice.
    #[error("a metric that comes twice")]
    Duplicate,
    /// Text without `=` or `:`, or that is not UTF-8.
    #[error("a load report that is not 'name=value, name=value'")]
    BadText,
    /// JSON that is none, or that has another shape than the message.
    #[error("a load report that is not a JSON object of numbers")]
    BadJson,
    /// Not base64.
    #[error("a load report that is not base64")]
    BadBase64,
    /// Not a message of protobuf, or one whose known fields have other types.
    #[error("a load report that is not a protobuf message")]
    BadProtobuf,
}

/// With or without padding, as gRPC allows.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the value of [`HEADER`].
///
/// # Errors
/// Whatever keeps the value from being a report within the bounds of this module.
pub fn parse(value: &[u8]) -> Result<LoadReport, OrcaError> {
    let value = bounded(value)?.trim_ascii();
    let word = value.split(u8::is_ascii_whitespace).next().unwrap_or_default();
    let rest = value[word.len()..].trim_ascii_start();
    match word {
        b"TEXT" => text::parse(rest),
        b"JSON" => json::parse(rest),
        b"BIN" => parse_base64(rest),
        _ => Err(OrcaError::UnknownForm),
    }
}

/// Reads the value of [`HEADER_BIN`].
///
/// # Errors
/// Whatever keeps the value from being a report within the bounds of this module.
pub fn parse_bin(value: &[u8]) -> Result<LoadReport, OrcaError> {
    parse_base64(bounded(value)?.trim_ascii())
}

/// Reads the report among `fields`, which are the headers (or trailers) of one response, names in lower case; none if
/// there is none.
///
/// # Errors
/// Whatever [`parse`] refuses, and [`OrcaError::SeveralReports`].
pub fn from_fields<'a>(fields: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Option<LoadReport>, OrcaError> {
    let mut reports = fields.into_iter().filter(|(name, _)| [HEADER, HEADER_BIN].contains(name));
    let Some((name, value)) = reports.next() else {
        return Ok(None);
    };
    if reports.next().is_some() {
        return Err(OrcaError::SeveralReports);
    }
    let report = if name == HEADER { parse(value) } else { parse_bin(value) };
    report.map(Some)
}

fn bounded(value: &[u8]) -> Result<&[u8], OrcaError> {
    if value.len() > VALUE_BYTES_MAX {
        return Err(OrcaError::TooLong);
    }
    Ok(value)
}

fn parse_base64(value: &[u8]) -> Result<LoadReport, OrcaError> {
    let message = BASE64.decode(value).map_err(|_| OrcaError::BadBase64)?;
    protobuf::parse(&message)
}

/// A field of the message that holds one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scalar {
    Cpu,
    Memory,
    Application,
    /// The old field of whole requests per second: counts if the new one is missing.
    RpsWhole,
    Rps,
    Eps,
}

/// A field of the message that holds numbers by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    Utilization,
    RequestCost,
    NamedMetrics,
}

/// A report being put together: the one place that knows the ranges, whatever the spelling.
#[derive(Debug, Default)]
struct Draft {
    report: LoadReport,
    rps_whole: Option<f64>,
    metrics: usize,
}

impl Draft {
    fn set(&mut self, scalar: Scalar, value: f64) -> Result<(), OrcaError> {
        let most = if scalar == Scalar::Memory { 1.0 } else { f64::MAX };
        let value = in_range(value, 0.0, most)?;
        let place = match scalar {
            Scalar::Cpu => &mut self.report.cpu_utilization,
            Scalar::Memory => &mut self.report.mem_utilization,
            Scalar::Application => &mut self.report.application_utilization,
            Scalar::RpsWhole => &mut self.rps_whole,
            Scalar::Rps => &mut self.report.rps_fractional,
            Scalar::Eps => &mut self.report.eps,
        };
        match place.replace(value) {
            Some(_) => Err(OrcaError::Duplicate),
            None => Ok(()),
        }
    }

    fn add(&mut self, group: Group, name: &str, value: f64) -> Result<(), OrcaError> {
        let (place, least, most) = match group {
            Group::Utilization => (&mut self.report.utilization, 0.0, 1.0),
            Group::RequestCost => (&mut self.report.request_cost, 0.0, f64::MAX),
            Group::NamedMetrics => (&mut self.report.named_metrics, f64::MIN, f64::MAX),
        };
        if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) {
            return Err(OrcaError::BadName);
        }
        let value = in_range(value, least, most)?;
        if place.iter().any(|(known, _)| known == name) {
            return Err(OrcaError::Duplicate);
        }
        self.metrics += 1;
        if self.metrics > METRICS_MAX {
            return Err(OrcaError::TooManyMetrics);
        }
        place.push((name.to_owned(), value));
        Ok(())
    }

    fn finish(mut self) -> LoadReport {
        self.report.rps_fractional = self.report.rps_fractional.or(self.rps_whole);
        self.report
    }
}

/// The field called `name` in text and JSON, snake case or (as JSON has it) camel case.
fn scalar_of(name: &str) -> Option<Scalar> {
    match name {
        "cpu_utilization" | "cpuUtilization" => Some(Scalar::Cpu),
        "mem_utilization" | "memUtilization" => Some(Scalar::Memory),
        "application_utilization" | "applicationUtilization" => Some(Scalar::Application),
        "rps" => Some(Scalar::RpsWhole),
        "rps_fractional" | "rpsFractional" => Some(Scalar::Rps),
        "eps" => Some(Scalar::Eps),
        _ => None,
    }
}

fn group_of(name: &str) -> Option<Group> {
    match name {
        "utilization" => Some(Group::Utilization),
        "request_cost" | "requestCost" => Some(Group::RequestCost),
        "named_metrics" | "namedMetrics" => Some(Group::NamedMetrics),
        _ => None,
    }
}

fn in_range(value: f64, least: f64, most: f64) -> Result<f64, OrcaError> {
    if !value.is_finite() {
        Err(OrcaError::BadNumber)
    } else if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(OrcaError::OutOfRange)
    }
}
