//! The page of the benchmark: correlations, heat maps of measured and predicted effects (GOPHER, fig. 5a), gain of robust predictions
//! (fig. 5c).

use cistron_core::{MetricRow, alphabet};
use cistron_eval::variants::{MEAN_OVER_ELEMENTS, ModelEffects, SaturationReport};
use cistron_report::{
    Estimate, HeatMap, HeatMapPanel, Intervals, Marks, ModelInfo, ModelKind, Plot, ReportInput, ResultSection,
    SummaryTable,
};

use super::ScoreSummary;
use super::benchmark::mean_row;
use super::locate::Entry;
use super::measured::{MeasuredJob, file_name};

/// Heat maps are drawn for at most so many models.
const MODELS_IN_A_MAP: usize = 4;

pub(super) fn page(
    job: &MeasuredJob,
    entries: &[Entry<'_>],
    elements: &[String],
    measured: &[Option<f64>],
    effects: &[ModelEffects],
    report: &SaturationReport,
    scored: &ScoreSummary,
) -> ReportInput {
    let task = job.task.as_deref().unwrap_or("the mean over the model's tasks");
    ReportInput {
        title: format!("Variant effects: {}", file_name(&job.measured)),
        subtitle: "Predicted against measured effects of saturation mutagenesis".into(),
        summary_sentences: vec![format!(
            "{} of {} measured variants in {} elements were scored. The predicted effect is that on {task}; r is Pearson's correlation with \
             the measured effect within an element, with 95 % intervals from resampling the element's variants.",
            scored.scored,
            scored.variants,
            report.elements.len()
        )],
        warnings: scored.warnings(),
        models: effects.iter().map(|e| ModelInfo::new(&e.model, ModelKind::Network)).collect(),
        sections: vec![
            correlations(report, effects),
            gains(report),
            heat_maps(entries, elements, measured, effects, report),
        ],
        ..ReportInput::default()
    }
}

/// Whether the interval of a mean holds 0, in words.
fn verdict(row: &MetricRow) -> String {
    match (row.value, row.low, row.high) {
        (Some(value), Some(low), Some(high)) => {
            let words = if low > 0.0 {
                "above 0"
            } else if high < 0.0 {
                "below 0"
            } else {
                "not distinguishable from 0"
            };
            format!("{}: mean r {value:.3} [{low:.3}, {high:.3}], {words}.", row.model)
        }
        _ => format!("{}: undefined ({}).", row.model, row.reason.as_deref().unwrap_or("no interval")),
    }
}

fn correlations(report: &SaturationReport, effects: &[ModelEffects]) -> ResultSection {
    let metric = "pearson_standard";
    let mut rows = Vec::new();
    for element in report.elements.iter().map(String::as_str).chain([MEAN_OVER_ELEMENTS]) {
        let mut row = vec![element.to_owned()];
        for model in effects {
            for metric in ["pearson_standard", "pearson_robust"] {
                let found =
                    report.rows.iter().find(|r| r.model == model.model && r.metric == metric && r.task == element);
                if !(model.robust.is_empty() && metric == "pearson_robust") {
                    row.push(found.and_then(|r| r.value).map_or_else(|| "–".into(), |v| format!("{v:.3}")));
                }
            }
        }
        rows.push(row);
    }
    let mut columns = vec!["element".to_owned()];
    for model in effects {
        columns.push(format!("{}, standard", model.model));
        if !model.robust.is_empty() {
            columns.push(format!("{}, robust", model.model));
        }
    }
    let means: Vec<&MetricRow> = effects.iter().filter_map(|e| mean_row(report, &e.model, metric)).collect();
    let intervals = Intervals {
        x_title: "mean over elements of Pearson's r".into(),
        reference: Some(0.0),
        rows: report
            .rows
            .iter()
            .filter(|r| r.task == MEAN_OVER_ELEMENTS)
            .map(|r| (format!("{}, {}", r.model, r.metric.trim_start_matches("pearson_")), Estimate::of(r)))
            .collect(),
    };
    ResultSection {
        title: "Correlation with measured effects".into(),
        sentences: means.iter().map(|row| verdict(row)).collect(),
        tables: vec![SummaryTable { title: "Pearson's r per element".into(), note: String::new(), columns, rows }],
        plots: vec![Plot {
            name: "mean_correlation".into(),
            title: "Mean correlation over elements".into(),
            caption: "Points are means over elements, bars 95 % intervals from resampling the variants of each element. A model of another \
                      species or assay should lie at the dashed line."
                .into(),
            marks: Marks::Intervals(intervals),
        }],
    }
}

fn gains(report: &SaturationReport) -> ResultSection {
    let rows: Vec<(String, Option<Estimate>)> = report
        .differences
        .iter()
        .filter(|d| d.metric == "pearson_robust_minus_standard")
        .map(|d| (d.model_a.clone(), Estimate::of_difference(d)))
        .collect();
    let sentences =
        if rows.is_empty() { vec!["No robust predictions were made (--shifts 0).".to_owned()] } else { Vec::new() };
    let plot = Plot {
        name: "robust_minus_standard".into(),
        title: "Gain of robust predictions".into(),
        caption: "Mean correlation of predictions averaged over shifted windows minus that of one centred window, on the same resamples. \
                  Right of the dashed line robust predictions help."
            .into(),
        marks: Marks::Intervals(Intervals {
            x_title: "robust − standard, mean r over elements".into(),
            reference: Some(0.0),
            rows: rows.clone(),
        }),
    };
    ResultSection {
        title: "Robust against standard predictions".into(),
        sentences,
        tables: Vec::new(),
        plots: if rows.is_empty() { Vec::new() } else { vec![plot] },
    }
}

fn heat_maps(
    entries: &[Entry<'_>],
    elements: &[String],
    measured: &[Option<f64>],
    effects: &[ModelEffects],
    report: &SaturationReport,
) -> ResultSection {
    let plots =
        report.elements.iter().filter_map(|element| heat_map(element, entries, elements, measured, effects)).collect();
    let mut sentences = Vec::new();
    if effects.len() > MODELS_IN_A_MAP {
        sentences.push(format!("The first {MODELS_IN_A_MAP} models are shown; all effects are in effects.tsv."));
    }
    ResultSection { title: "Effects along the elements".into(), sentences, tables: Vec::new(), plots }
}

fn heat_map(
    element: &str,
    entries: &[Entry<'_>],
    elements: &[String],
    measured: &[Option<f64>],
    effects: &[ModelEffects],
) -> Option<Plot> {
    // Substitutions of this element: (index, position, alternative base of the file).
    let places: Vec<(usize, u64, usize)> = entries
        .iter()
        .enumerate()
        .filter(|(i, _)| elements[*i] == element)
        .filter_map(|(i, entry)| {
            let located = entry.located.as_ref().ok()?;
            let base = if located.swapped { &located.variant.reference } else { &located.variant.alternative };
            let code = *base.first().filter(|_| located.variant.is_substitution())?;
            (code < alphabet::N).then_some((i, located.variant.position_0, usize::from(code)))
        })
        .collect();
    let first = places.iter().map(|p| p.1).min()?;
    let width = (places.iter().map(|p| p.1).max()? - first + 1) as usize;
    let panel = |title: &str, values: &[Option<f64>]| {
        let mut rows = vec![vec![None; width]; 4];
        places.iter().for_each(|&(i, at, code)| rows[code][(at - first) as usize] = values[i]);
        HeatMapPanel { title: title.to_owned(), rows: ["A", "C", "G", "T"].map(String::from).to_vec(), values: rows }
    };
    let mut panels = vec![panel("measured", measured)];
    for model in effects.iter().take(MODELS_IN_A_MAP) {
        panels.push(panel(&format!("{}, standard", model.model), &model.standard));
        if !model.robust.is_empty() {
            panels.push(panel(&format!("{}, robust", model.model), &model.robust));
        }
    }
    let contig = entries.get(places[0].0).map_or("", |e| e.line.contig.as_str());
    Some(Plot {
        name: format!("effects_{element}"),
        title: format!("{element}: measured and predicted effects"),
        caption: format!(
            "One column per position, one row per alternative base; grey where there is no value (the reference's base, or not measured). \
             Each panel has its own scale. Element {element}."
        ),
        marks: Marks::HeatMap(HeatMap {
            panels,
            columns: Vec::new(),
            first_column: first as f64 + 1.0,
            x_title: format!("position on {contig} (1-based)"),
            y_title: "alternative allele".into(),
            unit: String::new(),
            diverging: true,
            numbers: false,
        }),
    })
}
