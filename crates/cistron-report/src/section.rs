//! Sections of a report for evaluations beyond the headline: sentences, tables and a few kinds of figures, all plain data.

use cistron_core::{DifferenceRow, MetricRow};
use serde::{Deserialize, Serialize};

use crate::SummaryTable;

/// One evaluation in the report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResultSection {
    /// Heading.
    pub title: String,
    /// What was found, in whole sentences.
    pub sentences: Vec<String>,
    /// Tables, before the figures.
    pub tables: Vec<SummaryTable>,
    /// Figures.
    pub plots: Vec<Plot>,
}

/// A figure with its words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plot {
    /// File name without extension.
    pub name: String,
    /// Heading.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What is drawn.
    pub marks: Marks,
}

/// What a plot shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Marks {
    /// A matrix in colours.
    HeatMap(HeatMap),
    /// Lines through points with intervals.
    Lines(Lines),
    /// Named points with intervals both ways.
    Points(Points),
    /// Values with intervals, one a row.
    Intervals(Intervals),
}

/// A matrix in colours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatMap {
    /// Panels below each other, each with a name of its own and its own rows; they share columns and colours.
    pub panels: Vec<HeatMapPanel>,
    /// Names of the columns; when empty, they are numbered from `first_column`.
    pub columns: Vec<String>,
    /// Number of the first column.
    pub first_column: f64,
    /// Under the columns.
    pub x_title: String,
    /// Left of the rows.
    pub y_title: String,
    /// What the colours mean.
    pub unit: String,
    /// Colours from blue over white (0) to red, each panel scaled to its own largest size; otherwise from the least to the largest value.
    pub diverging: bool,
    /// Write the values into the cells.
    pub numbers: bool,
}

/// Rows of a [`HeatMap`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatMapPanel {
    /// Above the panel.
    pub title: String,
    /// Names of the rows.
    pub rows: Vec<String>,
    /// `[row][column]`; `None` stays empty.
    pub values: Vec<Vec<Option<f64>>>,
}

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Ends of the interval, when there is one.
    pub interval: Option<(f64, f64)>,
}

impl Estimate {
    /// Of a metric's row; none where the metric is undefined.
    pub fn of(row: &MetricRow) -> Option<Self> {
        row.value.map(|value| Self { value, interval: row.low.zip(row.high) })
    }

    /// Of a difference between two models; none where it is undefined.
    pub fn of_difference(row: &DifferenceRow) -> Option<Self> {
        row.difference.map(|value| Self { value, interval: row.low.zip(row.high) })
    }
}

/// `0.123 [0.100, 0.140]`, or the value alone when it has no interval.
impl std::fmt::Display for Estimate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.interval {
            Some((low, high)) => write!(f, "{:.3} [{low:.3}, {high:.3}]", self.value),
            None => write!(f, "{:.3}", self.value),
        }
    }
}

/// Lines through points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Names of the places along x, at even distances.
    pub places: Vec<String>,
    /// Under the axis.
    pub x_title: String,
    /// Left of the axis.
    pub y_title: String,
    /// One line each: a name, and a value per place.
    pub series: Vec<(String, Vec<Option<Estimate>>)>,
}

/// Named points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// Under the axis.
    pub x_title: String,
    /// Left of the axis.
    pub y_title: String,
    /// Name, place across and place up.
    pub points: Vec<(String, Estimate, Estimate)>,
}

/// Values with intervals, one a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervals {
    /// Under the axis.
    pub x_title: String,
    /// A dashed line there.
    pub reference: Option<f64>,
    /// Name and value of each row; rows without a value say so.
    pub rows: Vec<(String, Option<Estimate>)>,
}
