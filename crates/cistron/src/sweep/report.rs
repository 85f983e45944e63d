//! A sweep's results as the report shows them.

use cistron_report::{SummaryTable, SweepAxis, SweepAxisKind, SweepImportance, SweepLine, SweepReport};
use toml::Value;

use super::parameter::value_number;
use super::{
    Domain, Goal, LEAST_TRIALS, Method, PERMUTATIONS, Parameter, Plan, RangeScale, Status, TrialRecord, importance,
    key, table, value_text,
};

/// Rows of the table of the best.
const BEST: usize = 20;
/// Keys that decide what the validation data and its targets are.
const OF_DATA: [&str; 3] = ["dataset", "genome", "study.seed"];

/// The report; `ranked` are the records with a score, the best first.
pub(super) fn sweep_report(plan: &Plan, records: &[TrialRecord], ranked: &[&TrialRecord]) -> SweepReport {
    let header = &plan.file.sweep;
    let count = |status| records.iter().filter(|r| r.status == status).count();
    let missing = plan.trials.len() - records.len();
    let mut sentences = vec![format!("{} of {} trials have a result.", records.len(), plan.trials.len())];
    for (number, text) in [
        (count(Status::Failed), "failed"),
        (count(Status::Stopped), "were stopped at an early rung"),
        (count(Status::Paused), "wait at a rung"),
        (missing, "are missing"),
    ] {
        if number > 0 {
            sentences.push(format!("{number} {text}."));
        }
    }
    if let Some((best, score)) = ranked.first().and_then(|r| Some((r, r.score?))) {
        let values = plan.describe(&plan.trials[best.trial]);
        sentences.push(format!("The best is trial {}: {} {score:.6} with {values}.", best.trial, header.metric.name()));
    }
    let data_keys: Vec<&str> = plan
        .file
        .parameters
        .iter()
        .map(|p| p.key.as_str())
        .filter(|k| OF_DATA.iter().any(|other| key::overlap(k, other)))
        .collect();
    let mut warnings = Vec::new();
    if !data_keys.is_empty() {
        warnings.push(format!(
            "{} may change the validation data or its targets: scores are then not measured on the same thing, and a better score \
             need not mean a better model.",
            data_keys.join(", ")
        ));
    }
    let mut facts = vec![
        ("cistron".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("study".to_owned(), header.study.clone()),
        ("method".to_owned(), method(plan)),
        ("score".to_owned(), format!("{} ({})", header.metric.name(), plan.file.goal().name())),
        ("seed".to_owned(), header.seed.to_string()),
    ];
    facts.push(("training time".to_owned(), format!("{:.0} s", records.iter().map(|r| r.seconds).sum::<f64>())));
    SweepReport {
        title: header.name.clone(),
        subtitle: format!("Sweep of {}", header.study),
        sentences,
        axes: plan.file.parameters.iter().map(axis).collect(),
        lines: ranked.iter().copied().chain(failed(records)).map(|record| line(plan, record)).collect(),
        score_limit: plan.file.goal().limit(&ranked.iter().filter_map(|r| r.score).collect::<Vec<_>>()),
        score: header.metric.name().to_owned(),
        higher_is_better: plan.file.goal() == Goal::Maximise,
        importances: importances(plan, records),
        importance_note: importance_note(plan),
        best: best_table(plan, ranked),
        failed: failed_table(plan, records),
        warnings,
        facts,
    }
}

fn method(plan: &Plan) -> String {
    match (plan.file.sweep.method, plan.file.asha) {
        (Method::Grid, _) => "grid".into(),
        (Method::Asha, Some(halving)) => {
            let rungs: Vec<String> = halving.rungs().iter().map(u64::to_string).collect();
            format!("successive halving at epochs {}, one of {} goes on", rungs.join(", "), halving.reduction)
        }
        _ => "random".into(),
    }
}

fn axis(parameter: &Parameter) -> SweepAxis {
    let kind = match &parameter.domain {
        Domain::Values(values) => SweepAxisKind::Levels(values.iter().map(value_text).collect()),
        Domain::Range(r) => SweepAxisKind::Range { low: r.min, high: r.max, log: r.scale == RangeScale::Log },
    };
    SweepAxis { name: parameter.key.clone(), kind }
}

fn line(plan: &Plan, record: &TrialRecord) -> SweepLine {
    let place = |parameter: &Parameter| {
        let value = record.parameters.get(&parameter.key);
        match (&parameter.domain, value) {
            (Domain::Values(values), Some(value)) => values.iter().position(|v| v == value).unwrap_or(0) as f64,
            (Domain::Range(range), value) => value.and_then(value_number).unwrap_or(range.min),
            (Domain::Values(_), None) => 0.0,
        }
    };
    SweepLine { trial: record.trial, places: plan.file.parameters.iter().map(place).collect(), score: record.score }
}

/// From the scores at the first rung, which every trial that did not fail has, after the same number of epochs.
fn importances(plan: &Plan, records: &[TrialRecord]) -> Vec<SweepImportance> {
    let goal = plan.file.goal();
    let scored: Vec<(&TrialRecord, f64)> = records.iter().filter_map(|r| Some((r, r.rungs.first()?.score))).collect();
    let limit = goal.limit(&scored.iter().map(|(_, score)| *score).collect::<Vec<_>>());
    let of = |(place, parameter): (usize, &Parameter)| {
        let trials: Vec<(&Value, f64)> = scored
            .iter()
            .filter_map(|(r, score)| Some((r.parameters.get(&parameter.key)?, goal.limited(*score, limit))))
            .collect();
        let value = importance(parameter, place, &trials, plan.file.sweep.seed).map_err(str::to_owned);
        SweepImportance { name: parameter.key.clone(), value }
    };
    plan.file.parameters.iter().enumerate().map(of).collect()
}

fn importance_note(plan: &Plan) -> String {
    let rung = if plan.file.sweep.method == Method::Asha { " at the first rung" } else { "" };
    format!(
        "Share of the variance of the score{rung} that lies between groups of trials with alike values of one parameter (eta², one-way): a \
         group for each listed value, up to four groups at the quartiles of a range. What groups of the same sizes explain by \
         chance (mean of {PERMUTATIONS} permutations) is subtracted, and nothing is below 0. Scores further from the best than four \
         times the distance of the median count as lying there. Interactions between parameters are not seen. At least {LEAST_TRIALS} scored trials are needed; failed trials are left out."
    )
}

fn best_table(plan: &Plan, ranked: &[&TrialRecord]) -> SummaryTable {
    let mut columns = vec!["trial".to_owned()];
    columns.extend(plan.file.parameters.iter().map(|p| p.key.clone()));
    columns.extend([plan.file.sweep.metric.name(), "epochs", "status", "seconds"].map(str::to_owned));
    let row = |record: &&TrialRecord| {
        let mut cells = vec![record.trial.to_string()];
        cells.extend(table::values(plan, &record.parameters));
        cells.push(record.score.map_or(String::new(), |s| format!("{s:.6}")));
        cells.push(record.epochs.to_string());
        cells.push(record.status.name().to_owned());
        cells.push(format!("{:.1}", record.seconds));
        cells
    };
    let note = if ranked.iter().any(|r| r.rungs.len() != ranked[0].rungs.len()) {
        "Trials that reached a later rung come first. All trials are in sweep.tsv."
    } else {
        "All trials are in sweep.tsv."
    };
    SummaryTable {
        title: "Best trials".into(),
        note: note.into(),
        columns,
        rows: ranked.iter().take(BEST).map(row).collect(),
    }
}

fn failed_table(plan: &Plan, records: &[TrialRecord]) -> SummaryTable {
    let mut columns = vec!["trial".to_owned()];
    columns.extend(plan.file.parameters.iter().map(|p| p.key.clone()));
    columns.push("reason".into());
    let row = |record: &TrialRecord| {
        let mut cells = vec![record.trial.to_string()];
        cells.extend(table::values(plan, &record.parameters));
        cells.push(record.reason.clone().unwrap_or_default());
        cells
    };
    let rows = failed(records).map(row).collect();
    SummaryTable { title: "Failed trials".into(), note: String::new(), columns, rows }
}

fn failed(records: &[TrialRecord]) -> impl Iterator<Item = &TrialRecord> {
    records.iter().filter(|r| r.status == Status::Failed)
}
