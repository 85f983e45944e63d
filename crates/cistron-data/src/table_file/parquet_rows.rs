use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{Positions, TableColumns, TableRow};
use crate::DataError;

fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, DataError> {
    let file = File::open(path).map_err(DataError::io(path))?;
    ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|e| DataError::file(path, format!("is not a whole Parquet file ({e}); fetch or write it again")))
}

pub(super) fn column_names(path: &Path) -> Result<Vec<String>, DataError> {
    Ok(open(path)?.schema().fields().iter().map(|f| f.name().clone()).collect())
}

/// The column as another type; `None` entries stay null.
fn as_type(path: &Path, column: &ArrayRef, name: &str, wanted: &DataType) -> Result<ArrayRef, DataError> {
    let numeric = column.data_type().is_numeric() || column.data_type() == &DataType::Boolean;
    if wanted == &DataType::Float64 && !numeric && column.data_type() != &DataType::Null {
        return Err(DataError::file(
            path,
            format!("column {name:?} holds {}, not numbers; convert it first", column.data_type()),
        ));
    }
    cast(column, wanted).map_err(|e| DataError::file(path, format!("column {name:?}: {e}")))
}

pub(super) fn read_rows(
    path: &Path,
    columns: &TableColumns,
    visit: &mut dyn FnMut(TableRow<'_>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let builder = open(path)?;
    let names: Vec<String> = builder.schema().fields().iter().map(|f| f.name().clone()).collect();
    let positions = Positions::find(path, columns, &names)?;
    let mut roots: Vec<usize> = [positions.sequence].into_iter().chain(positions.values.iter().copied()).collect();
    roots.extend(positions.name);
    roots.extend(positions.split);
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(8192)
        .build()
        .map_err(|e| DataError::file(path, e.to_string()))?;
    let mut line = 0;
    for batch in reader {
        let batch = batch.map_err(|e| DataError::file(path, format!("cannot be read after row {line}: {e}")))?;
        let column = |at: usize, wanted: &DataType| {
            let name = &names[at];
            let column =
                batch.column_by_name(name).ok_or_else(|| DataError::file(path, super::missing_column(name, &names)))?;
            as_type(path, column, name, wanted)
        };
        let sequence = column(positions.sequence, &DataType::LargeUtf8)?;
        let sequence = sequence.as_string::<i64>();
        let name = positions.name.map(|at| column(at, &DataType::LargeUtf8)).transpose()?;
        let split = positions.split.map(|at| column(at, &DataType::LargeUtf8)).transpose()?;
        let values =
            positions.values.iter().map(|&at| column(at, &DataType::Float64)).collect::<Result<Vec<_>, _>>()?;
        let mut row_values = vec![0.0; values.len()];
        for row in 0..batch.num_rows() {
            line += 1;
            for ((out, column), at) in row_values.iter_mut().zip(&values).zip(&positions.values) {
                let column = column.as_primitive::<Float64Type>();
                let value = if column.is_null(row) { f64::NAN } else { column.value(row) };
                if value.is_infinite() {
                    return Err(DataError::row(path, line, format!("column {:?}: infinite value", names[*at])));
                }
                *out = value as f32;
            }
            let text = |column: &Option<ArrayRef>| {
                column.as_ref().map(|c| {
                    let c = c.as_string::<i64>();
                    if c.is_null(row) { String::new() } else { c.value(row).to_owned() }
                })
            };
            let (name, split) = (text(&name), text(&split));
            visit(TableRow {
                line,
                sequence: if sequence.is_null(row) { b"" } else { sequence.value(row).as_bytes() },
                name: name.as_deref(),
                split: split.as_deref(),
                values: &row_values,
            })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{TableColumns, column_names, read_rows};
    use super::*;
    use arrow::array::{Float32Array, Int64Array, RecordBatch, StringArray, StringViewArray};
    use parquet::arrow::ArrowWriter;
    use std::sync::Arc;

    #[test]
    fn strings_of_any_kind_and_numbers_of_any_kind() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.parquet");
        let batch = RecordBatch::try_from_iter([
            ("seq", Arc::new(StringViewArray::from(vec!["ACGT", "GGGG"])) as ArrayRef),
            ("set", Arc::new(Int64Array::from(vec![1, 2]))),
            ("id", Arc::new(StringArray::from(vec!["a", "b"]))),
            ("x", Arc::new(Float32Array::from(vec![Some(0.5), None]))),
        ])
        .unwrap();
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let columns = TableColumns {
            sequence: "seq".into(),
            name: Some("id".into()),
            split: Some("set".into()),
            values: vec!["x".into(), "set".into()],
            header: true,
        };
        let mut seen = Vec::new();
        read_rows(&path, &columns, &mut |row| {
            seen.push(format!("{} {:?} {:?} {:?} {:?}", row.line, row.sequence.len(), row.name, row.split, row.values));
            Ok(())
        })
        .unwrap();
        assert_eq!(seen, ["1 4 Some(\"a\") Some(\"1\") [0.5, 1.0]", "2 4 Some(\"b\") Some(\"2\") [NaN, 2.0]"]);
        assert_eq!(column_names(&path, true).unwrap(), ["seq", "set", "id", "x"]);
        let text_as_value = TableColumns { values: vec!["id".into()], ..columns };
        let error = read_rows(&path, &text_as_value, &mut |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("not numbers"), "{error}");
        std::fs::write(&path, b"PAR1").unwrap();
        assert!(column_names(&path, true).unwrap_err().to_string().contains("not a whole Parquet"));
    }
}
