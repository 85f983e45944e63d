use serde::{Deserialize, Serialize};

use super::Uneven;
use crate::Split;

/// `dataset.fasta`: sets of labelled sequences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FastaConfig {
    /// The files, read in this order.
    pub files: Vec<FastaFileConfig>,
    /// Name of the task.
    pub task: String,
    /// What to do with sequences of different lengths.
    pub uneven: Uneven,
}

impl Default for FastaConfig {
    fn default() -> Self {
        Self { files: Vec::new(), task: "label".into(), uneven: Uneven::Error }
    }
}

/// One entry of `dataset.fasta.files`: exactly one of `label` and `label_from_header` is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FastaFileConfig {
    /// FASTA, plain or gzip.
    pub path: String,
    /// The label (or value) of every sequence of the file.
    pub label: Option<f64>,
    /// Whether each header, up to the first space, is the label.
    pub label_from_header: bool,
    /// The side of all its sequences, with `split = { by = "file" }`.
    pub split: Option<Split>,
}

impl FastaConfig {
    pub(crate) fn validate(&self, binary: bool) -> Vec<String> {
        let mut problems = Vec::new();
        if self.files.is_empty() {
            problems.push("dataset.fasta.files: give at least one { path = …, label = … }".into());
        }
        if self.task.is_empty() {
            problems.push("dataset.fasta.task: the task needs a name".into());
        }
        for (i, file) in self.files.iter().enumerate() {
            let key = format!("dataset.fasta.files[{i}]");
            if file.path.is_empty() {
                problems.push(format!("{key}.path: the path is empty"));
            }
            match file.label {
                Some(_) if file.label_from_header => {
                    problems.push(format!("{key}: give label or label_from_header, not both"));
                }
                None if !file.label_from_header => {
                    problems.push(format!("{key}: give label = 0 or 1, or label_from_header = true"));
                }
                Some(label) if binary && label != 0.0 && label != 1.0 => {
                    problems.push(format!("{key}.label: a binary label is 0 or 1, not {label}"));
                }
                Some(label) if !label.is_finite() => problems.push(format!("{key}.label: {label} is not finite")),
                _ => {}
            }
        }
        if binary && !self.files.is_empty() && !self.files.iter().any(|f| f.label_from_header) {
            for class in [0.0, 1.0] {
                if !self.files.iter().any(|f| f.label == Some(class)) {
                    problems.push(format!("dataset.fasta.files: no file has label = {class}; add one of each class"));
                }
            }
        }
        problems
    }
}
