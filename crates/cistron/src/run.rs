use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

use cistron_core::{AtomicFile, MetricRow, Reporter};
use cistron_data::Dataset;
use cistron_eval::GeneralisationReport;

use crate::check::{build_options, check_training, check_with_cache};
use crate::evaluate::evaluate;
use crate::manifest::write_manifest;
use crate::report::report;
use crate::report_input::counted;
use crate::train::{TrainedNetwork, train_networks};
use crate::warnings::WarningKeeper;
use crate::{CistronError, DeviceChoice, RunDir, Study};

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The dataset is on disk.
    Build,
    /// The networks are trained.
    Train,
    /// The models are compared.
    Evaluate,
    /// The report is written.
    Report,
}

/// How to run a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunOptions {
    /// The run directory.
    pub out: PathBuf,
    /// Where networks run.
    pub device: DeviceChoice,
    /// Forget what an earlier run left.
    pub fresh: bool,
    /// How far to go.
    pub until: Stage,
    /// A dataset that was built earlier from the same genome, dataset and seed; otherwise the run builds its own.
    pub dataset: Option<PathBuf>,
}

/// What a run did.
#[derive(Debug, Clone)]
pub struct RunSummary {
    /// The run directory.
    pub out: PathBuf,
    /// The report, when it was written.
    pub report: Option<PathBuf>,
    /// The networks, when they were trained.
    pub trained: Vec<TrainedNetwork>,
    /// What the evaluation found, when it ran.
    pub generalisation: Option<GeneralisationReport>,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// Folders and files that a run makes; `fresh` removes these and nothing else.
const MADE: [&str; 9] = [
    "dataset",
    "models",
    "predictions",
    "evaluation",
    "figures",
    "tables",
    "report.html",
    "manifest.json",
    "study.toml",
];

/// Runs a study up to a stage. What an earlier run finished with the same inputs is taken as it is; training goes on from its last
/// whole epoch.
///
/// # Errors
/// [`CistronError::Study`] with every problem that shows before any work; later, whatever hinders a stage.
pub fn run(study: &Study, options: &RunOptions, reporter: &dyn Reporter) -> Result<RunSummary, CistronError> {
    let start = Instant::now();
    let reporter = &WarningKeeper::new(reporter);
    let dir = RunDir::new(&options.out);
    options.device.check().map_err(|source| CistronError::Network { model: "device".into(), source })?;
    if options.fresh {
        remove(&dir)?;
    }
    let problems = match options.dataset {
        None => check_with_cache(study, &dir.cache()),
        Some(_) => check_training(study),
    };
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let resolved = study.resolved().map_err(|e| CistronError::RunDirectory {
        path: dir.resolved_study(),
        message: format!("the study cannot be written out: {e}"),
    })?;
    AtomicFile::write(dir.resolved_study(), resolved.as_bytes()).map_err(CistronError::io(&dir.resolved_study()))?;

    let dataset = match &options.dataset {
        Some(path) => Dataset::open(path)?,
        None => {
            cistron_data::build(&build_options(study, &dir.cache()), &dir.dataset(), reporter)?;
            Dataset::open(dir.dataset())?
        }
    };
    dataset.manifest().warnings.iter().for_each(|w| reporter.warn(w));
    let mut summary =
        RunSummary { out: options.out.clone(), report: None, trained: Vec::new(), generalisation: None, seconds: 0.0 };
    if options.until >= Stage::Train {
        let mut evaluated = None;
        let trained = train_networks(study, &dataset, &dir, options, reporter)?;
        if options.until >= Stage::Evaluate {
            evaluated = Some(evaluate(study, &dataset, &dir, &trained, options, reporter)?);
        }
        let manifest = write_manifest(study, &dataset, &dir, &trained, options, start.elapsed().as_secs_f64())?;
        if let (Stage::Report, Some(found)) = (options.until, &evaluated) {
            let texts = (reporter.warnings(), resolved, manifest);
            summary.report = Some(report(study, &dataset, &dir, &trained, found, texts, options)?);
        }
        summary.generalisation = evaluated.map(|e| e.generalisation);
        summary.trained = trained;
    }
    summary.seconds = start.elapsed().as_secs_f64();
    Ok(summary)
}

fn remove(dir: &RunDir) -> Result<(), CistronError> {
    for name in MADE {
        let path = dir.root().join(name);
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(CistronError::io(&path)(error)),
            _ => {}
        }
    }
    Ok(())
}

impl fmt::Display for RunSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(found) = &self.generalisation {
            let windows = counted(found.windows as usize, "window");
            writeln!(f, "\nTest split: {windows}, {}", counted(found.target.tasks.len(), "task"))?;
            let metrics: Vec<&str> = {
                let mut names: Vec<&str> = Vec::new();
                for row in found.rows.iter().filter(|r| r.task == MetricRow::MEAN_OVER_TASKS) {
                    if !names.contains(&row.metric.as_str()) {
                        names.push(&row.metric);
                    }
                }
                names.into_iter().take(4).collect()
            };
            write!(f, "{:<30}", "model")?;
            metrics.iter().try_for_each(|m| write!(f, "  {m:>28}"))?;
            writeln!(f)?;
            for model in &found.models {
                write!(f, "{model:<30}")?;
                for metric in &metrics {
                    let row = found
                        .rows
                        .iter()
                        .find(|r| r.model == *model && r.metric == **metric && r.task == MetricRow::MEAN_OVER_TASKS);
                    let text = match row.map(|r| (r.value, r.low, r.high)) {
                        Some((Some(v), Some(low), Some(high))) => {
                            format!("{v:.3} [{low:.3}, {high:.3}]").replace("-0.000", "0.000")
                        }
                        Some((Some(v), _, _)) => format!("{v:.3}"),
                        _ => "-".into(),
                    };
                    write!(f, "  {text:>28}")?;
                }
                writeln!(f)?;
            }
            writeln!(f)?;
            for verdict in &found.verdicts {
                writeln!(f, "{}", verdict.text)?;
            }
        }
        writeln!(f, "\nRun directory: {} ({:.0} s)", self.out.display(), self.seconds)?;
        if let Some(report) = &self.report {
            writeln!(f, "Report: {}", report.display())?;
        }
        Ok(())
    }
}
