use cistron_core::{DifferenceRow, MetricRow};
use cistron_stats::spearman::mid_ranks;
use cistron_stats::{Bootstrap, RankedLabels, Undefined};
use serde::{Deserialize, Serialize};

use super::benchmark::pearson;
use super::{BenchmarkOptions, ModelEffects};
use crate::generalisation::Measured;
use crate::generalisation::rows::{difference_rows, metric_rows};

/// What was measured of a variant that is linked to a trait (a QTL, or an allelic imbalance).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QtlVariant {
    /// Effect of the alternative allele against the reference allele: the sign says which has more signal.
    pub effect: Option<f64>,
    /// Whether the effect is significant; `None` when that is not known.
    pub significant: Option<bool>,
}

/// What the measured effects are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QtlMeasure {
    /// Numbers whose sizes can be compared.
    Effects,
    /// Signs only.
    Directions,
}

/// What a benchmark on linked variants found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QtlReport {
    /// Variants behind directions and correlations.
    pub directed: u64,
    /// Variants, significant or not, behind the metrics of significance; `None` when that was not asked.
    pub classified: Option<u64>,
    /// One row per model and metric; `windows` is the number of variants. Metrics end in `_standard` or `_robust`.
    pub rows: Vec<MetricRow>,
    /// Every pair of models on every metric, then robust − standard per model (`METRIC_robust_minus_standard`).
    pub differences: Vec<DifferenceRow>,
}

const DIRECTION: [&str; 2] = ["direction_auroc", "direction_accuracy"];
const CORRELATION: [&str; 2] = ["pearson", "spearman"];
const SIGNIFICANCE: [&str; 2] = ["significance_auroc", "significance_average_precision"];

/// Compares predicted effects with those of linked variants.
///
/// - `direction_auroc`: AUROC of the predicted effect for which allele has more signal. Being a matter of order it is the AUROC of
///   reference ÷ (reference + alternative) too (allelic imbalance, `definitions.md` §4). `direction_accuracy`: share of variants whose
///   predicted and measured signs agree; a predicted 0 counts one half.
/// - `pearson`, `spearman`: of signed effects, unless only directions were measured.
/// - `significance_auroc`, `significance_average_precision`: |predicted effect| for significant against other variants, where that is known.
///
/// Directions and correlations are over significant variants where that is known, over all otherwise. Variants without a measured or predicted
/// effect are left out, for all models together. Intervals resample variants, with ranks held fixed, as if variants were independent; the same resamples serve
/// every model.
///
/// # Panics
/// When a model has another number of effects.
pub fn qtl_benchmark(
    variants: &[QtlVariant],
    measure: QtlMeasure,
    models: &[ModelEffects],
    options: &BenchmarkOptions,
) -> QtlReport {
    let all = || models.iter().flat_map(|m| [&m.standard, &m.robust]).filter(|effects| !effects.is_empty());
    all().for_each(|effects| assert_eq!(effects.len(), variants.len(), "one effect per variant"));
    let classes = variants.iter().any(|v| v.significant.is_some());
    let whole = |i: &usize| all().all(|effects| effects[*i].is_some());
    let directed = |i: &usize| {
        let v = &variants[*i];
        v.effect.is_some_and(|e| e != 0.0) && (!classes || v.significant == Some(true)) && whole(i)
    };
    let directed: Vec<usize> = (0..variants.len()).filter(directed).collect();
    let classified = |i: &usize| variants[*i].significant.is_some() && whole(i);
    let classified: Vec<usize> = (0..variants.len()).filter(classified).collect();

    let mut names: Vec<&str> = DIRECTION.to_vec();
    names.extend(CORRELATION.iter().filter(|_| measure == QtlMeasure::Effects));
    names.extend(SIGNIFICANCE.iter().filter(|_| classes));
    let bootstrap = Bootstrap { replicates: options.replicates, seed: options.seed };
    let of = |effects: &[Option<f64>]| {
        let mut found = on_directed(variants, &directed, measure, effects, bootstrap);
        if classes {
            let more = on_classified(variants, &classified, effects, bootstrap);
            found.values.extend(more.values);
            found.replicates.extend(more.replicates);
        }
        found
    };
    let standard: Vec<Vec<Measured>> = models.iter().map(|m| vec![of(&m.standard)]).collect();
    let shifted: Vec<&ModelEffects> = models.iter().filter(|m| !m.robust.is_empty()).collect();
    let robust: Vec<Vec<Measured>> = shifted.iter().map(|m| vec![of(&m.robust)]).collect();

    let task = [String::new()];
    let (mut rows, mut differences) = (Vec::new(), Vec::new());
    let standard_names: Vec<&str> = models.iter().map(|m| m.model.as_str()).collect();
    let robust_names: Vec<&str> = shifted.iter().map(|m| m.model.as_str()).collect();
    for (models, measured, kind) in [(&standard_names, &standard, "standard"), (&robust_names, &robust, "robust")] {
        let metrics: Vec<String> = names.iter().map(|name| format!("{name}_{kind}")).collect();
        rows.extend(metric_rows(models, &task, &metrics, measured));
        differences.extend(difference_rows(models, &task, &metrics, measured));
    }
    for (name, robust) in robust_names.iter().zip(robust) {
        let Some(index) = standard_names.iter().position(|n| n == name) else { continue };
        let pair = [robust, standard[index].clone()];
        let metrics: Vec<String> = names.iter().map(|name| format!("{name}_robust_minus_standard")).collect();
        differences.extend(difference_rows(&[name, name], &task, &metrics, &pair));
    }
    // The single task is all there is: its mean over tasks says the same under the name that leaderboards look for.
    rows.retain(|r| r.task == MetricRow::MEAN_OVER_TASKS);
    differences.retain(|d| d.task == MetricRow::MEAN_OVER_TASKS);
    // Metrics of significance are over more variants than the others.
    for row in rows.iter_mut().filter(|r| SIGNIFICANCE.iter().any(|s| r.metric.starts_with(s))) {
        row.windows = classified.len() as u64;
    }
    let classified = classes.then_some(classified.len() as u64);
    QtlReport { directed: directed.len() as u64, classified, rows, differences }
}

