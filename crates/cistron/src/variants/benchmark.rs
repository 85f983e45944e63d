use std::path::{Path, PathBuf};

use cistron_core::{MetricRow, Predictor, Reporter};
use cistron_eval::FurtherReport;
use cistron_eval::variants::{
    BenchmarkOptions, Effect, MEAN_OVER_ELEMENTS, ModelEffects, SaturationReport, ScoreOptions, Scored,
    saturation_benchmark,
};
use cistron_genome::variant::{Padding, read_variants};
use cistron_nn::DeviceChoice;
use cistron_report::table::{Table, float, integer, text};

use super::effects_table::effects_table;
use super::locate::{Entry, locate};
use super::score::{score_entries, summary, write_table};
use super::{ModelPath, OnMismatch, ReferencePath, ScoreSummary, ScoredVariants, models, saturation_page};
use crate::CistronError;
use crate::json_file::write_json;

/// Effects that a model which is not ours predicts: a table with chrom, pos, ref, alt and the effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalScores {
    /// Name and file.
    pub table: ModelPath,
    /// Column of the effect.
    pub column: String,
}

/// Everything that the benchmark needs.
#[derive(Debug, Clone)]
pub struct BenchmarkJob {
    /// The networks.
    pub models: Vec<ModelPath>,
    /// Effects predicted by others.
    pub external: Vec<ExternalScores>,
    /// Table of measured effects.
    pub measured: PathBuf,
    /// Its column of elements.
    pub element_column: String,
    /// Its column of effects.
    pub value_column: String,
    /// The task whose prediction is compared; the mean over tasks when absent.
    pub task: Option<String>,
    /// What the variants change.
    pub reference: ReferencePath,
    /// What to do with reference alleles that do not match.
    pub on_mismatch: OnMismatch,
    /// What stands beyond the known sequence.
    pub padding: Padding,
    /// Shifts of the robust prediction; 0 for none.
    pub shifts: usize,
    /// Bootstrap replicates.
    pub replicates: usize,
    /// Seed of shifts and resamples.
    pub seed: u64,
    /// Where networks run.
    pub device: DeviceChoice,
    /// Folder of the result.
    pub out: PathBuf,
    /// A run directory that also gets the means over elements, as `evaluation/variants.json`, for its leaderboard.
    pub run: Option<PathBuf>,
}

/// What the benchmark found.
#[derive(Debug, Clone)]
pub struct BenchmarkSummary {
    /// What was scored.
    pub scored: ScoreSummary,
    /// Correlations.
    pub report: SaturationReport,
    /// The page.
    pub page: PathBuf,
}

/// Names of an effect's place and alleles.
type Key = (String, u64, String, String);

