//! What was learnt, as bytes: a small file that survives a restart, holds numbers only and is believed only whole.
//!
//! Little endian: 8 bytes of name, version (u16), a number for the settings that give values their meaning (u64), epsilon (f64),
//! the form (u8), then of a table the number of hosts (u8), each as length (u8) and text, and its values (f32; NaN is
//! unknown); of weights the mean reward (f32; NaN is none) and the weights (f32). Last a checksum over all before (u64).

use std::net::SocketAddr;
use std::sync::Arc;

use outrider_features::keyed_hash;

use super::linear::Weights;
use super::student::Values;
use super::table::Table;
use crate::settings::QLearningSettings;

const NAME: &[u8; 8] = b"OUTRIDRQ";
const VERSION: u16 = 1;
const TABLE: u8 = 1;
const LINEAR: u8 = 2;
const CHECKSUM_BYTES: usize = 8;

/// What was saved.
#[derive(Debug, PartialEq)]
pub(crate) struct Saved {
    pub(crate) values: Values,
    pub(crate) epsilon: f64,
}

/// Why saved values are not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SavedError {
    /// Cut short, changed, or something else altogether.
    #[error("it is damaged, or no file of learnt values")]
    Damaged,
    /// Of another version.
    #[error("it is of version {0}, and this program reads version {VERSION}")]
    Version(u16),
    /// What values mean has changed since.
    #[error("it was learnt under other settings of `q_learning`")]
    Settings,
    /// Not for this pool.
    #[error("it is of other hosts, or of another strategy")]
    Unwanted,
}

impl Saved {
    /// `values` as bytes.
    pub(crate) fn bytes(values: &Values, epsilon: f64, settings: &QLearningSettings) -> Vec<u8> {
        let mut bytes = NAME.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(settings_id(settings).to_le_bytes());
        bytes.extend(epsilon.to_le_bytes());
        match values {
            Values::Table(table) => write_table(&mut bytes, table),
            Values::Linear { weights, mean_reward } => {
                bytes.push(LINEAR);
                write_numbers(&mut bytes, &[mean_reward.unwrap_or(f32::NAN)]);
                write_numbers(&mut bytes, weights.values());
            }
        }
        bytes.extend(keyed_hash(0, &bytes).to_le_bytes());
        bytes
    }

    /// What `bytes` hold.
    pub(crate) fn read(bytes: &[u8], settings: &QLearningSettings) -> Result<Saved, SavedError> {
        let (body, sum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(SavedError::Damaged)?;
        if keyed_hash(0, body) != u64::from_le_bytes(*sum) {
            return Err(SavedError::Damaged);
        }
        let mut rest = Rest(body);
        if rest.take::<8>()? != *NAME {
            return Err(SavedError::Damaged);
        }
        let version = u16::from_le_bytes(rest.take()?);
        if version != VERSION {
            return Err(SavedError::Version(version));
        }
        if u64::from_le_bytes(rest.take()?) != settings_id(settings) {
            return Err(SavedError::Settings);
        }
        let epsilon = f64::from_le_bytes(rest.take()?);
        if !(0.0..=1.0).contains(&epsilon) {
            return Err(SavedError::Damaged);
        }
        Ok(Saved { values: rest.values()?, epsilon })
    }
}

/// A number for the settings that give values their meaning: how fast they are learnt is not among them.
fn settings_id(settings: &QLearningSettings) -> u64 {
    let QLearningSettings { gamma, cpu, active, response, penalty_per_ms, failure_penalty, .. } = settings;
    let text = format!("{gamma} {cpu:?} {active:?} {response:?} {penalty_per_ms} {failure_penalty}");
    keyed_hash(1, text.as_bytes())
}

fn write_table(bytes: &mut Vec<u8>, table: &Table) {
    let length = |length: usize| u8::try_from(length).expect("eight hosts, and addresses are short");
    bytes.extend([TABLE, length(table.hosts().len())]);
    for host in table.hosts() {
        let text = host.to_string();
        bytes.push(length(text.len()));
        bytes.extend(text.as_bytes());
    }
    write_numbers(bytes, table.values());
}

fn write_numbers(bytes: &mut Vec<u8>, numbers: &[f32]) {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], SavedError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(SavedError::Damaged)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn byte(&mut self) -> Result<u8, SavedError> {
        self.take::<1>().map(|[byte]| byte)
    }

    fn values(&mut self) -> Result<Values, SavedError> {
        match self.byte()? {
            TABLE => self.table().map(|table| Values::Table(Arc::new(table))),
            LINEAR => {
                let mean_reward = Some(f32::from_le_bytes(self.take()?)).filter(|mean| mean.is_finite());
                let weights = Weights::of(self.numbers()?).ok_or(SavedError::Damaged)?;
                Ok(Values::Linear { weights: Arc::new(weights), mean_reward })
            }
            _ => Err(SavedError::Damaged),
        }
    }

