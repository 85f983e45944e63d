//! From measured values to tidy rows.

use cistron_core::{DifferenceRow, MetricRow};
use cistron_stats::bootstrap::interval95;

use super::Measured;

/// A value with its replicates, of one task or averaged over tasks.
pub(super) struct Estimate {
    pub(super) value: Option<f64>,
    pub(super) replicates: Vec<Option<f64>>,
    pub(super) reason: Option<String>,
    pub(super) windows: u64,
}

fn of_task(measured: &Measured, metric: usize) -> Estimate {
    let value = measured.values[metric];
    Estimate {
        value: value.ok(),
        replicates: measured.replicates[metric].clone(),
        reason: value.err().map(|e| e.to_string()),
        windows: measured.windows,
    }
}

/// The mean over the tasks where the metric is defined; a replicate counts when all of those are defined in it.
pub(super) fn over_tasks(tasks: &[Measured], metric: usize) -> Estimate {
    let defined: Vec<&Measured> = tasks.iter().filter(|t| t.values[metric].is_ok()).collect();
    let windows = tasks.iter().map(|t| t.windows).max().unwrap_or(0);
    let Some(first) = defined.first() else {
        let reason = tasks.iter().find_map(|t| t.values[metric].err()).map(|e| e.to_string());
        return Estimate { value: None, replicates: Vec::new(), reason, windows };
    };
    let n = defined.len() as f64;
    let value = defined.iter().filter_map(|t| t.values[metric].ok()).sum::<f64>() / n;
    let replicates = (0..first.replicates[metric].len())
        .map(|r| defined.iter().map(|t| t.replicates[metric][r]).sum::<Option<f64>>().map(|sum| sum / n))
        .collect();
    let undefined = tasks.len() - defined.len();
    let reason = (undefined > 0)
        .then(|| format!("mean over {} of {} tasks; undefined on the others", defined.len(), tasks.len()));
    Estimate { value: Some(value), replicates, reason, windows }
}

/// (task name, estimate) of every task, then of their mean when there is more than one; with one task the mean is that task.
fn estimates(measured: &[Measured], tasks: &[String], metric: usize) -> Vec<(String, Estimate)> {
    let mut out: Vec<(String, Estimate)> =
        tasks.iter().cloned().zip(measured.iter().map(|m| of_task(m, metric))).collect();
    out.push((MetricRow::MEAN_OVER_TASKS.to_owned(), over_tasks(measured, metric)));
    out
}

pub(crate) fn metric_rows(
    models: &[&str],
    tasks: &[String],
    metrics: &[impl AsRef<str>],
    measured: &[Vec<Measured>],
) -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for (model, measured) in models.iter().zip(measured) {
        for (index, metric) in metrics.iter().enumerate() {
            for (task, estimate) in estimates(measured, tasks, index) {
                let interval = estimate.value.and_then(|_| interval95(estimate.replicates.iter().copied()));
                rows.push(MetricRow {
                    model: (*model).to_owned(),
                    task,
                    metric: metric.as_ref().to_owned(),
                    value: estimate.value,
                    low: interval.map(|i| i.0),
                    high: interval.map(|i| i.1),
                    windows: estimate.windows,
                    reason: estimate.reason,
                });
            }
        }
    }
    rows
}

pub(crate) fn difference_rows(
    models: &[&str],
    tasks: &[String],
    metrics: &[impl AsRef<str>],
    measured: &[Vec<Measured>],
) -> Vec<DifferenceRow> {
    let mut rows = Vec::new();
    for (index, metric) in metrics.iter().enumerate() {
        let all: Vec<_> = measured.iter().map(|m| estimates(m, tasks, index)).collect();
        for a in 0..models.len() {
            for b in a + 1..models.len() {
                for ((task, of_a), (_, of_b)) in all[a].iter().zip(&all[b]) {
                    let difference = of_a.value.zip(of_b.value).map(|(a, b)| a - b);
                    let paired: Vec<Option<f64>> =
                        of_a.replicates.iter().zip(&of_b.replicates).map(|(a, b)| Some((*a)? - (*b)?)).collect();
                    let interval = difference.and_then(|_| interval95(paired.into_iter()));
                    let undefined = |name: &str, e: &Estimate| {
                        e.value.is_none().then(|| format!("{name}: {}", e.reason.as_deref().unwrap_or("undefined")))
                    };
                    let (name_a, name_b) = (models[a], models[b]);
                    rows.push(DifferenceRow {
                        model_a: name_a.to_owned(),
                        model_b: name_b.to_owned(),
                        task: task.clone(),
                        metric: metric.as_ref().to_owned(),
                        difference,
                        low: interval.map(|i| i.0),
                        high: interval.map(|i| i.1),
                        reason: undefined(name_a, of_a).or_else(|| undefined(name_b, of_b)),
                    });
                }
            }
        }
    }
    rows
}
