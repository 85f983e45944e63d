//! Tables with named, described, typed columns.

mod contents;
mod parquet_file;
mod tsv;

pub(crate) use contents::all;
pub(crate) use parquet_file::to_parquet;
pub(crate) use tsv::{dictionary, to_tsv};

/// Values of a column; `None` is undefined.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Text(Vec<Option<String>>),
    Float(Vec<Option<f64>>),
    Integer(Vec<Option<u64>>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Text(v) => v.len(),
            Self::Float(v) => v.len(),
            Self::Integer(v) => v.len(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Float(_) => "float64",
            Self::Integer(_) => "uint64",
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Column {
    pub name: &'static str,
    /// What it means, with its unit and what an empty cell says.
    pub meaning: &'static str,
    pub values: Values,
}

/// A table; all columns have the same length.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    /// File name without extension.
    pub name: &'static str,
    pub columns: Vec<Column>,
}

impl Table {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.values.len())
    }
}

fn text<'a, T: 'a>(
    name: &'static str,
    meaning: &'static str,
    rows: &'a [T],
    get: impl Fn(&'a T) -> Option<&'a str>,
) -> Column {
    Column { name, meaning, values: Values::Text(rows.iter().map(|r| get(r).map(str::to_owned)).collect()) }
}

/// A column of numbers; what is not finite becomes undefined.
fn float<T>(name: &'static str, meaning: &'static str, rows: &[T], get: impl Fn(&T) -> Option<f64>) -> Column {
    Column { name, meaning, values: Values::Float(rows.iter().map(|r| get(r).filter(|v| v.is_finite())).collect()) }
}

fn integer<T>(name: &'static str, meaning: &'static str, rows: &[T], get: impl Fn(&T) -> Option<u64>) -> Column {
    Column { name, meaning, values: Values::Integer(rows.iter().map(get).collect()) }
}