/// Scores measured variants with every model, compares predicted with measured effects element by element, and writes `effects.*`,
/// `elements.*`, `differences.*`, `benchmark.json` and `report.html`.
///
/// # Errors
/// As [`super::score`]; also measured values that are no numbers, a task that a model does not have, tables of external scores without the
/// variants.
pub fn benchmark(job: &BenchmarkJob, reporter: &dyn Reporter) -> Result<BenchmarkSummary, CistronError> {
    if job.models.is_empty() && job.external.is_empty() {
        return Err(CistronError::input("--model", "give at least one --model or --scores"));
    }
    if let Some(run) = job.run.as_ref().filter(|run| !run.join("evaluation").is_dir()) {
        let message = format!("{} is no evaluated run: it has no folder evaluation", run.display());
        return Err(CistronError::input("--run", message));
    }
    let networks = models::load(&job.models, job.device)?;
    for network in &networks {
        check_task(network, job.task.as_deref())?;
    }
    let columns = [job.element_column.clone(), job.value_column.clone()];
    let file = read_variants(&job.measured, &columns)?;
    let multi_allelic = file.multi_allelic;
    let measured = file
        .lines
        .iter()
        .map(|line| number(&line.extra[1]).map_err(|why| (line.line, why)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|(line, why)| {
            CistronError::input(format!("{}:{line}", job.measured.display()), format!("{}: {why}", job.value_column))
        })?;
    let elements: Vec<String> = file.lines.iter().map(|l| l.extra[0].clone()).collect();
    let reference = job.reference.open(&job.out.join("cache"))?;
    let entries = locate(file, &job.measured, &reference, job.reference.path(), job.on_mismatch)?;
    let options = ScoreOptions { shifts: job.shifts, seed: job.seed, padding: job.padding };
    let scored = networks
        .iter()
        .map(|network| score_entries(network, &entries, &options, None, reporter))
        .collect::<Result<Vec<_>, _>>()?;
    let mut effects: Vec<ModelEffects> = scored.iter().map(|s| model_effects(s, job.task.as_deref())).collect();
    for external in &job.external {
        effects.push(read_external(external, &entries, reporter)?);
    }
    let options = BenchmarkOptions { replicates: job.replicates, seed: job.seed };
    let report = saturation_benchmark(&elements, &measured, &effects, &options);

    let table = write_table(&effects_table(&entries, &scored, &columns), &job.out)?;
    write_table(&elements_table(&report), &job.out)?;
    write_table(&differences_table(&report), &job.out)?;
    write_json(&report, &job.out.join("benchmark.json"))?;
    if let Some(run) = &job.run {
        write_for_leaderboard(job, run, &report)?;
    }
    let scored = summary(&entries, multi_allelic, table);
    let input = saturation_page::page(job, &entries, &elements, &measured, &effects, &report, &scored);
    let page = cistron_report::write_report(&input, &job.out)?.html;
    Ok(BenchmarkSummary { scored, report, page })
}

/// The means over elements under the names that leaderboards look for.
fn write_for_leaderboard(job: &BenchmarkJob, run: &Path, report: &SaturationReport) -> Result<(), CistronError> {
    let mean = |row: &&MetricRow| row.task == MEAN_OVER_ELEMENTS;
    let named = |row: &MetricRow| MetricRow { task: MetricRow::MEAN_OVER_TASKS.to_owned(), ..row.clone() };
    let found = FurtherReport {
        options: serde_json::json!({
            "measured": file_name(&job.measured), "task": job.task, "shifts": job.shifts, "seed": job.seed,
            "padding": job.padding, "on_mismatch": format!("{:?}", job.on_mismatch),
        }),
        rows: report.rows.iter().filter(mean).map(named).collect(),
        differences: Vec::new(),
        notes: vec!["Values are means over elements.".to_owned()],
    };
    write_json(&found, &run.join("evaluation").join("variants.json"))
}

fn check_task(network: &dyn Predictor, task: Option<&str>) -> Result<(), CistronError> {
    let tasks = &network.spec().heads[0].tasks;
    match task {
        Some(task) if !tasks.iter().any(|t| t == task) => Err(CistronError::input(
            "--task",
            format!("model {:?} has no task {task:?}; it has {}", network.spec().name, tasks.join(", ")),
        )),
        _ => Ok(()),
    }
}

/// A number, or nothing where it is missing.
fn number(text: &str) -> Result<Option<f64>, String> {
    match text.trim() {
        "" | "NA" | "NaN" | "nan" | "." | "*" => Ok(None),
        text => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(format!("{text:?} is not a number; write NA where nothing was measured")),
        },
    }
}

fn model_effects(scored: &ScoredVariants, task: Option<&str>) -> ModelEffects {
    // The mean over tasks is the last.
    let index = task.and_then(|t| scored.tasks.iter().position(|own| own == t)).unwrap_or(scored.tasks.len() - 1);
    let main = |effects: &[Effect]| effects.get(index).and_then(|e| e.main(scored.kind));
    let robust = scored.scored.iter().flatten().any(|s| !s.robust.is_empty());
    let of = |get: fn(&Scored) -> &[Effect]| -> Vec<Option<f64>> {
        scored.scored.iter().map(|s| s.as_ref().and_then(|s| main(get(s)))).collect()
    };
    ModelEffects {
        model: scored.model.clone(),
        standard: of(|s| &s.standard),
        robust: if robust { of(|s| &s.robust) } else { Vec::new() },
    }
}

