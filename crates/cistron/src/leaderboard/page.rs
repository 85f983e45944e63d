//! From what a comparison found to what its page shows.

use cistron_core::{MetricRow, TargetKind};
use cistron_eval::generalisation::metric_label;
use cistron_eval::{GeneralisationOptions, GeneralisationReport, higher_is_better};
use cistron_report::{
    Criterion, Front, FrontPoint, HeadlineMetric, LeaderboardInput, ModelInfo, ModelKind, ReportInput,
};

use super::entrants::Entrant;
use super::finished_run::FinishedRun;
use super::other_criteria::{OtherCriteria, overall};
use super::pareto::on_front;
use crate::report::today;
use crate::report_input::counted;
use crate::report_input::headline::headline_metrics;

/// Evaluation and metric of the front's second axis.
const ROBUSTNESS: (&str, &str) = ("robustness", "variation_score");

/// Everything that the leaderboard shows, the best model on the first headline metric first.
pub(super) fn leaderboard_input(
    runs: &[FinishedRun],
    entrants: &[Entrant],
    report: &GeneralisationReport,
    others: &OtherCriteria,
    settings: &GeneralisationOptions,
) -> LeaderboardInput {
    let headline = headline_metrics(report.target.kind);
    let entrants = best_first(entrants, report, headline.first());
    let mut criteria = generalisation_criteria(&entrants, report, &headline);
    criteria.extend(other_criteria(&entrants, runs, others));
    let shared = |e: &Entrant| e.runs.iter().map(|r| runs[*r].name.as_str()).collect::<Vec<_>>().join(", ");
    LeaderboardInput {
        runs: entrants.iter().copied().map(shared).collect(),
        front: front(&criteria, headline.first()),
        criteria,
        ranks: report.ranks.clone(),
        report: common(runs, &entrants, report, others, settings, headline),
    }
}

fn common(
    runs: &[FinishedRun],
    entrants: &[&Entrant],
    report: &GeneralisationReport,
    others: &OtherCriteria,
    settings: &GeneralisationOptions,
    headline_metrics: Vec<HeadlineMetric>,
) -> ReportInput {
    let generated = today();
    let target = &report.target;
    let what = match target.kind {
        TargetKind::Profile => format!("coverage in bins of {} bp", target.bin_bp),
        TargetKind::Scalar => "values".to_owned(),
        TargetKind::Binary => "labels".to_owned(),
    };
    let baselines = entrants.iter().filter(|e| e.kind == ModelKind::Baseline).count();
    let mut provenance = vec![
        ("cistron".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("written".to_owned(), generated.clone()),
        ("bootstrap replicates".to_owned(), settings.bootstrap_replicates.to_string()),
        ("seed of the resamples".to_owned(), settings.seed.to_string()),
    ];
    provenance.extend(runs.iter().map(|r| (format!("run {}", r.name), r.dir.root().display().to_string())));
    let rebinned = runs.iter().filter(|r| r.is_rebinned());
    let averaged = rebinned.map(|r| {
        format!(
            "Predictions of the run {} were averaged from bins of {} bp to {} bp.",
            r.name,
            r.own_bin_bp(),
            target.bin_bp
        )
    });
    ReportInput {
        title: "Leaderboard".into(),
        subtitle: format!("{}: {what}", target.tasks.join(", ")),
        generated,
        summary_sentences: std::iter::once(format!(
            "{} and {} of {} on the same {}, for {}. Accuracy was worked out anew from the stored predictions, so that intervals, \
             differences and ranks rest on the same bootstrap resamples for all models.",
            counted(entrants.len() - baselines, "model"),
            counted(baselines, "trivial baseline"),
            counted(runs.len(), "run"),
            counted(report.windows as usize, "test window"),
            counted(target.tasks.len(), "task")
        ))
        .chain(averaged)
        .collect(),
        warnings: report.warnings.iter().chain(&others.warnings).cloned().collect(),
        metrics: report.rows.clone(),
        differences: report.differences.clone(),
        headline_metrics,
        models: entrants.iter().map(|e| ModelInfo::new(&e.name, e.kind)).collect(),
        provenance,
        ..ReportInput::default()
    }
}

/// Entrants by their value on a metric; those without one stay last in their order.
fn best_first<'a>(
    entrants: &'a [Entrant],
    report: &GeneralisationReport,
    metric: Option<&HeadlineMetric>,
) -> Vec<&'a Entrant> {
    let value = |e: &Entrant| {
        let metric = metric?;
        let value = overall(&report.rows, &e.name, &metric.metric)?.value?;
        Some(if metric.higher_is_better { -value } else { value })
    };
    let mut sorted: Vec<&Entrant> = entrants.iter().collect();
    sorted.sort_by(|a, b| value(a).unwrap_or(f64::INFINITY).total_cmp(&value(b).unwrap_or(f64::INFINITY)));
    sorted
}

