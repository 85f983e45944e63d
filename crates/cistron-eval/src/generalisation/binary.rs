use cistron_core::CurveFamily;
use cistron_stats::calibration::Calibration;
use cistron_stats::cross_entropy::{cross_entropy, probability};
use cistron_stats::{RankedLabels, Undefined};

use super::figures::Curve;
use super::{Input, Measured, Scored};
use crate::EvalError;

pub(super) const METRICS: [&str; 4] =
    ["auroc", "average_precision", "binary_cross_entropy", "expected_calibration_error"];

/// Points of a curve at most.
const CURVE_POINTS: usize = 200;

pub(super) fn score(input: &Input<'_>) -> Result<Scored, EvalError> {
    let target = input.source.target();
    let tasks = target.tasks.len();
    let mut observed: Vec<Vec<(usize, bool)>> = vec![Vec::new(); tasks];
    input.observed(|window, task, values| {
        observed[task].extend(values.first().filter(|v| !v.is_nan()).map(|v| (window, *v > 0.5)));
    })?;
    let mut measured = Vec::new();
    let mut curves = Vec::new();
    for model in input.models {
        let stored = &model.predictions;
        let mut of_model = Vec::new();
        for (task, observed) in observed.iter().enumerate() {
            let logits: Vec<f32> = observed.iter().map(|(window, _)| stored.values(*window, task)[0]).collect();
            let labels: Vec<bool> = observed.iter().map(|(_, label)| *label).collect();
            let ranked = RankedLabels::new(&logits, &labels);
            of_model.push(measure(input, &ranked, &logits, &labels));
            let mut add = |family, points| {
                let (model, task) = (stored.name().to_owned(), target.tasks[task].clone());
                curves.push(Curve { family, model, task, points });
            };
            let constant = logits.windows(2).all(|pair| pair[0] == pair[1]);
            if let Ok((roc, recall)) = ranked.curves(CURVE_POINTS)
                && !constant
            {
                add(CurveFamily::Roc, roc);
                add(CurveFamily::PrecisionRecall, recall);
                add(CurveFamily::Reliability, calibration(&logits, &labels, |_| 1.0).curve());
            }
        }
        measured.push(of_model);
    }
    Ok(Scored { metrics: &METRICS, measured, densities: Vec::new(), scatters: Vec::new(), curves, tracks: Vec::new() })
}

fn calibration(logits: &[f32], labels: &[bool], weight: impl Fn(usize) -> f64) -> Calibration {
    let mut calibration = Calibration::default();
    for (i, (logit, label)) in logits.iter().zip(labels).enumerate() {
        calibration.push(probability(f64::from(*logit)), *label, weight(i));
    }
    calibration
}

fn measure(input: &Input<'_>, ranked: &RankedLabels, logits: &[f32], labels: &[bool]) -> Measured {
    let losses: Vec<f64> = logits.iter().zip(labels).map(|(z, y)| cross_entropy(f64::from(*z), *y)).collect();
    let metrics = |weight: &dyn Fn(usize) -> f64| -> Vec<Result<f64, Undefined>> {
        let total: f64 = (0..labels.len()).map(weight).sum();
        let loss: f64 = losses.iter().enumerate().map(|(i, loss)| weight(i) * loss).sum();
        vec![
            ranked.auroc(weight),
            ranked.average_precision(weight),
            if total > 0.0 { Ok(loss / total) } else { Err(Undefined::TooFew) },
            calibration(logits, labels, weight).expected_error().ok_or(Undefined::TooFew),
        ]
    };
    let values = metrics(&|_| 1.0);
    let per_replicate: Vec<Vec<Option<f64>>> = input
        .bootstrap
        .run(labels.len(), |resample| metrics(&|i| resample.weight(i)).into_iter().map(Result::ok).collect());
    let replicates = (0..METRICS.len()).map(|m| per_replicate.iter().map(|values| values[m]).collect()).collect();
    Measured { values, replicates, windows: labels.len() as u64 }
}
