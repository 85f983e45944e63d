use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type};
use flate2::bufread::MultiGzDecoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::LoadError;

/// Key and values of one row.
pub(super) struct KeyedRow {
    pub key: String,
    pub values: Vec<f32>,
    /// 1-based line, or row of a Parquet file.
    pub number: u64,
}

/// Reads a key column and columns of numbers; empty, `NA` and `NaN` are NaN.
pub(super) fn read_columns(path: &Path, key: &str, columns: &[String]) -> Result<Vec<KeyedRow>, LoadError> {
    let mut file = BufReader::new(File::open(path).map_err(LoadError::io(path))?);
    let start = file.fill_buf().map_err(LoadError::io(path))?;
    if start.starts_with(b"PAR1") {
        parquet_rows(path, key, columns)
    } else if start.starts_with(&[0x1f, 0x8b]) {
        delimited_rows(path, BufReader::new(MultiGzDecoder::new(file)), key, columns)
    } else {
        delimited_rows(path, file, key, columns)
    }
}

fn missing(path: &Path, column: &str, known: &[String]) -> LoadError {
    LoadError::file(path, format!("no column {column:?}; the columns are {}", known.join(", ")))
}

fn delimited_rows(
    path: &Path,
    mut reader: impl BufRead,
    key: &str,
    columns: &[String],
) -> Result<Vec<KeyedRow>, LoadError> {
    let mut header = String::new();
    reader.read_line(&mut header).map_err(LoadError::io(path))?;
    let delimiter = if header.contains('\t') { b'\t' } else { b',' };
    let whole = std::io::Cursor::new(header.clone().into_bytes()).chain(reader);
    let mut rows = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(whole);
    let bad = |error: csv::Error| LoadError::file(path, error.to_string());
    let names: Vec<String> = rows.headers().map_err(bad)?.iter().map(|h| h.trim().to_owned()).collect();
    let place = |column: &str| names.iter().position(|n| n == column).ok_or_else(|| missing(path, column, &names));
    let key_place = place(key)?;
    let places: Vec<usize> = columns.iter().map(|c| place(c)).collect::<Result<_, _>>()?;
    let mut out = Vec::new();
    for record in rows.records() {
        let record = record.map_err(bad)?;
        let number = record.position().map_or(0, csv::Position::line);
        let value = |&place: &usize| {
            let text = record.get(place).unwrap_or_default().trim();
            match text {
                "" | "NA" | "NaN" | "nan" => Ok(f32::NAN),
                _ => text.parse::<f32>().map_err(|_| {
                    LoadError::file(path, format!("line {number}, column {:?}: {text:?} is not a number", names[place]))
                }),
            }
        };
        let values = places.iter().map(value).collect::<Result<_, _>>()?;
        out.push(KeyedRow { key: record.get(key_place).unwrap_or_default().trim().to_owned(), values, number });
    }
    Ok(out)
}

fn parquet_rows(path: &Path, key: &str, columns: &[String]) -> Result<Vec<KeyedRow>, LoadError> {
    let bad =
        |error: &dyn std::fmt::Display| LoadError::file(path, format!("the Parquet file cannot be read: {error}"));
    let file = File::open(path).map_err(LoadError::io(path))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| bad(&e))?.build().map_err(|e| bad(&e))?;
    let mut out = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|e| bad(&e))?;
        let names: Vec<String> = batch.schema().fields().iter().map(|f| f.name().clone()).collect();
        let column = |name: &str| batch.column_by_name(name).ok_or_else(|| missing(path, name, &names));
        let keys = cast(column(key)?, &DataType::Utf8).map_err(|e| bad(&e))?;
        let keys = keys.as_string::<i32>();
        let numbers = columns
            .iter()
            .map(|c| cast(column(c)?, &DataType::Float32).map_err(|e| bad(&e)))
            .collect::<Result<Vec<_>, _>>()?;
        for row in 0..batch.num_rows() {
            let value = |array: &arrow::array::ArrayRef| {
                if array.is_null(row) { f32::NAN } else { array.as_primitive::<Float32Type>().value(row) }
            };
            let key = if keys.is_null(row) { "" } else { keys.value(row) };
            let number = out.len() as u64 + 1;
            out.push(KeyedRow { key: key.to_owned(), values: numbers.iter().map(value).collect(), number });
        }
    }
    Ok(out)
}
