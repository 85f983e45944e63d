use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What decides the side of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SplitBy {
    /// The contig: `valid` and `test` (and `train`, otherwise all others) list contigs.
    Contig,
    /// Chance, keyed by the seed: `valid` and `test` are shares.
    Fraction,
    /// Fold `fold` of `folds` is the test, the next one (cyclically) the validation.
    KFold,
    /// A column of the table: `train`, `valid`, `test` list its values.
    Column,
    /// The `split` of each file.
    File,
}

/// A side of a split: names (contigs, values of a column) or a share of the windows.
#[derive(Debug, Clone, PartialEq)]
pub enum SplitValue {
    /// Contig names or column values.
    Names(Vec<String>),
    /// Share of the windows, in (0, 1). With `by` = contig, column or file: that share of the windows that would
    /// otherwise be training.
    Share(f64),
}

impl SplitValue {
    /// The names, if these are names.
    pub fn names(&self) -> Option<&[String]> {
        match self {
            Self::Names(names) => Some(names),
            Self::Share(_) => None,
        }
    }

    /// The share, if this is one.
    pub fn share(&self) -> Option<f64> {
        match self {
            Self::Names(_) => None,
            Self::Share(share) => Some(*share),
        }
    }
}

impl Serialize for SplitValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Names(names) => names.serialize(serializer),
            Self::Share(share) => share.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SplitValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = SplitValue;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of names or a share between 0 and 1")
            }
            fn visit_f64<E: de::Error>(self, share: f64) -> Result<SplitValue, E> {
                Ok(SplitValue::Share(share))
            }
            fn visit_i64<E: de::Error>(self, share: i64) -> Result<SplitValue, E> {
                Ok(SplitValue::Share(share as f64))
            }
            fn visit_u64<E: de::Error>(self, share: u64) -> Result<SplitValue, E> {
                Ok(SplitValue::Share(share as f64))
            }
            fn visit_str<E: de::Error>(self, name: &str) -> Result<SplitValue, E> {
                Ok(SplitValue::Names(vec![name.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<SplitValue, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element::<String>()? {
                    names.push(name);
                }
                Ok(SplitValue::Names(names))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

/// `dataset.split.group`: rows of a table that stay on one side, such as all variants of one element.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupConfig {
    /// Column of the table whose text names the group.
    pub column: String,
    /// The group is the text before the first occurrence of this; the whole text without it.
    #[serde(default)]
    pub until: Option<String>,
}

impl GroupConfig {
    /// The group that a text of the column names.
    pub fn of<'a>(&self, text: &'a str) -> &'a str {
        match &self.until {
            Some(mark) => text.split(mark.as_str()).next().unwrap_or(text),
            None => text,
        }
    }
}

/// `dataset.split`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SplitConfig {
    /// What decides; guessed from the other keys when absent (names → contig or column, shares → fraction).
    pub by: Option<SplitBy>,
    /// Training names; by default everything that is in neither other list.
    pub train: Option<SplitValue>,
    /// Validation names or share.
    pub valid: Option<SplitValue>,
    /// Test names or share.
    pub test: Option<SplitValue>,
    /// Column of the table, for `by = "column"`.
    pub column: Option<String>,
    /// Number of folds, for `by = "k-fold"`.
    pub folds: Option<u64>,
    /// The test fold, 0-based, for `by = "k-fold"`.
    pub fold: Option<u64>,
    /// Rows of a table that stay on one side, for `by = "fraction"` and `"k-fold"`.
    pub group: Option<GroupConfig>,
}

impl SplitConfig {
    /// What decides, after guessing: `genome` for kinds with coordinates, `file_splits` when any file has a `split`.
    pub fn resolved_by(&self, genome: bool, file_splits: bool) -> SplitBy {
        let names = |v: &Option<SplitValue>| v.as_ref().is_some_and(|v| v.names().is_some());
        match self.by {
            Some(by) => by,
            None if self.folds.is_some() || self.fold.is_some() => SplitBy::KFold,
            None if self.column.is_some() => SplitBy::Column,
            None if file_splits => SplitBy::File,
            None if genome
                && (names(&self.valid) || names(&self.test) || (self.valid.is_none() && self.test.is_none())) =>
            {
                SplitBy::Contig
            }
            None => SplitBy::Fraction,
        }
    }

