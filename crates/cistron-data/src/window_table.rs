//! `windows.parquet`: one row per window, in the order of the arrays.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, Float32Array, RecordBatch, StringArray, StringBuilder, UInt64Array};
use arrow::array::{Float32Builder, UInt64Builder};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::{DataError, Split};

pub(crate) const FILE: &str = "windows.parquet";
const BATCH: usize = 1 << 16;
const NO_CONTIG: u32 = u32::MAX;

/// What is stored of one window.
pub(crate) struct WindowRecord<'a> {
    pub name: &'a str,
    pub place: Option<(&'a str, u64, u64)>,
    pub split: Split,
    pub gc: f32,
    pub n_share: f32,
}

/// Writes the table in batches.
pub(crate) struct WindowTableWriter {
    path: PathBuf,
    writer: ArrowWriter<File>,
    schema: Arc<Schema>,
    name: StringBuilder,
    contig: StringBuilder,
    start: UInt64Builder,
    end: UInt64Builder,
    split: StringBuilder,
    gc: Float32Builder,
    n_share: Float32Builder,
    buffered: usize,
}

impl WindowTableWriter {
    pub(crate) fn create(dir: &Path) -> Result<Self, DataError> {
        let path = dir.join(FILE);
        let file = File::create(&path).map_err(DataError::io(&path))?;
        let schema = Arc::new(Schema::new(vec![
            Field::new("name", DataType::Utf8, false),
            Field::new("contig", DataType::Utf8, true),
            Field::new("start_0", DataType::UInt64, true),
            Field::new("end_0", DataType::UInt64, true),
            Field::new("split", DataType::Utf8, false),
            Field::new("gc", DataType::Float32, false),
            Field::new("n_share", DataType::Float32, false),
        ]));
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(BATCH))
            .build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties))
            .map_err(|e| DataError::file(&path, e.to_string()))?;
        Ok(Self {
            path,
            writer,
            schema,
            name: StringBuilder::new(),
            contig: StringBuilder::new(),
            start: UInt64Builder::new(),
            end: UInt64Builder::new(),
            split: StringBuilder::new(),
            gc: Float32Builder::new(),
            n_share: Float32Builder::new(),
            buffered: 0,
        })
    }

    pub(crate) fn push(&mut self, row: &WindowRecord<'_>) -> Result<(), DataError> {
        self.name.append_value(row.name);
        self.contig.append_option(row.place.map(|p| p.0));
        self.start.append_option(row.place.map(|p| p.1));
        self.end.append_option(row.place.map(|p| p.2));
        self.split.append_value(row.split.name());
        self.gc.append_value(row.gc);
        self.n_share.append_value(row.n_share);
        self.buffered += 1;
        if self.buffered == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), DataError> {
        if self.buffered == 0 {
            return Ok(());
        }
        self.buffered = 0;
        let batch = RecordBatch::try_new(
            self.schema.clone(),
            vec![
                Arc::new(self.name.finish()),
                Arc::new(self.contig.finish()),
                Arc::new(self.start.finish()),
                Arc::new(self.end.finish()),
                Arc::new(self.split.finish()),
                Arc::new(self.gc.finish()),
                Arc::new(self.n_share.finish()),
            ],
        )
        .map_err(|e| DataError::file(&self.path, e.to_string()))?;
        self.writer.write(&batch).map_err(|e| DataError::file(&self.path, e.to_string()))
    }

    pub(crate) fn finish(mut self) -> Result<(), DataError> {
        self.flush()?;
        let file = self.writer.into_inner().map_err(|e| DataError::file(&self.path, e.to_string()))?;
        file.sync_all().map_err(DataError::io(&self.path))
    }
}

/// The table in memory, about 30 bytes a window plus names where they are not coordinates.
#[derive(Debug, Default)]
pub(crate) struct WindowTable {
    contigs: Vec<String>,
    contig: Vec<u32>,
    start: Vec<u64>,
    end: Vec<u64>,
    names: String,
    name_ends: Vec<u64>,
    split: Vec<u8>,
    gc: Vec<f32>,
    n_share: Vec<f32>,
}

