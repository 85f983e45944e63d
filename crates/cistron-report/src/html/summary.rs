//! The page's tables of numbers: formatted cells with a key to sort by.

use std::collections::BTreeMap;

use cistron_core::{DifferenceRow, MetricRow};
use serde::Serialize;

use crate::plot::number;
use crate::plot::palette::Styles;
use crate::{HeadlineMetric, ModelInfo, ReportInput};

/// Rows of a long table shown in the page; the rest is in `tables/`.
const LONGEST: usize = 1500;

/// A cell of a table.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Cell {
    pub(super) text: String,
    /// What to sort by, when not the text.
    sort: Option<f64>,
    /// Numbers stand to the right.
    number: bool,
    /// The best of its column.
    best: bool,
    /// Number of the footnote that says why it is undefined.
    note: Option<usize>,
    /// Colour mark of a model.
    mark: Option<&'static str>,
}

/// A column head.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Head {
    pub(super) text: String,
    pub(super) number: bool,
    pub(super) hint: String,
}

/// A table as the template takes it; the first cell of a row is its head.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Grid {
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Vec<Cell>>,
    pub(super) notes: Vec<String>,
    /// Rows that were left out.
    pub(super) left_out: usize,
}

impl Grid {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

pub(super) fn head(text: &str, number: bool) -> Head {
    Head { text: text.to_owned(), number, hint: String::new() }
}

pub(super) fn words(text: &str) -> Cell {
    Cell { text: text.to_owned(), ..Cell::default() }
}

pub(super) fn model(name: &str, styles: &Styles) -> Cell {
    Cell { mark: Some(styles.of(name).colour), ..words(name) }
}

fn count(value: Option<u64>) -> Cell {
    let text = value.map_or("–".into(), number::grouped);
    Cell { text, sort: value.map(|v| v as f64), number: true, ..Cell::default() }
}

fn seconds(value: Option<f64>) -> Cell {
    Cell { text: value.map_or("–".into(), number::duration), sort: value, number: true, ..Cell::default() }
}

/// A value with its interval, or a dash with a footnote.
pub(super) fn measured(
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    reason: Option<&str>,
    notes: &mut Notes,
) -> Cell {
    match value.filter(|v| v.is_finite()) {
        Some(v) => Cell {
            text: number::with_interval(v, low.zip(high)),
            sort: Some(v),
            number: true,
            note: reason.map(|r| notes.number(r)),
            ..Cell::default()
        },
        None => Cell {
            text: "–".into(),
            number: true,
            note: Some(notes.number(reason.unwrap_or("undefined, no reason given"))),
            ..Cell::default()
        },
    }
}

/// Footnotes, each text once.
#[derive(Default)]
pub(super) struct Notes {
    numbers: BTreeMap<String, usize>,
}

impl Notes {
    fn number(&mut self, text: &str) -> usize {
        let next = self.numbers.len() + 1;
        *self.numbers.entry(text.to_owned()).or_insert(next)
    }

