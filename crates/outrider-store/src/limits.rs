//! What is too much.

/// Bounds on what is read. Whatever is beyond `line_bytes` is a wrong row; a column beyond its dictionary is left out; all else ends
/// the reading with an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows over all files.
    pub rows: u64,
    /// Bytes of a row of CSV or JSON, without quotes.
    pub line_bytes: usize,
    /// Columns over all files.
    pub columns: usize,
    /// Bytes of a column's name.
    pub name_bytes: usize,
    /// Different words of a column.
    pub words: usize,
    /// Bytes of all different words of a column.
    pub word_bytes: usize,
    /// Bytes that one gzipped file may unpack to.
    pub unpacked_bytes: u64,
    /// Bytes that a gzipped Parquet file may unpack to: it is held in memory, as its index is at its end.
    pub unpacked_parquet_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            rows: 50_000_000,
            line_bytes: 1 << 20,
            columns: 4_096,
            name_bytes: 1 << 10,
            words: 1 << 20,
            word_bytes: 64 << 20,
            unpacked_bytes: 64 << 30,
            unpacked_parquet_bytes: 512 << 20,
        }
    }
}
