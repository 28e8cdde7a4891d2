//! Files of records as tables of columns: CSV, JSON lines, Parquet; gzipped or not; a file, a folder or several.
//!
//! Files are read twice, a row at a time: once to see what each column holds, once to fill the columns. So what a column is does not
//! depend on its first rows, columns are merged by name over all files, and beyond the columns themselves memory is bounded by
//! [`Limits`]. Rows that do not fit are counted, and the first few named; a file that cannot be read is an error, and no table.

mod atlas;
mod atlas_rows;
mod cell;
mod columns;
mod csv_rows;
mod files;
mod held;
mod json_rows;
mod limits;
mod model_file;
mod parquet_rows;
mod parquet_table;
mod read;
mod reading;
mod replace;
mod sink;
mod source;
mod tally;
mod write;

pub use atlas::{AtlasError, AtlasQuery, AtlasSettings, fetch_atlas, update_atlas};
pub use cell::{seconds_of, time_of};
pub use files::FilesError;
pub use limits::Limits;
pub use model_file::{ModelFileError, read_model, write_model};
pub use read::{Options, Progress, ReadError, read, read_once};
pub use reading::{ColumnKind, ColumnReading, Reading, Rejected};
pub use replace::replace;
pub use sink::Refusal;
pub use write::{Format, WriteError, write};