    fn table(&mut self) -> Result<Table, SavedError> {
        let hosts = (0..self.byte()?).map(|_| self.host()).collect::<Result<Vec<_>, _>>()?;
        let table = Table::new(&hosts).ok_or(SavedError::Damaged)?;
        table.with_values(self.numbers()?).ok_or(SavedError::Damaged)
    }

    fn host(&mut self) -> Result<SocketAddr, SavedError> {
        let length = usize::from(self.byte()?);
        let (text, rest) = self.0.split_at_checked(length).ok_or(SavedError::Damaged)?;
        self.0 = rest;
        let text = std::str::from_utf8(text).ok();
        text.and_then(|text| text.parse().ok()).ok_or(SavedError::Damaged)
    }

    /// All numbers that are left.
    fn numbers(&mut self) -> Result<Vec<f32>, SavedError> {
        let (numbers, odd) = self.0.as_chunks::<4>();
        if !odd.is_empty() {
            return Err(SavedError::Damaged);
        }
        Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::address;

    fn table() -> impl Strategy<Value = Values> {
        let number = prop_oneof![Just(f32::NAN), -1e4f32..0.0];
        prop::collection::vec(number, 27 * 3).prop_map(|values| {
            let table = Table::new(&[address(0), address(1), address(2)]).unwrap();
            Values::Table(Arc::new(table.with_values(values).unwrap()))
        })
    }

    fn weights() -> impl Strategy<Value = Values> {
        let all = prop::collection::vec(-1e4f32..1e4, super::super::linear::WEIGHTS);
        (all, prop::option::of(-1e4f32..0.0)).prop_map(|(weights, mean_reward)| Values::Linear {
            weights: Arc::new(Weights::of(weights).unwrap()),
            mean_reward,
        })
    }

    fn bytes(values: &Values, epsilon: f64) -> Vec<u8> {
        Saved::bytes(values, epsilon, &QLearningSettings::default())
    }

    fn read(bytes: &[u8]) -> Result<Saved, SavedError> {
        Saved::read(bytes, &QLearningSettings::default())
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_bit_by_bit(values in prop_oneof![table(), weights()], epsilon in 0.0f64..1.0) {
            let written = bytes(&values, epsilon);
            let saved = read(&written).unwrap();
            prop_assert_eq!(saved.epsilon, epsilon);
            // NaN is not equal to itself; its bytes are.
            prop_assert_eq!(bytes(&saved.values, epsilon), written);
        }

        #[test]
        fn one_changed_byte_and_nothing_is_believed(
            values in table(), at: prop::sample::Index, change in 1u8..,
        ) {
            let mut written = bytes(&values, 0.1);
            let at = at.index(written.len());
            written[at] ^= change;
            prop_assert_eq!(read(&written), Err(SavedError::Damaged));
        }

        #[test]
        fn neither_is_a_part_of_it(values in table(), length: prop::sample::Index) {
            let written = bytes(&values, 0.1);
            prop_assert_eq!(read(&written[..length.index(written.len())]), Err(SavedError::Damaged));
        }

        #[test]
        fn anything_with_a_right_checksum_is_read_or_refused(mut body in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut written = bytes(&Values::Table(Arc::new(Table::new(&[address(0)]).unwrap())), 0.1);
            written.truncate(27);
            written.append(&mut body);
            written.extend(keyed_hash(0, &written).to_le_bytes());
            prop_assert!(read(&written).is_ok_and(|saved| saved.epsilon == 0.1) || read(&written).is_err());
        }
    }

    #[test]
    fn another_version_says_so_and_so_do_other_settings() {
        let values = Values::Linear { weights: Arc::new(Weights::new()), mean_reward: None };
        let mut written = bytes(&values, 0.1);
        written[8] = 9;
        written.truncate(written.len() - CHECKSUM_BYTES);
        written.extend(keyed_hash(0, &written).to_le_bytes());
        assert_eq!(read(&written), Err(SavedError::Version(9)));
        let settings = QLearningSettings { gamma: 0.5, ..QLearningSettings::default() };
        assert_eq!(Saved::read(&bytes(&values, 0.1), &settings), Err(SavedError::Settings));
        let faster = QLearningSettings { alpha: 0.5, epsilon: 0.0, ..QLearningSettings::default() };
        assert!(Saved::read(&bytes(&values, 0.1), &faster).is_ok());
    }
}
