use cistron_core::{DifferenceRow, MetricRow};
use cistron_stats::bootstrap::interval95;
use cistron_stats::{PearsonSums, Resample, Undefined};
use serde::{Deserialize, Serialize};

/// How the benchmark is summarised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BenchmarkOptions {
    /// Bootstrap replicates.
    pub replicates: usize,
    /// Seed of the resamples.
    pub seed: u64,
}

/// Predicted effects of one model, one per variant.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEffects {
    /// Name of the model.
    pub model: String,
    /// From centred windows.
    pub standard: Vec<Option<f64>>,
    /// From shifted windows; empty when there are none.
    pub robust: Vec<Option<f64>>,
}

/// The name of the rows that average over elements.
pub const MEAN_OVER_ELEMENTS: &str = "mean over elements";

/// Metric of standard and of robust predictions.
const METRICS: [&str; 2] = ["pearson_standard", "pearson_robust"];

/// What a benchmark on saturation mutagenesis found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaturationReport {
    /// Elements, in order of appearance.
    pub elements: Vec<String>,
    /// One row per model, element and kind of prediction; then the means over elements. `task` is the element, `windows` the number of
    /// variants (for means, of elements).
    pub rows: Vec<MetricRow>,
    /// Robust − standard per model, and for the first metric each pair of models; means over elements.
    pub differences: Vec<DifferenceRow>,
}

/// r of one element.
struct Correlation {
    value: Result<f64, Undefined>,
    replicates: Vec<Option<f64>>,
    variants: usize,
}

/// Values of one model and kind of prediction.
struct Measured {
    model: String,
    metric: &'static str,
    /// Per element.
    values: Vec<Correlation>,
}

impl Measured {
    /// Mean over the elements where it is defined, of the value and of each replicate.
    fn mean(&self) -> (Option<f64>, Vec<Option<f64>>, usize) {
        let defined: Vec<_> = self.values.iter().filter(|c| c.value.is_ok()).collect();
        let n = defined.len();
        let mean = |sum: Option<f64>| sum.filter(|_| n > 0).map(|sum| sum / n as f64);
        let value = mean(defined.iter().map(|c| c.value.ok()).sum());
        let replicates = defined.first().map_or(0, |c| c.replicates.len());
        let replicates = (0..replicates).map(|r| mean(defined.iter().map(|c| c.replicates[r]).sum())).collect();
        (value, replicates, n)
    }
}

/// Pearson's r between predicted and measured effects for each element, and the mean over elements (GOPHER, fig. 5; CAGI5). Intervals come
/// from resampling the variants within each element; the same resamples serve every model, so differences are paired.
///
/// `elements` and `measured` have one entry per variant; variants without a measured or predicted effect are left out, for all models
/// together.
///
/// # Panics
/// When a model has another number of effects.
pub fn saturation_benchmark(
    elements: &[String],
    measured: &[Option<f64>],
    models: &[ModelEffects],
    options: &BenchmarkOptions,
) -> SaturationReport {
    let mut names: Vec<String> = Vec::new();
    for element in elements {
        if !names.contains(element) {
            names.push(element.clone());
        }
    }
    let all: Vec<(String, &'static str, &[Option<f64>])> = models
        .iter()
        .flat_map(|m| {
            [(m.model.clone(), METRICS[0], m.standard.as_slice()), (m.model.clone(), METRICS[1], m.robust.as_slice())]
        })
        .filter(|(.., effects)| !effects.is_empty())
        .collect();
    all.iter().for_each(|(.., effects)| assert_eq!(effects.len(), measured.len(), "one effect per variant"));
    let whole = |i: usize| measured[i].is_some() && all.iter().all(|(.., effects)| effects[i].is_some());
    let members: Vec<Vec<usize>> =
        names.iter().map(|name| (0..elements.len()).filter(|&i| elements[i] == *name && whole(i)).collect()).collect();
    let resamples: Vec<Vec<Resample>> = members
        .iter()
        .zip(0u64..)
        .map(|(members, element)| {
            (0..options.replicates as u64)
                .map(|r| Resample::draw(options.seed, r + element * (options.replicates as u64), members.len()))
                .collect()
        })
        .collect();
    let scored: Vec<Measured> = all
        .iter()
        .map(|(model, metric, effects)| {
            let values = members
                .iter()
                .zip(&resamples)
                .map(|(members, resamples)| {
                    let pair = |&i: &usize| (effects[i].unwrap_or_default(), measured[i].unwrap_or_default());
                    let pairs: Vec<(f64, f64)> = members.iter().map(pair).collect();
                    let replicates = resamples.iter().map(|r| pearson(&pairs, |i| r.weight(i)).ok()).collect();
                    Correlation { value: pearson(&pairs, |_| 1.0), replicates, variants: pairs.len() }
                })
                .collect();
            Measured { model: model.clone(), metric, values }
        })
        .collect();
    SaturationReport { rows: rows(&names, &scored), differences: differences(&scored), elements: names }
}

/// Pearson's r of weighted pairs.
pub(super) fn pearson(pairs: &[(f64, f64)], weight: impl Fn(usize) -> f64) -> Result<f64, Undefined> {
    let mut sums = PearsonSums::default();
    for (i, &(x, y)) in pairs.iter().enumerate() {
        let mut one = PearsonSums::default();
        one.push(x, y);
        sums.add(&one, weight(i));
    }
    sums.pearson()
}

fn rows(names: &[String], scored: &[Measured]) -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for measured in scored {
        let row = |task: &str, value, replicates: &[Option<f64>], windows: usize, reason| {
            let interval = interval95(replicates.iter().copied());
            MetricRow {
                model: measured.model.clone(),
                task: task.to_owned(),
                metric: measured.metric.to_owned(),
                value,
                low: interval.map(|i| i.0),
                high: interval.map(|i| i.1),
                windows: windows as u64,
                reason,
            }
        };
        for (name, Correlation { value, replicates, variants }) in names.iter().zip(&measured.values) {
            let reason = match value {
                Ok(_) => None,
                Err(_) if *variants == 0 => Some("no variant with a measured and a predicted effect".to_owned()),
                Err(why) => Some(why.to_string()),
            };
            rows.push(row(name, value.ok(), replicates, *variants, reason));
        }
        let (value, replicates, elements) = measured.mean();
        let missing = names.len() - elements;
        let reason = match (value, missing) {
            (None, _) => Some("undefined for every element".to_owned()),
            (_, 0) => None,
            (_, missing) => Some(format!("undefined for {missing} element(s), which are left out")),
        };
        rows.push(row(MEAN_OVER_ELEMENTS, value, &replicates, elements, reason));
    }
    rows
}

