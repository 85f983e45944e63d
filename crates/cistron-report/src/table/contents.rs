//! Which tables a report writes and what their columns are.

use super::{Column, Table, float, integer, text};
use crate::{CurveFamily, ReportInput};

/// All tables that have rows; the metrics and the differences always.
pub(crate) fn all(input: &ReportInput) -> Vec<Table> {
    // Pages without an evaluation (variants, motifs) write tables of their own.
    let mut tables = if input.metrics.is_empty() { Vec::new() } else { vec![metrics(input), differences(input)] };
    let more = [models(input), learning_curves(input), curves(input), scatter(input), densities(input), tracks(input)];
    tables.extend(more.into_iter().filter(|t| t.rows() > 0));
    tables
}

const LOW: &str = "lower end of the 95 % bootstrap interval; empty when there is none";
const HIGH: &str = "upper end of the 95 % bootstrap interval; empty when there is none";
const MODEL: &str = "name of the model";
const TASK: &str = "task (track, label, column)";

fn metrics(input: &ReportInput) -> Table {
    let rows = &input.metrics;
    let columns = vec![
        text("model", MODEL, rows, |r| Some(&r.model)),
        text("task", "task, or `mean over tasks`", rows, |r| Some(&r.task)),
        text("metric", "metric, with its unit or logarithm's base where it has one", rows, |r| Some(&r.metric)),
        float("value", "the value on the test set; empty when undefined, see `reason`", rows, |r| r.value),
        float("low", LOW, rows, |r| r.low),
        float("high", HIGH, rows, |r| r.high),
        integer("windows", "windows (or sequences) behind the value", rows, |r| Some(r.windows)),
        text("reason", "why the value is undefined, or a caveat", rows, |r| r.reason.as_deref()),
    ];
    Table { name: "metrics", columns }
}

fn differences(input: &ReportInput) -> Table {
    let rows = &input.differences;
    let columns = vec![
        text("model_a", "first model", rows, |r| Some(&r.model_a)),
        text("model_b", "second model", rows, |r| Some(&r.model_b)),
        text("task", "task, or `mean over tasks`", rows, |r| Some(&r.task)),
        text("metric", "metric", rows, |r| Some(&r.metric)),
        float("difference", "value of model_a minus value of model_b; empty when undefined", rows, |r| r.difference),
        float("low", "lower end of the paired 95 % bootstrap interval", rows, |r| r.low),
        float("high", "upper end of the paired 95 % bootstrap interval", rows, |r| r.high),
        text("reason", "why the difference is undefined", rows, |r| r.reason.as_deref()),
    ];
    Table { name: "differences", columns }
}

fn models(input: &ReportInput) -> Table {
    let rows = &input.models;
    let columns = vec![
        text("model", MODEL, rows, |r| Some(&r.name)),
        text("kind", "network, baseline or precomputed", rows, |r| Some(r.kind.word())),
        text("description", "what it is", rows, |r| Some(&r.description)),
        integer("parameters", "trainable parameters; empty when not known", rows, |r| r.parameters),
        float("train_seconds", "wall time of training or fitting, seconds", rows, |r| r.train_seconds),
        float("predict_seconds", "wall time of predicting the test split, seconds", rows, |r| r.predict_seconds),
        text("device", "where it ran", rows, |r| r.device.as_deref()),
    ];
    Table { name: "models", columns }
}

fn learning_curves(input: &ReportInput) -> Table {
    let rows: Vec<_> = input.learning_curves.iter().flat_map(|c| (0..c.epochs.len()).map(move |i| (c, i))).collect();
    let at = |values: &[Option<f64>], i: usize| values.get(i).copied().flatten();
    let columns = vec![
        text("model", MODEL, &rows, |(c, _)| Some(&c.model)),
        integer("epoch", "epoch, 1-based", &rows, |(c, i)| Some(c.epochs[*i])),
        text("loss_name", "what the loss is", &rows, |(c, _)| Some(&c.loss_name)),
        float("train_loss", "mean loss on training windows", &rows, |(c, i)| at(&c.train_loss, *i)),
        float("valid_loss", "mean loss on validation windows", &rows, |(c, i)| at(&c.valid_loss, *i)),
        text("metric_name", "what the validation metric is", &rows, |(c, _)| Some(&c.metric_name)),
        float("valid_metric", "metric on validation windows", &rows, |(c, i)| at(&c.valid_metric, *i)),
        integer("kept", "1 for the epoch whose weights were kept, else 0", &rows, |(c, i)| {
            Some(u64::from(c.best_epoch == Some(c.epochs[*i])))
        }),
    ];
    Table { name: "learning_curves", columns }
}