fn on_directed(
    variants: &[QtlVariant],
    members: &[usize],
    measure: QtlMeasure,
    effects: &[Option<f64>],
    bootstrap: Bootstrap,
) -> Measured {
    let predicted: Vec<f64> = members.iter().map(|&i| effects[i].unwrap_or_default()).collect();
    let measured: Vec<f64> = members.iter().map(|&i| variants[i].effect.unwrap_or_default()).collect();
    let up: Vec<bool> = measured.iter().map(|m| *m > 0.0).collect();
    let narrow = |values: &[f64]| -> Vec<f32> { values.iter().map(|v| *v as f32).collect() };
    let ranked = RankedLabels::new(&narrow(&predicted), &up);
    let agree = |i: usize| match predicted[i] {
        0.0 => 0.5,
        value => f64::from(u8::from((value > 0.0) == up[i])),
    };
    let pairs: Vec<(f64, f64)> = predicted.iter().copied().zip(measured.iter().copied()).collect();
    let ranks: Vec<(f64, f64)> =
        mid_ranks(&narrow(&predicted)).into_iter().zip(mid_ranks(&narrow(&measured))).collect();
    let metrics = |weight: &dyn Fn(usize) -> f64| {
        let total: f64 = (0..members.len()).map(weight).sum();
        let right: f64 = (0..members.len()).map(|i| weight(i) * agree(i)).sum();
        let mut found =
            vec![ranked.auroc(weight), if total > 0.0 { Ok(right / total) } else { Err(Undefined::TooFew) }];
        if measure == QtlMeasure::Effects {
            found.push(pearson(&pairs, weight));
            found.push(pearson(&ranks, weight));
        }
        found
    };
    resampled(members.len(), bootstrap, metrics)
}

fn on_classified(
    variants: &[QtlVariant],
    members: &[usize],
    effects: &[Option<f64>],
    bootstrap: Bootstrap,
) -> Measured {
    let sizes: Vec<f32> = members.iter().map(|&i| effects[i].unwrap_or_default().abs() as f32).collect();
    let labels: Vec<bool> = members.iter().map(|&i| variants[i].significant == Some(true)).collect();
    let ranked = RankedLabels::new(&sizes, &labels);
    resampled(members.len(), bootstrap, |weight| vec![ranked.auroc(weight), ranked.average_precision(weight)])
}

