use cistron_core::MetricRow;
use cistron_eval::variants::{Effect, EffectKind, Scored};
use cistron_report::table::{Column, Table, float, integer, text};

use super::locate::Entry;

/// Effects that one model predicts for all lines of a file.
#[derive(Debug, Clone)]
pub struct ScoredVariants {
    /// Name of the model.
    pub model: String,
    /// Tasks, then the mean over tasks when there are several.
    pub tasks: Vec<String>,
    /// What stands for an effect.
    pub kind: EffectKind,
    /// Per line; `None` where the line cannot be scored.
    pub scored: Vec<Option<Scored>>,
    /// Per line and task, two-sided p-values against random variants; empty when none were drawn.
    pub p_values: Vec<Vec<Option<f64>>>,
    /// q-values of those (Benjamini and Hochberg), per line and task.
    pub q_values: Vec<Vec<Option<f64>>>,
}

/// Names of a model's tasks and, when there are several, of their mean.
pub(super) fn task_names(tasks: &[String]) -> Vec<String> {
    let mut names = tasks.to_vec();
    if tasks.len() > 1 {
        names.push(MetricRow::MEAN_OVER_TASKS.to_owned());
    }
    names
}

struct Row<'a> {
    model: &'a str,
    entry: &'a Entry<'a>,
    task: &'a str,
    standard: Option<Effect>,
    robust: Option<Effect>,
    p: Option<f64>,
    q: Option<f64>,
}

/// Tidy: one row per model, variant and task. `extra` names the columns that were carried along from the file.
pub(super) fn effects_table(entries: &[Entry<'_>], models: &[ScoredVariants], extra: &[&'static str]) -> Table {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for model in models {
        for (index, entry) in entries.iter().enumerate() {
            let scored = model.scored[index].as_ref();
            for (t, task) in model.tasks.iter().enumerate() {
                let of = |values: &[Vec<Option<f64>>]| values.get(index).and_then(|v| v.get(t)).copied().flatten();
                rows.push(Row {
                    model: &model.model,
                    entry,
                    task,
                    standard: scored.map(|s| s.standard[t]),
                    robust: scored.and_then(|s| s.robust.get(t).copied()),
                    p: of(&model.p_values),
                    q: of(&model.q_values),
                });
            }
        }
    }
    let mut columns = vec![
        text("model", "model", &rows, |r| Some(r.model)),
        text("id", "name of the variant in its file", &rows, |r| Some(&r.entry.line.id)),
        text("contig", "contig, as in the file", &rows, |r| Some(&r.entry.line.contig)),
        integer("position_1", "position in the file, 1-based", &rows, |r| Some(r.entry.line.position_0 + 1)),
        text("reference", "reference allele of the file; empty for an insertion", &rows, |r| {
            Some(&r.entry.line.reference)
        }),
        text("alternative", "alternative allele of the file; empty for a deletion", &rows, |r| {
            Some(&r.entry.line.alternative)
        }),
        integer("left_aligned_1", "first changed position after left-alignment, 1-based", &rows, |r| {
            r.entry.located.as_ref().ok().map(|l| l.variant.position_0 + 1)
        }),
        text("kind", "substitution, insertion, deletion or replacement", &rows, |r| {
            r.entry.located.as_ref().ok().map(|l| l.variant.kind())
        }),
        text("segment", "contig or piece of the reference that holds it", &rows, |r| {
            r.entry.located.as_ref().ok().map(|l| l.segment.name)
        }),
        text(
            "status",
            "scored, swapped (the reference has the alternative allele), or why it was not scored",
            &rows,
            |r| {
                Some(match &r.entry.located {
                    Ok(located) if located.swapped => "swapped",
                    Ok(_) => "scored",
                    Err(why) => why,
                })
            },
        ),
        text("task", "task of the model, or the mean over tasks", &rows, |r| Some(r.task)),
    ];
    columns.extend(effect_columns(&rows));
    for (i, name) in extra.iter().enumerate() {
        columns.push(text(name, "column of the file", &rows, move |r: &Row<'_>| {
            r.entry.line.extra.get(i).map(String::as_str)
        }));
    }
    Table { name: "effects", columns }
}

fn effect_columns(rows: &[Row<'_>]) -> Vec<Column> {
    let of = |name, meaning, get: fn(&Effect) -> Option<f64>| {
        float(name, meaning, rows, |r| r.standard.as_ref().and_then(get))
    };
    let robust = |name, meaning, get: fn(&Effect) -> Option<f64>| {
        float(name, meaning, rows, |r| r.robust.as_ref().and_then(get))
    };
    vec![
        of("reference_prediction", "reference allele: coverage summed over the window, probability, or value", |e| {
            Some(e.reference)
        }),
        of("alternative_prediction", "alternative allele, likewise", |e| Some(e.alternative)),
        of("difference", "alternative − reference", |e| Some(e.difference)),
        of("log2_ratio", "log2(alternative ÷ reference); empty for values", |e| e.log2_ratio),
        of("logit_difference", "difference of the logits; labels only", |e| e.logit_difference),
        of("js_distance_base2", "Jensen–Shannon distance between the two profiles; profiles only", |e| e.js_distance),
        robust("robust_difference", "difference of means over shifted windows; empty without shifts", |e| {
            Some(e.difference)
        }),
        robust("robust_log2_ratio", "log2 ratio of means over shifted windows", |e| e.log2_ratio),
        robust("robust_logit_difference", "logit difference over shifted windows; labels only", |e| e.logit_difference),
        float("p_value", "two-sided, against random variants; empty without --null", rows, |r| r.p),
        float("q_value", "Benjamini–Hochberg over the variants of the model and task", rows, |r| r.q),
    ]
}
