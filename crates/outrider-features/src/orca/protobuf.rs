//! ORCA as protobuf: a bounded reader of the one message `xds.data.orca.v3.OrcaLoadReport`.
//!
//! ```text
//! 1 cpu_utilization  double              6 rps_fractional           double
//! 2 mem_utilization  double              7 eps                      double
//! 3 rps              uint64, deprecated  8 named_metrics            map<string, double>
//! 4 request_cost     map<string, double> 9 application_utilization  double
//! 5 utilization      map<string, double>
//! ```
//!
//! It walks the bytes once and never allocates by a length that it only read. A known field with another type is
//! refused, an unknown one passed over; groups (gone from the language since 2008) are refused. A field that comes twice
//! is refused, where a library would take the last: no encoder writes that, and two readers could differ over it.

use outrider_core::LoadReport;

use super::{Draft, Group, OrcaError, Scalar};

/// Reads a message.
pub(super) fn parse(message: &[u8]) -> Result<LoadReport, OrcaError> {
    let mut reader = Reader(message);
    let mut draft = Draft::default();
    while let Some((number, value)) = reader.field()? {
        match (number, value) {
            (1, Wire::Fixed64(bits)) => draft.set(Scalar::Cpu, f64::from_bits(bits))?,
            (2, Wire::Fixed64(bits)) => draft.set(Scalar::Memory, f64::from_bits(bits))?,
            (3, Wire::Varint(rps)) => draft.set(Scalar::RpsWhole, rps as f64)?,
            (4, Wire::Bytes(entry)) => add_entry(&mut draft, Group::RequestCost, entry)?,
            (5, Wire::Bytes(entry)) => add_entry(&mut draft, Group::Utilization, entry)?,
            (6, Wire::Fixed64(bits)) => draft.set(Scalar::Rps, f64::from_bits(bits))?,
            (7, Wire::Fixed64(bits)) => draft.set(Scalar::Eps, f64::from_bits(bits))?,
            (8, Wire::Bytes(entry)) => add_entry(&mut draft, Group::NamedMetrics, entry)?,
            (9, Wire::Fixed64(bits)) => draft.set(Scalar::Application, f64::from_bits(bits))?,
            (1..=9, _) => return Err(OrcaError::BadProtobuf),
            _ => {}
        }
    }
    Ok(draft.finish())
}

/// Reads an entry of a map, which is a message of its own: `1 key string`, `2 value double`, either may be missing and is
/// then empty or 0.
fn add_entry(draft: &mut Draft, group: Group, entry: &[u8]) -> Result<(), OrcaError> {
    let mut reader = Reader(entry);
    let (mut name, mut number) = (None, None);
    while let Some((field, value)) = reader.field()? {
        let earlier = match (field, value) {
            (1, Wire::Bytes(bytes)) => name.replace(bytes).is_some(),
            (2, Wire::Fixed64(bits)) => number.replace(f64::from_bits(bits)).is_some(),
            (1 | 2, _) => return Err(OrcaError::BadProtobuf),
            _ => false,
        };
        if earlier {
            return Err(OrcaError::Duplicate);
        }
    }
    let name = std::str::from_utf8(name.unwrap_or_default()).map_err(|_| OrcaError::BadName)?;
    draft.add(group, name, number.unwrap_or(0.0))
}

/// A value as it is on the wire.
enum Wire<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32,
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The next field, by number; none at the end.
    fn field(&mut self) -> Result<Option<(u64, Wire<'a>)>, OrcaError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.bytes(length)?)
            }
            5 => {
                self.array::<4>()?;
                Wire::Fixed32
            }
            _ => return Err(OrcaError::BadProtobuf),
        };
        // Field numbers are 1 to 2^29 - 1.
        match tag >> 3 {
            number @ 1..0x2000_0000 => Ok(Some((number, value))),
            _ => Err(OrcaError::BadProtobuf),
        }
    }

    /// Seven bits a byte, the lowest first, until a byte below 128; at most 64 bits.
    fn varint(&mut self) -> Result<u64, OrcaError> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(OrcaError::BadProtobuf)
    }

    fn bytes(&mut self, length: u64) -> Result<&'a [u8], OrcaError> {
        let length = usize::try_from(length).map_err(|_| OrcaError::BadProtobuf)?;
        let (taken, left) = self.0.split_at_checked(length).ok_or(OrcaError::BadProtobuf)?;
        self.0 = left;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], OrcaError> {
        let (taken, left) = self.0.split_first_chunk().ok_or(OrcaError::BadProtobuf)?;
        self.0 = left;
        Ok(*taken)
    }
}