/// The headline metrics, then the others of the evaluation.
fn generalisation_criteria(
    entrants: &[&Entrant],
    report: &GeneralisationReport,
    headline: &[HeadlineMetric],
) -> Vec<Criterion> {
    let mut metrics: Vec<&str> = headline.iter().map(|h| h.metric.as_str()).collect();
    for row in &report.rows {
        if !metrics.contains(&row.metric.as_str()) {
            metrics.push(&row.metric);
        }
    }
    let criterion = |(index, metric): (usize, &str)| Criterion {
        evaluation: LeaderboardInput::GENERALISATION.into(),
        metric: metric.into(),
        label: metric_label(metric).into(),
        higher_is_better: higher_is_better(metric),
        shown: index < headline.len(),
        // Every model has a row of every metric, the mean over tasks too.
        values: entrants.iter().filter_map(|e| overall(&report.rows, &e.name, metric).cloned()).collect(),
    };
    metrics.into_iter().enumerate().map(criterion).collect()
}

fn other_criteria(entrants: &[&Entrant], runs: &[FinishedRun], others: &OtherCriteria) -> Vec<Criterion> {
    let criterion = |(kind, metric): (&str, &str)| Criterion {
        evaluation: kind.into(),
        metric: metric.into(),
        label: metric_label(metric).into(),
        higher_is_better: higher_is_better(metric),
        shown: is_shown(kind, metric),
        values: entrants.iter().map(|e| others.row(e, runs, kind, metric)).collect(),
    };
    others.columns().into_iter().map(criterion).collect()
}

/// Whether a criterion stands in the main table; evaluations with many metrics are represented by their main ones, the rest is in the TSV.
fn is_shown(kind: &str, metric: &str) -> bool {
    match kind {
        "resolution" => false,
        "test-selection" => metric == "pearson_per_sequence_on_peaks",
        "conversion" => matches!(metric, "auroc_on_all" | "average_precision_on_all"),
        _ => true,
    }
}

/// Performance against robustness, over the models that have both.
fn front(criteria: &[Criterion], performance: Option<&HeadlineMetric>) -> Result<Front, String> {
    let find = |evaluation: &str, metric: &str| {
        criteria.iter().find(|c| c.evaluation == evaluation && c.metric == metric).map(|c| c.values.as_slice())
    };
    let (evaluation, metric) = ROBUSTNESS;
    let x = performance.and_then(|p| find(LeaderboardInput::GENERALISATION, &p.metric));
    let robustness = HeadlineMetric::new(metric, metric_label(metric), higher_is_better(metric).unwrap_or(false));
    let interval = |row: &MetricRow| row.low.zip(row.high);
    let mut points: Vec<FrontPoint> = (x.unwrap_or_default().iter())
        .zip(find(evaluation, metric).unwrap_or_default())
        .filter_map(|(x, y)| {
            Some(FrontPoint {
                model: x.model.clone(),
                x: x.value?,
                x_interval: interval(x),
                y: y.value?,
                y_interval: interval(y),
                on_front: false,
            })
        })
        .collect();
    let Some(performance) = performance.filter(|_| points.len() > 1) else {
        return Err(format!(
            "No figure: it needs two models or more with {} and with {metric} in evaluation/{evaluation}.json of their run.",
            performance.map_or("a first metric", |p| &p.label)
        ));
    };
    let values: Vec<(f64, f64)> = points.iter().map(|p| (p.x, p.y)).collect();
    let on = on_front(&values, (performance.higher_is_better, robustness.higher_is_better));
    points.iter_mut().zip(on).for_each(|(point, on)| point.on_front = on);
    Ok(Front { x: performance.clone(), y: robustness, points })
}
