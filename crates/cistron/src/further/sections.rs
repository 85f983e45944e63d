use cistron_core::MetricRow;
use cistron_eval::robustness::METRIC as VARIATION;
use cistron_eval::{FurtherReport, GeneralisationReport};
use cistron_report::{Estimate, HeatMap, HeatMapPanel, Lines, Marks, Plot, Points, ResultSection, SummaryTable};

use crate::study::EvaluationKind;

/// The report's sections, in the order of the evaluations.
pub(crate) fn sections(
    headline: &GeneralisationReport,
    further: &[(EvaluationKind, FurtherReport)],
) -> Vec<ResultSection> {
    let section = |(kind, report): &(EvaluationKind, FurtherReport)| {
        let mut section = match kind {
            EvaluationKind::Generalisation => ResultSection::default(),
            EvaluationKind::Robustness => robustness(headline, report),
            EvaluationKind::Resolution => by_resolution(report),
            EvaluationKind::TestSelection => by_selection(report),
            EvaluationKind::Conversion => conversion(report),
        };
        section.sentences.extend(report.notes.iter().cloned());
        section
    };
    further.iter().map(section).collect()
}

/// Models that have a value, in the order of the rows.
fn models(report: &FurtherReport) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for row in report.rows.iter().filter(|r| r.value.is_some()) {
        if !names.contains(&row.model.as_str()) {
            names.push(&row.model);
        }
    }
    names
}

/// What follows a prefix in the names of metrics, in order.
fn suffixes<'a>(report: &'a FurtherReport, prefix: &str) -> Vec<&'a str> {
    let mut found: Vec<&str> = Vec::new();
    for row in &report.rows {
        if let Some(suffix) = row.metric.strip_prefix(prefix)
            && !found.contains(&suffix)
        {
            found.push(suffix);
        }
    }
    found
}

fn words(row: Option<&MetricRow>) -> String {
    match row.map(|r| (r.value, r.low, r.high)) {
        Some((Some(v), Some(low), Some(high))) => format!("{v:.3} [{low:.3}, {high:.3}]"),
        Some((Some(v), _, _)) => format!("{v:.3}"),
        _ => "–".into(),
    }
}

/// One row per model, one column per metric (its name in the report, its heading).
fn table(title: &str, note: &str, report: &FurtherReport, metrics: &[(String, String)]) -> SummaryTable {
    let rows = models(report)
        .into_iter()
        .map(|model| {
            let cells = metrics.iter().map(|(metric, _)| words(report.overall(model, metric)));
            std::iter::once(model.to_owned()).chain(cells).collect()
        })
        .collect();
    let columns = std::iter::once("model".to_owned()).chain(metrics.iter().map(|m| m.1.clone())).collect();
    SummaryTable { title: title.into(), note: note.into(), columns, rows }
}

fn robustness(headline: &GeneralisationReport, report: &FurtherReport) -> ResultSection {
    let performance = |model: &str| {
        let is = |r: &&MetricRow| {
            r.model == model && r.metric == "pearson_per_sequence" && r.task == MetricRow::MEAN_OVER_TASKS
        };
        headline.rows.iter().find(is).and_then(Estimate::of)
    };
    let points = models(report)
        .into_iter()
        .filter_map(|m| Some((m.to_owned(), performance(m)?, Estimate::of(report.overall(m, VARIATION)?)?)))
        .collect();
    ResultSection {
        title: "Robustness to shifts".into(),
        sentences: vec![
            "Each test window is cropped at random offsets; the variation score is the standard deviation over crops of the prediction for a \
             base, averaged over the bases that all crops cover, divided by their mean prediction. 0 is a model that does not care where in \
             its input a base stands; lower is better."
                .into(),
        ],
        tables: vec![table(
            "Variation score",
            "Mean over tasks and windows, with 95 % intervals over windows.",
            report,
            &[(VARIATION.to_owned(), "variation score".to_owned())],
        )],
        plots: vec![Plot {
            name: "robustness".into(),
            title: "Performance and robustness".into(),
            caption: "Per-sequence Pearson's r (right is better) and variation score (down is better), means over tasks with 95 % intervals \
                      (GOPHER, fig. 3b). Models with equal performance can differ in robustness."
                .into(),
            marks: Marks::Points(Points {
                x_title: "Pearson r per sequence".into(),
                y_title: "variation score".into(),
                points,
            }),
        }],
    }
}

