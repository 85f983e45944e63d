//! Sequences with values, one after the other, from tables or FASTA files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use cistron_core::{TargetKind, alphabet};
use cistron_genome::read_fasta;

use super::BuildOptions;
use crate::config::{DatasetKind, FastaConfig, SplitBy, TableConfig, Uneven};
use crate::manifest::ResolvedConfig;
use crate::table_file::{TableColumns, TableRow, read_rows};
use crate::{DataError, Split};

/// One sequence of a set.
pub(super) struct SequenceRow<'a> {
    /// Index of the file.
    pub file: usize,
    /// 1-based line (row in Parquet, header line in FASTA).
    pub line: u64,
    /// The given name.
    pub name: Option<&'a str>,
    /// Value of the column that decides the side or the group.
    pub column: Option<&'a str>,
    pub codes: &'a [u8],
    pub values: &'a [f32],
}

/// The files of a set; can be walked more than once.
pub(super) struct SequenceFiles {
    pub files: Vec<(PathBuf, Option<Split>)>,
    pub uneven: Uneven,
    pub tasks: usize,
    kind: Kind,
    binary: bool,
}

enum Kind {
    Table(TableColumns),
    /// A table whose names are looked up in a FASTA.
    Joined {
        columns: TableColumns,
        fasta: PathBuf,
        letters: HashMap<String, Vec<u8>>,
    },
    /// Label per file; `None` = from the header.
    Fasta(Vec<Option<f32>>),
}

impl SequenceFiles {
    pub(super) fn new(options: &BuildOptions, config: &ResolvedConfig) -> Result<Self, DataError> {
        let dataset = &config.dataset;
        let binary = dataset.resolved_target() == TargetKind::Binary;
        if dataset.resolved_kind() == DatasetKind::Table {
            let empty = TableConfig::default();
            let table = dataset.table.as_ref().unwrap_or(&empty);
            let files = table.files.iter().map(|f| Ok((options.path(&f.path)?, f.split)));
            let by_column = dataset.split.by == Some(SplitBy::Column);
            let group = dataset.split.group.as_ref().map(|g| g.column.clone());
            let joined = table.sequences_fasta.as_ref().zip(table.name.as_ref());
            let columns = TableColumns {
                sequence: joined.map_or(&table.sequence, |(_, name)| name).clone(),
                name: table.name.clone(),
                split: dataset.split.column.clone().filter(|_| by_column).or(group),
                values: table.values.clone(),
                header: table.header,
            };
            let kind = match joined {
                None => Kind::Table(columns),
                Some((fasta, _)) => {
                    let fasta = options.path(fasta)?;
                    Kind::Joined { columns, letters: sequences_by_name(&fasta)?, fasta }
                }
            };
            return Ok(Self {
                files: files.collect::<Result<_, DataError>>()?,
                uneven: table.uneven,
                tasks: table.values.len(),
                kind,
                binary,
            });
        }
        let empty = FastaConfig::default();
        let fasta = dataset.fasta.as_ref().unwrap_or(&empty);
        let files = fasta.files.iter().map(|f| Ok((options.path(&f.path)?, f.split)));
        Ok(Self {
            files: files.collect::<Result<_, DataError>>()?,
            uneven: fasta.uneven,
            tasks: 1,
            kind: Kind::Fasta(fasta.files.iter().map(|f| f.label.map(|l| l as f32)).collect()),
            binary,
        })
    }

    /// Where a row is, for messages.
    pub(super) fn place(&self, file: usize, line: u64) -> String {
        let name = self.files[file].0.file_name().unwrap_or_default().to_string_lossy();
        format!("{name}:{line}")
    }

    /// Visits every row, in the order of the files and of their lines.
    pub(super) fn walk(
        &self,
        visit: &mut dyn FnMut(SequenceRow<'_>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        for (file, (path, _)) in self.files.iter().enumerate() {
            match &self.kind {
                Kind::Table(columns) => read_rows(path, columns, &mut |row| self.visit_table(file, path, row, visit))?,
                Kind::Joined { columns, fasta, letters } => read_rows(path, columns, &mut |row| {
                    let name = row.name.unwrap_or_default();
                    let Some(sequence) = letters.get(name) else {
                        let message = format!("no sequence is named {name:?} in {}", fasta.display());
                        return Err(DataError::row(path, row.line, message));
                    };
                    self.visit_table(file, path, TableRow { sequence, ..row }, visit)
                })?,
                Kind::Fasta(labels) => self.walk_fasta(file, path, labels[file], visit)?,
            }
        }
        Ok(())
    }

    fn visit_table(
        &self,
        file: usize,
        path: &Path,
        row: TableRow<'_>,
        visit: &mut dyn FnMut(SequenceRow<'_>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let codes = encode(path, row.line, row.sequence)?;
        if self.binary
            && let Some(value) = row.values.iter().find(|v| !v.is_nan() && **v != 0.0 && **v != 1.0)
        {
            let message =
                format!("a binary value is 0 or 1, not {value}; set dataset.target = \"scalar\" for other values");
            return Err(DataError::row(path, row.line, message));
        }
        visit(SequenceRow {
            file,
            line: row.line,
            name: row.name,
            column: row.split,
            codes: &codes,
            values: row.values,
        })
    }

    fn walk_fasta(
        &self,
        file: usize,
        path: &Path,
        label: Option<f32>,
        visit: &mut dyn FnMut(SequenceRow<'_>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let mut records = 0;
        for record in read_fasta(path)? {
            let record = record?;
            records += 1;
            let value = match label {
                Some(label) => label,
                None => header_label(path, record.line, &record.name, self.binary)?,
            };
            let codes = encode(path, record.line, &record.letters)?;
            visit(SequenceRow {
                file,
                line: record.line,
                // a header that is a label does not name anything
                name: label.map(|_| record.name.as_str()).filter(|n| !n.is_empty()),
                column: None,
                codes: &codes,
                values: &[value],
            })?;
        }
        if records == 0 {
            return Err(DataError::file(path, "holds no sequences"));
        }
        Ok(())
    }
}

/// The sequences of a FASTA by the first word of their headers.
fn sequences_by_name(path: &Path) -> Result<HashMap<String, Vec<u8>>, DataError> {
    let mut letters = HashMap::new();
    for record in read_fasta(path)? {
        let record = record?;
        let name = record.name.split_whitespace().next().unwrap_or_default().to_owned();
        if letters.contains_key(&name) {
            return Err(DataError::row(path, record.line, format!("a second sequence is named {name:?}; rename one")));
        }
        letters.insert(name, record.letters);
    }
    if letters.is_empty() {
        return Err(DataError::file(path, "holds no sequences"));
    }
    Ok(letters)
}

fn header_label(path: &Path, line: u64, header: &str, binary: bool) -> Result<f32, DataError> {
    let label: Option<f32> = header.trim().parse().ok().filter(|v: &f32| v.is_finite());
    match label {
        Some(label) if !binary || label == 0.0 || label == 1.0 => Ok(label),
        _ => {
            let wanted = if binary { "0 or 1" } else { "a number" };
            let message = format!("with label_from_header the header is {wanted}, not {header:?}");
            Err(DataError::row(path, line, message))
        }
    }
}

fn encode(path: &Path, line: u64, letters: &[u8]) -> Result<Vec<u8>, DataError> {
    if letters.is_empty() {
        return Err(DataError::row(path, line, "the sequence is empty"));
    }
    alphabet::encode(letters).map_err(|bad| {
        let message = format!("in the sequence, {bad}; write unknown bases as N");
        DataError::row(path, line, message)
    })
}
