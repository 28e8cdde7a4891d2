//! Files of records as tables of columns: CSV, JSON lines, Parquet; gzipped or not; a file, a folder or several.