fn read_external(
    external: &ExternalScores,
    entries: &[Entry<'_>],
    reporter: &dyn Reporter,
) -> Result<ModelEffects, CistronError> {
    let path = &external.table.dir;
    let bare = |contig: &str| contig.strip_prefix("chr").unwrap_or(contig).to_owned();
    let key = |line: &cistron_genome::variant::VariantLine| -> Key {
        (bare(&line.contig), line.position_0, line.reference.to_uppercase(), line.alternative.to_uppercase())
    };
    let mut effects: std::collections::HashMap<Key, Option<f64>> = std::collections::HashMap::new();
    for line in read_variants(path, std::slice::from_ref(&external.column))?.lines {
        let value = number(&line.extra[0]).map_err(|why| {
            CistronError::input(format!("{}:{}", path.display(), line.line), format!("{}: {why}", external.column))
        })?;
        effects.insert(key(&line), value);
    }
    let standard: Vec<Option<f64>> = entries.iter().map(|e| effects.get(&key(&e.line)).copied().flatten()).collect();
    let missing = standard.iter().filter(|e| e.is_none()).count();
    if missing == standard.len() {
        let message =
            "has an effect for none of the measured variants: are the positions 1-based and of the same assembly?";
        return Err(CistronError::input(path.display().to_string(), message));
    }
    if missing > 0 {
        reporter.warn(&format!(
            "{}: no effect for {missing} of {} measured variants; they are left out for all models",
            path.display(),
            standard.len()
        ));
    }
    Ok(ModelEffects { model: external.table.name.clone(), standard, robust: Vec::new() })
}

fn elements_table(report: &SaturationReport) -> Table {
    let rows = &report.rows;
    Table {
        name: "elements",
        columns: vec![
            text("model", "model", rows, |r: &MetricRow| Some(&r.model)),
            text("metric", "pearson_standard or pearson_robust", rows, |r| Some(&r.metric)),
            text("element", "element, or the mean over elements", rows, |r| Some(&r.task)),
            float("value", "Pearson's r between predicted and measured effects", rows, |r| r.value),
            float("low", "lower end of the 95 % interval", rows, |r| r.low),
            float("high", "upper end of the 95 % interval", rows, |r| r.high),
            integer("variants", "variants behind it; elements behind a mean", rows, |r| Some(r.windows)),
            text("reason", "why it is undefined, or a caveat", rows, |r| r.reason.as_deref()),
        ],
    }
}

fn differences_table(report: &SaturationReport) -> Table {
    let rows = &report.differences;
    Table {
        name: "differences",
        columns: vec![
            text("model_a", "first model", rows, |r: &cistron_core::DifferenceRow| Some(&r.model_a)),
            text("model_b", "second model", rows, |r| Some(&r.model_b)),
            text("metric", "what is subtracted", rows, |r| Some(&r.metric)),
            float("difference", "difference of the means over elements", rows, |r| r.difference),
            float("low", "lower end of the 95 % interval", rows, |r| r.low),
            float("high", "upper end of the 95 % interval", rows, |r| r.high),
            text("reason", "why it is undefined", rows, |r| r.reason.as_deref()),
        ],
    }
}

/// The row of a mean over elements.
pub(super) fn mean_row<'a>(report: &'a SaturationReport, model: &str, metric: &str) -> Option<&'a MetricRow> {
    report.rows.iter().find(|r| r.model == model && r.metric == metric && r.task == MEAN_OVER_ELEMENTS)
}

/// Last part of a path, for headings.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