impl WindowTable {
    pub(crate) fn open(dir: &Path) -> Result<Self, DataError> {
        let path = dir.join(FILE);
        let file = File::open(&path).map_err(DataError::io(&path))?;
        let bad = |message: String| DataError::damaged(&path, format!("{message}; build the dataset again"));
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| bad(e.to_string()))?;
        let wanted = ["name", "contig", "start_0", "end_0", "split", "gc", "n_share"];
        let mask = ProjectionMask::columns(builder.parquet_schema(), wanted);
        let reader = builder.with_projection(mask).with_batch_size(BATCH).build().map_err(|e| bad(e.to_string()))?;
        let mut table = Self::default();
        for batch in reader {
            let batch = batch.map_err(|e| bad(e.to_string()))?;
            table.extend(&batch).ok_or_else(|| bad("has other columns than a window table".into()))?;
        }
        Ok(table)
    }

    fn extend(&mut self, batch: &RecordBatch) -> Option<()> {
        fn column<'a, T: 'static>(batch: &'a RecordBatch, name: &str) -> Option<&'a T> {
            batch.column_by_name(name)?.as_any().downcast_ref()
        }
        let name: &StringArray = column(batch, "name")?;
        let contig: &StringArray = column(batch, "contig")?;
        let start: &UInt64Array = column(batch, "start_0")?;
        let end: &UInt64Array = column(batch, "end_0")?;
        let split: &StringArray = column(batch, "split")?;
        let gc: &Float32Array = column(batch, "gc")?;
        let n_share: &Float32Array = column(batch, "n_share")?;
        for row in 0..batch.num_rows() {
            if contig.is_null(row) {
                self.contig.push(NO_CONTIG);
                self.start.push(0);
                self.end.push(0);
                self.names.push_str(name.value(row));
            } else {
                let contig = contig.value(row);
                // windows are sorted by contig, so the last one nearly always matches
                let known = match self.contigs.last() {
                    Some(last) if last == contig => Some(self.contigs.len() - 1),
                    _ => self.contigs.iter().position(|c| c == contig),
                };
                let index = known.unwrap_or_else(|| {
                    self.contigs.push(contig.to_owned());
                    self.contigs.len() - 1
                });
                self.contig.push(u32::try_from(index).ok()?);
                self.start.push(start.value(row));
                self.end.push(end.value(row));
            }
            self.name_ends.push(self.names.len() as u64);
            let code = Split::ALL.into_iter().find(|s| s.name() == split.value(row))?.code();
            self.split.push(code);
            self.gc.push(gc.value(row));
            self.n_share.push(n_share.value(row));
        }
        Some(())
    }

    pub(crate) fn len(&self) -> usize {
        self.split.len()
    }

    pub(crate) fn place(&self, row: usize) -> Option<(&str, u64, u64)> {
        let contig = self.contigs.get(self.contig[row] as usize)?;
        Some((contig, self.start[row], self.end[row]))
    }

    pub(crate) fn name(&self, row: usize) -> String {
        match self.place(row) {
            Some((contig, start, end)) => format!("{contig}:{start}-{end}"),
            None => {
                let begin = if row == 0 { 0 } else { self.name_ends[row - 1] };
                self.names[begin as usize..self.name_ends[row] as usize].to_owned()
            }
        }
    }

    pub(crate) fn split(&self, row: usize) -> Split {
        Split::from_code(self.split[row]).unwrap_or(Split::Train)
    }

    pub(crate) fn gc(&self, row: usize) -> f32 {
        self.gc[row]
    }

    pub(crate) fn n_share(&self, row: usize) -> f32 {
        self.n_share[row]
    }

    /// The rows of one split, ascending.
    pub(crate) fn rows_of(&self, split: Split) -> Vec<u32> {
        (0..self.len() as u32).filter(|&row| self.split[row as usize] == split.code()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_with_and_without_a_place_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = WindowTableWriter::create(dir.path()).unwrap();
        let row = |name, place, split| WindowRecord { name, place, split, gc: 0.5, n_share: 0.25 };
        writer.push(&row("chr1:5-15", Some(("chr1", 5, 15)), Split::Test)).unwrap();
        writer.push(&row("promoter 1", None, Split::Train)).unwrap();
        writer.push(&row("p2", None, Split::Valid)).unwrap();
        writer.push(&row("chr2:0-10", Some(("chr2", 0, 10)), Split::Test)).unwrap();
        writer.finish().unwrap();
        let table = WindowTable::open(dir.path()).unwrap();
        assert_eq!(table.len(), 4);
        assert_eq!(
            (table.name(0), table.name(1), table.name(2)),
            ("chr1:5-15".into(), "promoter 1".into(), "p2".into())
        );
        assert_eq!(table.place(3), Some(("chr2", 0, 10)));
        assert_eq!(table.place(1), None);
        assert_eq!(table.rows_of(Split::Test), [0, 3]);
        assert_eq!((table.split(2), table.gc(2), table.n_share(2)), (Split::Valid, 0.5, 0.25));
    }
}