    pub(crate) fn validate(&self, genome: bool, table: bool, file_splits: &[bool]) -> Vec<String> {
        let mut problems = Vec::new();
        let by = self.resolved_by(genome, file_splits.contains(&true));
        let sides = [("train", &self.train), ("valid", &self.valid), ("test", &self.test)];
        let mut shares = 0.0;
        for (side, value) in sides {
            if let Some(share) = value.as_ref().and_then(SplitValue::share) {
                if !(share > 0.0 && share < 1.0) {
                    problems.push(format!("dataset.split.{side}: a share lies between 0 and 1, not {share}"));
                }
                shares += share;
            }
        }
        if shares >= 1.0 {
            problems.push(format!("dataset.split: the shares add up to {shares}, which leaves nothing for training"));
        }
        if self.train.as_ref().is_some_and(|t| t.share().is_some()) {
            problems.push("dataset.split.train: list names; the training share is what valid and test leave".into());
        }
        let mut seen: Vec<(&str, &String)> = Vec::new();
        for (side, value) in sides {
            for name in value.as_ref().and_then(SplitValue::names).unwrap_or_default() {
                if let Some((other, _)) = seen.iter().find(|(_, n)| *n == name) {
                    problems.push(format!("dataset.split: {name:?} is in both {other} and {side}"));
                }
                seen.push((side, name));
            }
        }
        let unused = |key: &str, present: bool, wanted: &str, problems: &mut Vec<String>| {
            if present {
                problems.push(format!("dataset.split.{key}: only used with by = {wanted:?}; remove it or set by"));
            }
        };
        if by != SplitBy::Column {
            unused("column", self.column.is_some(), "column", &mut problems);
        }
        if by != SplitBy::KFold {
            unused("folds", self.folds.is_some(), "k-fold", &mut problems);
            unused("fold", self.fold.is_some(), "k-fold", &mut problems);
        }
        if let Some(group) = &self.group {
            if !table || !matches!(by, SplitBy::Fraction | SplitBy::KFold) {
                problems.push(
                    "dataset.split.group: needs kind = \"table\" and by = \"fraction\" or \"k-fold\"; remove it or set those"
                        .into(),
                );
            }
            if group.column.is_empty() || group.until.as_ref().is_some_and(String::is_empty) {
                problems.push("dataset.split.group: column and until must not be empty".into());
            }
        }
        match by {
            SplitBy::Contig => {
                if !genome {
                    problems.push("dataset.split.by: \"contig\" needs kind = \"coverage\" or \"peaks\"".into());
                }
                self.need_sides("contigs such as [\"chr8\"], or a share of the training windows", &mut problems);
            }
            SplitBy::Fraction => {
                for (side, value) in sides {
                    if value.as_ref().is_some_and(|v| v.names().is_some()) {
                        problems.push(format!("dataset.split.{side}: by = \"fraction\" takes a share such as 0.1"));
                    }
                }
                if self.by.is_some() {
                    self.need_sides("a share such as 0.1", &mut problems);
                }
            }
            SplitBy::KFold => {
                let (folds, fold) = (self.folds.unwrap_or(0), self.fold.unwrap_or(0));
                if folds < 3 {
                    problems.push(
                        "dataset.split.folds: give at least 3 (one tests, one validates, the others train)".into(),
                    );
                } else if fold >= folds {
                    problems.push(format!("dataset.split.fold: must be below folds = {folds} (0-based), not {fold}"));
                }
                if sides.iter().any(|(_, v)| v.is_some()) {
                    problems
                        .push("dataset.split: by = \"k-fold\" takes folds and fold, not train, valid or test".into());
                }
            }
            SplitBy::Column => {
                if !table {
                    problems.push("dataset.split.by: \"column\" needs kind = \"table\"".into());
                }
                if self.column.is_none() {
                    problems.push("dataset.split.column: name the column that decides".into());
                }
                self.need_sides("values of the column, or a share of the training rows", &mut problems);
            }
            SplitBy::File => {
                if genome {
                    problems.push("dataset.split.by: \"file\" needs kind = \"table\" or \"fasta\"".into());
                }
                for (i, _) in file_splits.iter().enumerate().filter(|(_, given)| !**given) {
                    problems.push(format!(
                        "dataset.{}.files[{i}].split: with by = \"file\" each file says train, valid or test",
                        if table { "table" } else { "fasta" }
                    ));
                }
                for (side, value) in sides {
                    if value.as_ref().is_some_and(|v| v.names().is_some()) {
                        problems.push(format!(
                            "dataset.split.{side}: by = \"file\" takes only a share of the training rows here, e.g. 0.1"
                        ));
                    }
                }
            }
        }
        problems
    }

    fn need_sides(&self, what: &str, problems: &mut Vec<String>) {
        for (side, value) in [("valid", &self.valid), ("test", &self.test)] {
            let empty = value.as_ref().is_none_or(|v| v.names().is_some_and(<[String]>::is_empty));
            if empty {
                problems.push(format!("dataset.split.{side}: give {what}"));
            }
        }
    }
}
