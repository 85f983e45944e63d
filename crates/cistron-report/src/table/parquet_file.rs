use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::{Table, Values};

/// The bytes of a Parquet file (Snappy); undefined cells are null.
///
/// # Errors
/// Any error of the Parquet writer.
pub fn to_parquet(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let column = |values: &Values| -> (DataType, ArrayRef) {
        match values {
            Values::Text(v) => (DataType::Utf8, Arc::new(v.iter().map(Option::as_deref).collect::<StringArray>())),
            Values::Category(texts, v) => {
                (DataType::Utf8, Arc::new(v.iter().map(|i| Some(texts[*i as usize].as_str())).collect::<StringArray>()))
            }
            Values::Float(v) => (DataType::Float64, Arc::new(v.iter().copied().collect::<Float64Array>())),
            Values::Integer(v) => (DataType::UInt64, Arc::new(v.iter().copied().collect::<UInt64Array>())),
        }
    };
    let (kinds, arrays): (Vec<DataType>, Vec<ArrayRef>) = table.columns.iter().map(|c| column(&c.values)).unzip();
    let fields = table.columns.iter().zip(kinds).map(|(c, kind)| Field::new(c.name, kind, true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}
