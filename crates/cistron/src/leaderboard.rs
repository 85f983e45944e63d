//! Finished runs on the same data, every criterion of every model side by side.

mod averaged;
mod entrants;
mod finished_run;
mod other_criteria;
mod page;
mod pareto;
mod same_data;
mod summary;

use std::path::PathBuf;

use cistron_core::Reporter;
use cistron_eval::{EvalError, GeneralisationOptions, generalisation};
use cistron_report::write_leaderboard;

use self::entrants::entrants;
use self::finished_run::FinishedRun;
use self::other_criteria::OtherCriteria;
use self::page::leaderboard_input;
use crate::{CistronError, Problem, RunDir};

/// What to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompareOptions {
    /// Two or more run directories.
    pub runs: Vec<PathBuf>,
    /// Folder of the leaderboard.
    pub out: PathBuf,
    /// Average profiles to bins of this width in bp, a multiple of every run's.
    pub bin_bp: Option<usize>,
    /// Bootstrap replicates of intervals, differences and ranks.
    pub bootstrap_replicates: usize,
}

/// What a comparison wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompareSummary {
    /// The page.
    pub html: PathBuf,
    /// One row per criterion and model.
    pub tsv: PathBuf,
    /// The models by their first criteria, as plain text.
    table: String,
}

/// Compares all models of finished runs and writes `leaderboard.html`, `leaderboard.tsv`, `figures/` and `tables/`.
///
/// Accuracy is worked out anew from the stored predictions, so that intervals, differences and ranks rest on the same resamples of the
/// same windows for all models; the resamples are those of the first run's seed. Other evaluations are taken as the runs stored them.
///
/// # Errors
/// A directory that is no finished run, runs on other data ([`CistronError::Study`], every problem at once), damaged files, anything
/// that cannot be written.
pub fn compare(options: &CompareOptions, reporter: &dyn Reporter) -> Result<CompareSummary, CistronError> {
    if RunDir::new(&options.out).resolved_study().exists() {
        let problem =
            Problem::new(options.out.display().to_string(), "is a run directory, whose figures and tables are its own");
        return Err(vec![problem.with_help("give the leaderboard a folder of its own with --out")].into());
    }
    let mut runs = FinishedRun::open_all(&options.runs)?;
    if let Some(bin_bp) = options.bin_bp {
        let problems: Vec<Problem> = runs.iter().filter_map(|run| averaged::problem(run, bin_bp)).collect();
        if !problems.is_empty() {
            return Err(problems.into());
        }
        runs.iter_mut().try_for_each(|run| run.rebin(bin_bp))?;
    }
    let problems = same_data::problems(&runs)?;
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let mut others = OtherCriteria::read(&runs)?;
    if !others.is_empty() && runs.iter().any(FinishedRun::is_rebinned) {
        let warning =
            "--bin-bp averages what accuracy is worked out from; other evaluations are in each run's own bins";
        others.warnings.push(warning.into());
    }
    let entrants = entrants(&runs)?;
    let models = entrants.iter().map(|e| e.open(&runs, &options.out, reporter)).collect::<Result<Vec<_>, _>>()?;
    let (test, seed) = (&runs[0].test, runs[0].dataset.manifest().seed);
    let settings = GeneralisationOptions {
        bootstrap_replicates: options.bootstrap_replicates,
        seed,
        ..GeneralisationOptions::default()
    };
    let report = generalisation(&models, test, &settings, reporter).map_err(|error| match error {
        EvalError::Stored { path, message } => CistronError::RunDirectory { path, message },
        other => other.into(),
    })?;
    report.warnings.iter().chain(&others.warnings).for_each(|w| reporter.warn(w));
    let input = leaderboard_input(&runs, &entrants, &report, &others, &settings);
    let paths = write_leaderboard(&input, &options.out)?;
    Ok(CompareSummary { html: paths.html, tsv: paths.tsv, table: summary::table(&input) })
}
