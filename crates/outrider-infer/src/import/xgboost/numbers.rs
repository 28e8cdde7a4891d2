//! Numbers of a file in about the bytes that they have there.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Unexpected, Visitor};

/// The largest whole number up to which each can be told from its neighbours in 64 bits.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// Whole numbers one after the other, seven bits to a byte, the sign in the lowest bit: a list of bytes takes no eight times its file.
#[derive(Debug, Default)]
pub(super) struct Wholes {
    bytes: Vec<u8>,
    len: usize,
    /// Whether one was no whole number, which is not kept.
    is_fraction: bool,
}

impl Wholes {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_fraction(&self) -> bool {
        self.is_fraction
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = i64> + '_ {
        let mut bytes = self.bytes.iter();
        (0..self.len).map(move |_| {
            let (mut value, mut shift) = (0_u64, 0);
            for &byte in bytes.by_ref() {
                value |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
        })
    }

    fn push(&mut self, number: i64) {
        let mut left = ((number << 1) ^ (number >> 63)).cast_unsigned();
        while left >= 0x80 {
            self.bytes.push(left.to_le_bytes()[0] | 0x80);
            left >>= 7;
        }
        self.bytes.push(left.to_le_bytes()[0]);
        self.len += 1;
    }
}

impl<'de> Deserialize<'de> for Wholes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Wholes, D::Error> {
        from.deserialize_seq(WholesVisitor)
    }
}

struct WholesVisitor;

impl<'de> Visitor<'de> for WholesVisitor {
    type Value = Wholes;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Wholes, A::Error> {
        let mut wholes = Wholes::default();
        while let Some(number) = from.next_element::<f64>()? {
            match number.fract() == 0.0 && number.abs() < WHOLE_MAX {
                #[expect(clippy::cast_possible_truncation, reason = "whole, and within 53 bits")]
                true => wholes.push(number as i64),
                false => wholes.is_fraction = true,
            }
        }
        Ok(wholes)
    }
}

/// A list that takes no more room than its elements, if the file tells how many they are.
pub(super) fn exact<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    from.deserialize_seq(ExactVisitor(PhantomData))
}

struct ExactVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ExactVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Vec<T>, A::Error> {
        // The bytes that are left bound what a file can promise.
        let mut all = Vec::with_capacity(from.size_hint().unwrap_or(0));
        while let Some(one) = from.next_element()? {
            all.push(one);
        }
        Ok(all)
    }
}

/// Of a split or a leaf, in 32 bits; XGBoost up to 2.1 has none for a split by categories, and writes `NaN`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Condition(pub(super) f32);

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Condition, D::Error> {
        from.deserialize_any(ConditionVisitor)
    }
}

struct ConditionVisitor;

impl Visitor<'_> for ConditionVisitor {
    type Value = Condition;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a number of 32 bits")
    }

    fn visit_f32<E: Error>(self, value: f32) -> Result<Condition, E> {
        Ok(Condition(value))
    }

    #[expect(clippy::cast_possible_truncation, reason = "to the width that the engine has")]
    fn visit_f64<E: Error>(self, value: f64) -> Result<Condition, E> {
        let narrow = value as f32;
        let fits = narrow.is_finite() || !value.is_finite();
        if fits { Ok(Condition(narrow)) } else { Err(E::invalid_value(Unexpected::Float(value), &self)) }
    }

    #[expect(clippy::cast_precision_loss, reason = "to the width that the engine has")]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Condition, E> {
        Ok(Condition(value as f32))
    }

    #[expect(clippy::cast_precision_loss, reason = "to the width that the engine has")]
    fn visit_i64<E: Error>(self, value: i64) -> Result<Condition, E> {
        Ok(Condition(value as f32))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Condition, E> {
        let stood_for = super::bare::NUMBERS.iter().find(|(_, quoted, _)| quoted.trim_matches('"') == value);
        let told = || E::invalid_type(Unexpected::Str(value), &self);
        stood_for.map(|&(_, _, number)| Condition(number)).ok_or_else(told)
    }
}
