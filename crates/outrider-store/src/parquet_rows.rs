//! Rows of Parquet, nested groups flattened with dots.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::basic::{LogicalType, TimeUnit};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::record::{Field, Row};

use crate::cell::Cell;
use crate::sink::{Cells, Refusal, Sink};

const DAY_US: i64 = 86_400_000_000;
/// The library reads this many values of a column at a time.
const BATCH: usize = 1_024;

impl From<ParquetError> for Refusal {
    fn from(error: ParquetError) -> Refusal {
        Refusal::Parquet(error.to_string())
    }
}

/// Gives every row of `file` to `sink`. A page is unpacked at a time; the format lets none have more than 2 GiB.
///
/// The library asserts some of what it reads, so that a damaged file may end in a panic instead of an error: it is caught here.
pub(crate) fn read(file: impl ChunkReader + 'static, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let damaged = |_| Refusal::Parquet("the file is damaged".to_owned());
    catch_unwind(AssertUnwindSafe(|| read_rows(file, sink))).map_err(damaged)?
}

fn read_rows(file: impl ChunkReader + 'static, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let file = SerializedFileReader::new(file)?;
    let nanoseconds = nanoseconds(&file);
    // Columns without rows are columns too.
    let leaves = file.metadata().file_metadata().schema_descr().columns().iter();
    leaves
        .filter(|leaf| leaf.max_rep_level() == 0)
        .try_for_each(|leaf| sink.column(&leaf.path().string()).map(drop))?;
    let rows = parquet::record::reader::RowIter::from_file_into(Box::new(file)).with_batch_size(BATCH);
    for (number, row) in (1..).zip(rows) {
        let row = row?;
        let mut cells = Cells::new();
        match flatten(&row, "", &nanoseconds, &mut cells, sink)? {
            Ok(()) => sink.row(number, cells)?,
            Err(expected) => sink.wrong(number, expected),
        }
    }
    Ok(())
}

/// The columns of times in nanoseconds, which the library gives as plain numbers.
fn nanoseconds(file: &dyn FileReader) -> BTreeSet<String> {
    let leaves = file.metadata().file_metadata().schema_descr().columns();
    let is_nanoseconds =
        |logical: &LogicalType| matches!(logical, LogicalType::Timestamp(time) if time.unit == TimeUnit::NANOS);
    let found = leaves.iter().filter(|leaf| leaf.logical_type_ref().is_some_and(is_nanoseconds));
    found.map(|leaf| leaf.path().string()).collect()
}

/// Adds the cells of `row`, or says why it has none.
fn flatten<'a>(
    row: &'a Row,
    prefix: &str,
    nanoseconds: &BTreeSet<String>,
    cells: &mut Cells<'a>,
    sink: &mut dyn Sink,
) -> Result<Result<(), String>, Refusal> {
    for (name, field) in row.get_column_iter() {
        let name = if prefix.is_empty() { Cow::Borrowed(name) } else { Cow::Owned(format!("{prefix}.{name}")) };
        if let Field::Group(row) = field {
            if let Err(expected) = flatten(row, &name, nanoseconds, cells, sink)? {
                return Ok(Err(expected));
            }
            continue;
        }
        match cell(field, nanoseconds.contains(&*name)) {
            Some(Cell::Missing) => {}
            Some(cell) => cells.push((sink.column(&name)?, cell)),
            None => {
                return Ok(Err(format!(
                    "a single value of text, a number or a time in {name:?}, found a list or bytes"
                )));
            }
        }
    }
    Ok(Ok(()))
}

/// `None`: it is no single value.
#[expect(clippy::cast_precision_loss, reason = "columns are of f64")]
fn cell(field: &Field, is_nanoseconds: bool) -> Option<Cell<'_>> {
    Some(match field {
        Field::Null => Cell::Missing,
        Field::Bool(truth) => Cell::Number(f64::from(u8::from(*truth))),
        Field::Byte(number) => Cell::Number((*number).into()),
        Field::Short(number) => Cell::Number((*number).into()),
        Field::Int(number) | Field::TimeMillis(number) => Cell::Number((*number).into()),
        Field::Long(number) if is_nanoseconds => Cell::Time(number.div_euclid(1_000)),
        Field::Long(number) | Field::TimeMicros(number) => Cell::Number(*number as f64),
        Field::UByte(number) => Cell::Number((*number).into()),
        Field::UShort(number) => Cell::Number((*number).into()),
        Field::UInt(number) => Cell::Number((*number).into()),
        Field::ULong(number) => Cell::Number(*number as f64),
        Field::Float16(number) => Cell::number((*number).into()),
        Field::Float(number) => Cell::number((*number).into()),
        Field::Double(number) => Cell::number(*number),
        Field::Decimal(_) => Cell::text(field.to_string().into()),
        Field::Str(text) => Cell::text(text.as_str().into()),
        Field::Bytes(bytes) => Cell::text(std::str::from_utf8(bytes.data()).ok()?.into()),
        Field::Date(days) => Cell::Time(i64::from(*days) * DAY_US),
        Field::TimestampMillis(ms) => Cell::Time(ms.checked_mul(1_000)?),
        Field::TimestampMicros(us) => Cell::Time(*us),
        Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => return None,
    })
}
