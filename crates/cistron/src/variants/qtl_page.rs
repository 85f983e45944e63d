//! The page of the benchmark on linked variants.

use cistron_core::MetricRow;
use cistron_eval::variants::{ModelEffects, QtlReport, QtlVariant};
use cistron_report::{
    Estimate, Intervals, Marks, ModelInfo, ModelKind, Plot, ReportInput, ResultSection, SummaryTable,
};

use super::measured::file_name;
use super::{QtlJob, ScoreSummary};

/// Name of a metric, what it says, and its value without any skill where that is the same for every table.
const METRICS: [(&str, &str, Option<f64>); 6] = [
    ("direction_auroc", "AUROC of the predicted effect for the allele with more signal", Some(0.5)),
    ("direction_accuracy", "share of variants whose predicted and measured directions agree", Some(0.5)),
    ("pearson", "Pearson's r of predicted and measured effects", Some(0.0)),
    ("spearman", "Spearman's ρ of predicted and measured effects", Some(0.0)),
    ("significance_auroc", "AUROC of the size of the predicted effect for significance", Some(0.5)),
    ("significance_average_precision", "average precision, likewise", None),
];

pub(super) fn page(
    job: &QtlJob,
    variants: &[QtlVariant],
    effects: &[ModelEffects],
    report: &QtlReport,
    scored: &ScoreSummary,
) -> ReportInput {
    let task = job.on.task.as_deref().unwrap_or("the mean over the model's tasks");
    let mut sentences = vec![format!(
        "{} of {} variants were scored; the predicted effect is that on {task}. Directions and correlations are over {} variants{}. Intervals are 95 % from \
         resampling variants as if they were independent: variants in linkage make them too narrow.",
        scored.scored,
        scored.variants,
        report.directed,
        if job.significance.is_some() { " that are significant" } else { "" },
    )];
    if let (Some(classified), Some((column, most))) = (report.classified, &job.significance) {
        let significant = variants.iter().filter(|v| v.significant == Some(true)).count();
        sentences.push(format!(
            "Significant means {column} ≤ {most}: {significant} variants of the table; {classified} have a value and a prediction."
        ));
    }
    ReportInput {
        title: format!("Linked variants: {}", file_name(&job.on.measured)),
        subtitle: "Predicted effects against measured directions, sizes and significance".into(),
        summary_sentences: sentences,
        warnings: scored.warnings(),
        models: effects.iter().map(|e| ModelInfo::new(&e.model, ModelKind::Network)).collect(),
        sections: METRICS.iter().filter_map(|metric| section(metric, report)).collect(),
        ..ReportInput::default()
    }
}

/// Standard and robust values of one metric, for every model; `None` when it was not asked for.
fn section((name, meaning, chance): &(&str, &str, Option<f64>), report: &QtlReport) -> Option<ResultSection> {
    let kinds = ["standard", "robust"].map(|kind| (kind, format!("{name}_{kind}")));
    let kind_of = |row: &&MetricRow| kinds.iter().find(|(_, metric)| row.metric == *metric).map(|(kind, _)| *kind);
    let rows: Vec<(&str, &MetricRow)> = report.rows.iter().filter_map(|row| Some((kind_of(&row)?, row))).collect();
    if rows.is_empty() {
        return None;
    }
    let table = rows
        .iter()
        .map(|(kind, row)| {
            let value = Estimate::of(row).map_or_else(|| row.reason.clone().unwrap_or_default(), |e| e.to_string());
            vec![row.model.clone(), (*kind).to_owned(), value, row.windows.to_string()]
        })
        .collect();
    let gain = format!("{name}_robust_minus_standard");
    let gains = report.differences.iter().filter(|d| d.metric == gain).filter_map(|d| {
        let gain = Estimate::of_difference(d).filter(|gain| gain.interval.is_some())?;
        Some(format!("{}: robust − standard {gain}.", d.model_a))
    });
    let mut title = meaning.to_string();
    title[..1].make_ascii_uppercase();
    Some(ResultSection {
        sentences: gains.collect(),
        tables: vec![SummaryTable {
            title: format!("{title}, per model"),
            note: String::new(),
            columns: ["model", "prediction", "value", "variants"].map(String::from).to_vec(),
            rows: table,
        }],
        plots: vec![Plot {
            name: (*name).to_owned(),
            title: title.clone(),
            caption: match chance {
                Some(_) => {
                    "Points are values, bars 95 % intervals; the dashed line is where a model without skill lies."
                        .into()
                }
                None => {
                    "Points are values, bars 95 % intervals; without skill it is the share of significant variants."
                        .into()
                }
            },
            marks: Marks::Intervals(Intervals {
                x_title: name.replace('_', " "),
                reference: *chance,
                rows: rows.iter().map(|(kind, row)| (format!("{}, {kind}", row.model), Estimate::of(row))).collect(),
            }),
        }],
        title,
    })
}