fn curves(input: &ReportInput) -> Table {
    let rows: Vec<_> = input.curves.iter().flat_map(|c| c.points.iter().map(move |p| (c, *p))).collect();
    let word = |family: CurveFamily| match family {
        CurveFamily::Roc => "roc",
        CurveFamily::PrecisionRecall => "precision-recall",
        CurveFamily::Reliability => "reliability",
    };
    let columns = vec![
        text("family", "roc, precision-recall or reliability", &rows, |(c, _)| Some(word(c.family))),
        text("model", MODEL, &rows, |(c, _)| Some(&c.model)),
        text("task", TASK, &rows, |(c, _)| Some(&c.task)),
        float("x", "false-positive rate, recall, or mean predicted probability", &rows, |(_, p)| Some(p.0)),
        float("y", "true-positive rate, precision, or share of positives", &rows, |(_, p)| Some(p.1)),
    ];
    Table { name: "curves", columns }
}

fn scatter(input: &ReportInput) -> Table {
    let rows: Vec<_> = input.scatters.iter().flat_map(|s| s.points.iter().map(move |p| (s, *p))).collect();
    let columns = vec![
        text("model", MODEL, &rows, |(s, _)| Some(&s.model)),
        text("task", TASK, &rows, |(s, _)| Some(&s.task)),
        float("predicted", "predicted value", &rows, |(_, p)| Some(p.0)),
        float("observed", "observed value", &rows, |(_, p)| Some(p.1)),
    ];
    Table { name: "scatter", columns }
}

fn densities(input: &ReportInput) -> Table {
    let rows: Vec<_> = input
        .densities
        .iter()
        .flat_map(|d| {
            d.counts
                .iter()
                .enumerate()
                .flat_map(move |(y, line)| line.iter().enumerate().map(move |(x, n)| (d, y, x, *n)))
        })
        .filter(|(.., n)| *n > 0)
        .collect();
    let columns = vec![
        text("model", MODEL, &rows, |(d, ..)| Some(&d.model)),
        text("task", TASK, &rows, |(d, ..)| Some(&d.task)),
        float("predicted_from", "lower edge of the cell, predicted value", &rows, |(d, _, x, _)| {
            Some(d.predicted_edges[*x])
        }),
        float("predicted_to", "upper edge of the cell, predicted value", &rows, |(d, _, x, _)| {
            Some(d.predicted_edges[x + 1])
        }),
        float("observed_from", "lower edge of the cell, observed value", &rows, |(d, y, ..)| {
            Some(d.observed_edges[*y])
        }),
        float("observed_to", "upper edge of the cell, observed value", &rows, |(d, y, ..)| {
            Some(d.observed_edges[y + 1])
        }),
        integer("count", "values in the cell; cells without any are left out", &rows, |(.., n)| Some(*n)),
    ];
    Table { name: "density", columns }
}

fn tracks(input: &ReportInput) -> Table {
    let mut rows = Vec::new();
    for track in &input.tracks {
        let series = track.predictions.iter().map(|p| (Some(p.model.as_str()), p.values.as_slice()));
        for (model, values) in std::iter::once((None, track.observed.as_slice())).chain(series) {
            rows.extend(values.iter().enumerate().map(|(bin, value)| (track, model, bin as u64, *value)));
        }
    }
    let start = |t: &crate::TrackExample, bin: u64| t.interval.as_ref().map_or(0, |i| i.start_0) + bin * t.bin_bp;
    let columns: Vec<Column> = vec![
        text("label", "best, median or worst", &rows, |(t, ..)| Some(&t.label)),
        text("window", "name of the window", &rows, |(t, ..)| Some(&t.window)),
        text("contig", "contig; empty for sequences without a place in a genome", &rows, |(t, ..)| {
            t.interval.as_ref().map(|i| i.contig.as_str())
        }),
        integer("start_0", "first base of the bin, 0-based", &rows, |(t, _, bin, _)| Some(start(t, *bin))),
        integer("end_0", "one past the last base of the bin, 0-based", &rows, |(t, _, bin, _)| Some(start(t, bin + 1))),
        text("task", TASK, &rows, |(t, ..)| Some(&t.task)),
        text("model", "name of the model; empty for the observed signal", &rows, |(_, model, ..)| *model),
        float("value", "value of the bin", &rows, |(.., v)| Some(f64::from(*v))),
    ];
    Table { name: "tracks", columns }
}
