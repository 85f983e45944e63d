//! Rows of a table of sequences: TSV, CSV (plain or gzip) or Parquet, read in a stream.

mod delimited;
mod parquet_rows;

use std::path::Path;

use crate::DataError;

/// Which columns to read. Names, or 1-based numbers when there is no header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumns {
    /// Column of the sequence.
    pub sequence: String,
    /// Column of the row's name.
    pub name: Option<String>,
    /// Column that decides the split.
    pub split: Option<String>,
    /// Columns of the values.
    pub values: Vec<String>,
    /// Whether the first line names the columns.
    pub header: bool,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableRow<'a> {
    /// 1-based line; the 1-based row in a Parquet file.
    pub line: u64,
    /// The sequence's letters, not yet checked.
    pub sequence: &'a [u8],
    /// The row's name.
    pub name: Option<&'a str>,
    /// The value of the split column.
    pub split: Option<&'a str>,
    /// The values; NaN where missing (empty, NA, NaN, null).
    pub values: &'a [f32],
}

fn is_parquet(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("parquet") || e.eq_ignore_ascii_case("pq"))
}

/// Names of a table's columns; numbers from 1 without a header.
///
/// # Errors
/// When the file cannot be read or is empty.
pub fn column_names(path: &Path, header: bool) -> Result<Vec<String>, DataError> {
    if is_parquet(path) { parquet_rows::column_names(path) } else { delimited::column_names(path, header) }
}

/// Reads the rows in order.
///
/// # Errors
/// A missing column (with those there are), a value that is not a number (with line and column), a damaged file, or
/// whatever `visit` returns.
pub fn read_rows(
    path: &Path,
    columns: &TableColumns,
    visit: &mut dyn FnMut(TableRow<'_>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    if is_parquet(path) {
        parquet_rows::read_rows(path, columns, visit)
    } else {
        delimited::read_rows(path, columns, visit)
    }
}

/// The problem of a column that is not there.
pub(crate) fn missing_column(column: &str, found: &[String]) -> String {
    let shown: Vec<&str> = found.iter().take(30).map(String::as_str).collect();
    format!("has no column {column:?}; its columns are {}", shown.join(", "))
}

/// Positions of the wanted columns among those there are.
struct Positions {
    sequence: usize,
    name: Option<usize>,
    split: Option<usize>,
    values: Vec<usize>,
}

impl Positions {
    fn find(path: &Path, columns: &TableColumns, found: &[String]) -> Result<Self, DataError> {
        let position = |column: &String| {
            found.iter().position(|f| f == column).ok_or_else(|| DataError::file(path, missing_column(column, found)))
        };
        Ok(Self {
            sequence: position(&columns.sequence)?,
            name: columns.name.as_ref().map(position).transpose()?,
            split: columns.split.as_ref().map(position).transpose()?,
            values: columns.values.iter().map(position).collect::<Result<_, _>>()?,
        })
    }
}

/// A measured value; `None` when the text is not a number.
fn parse_value(text: &str) -> Option<f32> {
    let text = text.trim();
    match text {
        "" | "NA" | "N/A" | "NaN" | "nan" | "NAN" | "na" | "n/a" | "null" | "NULL" | "None" | "." => Some(f32::NAN),
        _ => text.parse::<f64>().ok().map(|v| v as f32).filter(|v| v.is_finite()),
    }
}