fn differences(scored: &[Measured]) -> Vec<DifferenceRow> {
    let means: Vec<_> = scored.iter().map(Measured::mean).collect();
    let mut rows = Vec::new();
    let mut compare = |a: usize, b: usize, metric: &str| {
        let value = |x: Option<f64>, y: Option<f64>| x.zip(y).map(|(x, y)| x - y);
        let each: Vec<Option<f64>> = means[a].1.iter().zip(&means[b].1).map(|(x, y)| value(*x, *y)).collect();
        let interval = interval95(each.into_iter());
        let difference = value(means[a].0, means[b].0);
        rows.push(DifferenceRow {
            model_a: scored[a].model.clone(),
            model_b: scored[b].model.clone(),
            task: MEAN_OVER_ELEMENTS.to_owned(),
            metric: metric.to_owned(),
            difference,
            low: interval.map(|i| i.0),
            high: interval.map(|i| i.1),
            reason: difference.is_none().then(|| "undefined for one of the two".to_owned()),
        });
    };
    for a in 0..scored.len() {
        for b in 0..scored.len() {
            let same_model = scored[a].model == scored[b].model;
            if same_model && scored[a].metric == METRICS[1] && scored[b].metric == METRICS[0] {
                compare(a, b, "pearson_robust_minus_standard");
            } else if a < b && scored[a].metric == scored[b].metric {
                compare(a, b, scored[a].metric);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(model: &str, standard: &[f64], robust: &[f64]) -> ModelEffects {
        let some = |values: &[f64]| values.iter().copied().map(Some).collect();
        ModelEffects { model: model.into(), standard: some(standard), robust: some(robust) }
    }

    #[test]
    fn toy_with_known_correlations() {
        let elements: Vec<String> = (0..60).map(|i| if i < 30 { "a" } else { "b" }.to_owned()).collect();
        let truth: Vec<f64> = (0..60).map(|i| ((i * 37) % 29) as f64).collect();
        // Perfect; perfect on a and reversed on b, so that its mean is 0.
        let half: Vec<f64> = truth.iter().zip(0..).map(|(v, i)| if i < 30 { *v } else { -*v }).collect();
        let mut measured: Vec<Option<f64>> = truth.iter().copied().map(Some).collect();
        let options = BenchmarkOptions { replicates: 200, seed: 1 };
        let models = [effects("good", &truth, &truth), effects("half", &half, &truth)];
        let report = saturation_benchmark(&elements, &measured, &models, &options);
        let row = |report: &SaturationReport, model: &str, task: &str, metric: &str| {
            report.rows.iter().find(|r| r.model == model && r.task == task && r.metric == metric).unwrap().clone()
        };
        let mean = row(&report, "good", MEAN_OVER_ELEMENTS, METRICS[0]);
        assert!((mean.value.unwrap() - 1.0).abs() < 1e-12 && mean.windows == 2);
        assert!((row(&report, "half", "b", METRICS[0]).value.unwrap() + 1.0).abs() < 1e-12);
        assert!(row(&report, "half", MEAN_OVER_ELEMENTS, METRICS[0]).value.unwrap().abs() < 1e-12);
        let gain = report
            .differences
            .iter()
            .find(|d| d.model_a == "half" && d.metric == "pearson_robust_minus_standard")
            .unwrap();
        assert!((gain.difference.unwrap() - 1.0).abs() < 1e-12 && gain.low.unwrap() > 0.99);
        // An element without measured values is null with a reason and does not enter the mean.
        measured[30..].fill(None);
        let report = saturation_benchmark(&elements, &measured, &models, &options);
        let empty = row(&report, "good", "b", METRICS[0]);
        assert_eq!((empty.value, empty.windows), (None, 0));
        assert!(empty.reason.unwrap().starts_with("no variant with a measured"));
        let mean = row(&report, "half", MEAN_OVER_ELEMENTS, METRICS[0]);
        assert!((mean.value.unwrap() - 1.0).abs() < 1e-12 && mean.reason.unwrap().contains("1 element(s)"));
    }
}
