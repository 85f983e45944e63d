//! Tables with named, described, typed columns.

mod contents;
mod parquet_file;
mod tsv;

pub(crate) use contents::all;
pub use parquet_file::to_parquet;
pub(crate) use tsv::dictionary;
pub use tsv::to_tsv;

/// Values of a column; `None` is undefined.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Any text.
    Text(Vec<Option<String>>),
    /// Few texts that many rows share: the texts, and the index of each row's.
    Category(Vec<String>, Vec<u32>),
    /// Numbers; none of them NaN or infinite.
    Float(Vec<Option<f64>>),
    /// Counts and positions.
    Integer(Vec<Option<u64>>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Text(v) => v.len(),
            Self::Category(_, v) => v.len(),
            Self::Float(v) => v.len(),
            Self::Integer(v) => v.len(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Category(..) => "text",
            Self::Float(_) => "float64",
            Self::Integer(_) => "uint64",
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its header.
    pub name: &'static str,
    /// What it means, with its unit and what an empty cell says.
    pub meaning: &'static str,
    /// One value per row.
    pub values: Values,
}

/// A table; all columns have the same length.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// File name without extension.
    pub name: &'static str,
    /// From left to right.
    pub columns: Vec<Column>,
}

impl Table {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.values.len())
    }
}

/// A column of texts.
pub fn text<'a, T: 'a>(
    name: &'static str,
    meaning: &'static str,
    rows: &'a [T],
    get: impl Fn(&'a T) -> Option<&'a str>,
) -> Column {
    Column { name, meaning, values: Values::Text(rows.iter().map(|r| get(r).map(str::to_owned)).collect()) }
}

/// A column of numbers; what is not finite becomes undefined.
pub fn float<T>(name: &'static str, meaning: &'static str, rows: &[T], get: impl Fn(&T) -> Option<f64>) -> Column {
    Column { name, meaning, values: Values::Float(rows.iter().map(|r| get(r).filter(|v| v.is_finite())).collect()) }
}

/// A column of counts or positions.
pub fn integer<T>(name: &'static str, meaning: &'static str, rows: &[T], get: impl Fn(&T) -> Option<u64>) -> Column {
    Column { name, meaning, values: Values::Integer(rows.iter().map(get).collect()) }
}

/// A column of few texts that many rows share.
pub fn category<T>(
    name: &'static str,
    meaning: &'static str,
    texts: Vec<String>,
    rows: &[T],
    get: impl Fn(&T) -> u32,
) -> Column {
    Column { name, meaning, values: Values::Category(texts, rows.iter().map(get).collect()) }
}
