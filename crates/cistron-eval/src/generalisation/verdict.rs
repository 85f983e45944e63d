use cistron_core::{DifferenceRow, MetricRow, Outcome, TargetKind};
use serde::{Deserialize, Serialize};

use super::EvaluatedModel;
use crate::higher_is_better;

/// A model against a baseline, in numbers and in a sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The model.
    pub model: String,
    /// The baseline.
    pub baseline: String,
    /// The metric that decides.
    pub metric: String,
    /// How it went.
    pub outcome: Outcome,
    /// Whether the two models' own intervals overlap (a stricter question than the paired difference).
    pub intervals_overlap: Option<bool>,
    /// In plain words.
    pub text: String,
}

/// The name of a metric for people; the identifier itself when it is not one of ours.
pub fn metric_label(metric: &str) -> &str {
    match metric {
        "pearson_whole_chromosome" => "Pearson r, whole chromosome",
        "spearman_whole_chromosome" => "Spearman ρ, whole chromosome",
        "pearson_per_sequence" => "Pearson r, per sequence",
        "spearman_per_sequence" => "Spearman ρ, per sequence",
        "pearson" => "Pearson r",
        "spearman" => "Spearman ρ",
        "r_squared" => "R²",
        "mse" => "mean squared error",
        "poisson_nll" => "Poisson NLL",
        "jensen_shannon_distance_base2" => "Jensen–Shannon distance (base 2)",
        "scaling_factor" => "scaling factor",
        "auroc" => "AUROC",
        "average_precision" => "average precision",
        "expected_calibration_error" => "calibration error",
        "binary_cross_entropy" => "cross-entropy",
        "variation_score" => "variation score",
        other => other,
    }
}

/// Metrics that decide, in this order: the first one defined for both. A constant has no correlation, so it is compared by a
/// loss.
fn deciding(kind: TargetKind) -> [&'static str; 2] {
    match kind {
        TargetKind::Profile => ["pearson_whole_chromosome", "poisson_nll"],
        TargetKind::Scalar => ["pearson", "mse"],
        TargetKind::Binary => ["auroc", "binary_cross_entropy"],
    }
}

pub(super) fn verdicts(
    models: &[EvaluatedModel],
    kind: TargetKind,
    rows: &[MetricRow],
    differences: &[DifferenceRow],
) -> Vec<Verdict> {
    let name = |m: &EvaluatedModel| m.predictions.name().to_owned();
    let mut out = Vec::new();
    for model in models.iter().filter(|m| !m.baseline).map(name) {
        for baseline in models.iter().filter(|m| m.baseline).map(name) {
            let row = |who: &str, metric: &str| {
                rows.iter().find(|r| r.model == who && r.metric == metric && r.task == MetricRow::MEAN_OVER_TASKS)
            };
            let usable = |metric: &&str| {
                let defined = |who: &str| row(who, metric).is_some_and(|r| r.value.is_some());
                // AUROC of a constant is ½ by definition; its loss says more.
                let constant = *metric == "auroc"
                    && row(&baseline, metric).is_some_and(|r| r.low == Some(0.5) && r.high == Some(0.5));
                defined(&model) && defined(&baseline) && !constant
            };
            let Some(metric) = deciding(kind).into_iter().find(|m| usable(m)) else {
                out.push(Verdict {
                    text: format!("{model} cannot be compared with {baseline}: no metric is defined for both"),
                    model: model.clone(),
                    baseline,
                    metric: deciding(kind)[0].to_owned(),
                    outcome: Outcome::Unknown,
                    intervals_overlap: None,
                });
                continue;
            };
            let higher = higher_is_better(metric).unwrap_or(true);
            let difference = differences
                .iter()
                .filter(|d| d.metric == metric && d.task == MetricRow::MEAN_OVER_TASKS)
                .find_map(|d| {
                    match (d.model_a == model && d.model_b == baseline, d.model_a == baseline && d.model_b == model) {
                        (true, _) => d.low.zip(d.high),
                        (_, true) => d.low.zip(d.high).map(|(low, high)| (-high, -low)),
                        _ => None,
                    }
                })
                .map(|(low, high)| if higher { (low, high) } else { (-high, -low) });
            let outcome = match difference {
                None => Outcome::Unknown,
                Some((low, _)) if low > 0.0 => Outcome::Beats,
                Some((_, high)) if high < 0.0 => Outcome::Loses,
                Some(_) => Outcome::NotDistinguishable,
            };
            let (of_model, of_baseline) = (row(&model, metric), row(&baseline, metric));
            let bounds = |r: Option<&MetricRow>| r.and_then(|r| r.low.zip(r.high));
            let intervals_overlap = bounds(of_model).zip(bounds(of_baseline)).map(|(a, b)| a.0 <= b.1 && b.0 <= a.1);
            let verb = match outcome {
                Outcome::Beats => "beats",
                Outcome::Loses => "does worse than",
                Outcome::NotDistinguishable => "cannot be told apart from",
                Outcome::Unknown => "has no interval against",
            };
            let text = format!(
                "{model} {verb} {baseline}: {} {} against {}",
                metric_label(metric),
                shown(of_model),
                shown(of_baseline)
            );
            out.push(Verdict {
                model: model.clone(),
                baseline,
                metric: metric.to_owned(),
                outcome,
                intervals_overlap,
                text,
            });
        }
    }
    out
}

fn shown(row: Option<&MetricRow>) -> String {
    match row.map(|r| (r.value, r.low, r.high)) {
        Some((Some(value), Some(low), Some(high))) => format!("{value:.3} [{low:.3}, {high:.3}]"),
        Some((Some(value), _, _)) => format!("{value:.3}"),
        _ => "undefined".into(),
    }
}
