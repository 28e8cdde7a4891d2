//! UBJSON as XGBoost writes it, handed to serde: lengths and numbers are big-endian, arrays have their length in front and may
//! have one type for all.

use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Objects and arrays within each other.
const DEPTH_MAX: usize = 32;

/// Why bytes are no such document, and at which byte.
#[derive(Debug)]
pub(super) struct UbjsonError {
    pub(super) at: usize,
    pub(super) problem: String,
}

impl fmt::Display for UbjsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)
    }
}

impl std::error::Error for UbjsonError {}

impl de::Error for UbjsonError {
    fn custom<T: fmt::Display>(told: T) -> UbjsonError {
        UbjsonError { at: 0, problem: told.to_string() }
    }
}

/// The value that `bytes` hold, and nothing after it.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, UbjsonError> {
    let mut input = Input { bytes, at: 0, depth: 0 };
    let value = input.marker().and_then(|marker| T::deserialize(Value { input: &mut input, marker }));
    // What serde finds wrong lies just before where it is.
    let placed = value.map_err(|error| UbjsonError { at: input.at, ..error });
    let is_all = input.at == bytes.len();
    placed.and_then(|value| if is_all { Ok(value) } else { Err(input.error("bytes after the end of the document")) })
}

/// What is left to read.
struct Input<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Input<'a> {
    fn error(&self, problem: impl Into<String>) -> UbjsonError {
        UbjsonError { at: self.at, problem: problem.into() }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], UbjsonError> {
        let rest = &self.bytes[self.at..];
        let taken =
            rest.get(..count).ok_or_else(|| self.error(format!("the file ends, expected {count} bytes more")))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], UbjsonError> {
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| self.error("the file ends"))
    }

    fn marker(&mut self) -> Result<u8, UbjsonError> {
        self.array::<1>().map(|[marker]| marker)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// A whole number of the type of `marker`.
    fn whole(&mut self, marker: u8) -> Result<i64, UbjsonError> {
        match marker {
            b'i' => self.array().map(i8::from_be_bytes).map(i64::from),
            b'U' => self.array().map(u8::from_be_bytes).map(i64::from),
            b'I' => self.array().map(i16::from_be_bytes).map(i64::from),
            b'l' => self.array().map(i32::from_be_bytes).map(i64::from),
            b'L' => self.array().map(i64::from_be_bytes),
            _ => Err(self.error(format!("type {:?}, expected a whole number", char::from(marker)))),
        }
    }

    fn length(&mut self) -> Result<usize, UbjsonError> {
        let marker = self.marker()?;
        let length = self.whole(marker)?;
        usize::try_from(length).map_err(|_| self.error(format!("length {length}, expected 0 or more")))
    }

    fn text(&mut self) -> Result<&'a str, UbjsonError> {
        let length = self.length()?;
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.error("a string that is not UTF-8"))
    }

    fn deeper(&mut self) -> Result<(), UbjsonError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(self.error(format!("more than {DEPTH_MAX} levels"))) } else { Ok(()) }
    }
}

/// A value whose type has been read.
struct Value<'a, 'b> {
    input: &'b mut Input<'a>,
    marker: u8,
}

impl<'de> de::Deserializer<'de> for Value<'de, '_> {
    type Error = UbjsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UbjsonError> {
        let Value { input, marker } = self;
        match marker {
            b'Z' => visitor.visit_unit(),
            b'T' => visitor.visit_bool(true),
            b'F' => visitor.visit_bool(false),
            b'd' => visitor.visit_f32(f32::from_be_bytes(input.array()?)),
            b'D' => visitor.visit_f64(f64::from_be_bytes(input.array()?)),
            b'S' => visitor.visit_borrowed_str(input.text()?),
            b'[' => array(input, visitor),
            b'{' => object(input, visitor),
            whole => visitor.visit_i64(input.whole(whole)?),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, UbjsonError> {
        if self.marker == b'Z' { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, UbjsonError> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

fn array<'de, V: Visitor<'de>>(input: &mut Input<'de>, visitor: V) -> Result<V::Value, UbjsonError> {
    input.deeper()?;
    let marker = match input.peek() {
        Some(b'$') => {
            input.take(1)?;
            Some(input.marker()?)
        }
        _ => None,
    };
    let counted = input.peek() == Some(b'#');
    if counted {
        input.take(1)?;
    } else if marker.is_some() {
        return Err(input.error("an array of one type without a length"));
    }
    // Values without bytes of their own would let a length of 2^60 be true.
    if matches!(marker, Some(b'Z' | b'T' | b'F')) {
        return Err(input.error("an array of values that have no bytes"));
    }
    let left = if counted { Some(input.length()?) } else { None };
    let value = visitor.visit_seq(Items { input, marker, left })?;
    input.depth -= 1;
    Ok(value)
}

/// The values of an array that are still to be read; `left: None`: up to its end mark.
struct Items<'a, 'b> {
    input: &'b mut Input<'a>,
    marker: Option<u8>,
    left: Option<usize>,
}

impl<'de> SeqAccess<'de> for Items<'de, '_> {
    type Error = UbjsonError;

    /// No more than there are bytes left, of which each value takes one or more.
    fn size_hint(&self) -> Option<usize> {
        self.left.map(|left| left.min(self.input.bytes.len() - self.input.at))
    }

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, UbjsonError> {
        match &mut self.left {
            Some(0) => return Ok(None),
            Some(left) => *left -= 1,
            None if self.input.peek() == Some(b']') => {
                self.input.take(1)?;
                return Ok(None);
            }
            None => {}
        }
        let marker = self.marker.map_or_else(|| self.input.marker(), Ok)?;
        seed.deserialize(Value { input: self.input, marker }).map(Some)
    }
}

fn object<'de, V: Visitor<'de>>(input: &mut Input<'de>, visitor: V) -> Result<V::Value, UbjsonError> {
    input.deeper()?;
    let value = visitor.visit_map(Entries { input, marker: 0 })?;
    input.depth -= 1;
    Ok(value)
}

/// The entries of an object, up to its end mark.
struct Entries<'a, 'b> {
    input: &'b mut Input<'a>,
    marker: u8,
}

impl<'de> MapAccess<'de> for Entries<'de, '_> {
    type Error = UbjsonError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, UbjsonError> {
        if self.input.peek() == Some(b'}') {
            self.input.take(1)?;
            return Ok(None);
        }
        let key = self.input.text()?;
        let key = seed.deserialize(de::value::BorrowedStrDeserializer::<UbjsonError>::new(key))?;
        self.marker = self.input.marker()?;
        Ok(Some(key))
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, UbjsonError> {
        seed.deserialize(Value { input: self.input, marker: self.marker })
    }
}
