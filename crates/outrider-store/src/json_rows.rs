//! Rows of JSON lines: an object each, nested ones flattened with dots.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::cell::Cell;
use crate::limits::Limits;
use crate::sink::{Cells, Refusal, Sink};

/// Gives every row of `text` to `sink`.
pub(crate) fn read(text: &mut dyn BufRead, limits: &Limits, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let mut line = Vec::new();
    for number in 1.. {
        match read_line(text, &mut line, limits.line_bytes)? {
            Line::End => break,
            Line::Long => {
                sink.wrong(number, format!("a line of at most {} bytes, found a longer one", limits.line_bytes));
            }
            Line::Whole if line.trim_ascii().is_empty() => {}
            Line::Whole => row(&line, number, sink)?,
        }
    }
    Ok(())
}

enum Line {
    Whole,
    /// Longer than allowed, and skipped.
    Long,
    End,
}

/// Reads a line into `line`, at most `limit` bytes of it.
fn read_line(text: &mut dyn BufRead, line: &mut Vec<u8>, limit: usize) -> io::Result<Line> {
    line.clear();
    let (mut is_long, mut is_at_end) = (false, true);
    loop {
        let buffer = text.fill_buf()?;
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        is_at_end &= buffer.is_empty();
        is_long |= line.len() + part.len() > limit;
        if !is_long {
            line.extend_from_slice(part);
        }
        let (is_last, used) = (end.is_some() || buffer.is_empty(), part.len() + usize::from(end.is_some()));
        text.consume(used);
        if is_last {
            return Ok(if is_at_end {
                Line::End
            } else if is_long {
                Line::Long
            } else {
                Line::Whole
            });
        }
    }
}

fn row(line: &[u8], number: u64, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let mut flat = Flat { sink, cells: Vec::new(), refusal: None };
    let mut json = serde_json::Deserializer::from_slice(line);
    let read = Object { flat: &mut flat, prefix: "" }.deserialize(&mut json).and_then(|()| json.end());
    let Flat { sink, cells, refusal } = flat;
    match (read, refusal) {
        (_, Some(refusal)) => Err(refusal),
        (Ok(()), None) => sink.row(number, cells),
        (Err(error), None) => {
            sink.wrong(number, format!("a JSON object, found: {}", without_line(&error.to_string())));
            Ok(())
        }
    }
}

/// Each line is read by itself, so that the line that the library tells is always the first.
fn without_line(told: &str) -> String {
    told.replace(" at line 1 column ", " at column ")
}

/// The cells of a row as they are found.
struct Flat<'s, 'c> {
    sink: &'s mut dyn Sink,
    cells: Cells<'c>,
    refusal: Option<Refusal>,
}

/// An object whose members' names begin with `prefix`.
struct Object<'f, 's, 'c> {
    flat: &'f mut Flat<'s, 'c>,
    prefix: &'f str,
}

/// The value of the member `name`.
struct Member<'f, 's, 'c> {
    flat: &'f mut Flat<'s, 'c>,
    name: &'f str,
}

impl<'c> DeserializeSeed<'c> for Object<'_, '_, 'c> {
    type Value = ();

    fn deserialize<D: Deserializer<'c>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'c> Visitor<'c> for Object<'_, '_, 'c> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'c>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(key) = members.next_key::<Cow<'c, str>>()? {
            let name = if self.prefix.is_empty() { key } else { format!("{}.{key}", self.prefix).into() };
            members.next_value_seed(Member { flat: self.flat, name: &name })?;
        }
        Ok(())
    }
}

impl<'c> Member<'_, '_, 'c> {
    fn take<E: Error>(self, cell: Cell<'c>) -> Result<(), E> {
        match self.flat.sink.column(self.name) {
            Ok(column) => self.flat.cells.push((column, cell)),
            Err(refusal) => {
                self.flat.refusal = Some(refusal);
                return Err(E::custom("refused"));
            }
        }
        Ok(())
    }
}

impl<'c> DeserializeSeed<'c> for Member<'_, '_, 'c> {
    type Value = ();

    fn deserialize<D: Deserializer<'c>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'c> Visitor<'c> for Member<'_, '_, 'c> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a string, true, false, null or an object")
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<(), E> {
        self.take(Cell::Number(f64::from(u8::from(truth))))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        #[expect(clippy::cast_precision_loss, reason = "columns are of f64")]
        self.take(Cell::Number(number as f64))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        #[expect(clippy::cast_precision_loss, reason = "columns are of f64")]
        self.take(Cell::Number(number as f64))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.take(Cell::number(number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'c str) -> Result<(), E> {
        self.take(Cell::text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.take(Cell::text(Cow::Owned(text.to_owned())))
    }

    /// Nothing. A column that nobody wants is as if the member were not there: where other rows have an object, there is none.
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.flat.sink.is_wanted(self.name) { self.take(Cell::Missing) } else { Ok(()) }
    }

    fn visit_map<A: MapAccess<'c>>(self, members: A) -> Result<(), A::Error> {
        Object { flat: self.flat, prefix: self.name }.visit_map(members)
    }

    /// Not a value of a column.
    fn visit_seq<A: SeqAccess<'c>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Err(A::Error::custom(format!("{:?} is a list, expected a single value", self.name)))
    }
}