    pub(super) fn texts(self) -> Vec<String> {
        let mut texts: Vec<(usize, String)> = self.numbers.into_iter().map(|(text, n)| (n, text)).collect();
        texts.sort();
        texts.into_iter().map(|(_, text)| text).collect()
    }
}

/// Models by headline metrics.
pub(super) fn headline(input: &ReportInput, styles: &Styles) -> Grid {
    let kinds = input.model_kinds();
    let with_rows = |name: &str| input.metrics.iter().any(|r| r.model == name);
    let shown: Vec<&HeadlineMetric> =
        input.headline_metrics.iter().filter(|h| input.metrics.iter().any(|r| r.metric == h.metric)).collect();
    if shown.is_empty() {
        return Grid::default();
    }
    let mut heads = vec![head("Model", false), head("Kind", false)];
    heads.extend(shown.iter().map(|metric| {
        let arrow = if metric.higher_is_better { "↑" } else { "↓" };
        let hint = if metric.higher_is_better { "higher is better" } else { "lower is better" };
        Head { text: format!("{} {arrow}", metric.label), number: true, hint: format!("{}: {hint}", metric.metric) }
    }));
    let mut notes = Notes::default();
    let mut rows = Vec::new();
    for (name, kind) in kinds.iter().filter(|(name, _)| with_rows(name)) {
        let mut row = vec![model(name, styles), words(kind.word())];
        for metric in &shown {
            let found = input.overall(name, &metric.metric);
            row.push(match found {
                Some(r) => measured(r.value, r.low, r.high, r.reason.as_deref(), &mut notes),
                None => measured(None, None, None, Some("not worked out for this model"), &mut notes),
            });
        }
        rows.push(row);
    }
    for (i, metric) in shown.iter().enumerate() {
        mark_best(&mut rows, i + 2, metric.higher_is_better);
    }
    Grid { heads, rows, notes: notes.texts(), left_out: 0 }
}

/// Marks the best of a column, when there is more than one row.
pub(super) fn mark_best(rows: &mut [Vec<Cell>], column: usize, higher_is_better: bool) {
    let better = |a: f64, b: f64| if higher_is_better { a.max(b) } else { a.min(b) };
    let best = rows.iter().filter_map(|row| row[column].sort).reduce(better);
    let several = rows.len() > 1;
    for row in rows {
        row[column].best = several && best.is_some() && row[column].sort == best;
    }
}

/// What the models are.
pub(super) fn models(input: &ReportInput, styles: &Styles) -> Grid {
    let heads = vec![
        head("Model", false),
        head("Kind", false),
        head("Description", false),
        head("Parameters", true),
        head("Training", true),
        head("Predicting", true),
        head("Device", false),
    ];
    let row = |m: &ModelInfo| {
        vec![
            model(&m.name, styles),
            words(m.kind.word()),
            words(&m.description),
            count(m.parameters),
            seconds(m.train_seconds),
            seconds(m.predict_seconds),
            words(m.device.as_deref().unwrap_or("–")),
        ]
    };
    let rows: Vec<Vec<Cell>> = input.models.iter().map(row).collect();
    // A column that nothing is known for says nothing.
    let known: Vec<bool> = (0..heads.len()).map(|i| rows.iter().any(|r| r[i].text != "–")).collect();
    let keep = |i: &usize| known[*i];
    let pick = |row: Vec<Cell>| row.into_iter().enumerate().filter(|(i, _)| keep(i)).map(|(_, cell)| cell).collect();
    Grid {
        heads: heads.into_iter().enumerate().filter(|(i, _)| keep(i)).map(|(_, head)| head).collect(),
        rows: rows.into_iter().map(pick).collect(),
        ..Grid::default()
    }
}

/// Every metric of every model and task.
pub(super) fn metrics(input: &ReportInput, styles: &Styles) -> Grid {
    let mut heads = vec![head("Model", false), head("Task", false), head("Metric", false)];
    heads.extend([head("Value [95 % interval]", true), head("Windows", true)]);
    let mut notes = Notes::default();
    let row = |r: &MetricRow| {
        vec![
            model(&r.model, styles),
            words(&r.task),
            words(&r.metric),
            measured(r.value, r.low, r.high, r.reason.as_deref(), &mut notes),
            count(Some(r.windows)),
        ]
    };
    let rows = input.metrics.iter().take(LONGEST).map(row).collect();
    Grid { heads, rows, notes: notes.texts(), left_out: input.metrics.len().saturating_sub(LONGEST) }
}

/// Every paired difference.
pub(super) fn differences(input: &ReportInput, styles: &Styles) -> Grid {
    let mut heads = vec![head("Model a", false), head("Model b", false), head("Task", false), head("Metric", false)];
    heads.push(head("a − b [95 % interval]", true));
    let mut notes = Notes::default();
    let row = |r: &DifferenceRow| {
        vec![
            model(&r.model_a, styles),
            model(&r.model_b, styles),
            words(&r.task),
            words(&r.metric),
            measured(r.difference, r.low, r.high, r.reason.as_deref(), &mut notes),
        ]
    };
    let rows = input.differences.iter().take(LONGEST).map(row).collect();
    Grid { heads, rows, notes: notes.texts(), left_out: input.differences.len().saturating_sub(LONGEST) }
}

/// A table of the caller's; columns whose cells all look like numbers stand to the right.
pub(super) fn free(columns: &[String], rows: &[Vec<String>]) -> Grid {
    let parse = |text: &str| {
        let plain: String = text.chars().filter(|c| *c != ',').collect();
        plain.trim().trim_end_matches('%').trim().replace('−', "-").parse::<f64>().ok()
    };
    let numeric: Vec<bool> = (0..columns.len())
        .map(|i| {
            let mut cells = rows.iter().filter_map(|r| r.get(i)).filter(|c| !c.is_empty() && *c != "–").peekable();
            cells.peek().is_some() && cells.all(|c| parse(c).is_some())
        })
        .collect();
    let heads = columns.iter().zip(&numeric).map(|(c, n)| head(c, *n)).collect();
    let cell = |(i, text): (usize, &String)| {
        let number = numeric.get(i).copied().unwrap_or(false);
        Cell { sort: if number { parse(text) } else { None }, number, ..words(text) }
    };
    let rows = rows.iter().map(|r| r.iter().enumerate().map(cell).collect()).collect();
    Grid { heads, rows, ..Grid::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model: &str, value: Option<f64>, reason: Option<&str>) -> MetricRow {
        MetricRow {
            model: model.into(),
            task: "t".into(),
            metric: "r".into(),
            value,
            low: value.map(|v| v - 0.03),
            high: value.map(|v| v + 0.03),
            windows: 10,
            reason: reason.map(str::to_owned),
        }
    }

    #[test]
    fn best_and_undefined_are_marked() {
        let input = ReportInput {
            metrics: vec![row("a", Some(0.5), None), row("b", Some(0.6), None), row("c", None, Some("no variance"))],
            headline_metrics: vec![HeadlineMetric::new("r", "Pearson r", true)],
            ..Default::default()
        };
        let grid = headline(&input, &Styles::new(input.model_kinds()));
        let cells: Vec<(&str, bool, Option<usize>)> =
            grid.rows.iter().map(|r| (r[2].text.as_str(), r[2].best, r[2].note)).collect();
        assert_eq!(
            cells,
            [("0.500 [0.470, 0.530]", false, None), ("0.600 [0.570, 0.630]", true, None), ("–", false, Some(1))]
        );
        assert_eq!(grid.notes, ["no variance"]);
    }

    #[test]
    fn free_tables_know_their_numbers() {
        let rows = [vec!["chrI".to_owned(), "12,345".into()], vec!["chrII".into(), "7.5 %".into()]];
        let grid = free(&["contig".into(), "windows".into()], &rows);
        assert!(!grid.heads[0].number && grid.heads[1].number);
        assert_eq!(grid.rows[0][1].sort, Some(12345.0));
    }
}