fn by_resolution(report: &FurtherReport) -> ResultSection {
    const R_AT: &str = "pearson_whole_chromosome_at_";
    const R_SMOOTHED: &str = "pearson_whole_chromosome_smoothed_";
    let bins: Vec<String> = suffixes(report, R_AT).into_iter().map(str::to_owned).collect();
    let widths: Vec<String> = suffixes(report, R_SMOOTHED).into_iter().map(str::to_owned).collect();
    let heading = |suffix: &String| suffix.replace("_bp", " bp");
    let names = models(report);
    let value = |model: &str, metric: String| report.overall(model, &metric).and_then(|r| r.value);
    let matrix = HeatMap {
        panels: vec![HeatMapPanel {
            title: String::new(),
            rows: names.iter().map(|n| (*n).to_owned()).collect(),
            values: names.iter().map(|m| bins.iter().map(|b| value(m, format!("{R_AT}{b}"))).collect()).collect(),
        }],
        columns: bins.iter().map(heading).collect(),
        first_column: 0.0,
        x_title: "predictions and observations averaged to".into(),
        y_title: "model".into(),
        unit: "Pearson r, whole chromosome".into(),
        diverging: false,
        numbers: true,
    };
    let line = |model: &&str| {
        let estimates =
            widths.iter().map(|w| report.overall(model, &format!("{R_SMOOTHED}{w}")).and_then(Estimate::of));
        ((*model).to_owned(), estimates.collect())
    };
    let smoothed = Lines {
        places: widths.iter().map(heading).collect(),
        x_title: "width of the box-car filter".into(),
        y_title: "Pearson r, whole chromosome".into(),
        series: names.iter().map(line).collect(),
    };
    let columns = |prefix: &str, what: &str| -> Vec<(String, String)> {
        bins.iter().map(|b| (format!("{prefix}{b}"), format!("{what} {}", heading(b)))).collect()
    };
    let mut plots = vec![Plot {
        name: "resolution".into(),
        title: "Correlation by resolution".into(),
        caption: "Whole-chromosome Pearson's r, mean over tasks, after averaging predictions and observations to coarser bins (GOPHER, fig. \
                  2c). Higher values to the right come from smoothing, not from better models: compare within a column. A model is not \
                  shown at bins finer than its own."
            .into(),
        marks: Marks::HeatMap(matrix),
    }];
    if !widths.is_empty() {
        plots.push(Plot {
            name: "smoothing".into(),
            title: "Correlation by smoothing at a fixed bin".into(),
            caption: "The same after a box-car filter over predictions and observations, with 95 % intervals (GOPHER, supplement B.3)."
                .into(),
            marks: Marks::Lines(smoothed),
        });
    }
    ResultSection {
        title: "Resolution and scaling".into(),
        sentences: Vec::new(),
        tables: vec![
            table(
                "Mean squared error before scaling",
                "Of predictions as they are.",
                report,
                &columns("mse_at_", "MSE at"),
            ),
            table(
                "Mean squared error after scaling",
                "Predictions times the scaling factor of each task: observed ÷ predicted total over the test set.",
                report,
                &columns("mse_scaled_at_", "MSE at"),
            ),
            table(
                "Scaling factor",
                "",
                report,
                &columns("scaling_factor_at_", "factor at").into_iter().take(1).collect::<Vec<_>>(),
            ),
        ],
        plots,
    }
}

fn by_selection(report: &FurtherReport) -> ResultSection {
    const ABOVE: &str = "pearson_per_sequence_above_";
    let thresholds = suffixes(report, ABOVE);
    let line = |model: &str| {
        let estimates = thresholds.iter().map(|t| report.overall(model, &format!("{ABOVE}{t}")).and_then(Estimate::of));
        (model.to_owned(), estimates.collect())
    };
    let count = |threshold: &str| {
        let row = report.rows.iter().find(|r| r.metric == format!("{ABOVE}{threshold}"));
        row.map_or(0, |r| r.windows)
    };
    let lines = Lines {
        places: thresholds.iter().map(|t| format!("> {t} ({})", count(t))).collect(),
        x_title: "maximal coverage of the test windows (how many)".into(),
        y_title: "Pearson r per sequence".into(),
        series: models(report).into_iter().map(line).collect(),
    };
    let peaks = "pearson_per_sequence_on_peaks".to_owned();
    let tables = if report.rows.iter().any(|r| r.metric == peaks) {
        vec![table("On windows with a peak", "", report, &[(peaks, "Pearson r per sequence".into())])]
    } else {
        Vec::new()
    };
    ResultSection {
        title: "Test-set selection".into(),
        sentences: Vec::new(),
        tables,
        plots: vec![Plot {
            name: "test_selection".into(),
            title: "Correlation by coverage of the test windows".into(),
            caption: "Mean per-sequence Pearson's r on test windows whose maximal coverage exceeds a threshold, means over tasks with 95 % \
                      intervals (GOPHER, fig. 2e). The same models: a test set of active windows alone flatters them."
                .into(),
            marks: Marks::Lines(lines),
        }],
    }
}

fn conversion(report: &FurtherReport) -> ResultSection {
    let named = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(metric, name)| ((*metric).to_owned(), (*name).to_owned())).collect()
    };
    let points = models(report)
        .into_iter()
        .filter_map(|m| {
            let across = Estimate::of(report.overall(m, "average_precision_on_all")?)?;
            let up = Estimate::of(report.overall(m, "pearson_whole_chromosome_on_all")?)?;
            Some((m.to_owned(), across, up))
        })
        .collect();
    ResultSection {
        title: "Task conversion".into(),
        sentences: vec![
            "Quantitative and binary models in the same tables: a quantitative model's score for a peak is its mean predicted coverage of the \
             window, a binary model's predicted coverage is its logit."
                .into(),
        ],
        tables: vec![
            table(
                "Peaks from predictions",
                "Average precision; the trapezoid is the area as GOPHER published it.",
                report,
                &named(&[
                    ("auroc_on_all", "AUROC"),
                    ("average_precision_on_all", "average precision"),
                    ("average_precision_trapezoid_on_all", "trapezoid"),
                ]),
            ),
            table(
                "Coverage from predictions",
                "On the windows that hold a peak of the task, and on all test windows.",
                report,
                &named(&[
                    ("pearson_whole_chromosome_on_peaks", "Pearson r, peaks"),
                    ("pearson_per_sequence_on_peaks", "per sequence, peaks"),
                    ("pearson_whole_chromosome_on_all", "Pearson r, all"),
                    ("pearson_per_sequence_on_all", "per sequence, all"),
                ]),
            ),
        ],
        plots: vec![Plot {
            name: "task_conversion".into(),
            title: "Binary and quantitative performance".into(),
            caption: "Average precision of peak calls (right is better) and whole-chromosome correlation of coverage (up is better), means \
                      over tasks with 95 % intervals (GOPHER, fig. 4)."
                .into(),
            marks: Marks::Points(Points {
                x_title: "average precision of peaks".into(),
                y_title: "Pearson r, whole chromosome".into(),
                points,
            }),
        }],
    }
}
