//! `[train]`, and what a model changes of it.

use cistron_nn::TrainOptions;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::section::read_section;
use crate::Problem;

/// How training samples are varied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Augmentation {
    /// Each sample is read from the other strand with probability one half.
    ReverseComplement,
    /// Each sample is cropped to `input_bp` at a random offset of its stored window.
    RandomShift,
}

/// Which windows of the training and validation splits are learnt from (GOPHER, training-set selection). The test windows stay the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TrainSelection {
    /// Only windows whose maximal coverage of any track is above this.
    pub coverage_above: Option<f32>,
    /// Only windows with a peak of any track.
    pub peaks_only: bool,
}

impl TrainSelection {
    /// Whether every window is taken.
    pub fn takes_all(&self) -> bool {
        self.coverage_above.is_none() && !self.peaks_only
    }
}

/// `[train]`: the options of the trainer plus how samples are chosen and varied.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainSection {
    /// Variation of training samples.
    pub augment: Vec<Augmentation>,
    /// Which windows are learnt from.
    pub select: TrainSelection,
    /// Options of the trainer; its seed is set from the study's.
    pub options: TrainOptions,
}

impl TrainSection {
    /// Whether training uses an augmentation.
    pub fn augments(&self, augmentation: Augmentation) -> bool {
        self.augment.contains(&augmentation)
    }
}

/// The table of a `[train]` section.
pub(super) fn train_table(value: Option<Value>, place: &str, problems: &mut Vec<Problem>) -> Option<Table> {
    match value {
        None => Some(Table::new()),
        Some(Value::Table(table)) => Some(table),
        Some(_) => {
            problems.push(Problem::new(place, format!("must be a section: [{place}]")));
            None
        }
    }
}

pub(super) fn read_train(mut table: Table, place: &str, problems: &mut Vec<Problem>) -> Option<TrainSection> {
    let augment = match table.remove("augment") {
        None => Some(vec![Augmentation::ReverseComplement, Augmentation::RandomShift]),
        Some(value) => read_section(value, &format!("{place}.augment"), problems),
    };
    let select = match table.remove("select") {
        None => Some(TrainSelection::default()),
        Some(value) => read_section(value, &format!("{place}.select"), problems),
    };
    let options = read_section(Value::Table(table), place, problems);
    Some(TrainSection { augment: augment?, select: select?, options: options? })
}
