//! The report of a sweep: trials with their parameters and scores.

use std::path::{Path, PathBuf};

use cistron_core::AtomicFile;

use crate::figure::{importance, parallel};
use crate::write::{commit, stage, write_figures};
use crate::{ReportError, SummaryTable, html};

/// What the places along an axis mean.
#[derive(Debug, Clone, PartialEq)]
pub enum SweepAxisKind {
    /// A list of values; a place is an index into it.
    Levels(Vec<String>),
    /// Numbers of a range; a place is the number.
    Range {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Whether the axis is logarithmic; both ends are then above 0.
        log: bool,
    },
}

/// One parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepAxis {
    /// Dotted key.
    pub name: String,
    /// What its places mean.
    pub kind: SweepAxisKind,
}

/// One trial.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepLine {
    /// Number.
    pub trial: usize,
    /// A place for every axis.
    pub places: Vec<f64>,
    /// None when it failed.
    pub score: Option<f64>,
}

/// The importance of one parameter, or why it is undefined.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepImportance {
    /// Dotted key.
    pub name: String,
    /// Share of the score's variance.
    pub value: Result<f64, String>,
}

/// What the report of a sweep shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SweepReport {
    /// Name of the sweep.
    pub title: String,
    /// A line below it.
    pub subtitle: String,
    /// What came out, in words.
    pub sentences: Vec<String>,
    /// Parameters, from left to right.
    pub axes: Vec<SweepAxis>,
    /// Trials, the best first.
    pub lines: Vec<SweepLine>,
    /// Scores that are worse than this are drawn there.
    pub score_limit: Option<f64>,
    /// Name of the score.
    pub score: String,
    /// Which scores are good.
    pub higher_is_better: bool,
    /// One for each axis.
    pub importances: Vec<SweepImportance>,
    /// How importances are defined.
    pub importance_note: String,
    /// The best trials.
    pub best: SummaryTable,
    /// Those that failed, with the reason.
    pub failed: SummaryTable,
    /// What to keep in mind.
    pub warnings: Vec<String>,
    /// Keys and values for the end of the page.
    pub facts: Vec<(String, String)>,
}

/// Writes `report.html` and `figures/` (SVG and PNG) into a folder; returns the page's path. What stood there is replaced.
///
/// # Errors
/// Lines whose places do not fit the axes, and any error of drawing or writing; then no file with a final name is half-written.
pub fn write_sweep_report(input: &SweepReport, dir: &Path) -> Result<PathBuf, ReportError> {
    if let Some(line) = input.lines.iter().find(|line| line.places.len() != input.axes.len()) {
        let what = format!("trial {}: {} places for {} axes", line.trial, line.places.len(), input.axes.len());
        return Err(ReportError::Input { what });
    }
    let figures: Vec<_> = parallel::figure(input).into_iter().chain(importance::figure(input)).collect();
    let page = html::render_sweep(input, &figures)?;
    let staged = stage(&dir.join("figures"))?;
    write_figures(&figures, staged.path())?;
    commit(staged, &dir.join("figures"))?;
    let path = dir.join("report.html");
    AtomicFile::write(&path, page.as_bytes()).map_err(|source| ReportError::Write { path: path.clone(), source })?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(count: usize) -> SweepReport {
        let axes = vec![
            SweepAxis {
                name: "train.<loss>".into(),
                kind: SweepAxisKind::Levels(vec!["mse".into(), "poisson".into()]),
            },
            SweepAxis {
                name: "train.learning_rate".into(),
                kind: SweepAxisKind::Range { low: 1e-5, high: 1e-1, log: true },
            },
        ];
        let lines = (0..count).map(|trial| SweepLine {
            trial,
            places: vec![(trial % 2) as f64, 1e-5 * 1.5f64.powi(trial as i32)],
            score: (trial != 3).then_some(trial as f64),
        });
        let importances = [("train.<loss>", Ok(0.25)), ("train.learning_rate", Err("too few".to_owned()))];
        SweepReport {
            title: "a < b".into(),
            axes,
            lines: lines.collect(),
            score: "valid_loss".into(),
            importances: importances.map(|(n, value)| SweepImportance { name: n.into(), value }).to_vec(),
            ..SweepReport::default()
        }
    }

    #[test]
    fn the_page_holds_its_figures_and_escapes_names() {
        let dir = tempfile::tempdir().unwrap();
        let path = write_sweep_report(&report(12), dir.path()).unwrap();
        let page = std::fs::read_to_string(path).unwrap();
        assert!(page.contains("a &lt; b") && !page.contains("<loss>") && page.contains("figure-parallel_coordinates"));
        for name in ["parallel_coordinates.svg", "parallel_coordinates.png", "importance.svg", "importance.png"] {
            assert!(dir.path().join("figures").join(name).is_file(), "{name}");
        }
    }

    #[test]
    fn a_sweep_without_trials_has_a_page() {
        let dir = tempfile::tempdir().unwrap();
        write_sweep_report(&report(0), dir.path()).unwrap();
        write_sweep_report(&SweepReport::default(), dir.path()).unwrap();
        let mut wrong = report(1);
        wrong.lines[0].places.pop();
        assert!(write_sweep_report(&wrong, dir.path()).unwrap_err().to_string().contains("trial 0"));
    }
}