/// Metrics of all members and of every resample of them.
fn resampled(
    members: usize,
    bootstrap: Bootstrap,
    metrics: impl Fn(&dyn Fn(usize) -> f64) -> Vec<Result<f64, Undefined>> + Sync,
) -> Measured {
    let values = metrics(&|_| 1.0);
    let per_replicate: Vec<Vec<Option<f64>>> =
        bootstrap.run(members, |resample| metrics(&|i| resample.weight(i)).into_iter().map(Result::ok).collect());
    let replicates = (0..values.len()).map(|m| per_replicate.iter().map(|values| values[m]).collect()).collect();
    Measured { values, replicates, windows: members as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(name: &str, standard: &[f64], robust: &[f64]) -> ModelEffects {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect();
        ModelEffects { model: name.into(), standard: some(standard), robust: some(robust) }
    }

    fn value(report: &QtlReport, model: &str, metric: &str) -> (Option<f64>, u64) {
        let row = report.rows.iter().find(|r| r.model == model && r.metric == metric).unwrap();
        (row.value, row.windows)
    }

    const OPTIONS: BenchmarkOptions = BenchmarkOptions { replicates: 100, seed: 1 };

    #[test]
    fn directions_by_hand() {
        let measured = [2.0, -1.0, 0.5, -0.5, 0.0, 3.0];
        let mut variants: Vec<QtlVariant> =
            measured.iter().map(|m| QtlVariant { effect: Some(*m), significant: None }).collect();
        variants[5].effect = None;
        // Of the four that count: signs +, −, −, 0 against +, −, +, −; of the positives 1.0 beats both negatives, −0.2 neither.
        let standard = [1.0, -0.1, -0.2, 0.0, 9.0, 9.0];
        let models = [model("a", &standard, &[]), model("b", &[4.0, -2.0, 1.0, -1.0, 0.0, 0.0], &[])];
        let report = qtl_benchmark(&variants, QtlMeasure::Effects, &models, &OPTIONS);
        assert_eq!((report.directed, report.classified), (4, None));
        assert_eq!(value(&report, "a", "direction_accuracy_standard"), (Some(2.5 / 4.0), 4));
        assert_eq!(value(&report, "a", "direction_auroc_standard"), (Some(0.5), 4));
        assert_eq!(value(&report, "b", "direction_auroc_standard"), (Some(1.0), 4));
        // b is twice the measured effect.
        assert!((value(&report, "b", "pearson_standard").0.unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(value(&report, "b", "spearman_standard").0, Some(1.0));
        // Ranks of a: 4, 2, 1, 3 against 4, 1, 3, 2: 1 − 6 · (0 + 1 + 4 + 1) / (4 · 15).
        assert!((value(&report, "a", "spearman_standard").0.unwrap() - 0.4).abs() < 1e-12);
        assert!(report.rows.iter().all(|r| !r.metric.contains("significance") && !r.metric.contains("robust")));
        let better = report.differences.iter().find(|d| d.metric == "direction_auroc_standard").unwrap();
        assert_eq!(better.difference, Some(-0.5));
        let directions = qtl_benchmark(&variants, QtlMeasure::Directions, &models, &OPTIONS);
        assert!(directions.rows.iter().all(|r| r.metric.starts_with("direction")));
    }

    #[test]
    fn significance_restricts_directions_and_is_classified_by_size() {
        let variants: Vec<QtlVariant> = (0..40)
            .map(|i| QtlVariant { effect: Some(if i % 2 == 0 { 1.0 } else { -1.0 }), significant: Some(i < 10) })
            .collect();
        // Right among the significant, wrong among the others; sizes 5 against 1, robust ones all the same.
        let standard: Vec<f64> =
            (0..40).map(|i| (if i % 2 == 0 { 1.0 } else { -1.0 }) * if i < 10 { 5.0 } else { -1.0 }).collect();
        let robust: Vec<f64> = standard.iter().map(|s| s.signum()).collect();
        let report = qtl_benchmark(&variants, QtlMeasure::Effects, &[model("a", &standard, &robust)], &OPTIONS);
        assert_eq!((report.directed, report.classified), (10, Some(40)));
        assert_eq!(value(&report, "a", "direction_accuracy_standard"), (Some(1.0), 10));
        assert_eq!(value(&report, "a", "significance_auroc_standard"), (Some(1.0), 40));
        assert_eq!(value(&report, "a", "significance_auroc_robust"), (Some(0.5), 40));
        assert_eq!(value(&report, "a", "significance_average_precision_robust"), (Some(0.25), 40));
        let gain = report.differences.iter().find(|d| d.metric == "significance_auroc_robust_minus_standard").unwrap();
        assert_eq!((gain.difference, gain.model_a.as_str()), (Some(-0.5), "a"));
        // One direction only: no AUROC, with the reason.
        let up: Vec<QtlVariant> = variants.iter().map(|v| QtlVariant { effect: Some(1.0), ..*v }).collect();
        let report = qtl_benchmark(&up, QtlMeasure::Effects, &[model("a", &standard, &[])], &OPTIONS);
        let row = report.rows.iter().find(|r| r.metric == "direction_auroc_standard").unwrap();
        assert!(row.value.is_none() && row.reason.is_some());
    }
}
