//! Results of evaluations other than generalisation, read without knowing the evaluation: `evaluation/KIND.json` with `rows`.

use std::collections::BTreeMap;

use cistron_core::MetricRow;
use serde_json::Value;

use super::entrants::Entrant;
use super::finished_run::FinishedRun;
use crate::CistronError;

/// What all runs hold.
#[derive(Debug, Default)]
pub(super) struct OtherCriteria {
    /// By kind of evaluation, then by run (index).
    found: BTreeMap<String, BTreeMap<usize, Vec<MetricRow>>>,
    /// What a reader should know.
    pub warnings: Vec<String>,
}

impl OtherCriteria {
    /// Reads every `evaluation/*.json` of the runs but `generalisation.json`. Files without `rows` are left out with a warning.
    pub(super) fn read(runs: &[FinishedRun]) -> Result<Self, CistronError> {
        let mut all = Self::default();
        let mut options: BTreeMap<String, Vec<(usize, Value)>> = BTreeMap::new();
        for (index, run) in runs.iter().enumerate() {
            let folder = run.dir.evaluations();
            let entries = std::fs::read_dir(&folder).map_err(CistronError::io(&folder))?;
            for entry in entries {
                let path = entry.map_err(CistronError::io(&folder))?.path();
                let kind = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
                if path.extension().is_none_or(|e| e != "json") || path == run.dir.generalisation() {
                    continue;
                }
                let bad = |message: String| CistronError::RunDirectory {
                    path: path.clone(),
                    message: format!("{message}; evaluate the study again, or remove the file"),
                };
                let text = std::fs::read(&path).map_err(CistronError::io(&path))?;
                let mut value: Value = serde_json::from_slice(&text).map_err(|e| bad(format!("is no JSON ({e})")))?;
                let Some(rows) = value.get_mut("rows").map(Value::take) else {
                    all.warnings.push(format!("{} has no rows and is left out", path.display()));
                    continue;
                };
                let rows: Vec<MetricRow> =
                    serde_json::from_value(rows).map_err(|e| bad(format!("its rows cannot be read ({e})")))?;
                all.warn_of_strangers(run, &kind, &rows);
                let notes =
                    value.get("notes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
                all.warnings.extend(notes.map(|note| format!("{kind} of the run {}: {note}", run.name)));
                if let Some(value) = value.get_mut("options") {
                    options.entry(kind.clone()).or_default().push((index, value.take()));
                }
                all.found.entry(kind).or_default().insert(index, rows);
            }
        }
        for (kind, values) in options {
            let (first, rest) = values.split_at(1);
            for (run, _) in rest.iter().filter(|(_, value)| *value != first[0].1) {
                all.warnings.push(format!(
                    "{kind}: the runs {} and {} were evaluated with other options; their values may not be comparable",
                    runs[first[0].0].name, runs[*run].name
                ));
            }
        }
        Ok(all)
    }

    /// Whether no run holds any.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    fn warn_of_strangers(&mut self, run: &FinishedRun, kind: &str, rows: &[MetricRow]) {
        let mut strangers: Vec<&str> = rows.iter().map(|r| r.model.as_str()).collect();
        strangers.retain(|model| !run.models.iter().any(|known| known == model));
        strangers.dedup();
        if !strangers.is_empty() {
            self.warnings.push(format!(
                "{kind} of the run {}: {} is not among the models of its last evaluation and is left out",
                run.name,
                strangers.join(", ")
            ));
        }
    }

    /// (kind, metric) of every column, kinds by name, metrics as the files have them.
    pub(super) fn columns(&self) -> Vec<(&str, &str)> {
        let mut out = Vec::new();
        for (kind, runs) in &self.found {
            for row in runs.values().flatten() {
                let column = (kind.as_str(), row.metric.as_str());
                if !out.contains(&column) {
                    out.push(column);
                }
            }
        }
        out
    }

    /// The row of a model that stands for all tasks, under its name in the leaderboard; without a value, and with the reason, when
    /// there is none.
    pub(super) fn row(&self, entrant: &Entrant, runs: &[FinishedRun], kind: &str, metric: &str) -> MetricRow {
        let of_runs = || entrant.runs.iter().filter_map(|run| self.found.get(kind)?.get(run));
        let row = of_runs().find_map(|rows| overall(rows, &entrant.own_name, metric));
        let names: Vec<&str> = entrant.runs.iter().map(|run| runs[*run].name.as_str()).collect();
        let missing = match of_runs().next() {
            None => format!("the run {} has no evaluation/{kind}.json", names.join(", ")),
            Some(_) => format!("{kind} was not worked out for this model"),
        };
        row.map_or_else(
            || MetricRow {
                model: entrant.name.clone(),
                task: MetricRow::MEAN_OVER_TASKS.into(),
                metric: metric.into(),
                value: None,
                low: None,
                high: None,
                windows: 0,
                reason: Some(missing),
            },
            |row| MetricRow { model: entrant.name.clone(), ..row.clone() },
        )
    }
}

/// The mean over tasks, or the only task.
pub(super) fn overall<'a>(rows: &'a [MetricRow], model: &str, metric: &str) -> Option<&'a MetricRow> {
    let of_model = || rows.iter().filter(|r| r.model == model && r.metric == metric);
    let mean = of_model().find(|r| r.task == MetricRow::MEAN_OVER_TASKS);
    mean.or_else(|| (of_model().count() == 1).then(|| of_model().next()).flatten())
}
