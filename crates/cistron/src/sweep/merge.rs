//! What all shards left, as a table and a report.

use std::cmp::Ordering;
use std::fmt;
use std::path::{Path, PathBuf};

use cistron_core::AtomicFile;
use cistron_report::write_sweep_report;

use super::directory::SweepDir;
use super::report::sweep_report;
use super::table::result_table;
use super::{Plan, Status, TrialRecord};
use crate::CistronError;

/// What was merged.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeSummary {
    /// Trials of the plan.
    pub planned: usize,
    /// Trials without a result yet.
    pub missing: usize,
    /// Trials that failed.
    pub failed: usize,
    /// Number, score and parameters in words of the best trial.
    pub best: Option<(usize, f64, String)>,
    /// Name of the score.
    pub metric: &'static str,
    /// `sweep.tsv`.
    pub table: PathBuf,
    /// `report.html`.
    pub report: PathBuf,
}

/// Collects the trials of a sweep's directory into `sweep.tsv` and `report.html`. An unfinished sweep gives what is there.
///
/// # Errors
/// No sweep in the directory, a record that cannot be read, any error of writing.
pub fn merge(out: &Path) -> Result<MergeSummary, CistronError> {
    let plan = Plan::open(out)?;
    let dir = SweepDir::new(out);
    let mut records = Vec::new();
    for trial in &plan.trials {
        records.extend(TrialRecord::read(&dir.record(trial.trial))?);
    }
    let table = dir.table();
    AtomicFile::write(&table, result_table(&plan, &records).as_bytes()).map_err(CistronError::io(&table))?;
    let missing = plan.trials.len() - records.len();
    let failed = records.iter().filter(|r| r.status == Status::Failed).count();
    let ranked = ranked(&plan, &records);
    let best = ranked
        .first()
        .and_then(|record| Some((record.trial, record.score?, plan.describe(&plan.trials[record.trial]))));
    let report = write_sweep_report(&sweep_report(&plan, &records, &ranked), dir.root())?;
    let metric = plan.file.sweep.metric.name();
    Ok(MergeSummary { planned: plan.trials.len(), missing, failed, best, metric, table, report })
}

/// Trials with a score, the best first. Those that reached a later rung come before those that did not: scores after different numbers of
/// epochs are not compared.
fn ranked<'a>(plan: &Plan, records: &'a [TrialRecord]) -> Vec<&'a TrialRecord> {
    let mut ranked: Vec<(&TrialRecord, f64)> = records.iter().filter_map(|r| Some((r, r.score?))).collect();
    let later = |a: &TrialRecord, b: &TrialRecord| -> Ordering { b.rungs.len().cmp(&a.rungs.len()) };
    ranked.sort_by(|(a, x), (b, y)| later(a, b).then(plan.file.goal().order(*x, *y)).then(a.trial.cmp(&b.trial)));
    ranked.into_iter().map(|(record, _)| record).collect()
}

impl fmt::Display for MergeSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let done = self.planned - self.missing;
        write!(f, "{done} of {} trials", self.planned)?;
        if self.failed > 0 {
            write!(f, ", {} failed", self.failed)?;
        }
        if self.missing > 0 {
            write!(f, ", {} missing", self.missing)?;
        }
        writeln!(f)?;
        match &self.best {
            Some((trial, score, parameters)) => {
                writeln!(f, "Best: trial {trial}, {} {score:.6} ({parameters})", self.metric)?;
            }
            None => writeln!(f, "No trial has a score")?,
        }
        writeln!(f, "Table: {}", self.table.display())?;
        writeln!(f, "Report: {}", self.report.display())
    }
}
