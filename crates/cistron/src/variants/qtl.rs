use std::path::PathBuf;

use cistron_core::{MetricRow, Reporter};
use cistron_eval::variants::{BenchmarkOptions, QtlMeasure, QtlReport, QtlVariant, qtl_benchmark};
use cistron_genome::variant::VariantLine;
use cistron_report::table::{Table, float, integer, text};

use super::effects_table::effects_table;
use super::locate::locate;
use super::measured::{MeasuredJob, Predicted, differences_table, number};
use super::score::{summary, write_table};
use super::{ScoreSummary, qtl_page};
use crate::CistronError;
use crate::json_file::write_json;

/// Everything that the benchmark on linked variants needs.
#[derive(Debug, Clone)]
pub struct QtlJob {
    /// Variants and models.
    pub on: MeasuredJob,
    /// Column of the measured effect of the alternative allele, or of the allele with more signal (`ref` or `alt`).
    pub effect_column: String,
    /// Column of p- or q-values, and the largest one that counts as significant.
    pub significance: Option<(String, f64)>,
}

/// What the benchmark found.
#[derive(Debug, Clone)]
pub struct QtlSummary {
    /// What was scored.
    pub scored: ScoreSummary,
    /// Metrics.
    pub report: QtlReport,
    /// The page.
    pub page: PathBuf,
}

/// Compares predicted effects with the directions, sizes and significance of linked variants (QTLs, allelic imbalance); writes `effects.*`,
/// `metrics.*`, `differences.*`, `qtl.json` and `report.html`.
///
/// # Errors
/// As [`super::score`]; also effects that are neither numbers nor `ref` or `alt`, and a table of which no variant counts.
pub fn qtl(job: &QtlJob, reporter: &dyn Reporter) -> Result<QtlSummary, CistronError> {
    let on = &job.on;
    let mut columns = vec![job.effect_column.clone()];
    columns.extend(job.significance.iter().map(|(column, _)| column.clone()));
    let (networks, file) = on.open(&columns)?;
    let multi_allelic = file.multi_allelic;
    let (variants, measure) = read_measured(job, &file.lines)?;
    let reference = on.reference.open(&on.out.join("cache"))?;
    let entries = locate(file, &on.measured, &reference, on.reference.path(), on.on_mismatch)?;
    let Predicted { scored, effects } = on.predict(&networks, &entries, reporter)?;
    let options = BenchmarkOptions { replicates: on.replicates, seed: on.seed };
    let report = qtl_benchmark(&variants, measure, &effects, &options);
    if report.directed == 0 && report.classified.unwrap_or(0) == 0 {
        let message = "no variant has both a measured effect and a predicted one by every model";
        return Err(CistronError::input(on.measured.display().to_string(), message));
    }

    let extra = if job.significance.is_some() { &["measured", "significance"][..] } else { &["measured"] };
    let table = write_table(&effects_table(&entries, &scored, extra), &on.out)?;
    write_table(&metrics_table(&report), &on.out)?;
    write_table(&differences_table(&report.differences), &on.out)?;
    write_json(&report, &on.out.join("qtl.json"))?;
    let note = "Values are over the variants of one table.";
    on.write_for_leaderboard(
        "qtl",
        &serde_json::json!([job.effect_column, job.significance]),
        report.rows.clone(),
        note,
    )?;
    let scored = summary(&entries, multi_allelic, table);
    let input = qtl_page::page(job, &variants, &effects, &report, &scored);
    let page = cistron_report::write_report(&input, &on.out)?.html;
    Ok(QtlSummary { scored, report, page })
}

/// One entry per line: numbers, or directions when the column names alleles.
fn read_measured(job: &QtlJob, lines: &[VariantLine]) -> Result<(Vec<QtlVariant>, QtlMeasure), CistronError> {
    let direction = |text: &str| match text.trim().to_lowercase().as_str() {
        "ref" | "reference" => Some(-1.0),
        "alt" | "alternative" => Some(1.0),
        _ => None,
    };
    let words = lines.iter().any(|l| direction(&l.extra[0]).is_some());
    let column = (0, job.effect_column.as_str());
    let effects = if words {
        job.on.numbers(lines, column, |text| match (direction(text), number(text)) {
            (Some(sign), _) => Ok(Some(sign)),
            (None, Ok(None)) => Ok(None),
            _ => {
                Err(format!("{text:?} is neither ref nor alt, which other lines have; write NA where neither is known"))
            }
        })?
    } else {
        job.on.numbers(lines, column, number)?
    };
    let significant = match &job.significance {
        None => vec![None; lines.len()],
        Some((column, most)) => {
            let values = job.on.numbers(lines, (1, column), number)?;
            values.into_iter().map(|p| p.map(|p| p <= *most)).collect()
        }
    };
    let variants = effects.into_iter().zip(significant).map(|(effect, significant)| QtlVariant { effect, significant });
    Ok((variants.collect(), if words { QtlMeasure::Directions } else { QtlMeasure::Effects }))
}

fn metrics_table(report: &QtlReport) -> Table {
    let rows = &report.rows;
    Table {
        name: "metrics",
        columns: vec![
            text("model", "model", rows, |r: &MetricRow| Some(&r.model)),
            text("metric", "metric, of standard or of robust predictions", rows, |r| Some(&r.metric)),
            float("value", "value", rows, |r| r.value),
            float("low", "lower end of the 95 % interval", rows, |r| r.low),
            float("high", "upper end of the 95 % interval", rows, |r| r.high),
            integer("variants", "variants behind it", rows, |r| Some(r.windows)),
            text("reason", "why it is undefined, or a caveat", rows, |r| r.reason.as_deref()),
        ],
    }
}
