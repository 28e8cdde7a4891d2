//! A table as Parquet: numbers as DOUBLE, words as UTF-8, times as microseconds.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use outrider_core::frame::{Column, Frame, NO_TIME, Values};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

/// Rows of a row group: a reader can skip the others.
const GROUP_ROWS: usize = 1 << 17;

/// Writes all of `frame`.
pub(crate) fn write(frame: &Frame, out: impl Write + Send) -> io::Result<()> {
    write_groups(frame, out).map_err(|error| match error {
        ParquetError::External(source) => io::Error::other(source),
        other => io::Error::other(other),
    })
}

fn write_groups(frame: &Frame, out: impl Write + Send) -> Result<(), ParquetError> {
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = SerializedFileWriter::new(out, schema(frame)?, Arc::new(properties))?;
    for start in (0..frame.rows()).step_by(GROUP_ROWS) {
        let rows = start..(start + GROUP_ROWS).min(frame.rows());
        let mut group = file.next_row_group()?;
        for column in frame.columns() {
            let mut writer = group.next_column()?.expect("a writer for each column of the schema");
            write_column(column, rows.clone(), &mut writer)?;
            writer.close()?;
        }
        group.close()?;
    }
    file.finish()?;
    file.inner_mut().flush()?;
    Ok(())
}

fn schema(frame: &Frame) -> Result<TypePtr, ParquetError> {
    let fields = frame.columns().iter().map(|column| {
        let (physical, logical) = match &column.values {
            Values::Number(_) => (Physical::DOUBLE, None),
            Values::Word(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Values::Time(_) => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        };
        let field = Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL);
        Ok(Arc::new(field.with_logical_type(logical).build()?))
    });
    let fields = fields.collect::<Result<Vec<_>, ParquetError>>()?;
    Ok(Arc::new(Type::group_type_builder("rows").with_fields(fields).build()?))
}

fn write_column(
    column: &Column,
    rows: Range<usize>,
    writer: &mut SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    match &column.values {
        Values::Number(numbers) => {
            let (levels, values) = split(rows, |row| Some(numbers[row]).filter(|number| !number.is_nan()));
            writer.typed::<DoubleType>().write_batch(&values, Some(&levels), None)?;
        }
        Values::Word(words) => {
            let (levels, values) = split(rows, |row| words.get(row).map(ByteArray::from));
            writer.typed::<ByteArrayType>().write_batch(&values, Some(&levels), None)?;
        }
        Values::Time(times) => {
            let (levels, values) = split(rows, |row| Some(times[row]).filter(|&time| time != NO_TIME));
            writer.typed::<Int64Type>().write_batch(&values, Some(&levels), None)?;
        }
    }
    Ok(())
}

/// Which rows have a value (1) and which have none (0), and the values.
fn split<T>(rows: Range<usize>, value: impl Fn(usize) -> Option<T>) -> (Vec<i16>, Vec<T>) {
    let values: Vec<Option<T>> = rows.map(value).collect();
    let levels = values.iter().map(|value| i16::from(value.is_some())).collect();
    (levels, values.into_iter().flatten().collect())
}
