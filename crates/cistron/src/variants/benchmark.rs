use std::path::PathBuf;

use cistron_core::{MetricRow, Reporter};
use cistron_eval::variants::{BenchmarkOptions, MEAN_OVER_ELEMENTS, SaturationReport, saturation_benchmark};
use cistron_report::table::{Table, float, integer, text};

use super::effects_table::effects_table;
use super::locate::locate;
use super::measured::{MeasuredJob, Predicted, differences_table, number};
use super::score::{summary, write_table};
use super::{ScoreSummary, saturation_page};
use crate::CistronError;
use crate::json_file::write_json;

/// Everything that the benchmark needs.
#[derive(Debug, Clone)]
pub struct BenchmarkJob {
    /// Variants and models.
    pub on: MeasuredJob,
    /// Column of elements.
    pub element_column: String,
    /// Column of effects.
    pub value_column: String,
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

/// Scores measured variants with every model, compares predicted with measured effects element by element, and writes `effects.*`,
/// `elements.*`, `differences.*`, `benchmark.json` and `report.html`.
///
/// # Errors
/// As [`super::score`]; also measured values that are no numbers, a task that a model does not have, tables of external scores without the
/// variants.
pub fn benchmark(job: &BenchmarkJob, reporter: &dyn Reporter) -> Result<BenchmarkSummary, CistronError> {
    let on = &job.on;
    let (networks, file) = on.open(&[job.element_column.clone(), job.value_column.clone()])?;
    let multi_allelic = file.multi_allelic;
    let measured = on.numbers(&file.lines, (1, &job.value_column), number)?;
    let elements: Vec<String> = file.lines.iter().map(|l| l.extra[0].clone()).collect();
    let reference = on.reference.open(&on.out.join("cache"))?;
    let entries = locate(file, &on.measured, &reference, on.reference.path(), on.on_mismatch)?;
    let Predicted { scored, effects } = on.predict(&networks, &entries, reporter)?;
    let options = BenchmarkOptions { replicates: on.replicates, seed: on.seed };
    let report = saturation_benchmark(&elements, &measured, &effects, &options);

    let table = write_table(&effects_table(&entries, &scored, &["element", "measured"]), &on.out)?;
    write_table(&elements_table(&report), &on.out)?;
    write_table(&differences_table(&report.differences), &on.out)?;
    write_json(&report, &on.out.join("benchmark.json"))?;
    let means = report.rows.iter().filter(|row| row.task == MEAN_OVER_ELEMENTS);
    let means = means.map(|row| MetricRow { task: MetricRow::MEAN_OVER_TASKS.to_owned(), ..row.clone() }).collect();
    let columns = serde_json::json!([job.element_column, job.value_column]);
    on.write_for_leaderboard("variants", &columns, means, "Values are means over elements.")?;
    let scored = summary(&entries, multi_allelic, table);
    let input = saturation_page::page(on, &entries, &elements, &measured, &effects, &report, &scored);
    let page = cistron_report::write_report(&input, &on.out)?.html;
    Ok(BenchmarkSummary { scored, report, page })
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

/// The row of a mean over elements.
pub(super) fn mean_row<'a>(report: &'a SaturationReport, model: &str, metric: &str) -> Option<&'a MetricRow> {
    report.rows.iter().find(|r| r.model == model && r.metric == metric && r.task == MEAN_OVER_ELEMENTS)
}
