//! Trials as tab-separated text.

use toml::Table;

use super::{Plan, Shard, TrialRecord, value_text};

/// The trials that are planned, and of which shard they are when there are several.
pub(super) fn plan_table(plan: &Plan, shards: usize) -> String {
    let mut heads = vec!["trial".to_owned()];
    if shards > 1 {
        heads.push("shard".into());
    }
    heads.extend(keys(plan));
    let row = |trial: &super::PlannedTrial| {
        let mut cells = vec![trial.trial.to_string()];
        if shards > 1 {
            cells.push(format!("{}/{shards}", Shard::of_trial(trial.trial, shards)));
        }
        cells.extend(values(plan, &trial.parameters));
        cells
    };
    written(&heads, plan.trials.iter().map(row))
}

/// `sweep.tsv`: trial, one column a parameter, score, epochs, status, seconds, reason.
pub(super) fn result_table(plan: &Plan, records: &[TrialRecord]) -> String {
    let mut heads = vec!["trial".to_owned()];
    heads.extend(keys(plan));
    heads.extend(["score", "epochs", "status", "seconds", "reason"].map(str::to_owned));
    let row = |record: &TrialRecord| {
        let mut cells = vec![record.trial.to_string()];
        cells.extend(values(plan, &record.parameters));
        cells.push(record.score.map_or(String::new(), |score| format!("{score:?}")));
        cells.push(record.epochs.to_string());
        cells.push(record.status.name().to_owned());
        cells.push(format!("{:.3}", record.seconds));
        cells.push(record.reason.clone().unwrap_or_default());
        cells
    };
    written(&heads, records.iter().map(row))
}

fn keys(plan: &Plan) -> impl Iterator<Item = String> + '_ {
    plan.file.parameters.iter().map(|p| p.key.clone())
}

/// A trial's values in the order of the file.
pub(super) fn values(plan: &Plan, parameters: &Table) -> Vec<String> {
    plan.file.parameters.iter().map(|p| parameters.get(&p.key).map_or(String::new(), value_text)).collect()
}

fn written(heads: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let clean = |cell: &String| cell.replace(['\t', '\n', '\r'], " ");
    let line = |cells: &[String]| cells.iter().map(clean).collect::<Vec<_>>().join("\t") + "\n";
    std::iter::once(line(heads)).chain(rows.map(|row| line(&row))).collect()
}
