use serde::{Deserialize, Serialize};

use crate::Split;

/// What to do with sequences of different lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Uneven {
    /// An error that names the lengths and lines.
    #[default]
    Error,
    /// Shorter sequences are centred and filled with N on both sides (an odd N goes to the right).
    Pad,
}

/// `dataset.table`: sequences with measured values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableConfig {
    /// The files, read in this order.
    pub files: Vec<TableFileConfig>,
    /// Column of the sequence (a 1-based number when `header = false`); empty with `sequences_fasta`.
    pub sequence: String,
    /// FASTA (plain or gzip) that holds the sequences, found by the column `name`.
    pub sequences_fasta: Option<String>,
    /// Columns of the values, one task each.
    pub values: Vec<String>,
    /// Names of the tasks; by default those of the columns.
    pub tasks: Vec<String>,
    /// Column of the row's name; rows are named `file:line` without it.
    pub name: Option<String>,
    /// Whether the first line names the columns (TSV and CSV).
    pub header: bool,
    /// What to do with sequences of different lengths.
    pub uneven: Uneven,
}

/// One entry of `dataset.table.files`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableFileConfig {
    /// TSV, CSV (either gzipped) or Parquet.
    pub path: String,
    /// The side of all its rows, with `split = { by = "file" }`.
    pub split: Option<Split>,
}

impl Default for TableConfig {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            sequence: String::new(),
            sequences_fasta: None,
            values: Vec::new(),
            tasks: Vec::new(),
            name: None,
            header: true,
            uneven: Uneven::Error,
        }
    }
}

impl TableConfig {
    /// Names of the tasks.
    pub fn task_names(&self) -> &[String] {
        if self.tasks.is_empty() { &self.values } else { &self.tasks }
    }

    pub(crate) fn validate(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.files.is_empty() {
            problems.push("dataset.table.files: give at least one { path = … }".into());
        }
        for (i, file) in self.files.iter().enumerate() {
            if file.path.is_empty() {
                problems.push(format!("dataset.table.files[{i}].path: the path is empty"));
            }
        }
        match &self.sequences_fasta {
            None if self.sequence.is_empty() => problems.push(
                "dataset.table.sequence: name the column that holds the sequence, or give sequences_fasta and name"
                    .into(),
            ),
            Some(_) if !self.sequence.is_empty() => {
                problems.push("dataset.table: give sequence or sequences_fasta, not both".into());
            }
            Some(_) if self.name.is_none() => {
                problems.push("dataset.table.name: sequences_fasta needs the column that holds the FASTA names".into());
            }
            _ => {}
        }
        if self.values.is_empty() {
            problems.push("dataset.table.values: name at least one column of values".into());
        }
        for (i, value) in self.values.iter().enumerate() {
            if self.values[..i].contains(value) {
                problems.push(format!("dataset.table.values: {value:?} is listed twice"));
            }
        }
        if !self.tasks.is_empty() && self.tasks.len() != self.values.len() {
            problems.push(format!(
                "dataset.table.tasks: {} name(s) for {} column(s) of values; give one each or remove the key",
                self.tasks.len(),
                self.values.len()
            ));
        }
        for (i, task) in self.tasks.iter().enumerate() {
            if task.is_empty() || self.tasks[..i].contains(task) {
                problems.push(format!("dataset.table.tasks: {task:?} is empty or listed twice"));
            }
        }
        if !self.header {
            let columns = [Some(&self.sequence), self.name.as_ref()].into_iter().flatten().chain(&self.values);
            for column in columns.filter(|c| !c.is_empty() && !c.parse::<usize>().is_ok_and(|n| n > 0)) {
                problems.push(format!("dataset.table: with header = false columns are numbers from 1, not {column:?}"));
            }
        }
        problems
    }
}
