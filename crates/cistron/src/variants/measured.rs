use std::path::{Path, PathBuf};

use cistron_core::{DifferenceRow, MetricRow, Predictor, Reporter};
use cistron_eval::FurtherReport;
use cistron_eval::variants::{Effect, ModelEffects, ScoreOptions, Scored};
use cistron_genome::variant::{Padding, VariantFile, VariantLine, read_variants};
use cistron_nn::{DeviceChoice, NativePredictor};
use cistron_report::table::{Table, float, text};

use super::locate::Entry;
use super::score::score_entries;
use super::{ModelPath, OnMismatch, ReferencePath, ScoredVariants, models};
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

/// Measured variants, and the models whose predictions are compared with them.
#[derive(Debug, Clone)]
pub struct MeasuredJob {
    /// The networks.
    pub models: Vec<ModelPath>,
    /// Effects predicted by others.
    pub external: Vec<ExternalScores>,
    /// Table of measured effects.
    pub measured: PathBuf,
    /// The task whose prediction is compared; the mean over tasks when absent.
    pub task: Option<String>,
    /// Without a task: let networks of different tasks stand side by side, each with the mean over its own tasks.
    pub own_tasks: bool,
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
    /// A run directory that also gets the overall values, as `evaluation/NAME.json`, for its leaderboard.
    pub run: Option<PathBuf>,
}

/// What the models say of all lines of a file.
pub(super) struct Predicted {
    /// Our networks, whole.
    pub(super) scored: Vec<ScoredVariants>,
    /// All models, on the task that is compared.
    pub(super) effects: Vec<ModelEffects>,
}

impl MeasuredJob {
    /// Checks what can be checked before any work, loads the networks and reads the table with some of its columns.
    pub(super) fn open(&self, columns: &[String]) -> Result<(Vec<NativePredictor>, VariantFile), CistronError> {
        if self.models.is_empty() && self.external.is_empty() {
            return Err(CistronError::input("--model", "give at least one --model or --scores"));
        }
        if let Some(run) = self.run.as_ref().filter(|run| !run.join("evaluation").is_dir()) {
            let message = format!("{} is no evaluated run: it has no folder evaluation", run.display());
            return Err(CistronError::input("--run", message));
        }
        let networks = models::load(&self.models, self.device)?;
        match &self.task {
            Some(task) => networks.iter().try_for_each(|network| check_task(network, task))?,
            None if self.own_tasks => {}
            None => check_same_tasks(&networks)?,
        }
        Ok((networks, read_variants(&self.measured, columns)?))
    }

    /// The values of one of the columns that were read with the table.
    pub(super) fn numbers<T>(
        &self,
        lines: &[VariantLine],
        column: (usize, &str),
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, CistronError> {
        let of = |line: &VariantLine| {
            parse(&line.extra[column.0]).map_err(|why| {
                let place = format!("{}:{}", self.measured.display(), line.line);
                CistronError::input(place, format!("{}: {why}", column.1))
            })
        };
        lines.iter().map(of).collect()
    }

    /// Effects of all entries by all models.
    pub(super) fn predict(
        &self,
        networks: &[NativePredictor],
        entries: &[Entry<'_>],
        reporter: &dyn Reporter,
    ) -> Result<Predicted, CistronError> {
        let options = ScoreOptions { shifts: self.shifts, seed: self.seed, padding: self.padding };
        let scored = networks
            .iter()
            .map(|network| score_entries(network, entries, &options, None, reporter))
            .collect::<Result<Vec<_>, _>>()?;
        let mut effects: Vec<ModelEffects> = scored.iter().map(|s| model_effects(s, self.task.as_deref())).collect();
        for external in &self.external {
            effects.push(read_external(external, entries, reporter)?);
        }
        Ok(Predicted { scored, effects })
    }

    /// Writes overall values into the run whose leaderboard shall have them. `kind` names the evaluation, `options` what else values depend on.
    pub(super) fn write_for_leaderboard(
        &self,
        kind: &str,
        options: &serde_json::Value,
        rows: Vec<MetricRow>,
        note: &str,
    ) -> Result<(), CistronError> {
        let Some(run) = &self.run else { return Ok(()) };
        let found = FurtherReport {
            options: serde_json::json!({
                "measured": file_name(&self.measured), "task": self.task, "own_tasks": self.own_tasks, "shifts": self.shifts, "seed": self.seed,
                "padding": self.padding, "on_mismatch": format!("{:?}", self.on_mismatch), "columns": options,
            }),
            rows,
            differences: Vec::new(),
            notes: vec![note.to_owned()],
        };
        write_json(&found, &run.join("evaluation").join(format!("{kind}.json")))
    }
}

/// Names of an effect's place and alleles.
type Key = (String, u64, String, String);

fn tasks_of(network: &dyn Predictor) -> &[String] {
    &network.spec().heads[0].tasks
}

fn check_task(network: &dyn Predictor, task: &str) -> Result<(), CistronError> {
    let tasks = tasks_of(network);
    if tasks.iter().any(|t| t == task) {
        return Ok(());
    }
    let message = format!("model {:?} has no task {task:?}; it has {}", network.spec().name, tasks.join(", "));
    Err(CistronError::input("--task", message))
}

/// Means over tasks can be compared only when they are over the same tasks, in whatever order.
fn check_same_tasks(networks: &[NativePredictor]) -> Result<(), CistronError> {
    let Some((first, others)) = networks.split_first() else { return Ok(()) };
    for other in others {
        let (a, b) = (tasks_of(first), tasks_of(other));
        let only = |of: &[String], not: &[String]| -> Vec<String> {
            of.iter().filter(|task| !not.contains(task)).cloned().collect()
        };
        let (only_a, only_b) = (only(a, b), only(b, a));
        if only_a.is_empty() && only_b.is_empty() {
            continue;
        }
        let common: Vec<&str> = a.iter().filter(|task| b.contains(task)).map(String::as_str).collect();
        let task = match common.as_slice() {
            [] => "they have none in common".to_owned(),
            common => format!("name one that both have with --task ({})", common.join(", ")),
        };
        let side = |network: &NativePredictor, only: &[String]| match only {
            [] => format!("{:?} has no more", network.spec().name),
            only => format!("only {:?} has {}", network.spec().name, only.join(", ")),
        };
        let message = format!(
            "the mean over tasks would be over other tasks for each model: {}, {}; {task}, or take each model's own mean with --own-tasks",
            side(first, &only_a),
            side(other, &only_b),
        );
        return Err(CistronError::input("--model", message));
    }
    Ok(())
}

/// A number, or nothing where it is missing.
pub(super) fn number(text: &str) -> Result<Option<f64>, String> {
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

/// Differences between models, and between robust and standard predictions.
pub(super) fn differences_table(rows: &[DifferenceRow]) -> Table {
    Table {
        name: "differences",
        columns: vec![
            text("model_a", "first model", rows, |r: &DifferenceRow| Some(&r.model_a)),
            text("model_b", "second model", rows, |r| Some(&r.model_b)),
            text("metric", "what is subtracted", rows, |r| Some(&r.metric)),
            float("difference", "first − second; of means over elements", rows, |r| r.difference),
            float("low", "lower end of the 95 % interval", rows, |r| r.low),
            float("high", "upper end of the 95 % interval", rows, |r| r.high),
            text("reason", "why it is undefined", rows, |r| r.reason.as_deref()),
        ],
    }
}

/// Last part of a path, for headings.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
