//! Values with their intervals, one row per model, one panel per metric.

use cistron_core::{DifferenceRow, MetricRow};

use super::{Figure, Place, WIDTH};
use crate::plot::legend::{self, Entry, Key};
use crate::plot::number;
use crate::plot::palette::{INK, MUTED, NORMAL, REFERENCE, SMALL, Style, Styles, bold, label};
use crate::plot::panel::{Panel, draw_marker};
use crate::plot::scale::{Scale, padded, range_of};
use crate::plot::svg::{Anchor, Svg, px};
use crate::plot::text;
use crate::{HeadlineMetric, ReportInput};

/// Metrics in one figure at most.
const PANELS: usize = 6;
const PANELS_IN_A_ROW: usize = 3;
const ROW: f64 = 24.0;
/// Pairs of models in the figure of differences at most.
const PAIRS: usize = 24;

pub(super) struct Row {
    pub name: String,
    pub style: Style,
}

#[derive(Clone, Copy)]
pub(super) struct Estimate {
    pub value: f64,
    pub interval: Option<(f64, f64)>,
    pub hollow: bool,
}

pub(super) struct Column<'a> {
    pub metric: &'a HeadlineMetric,
    pub reference: Option<f64>,
    pub estimates: Vec<Option<Estimate>>,
}

pub(super) fn interval(low: Option<f64>, high: Option<f64>) -> Option<(f64, f64)> {
    low.zip(high).filter(|(l, h)| l.is_finite() && h.is_finite())
}

/// Every model on every headline metric.
pub(super) fn headline(input: &ReportInput, styles: &Styles) -> Option<Figure> {
    let names: Vec<&str> = styles.names().filter(|name| input.metrics.iter().any(|row| row.model == *name)).collect();
    let mut columns = Vec::new();
    for metric in input.headline_metrics.iter().take(PANELS) {
        let estimate = |name: &&str| {
            let row = input.overall(name, &metric.metric)?;
            let value = row.value.filter(|v| v.is_finite())?;
            Some(Estimate { value, interval: interval(row.low, row.high), hollow: false })
        };
        let estimates: Vec<Option<Estimate>> = names.iter().map(estimate).collect();
        let baselines = names.iter().zip(&estimates).filter(|(n, _)| styles.is_baseline(n)).filter_map(|(_, e)| *e);
        let better = |a: f64, b: f64| if metric.higher_is_better { a.max(b) } else { a.min(b) };
        let reference = baselines.map(|e| e.value).reduce(better);
        if estimates.iter().any(Option::is_some) {
            columns.push(Column { metric, reference, estimates });
        }
    }
    let rows: Vec<Row> = names.iter().map(|n| Row { name: (*n).into(), style: styles.of(n) }).collect();
    if rows.is_empty() || columns.is_empty() {
        return None;
    }
    let tasks = input.tasks().len();
    let over = if tasks > 1 { format!(", mean over {tasks} tasks") } else { String::new() };
    let title = format!("Test-set performance{over}");
    let mut keys = Vec::new();
    if columns.iter().any(|c| c.reference.is_some()) {
        keys.push(Entry { key: Key::Line(REFERENCE.into()), text: "best trivial baseline".into() });
    }
    let svg = draw(&title, &rows, &columns, &keys, "undefined");
    Some(Figure {
        name: "headline_metrics".into(),
        place: Place::Summary,
        caption: "Points are values on the test set, bars their 95 % bootstrap intervals over windows. Round: networks; square \
                  and grey: trivial baselines; diamond: precomputed predictions. The arrow after each title points to where \
                  better is. Where a model's interval crosses the dashed line, read the paired difference before calling it \
                  better."
            .into(),
        svg,
    })
}

/// One pair of models, turned so that a baseline comes second.
struct Pair<'a> {
    a: &'a str,
    b: &'a str,
}

/// Paired differences on the first headline metrics.
pub(super) fn differences(input: &ReportInput, styles: &Styles) -> Option<Figure> {
    let overall = |row: &&DifferenceRow| {
        row.task == MetricRow::MEAN_OVER_TASKS
            || !input.differences.iter().any(|r| r.metric == row.metric && r.task != row.task)
    };
    let rows: Vec<&DifferenceRow> = input.differences.iter().filter(overall).collect();
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    for row in &rows {
        let (a, b) = match (styles.is_baseline(&row.model_a), styles.is_baseline(&row.model_b)) {
            (true, true) => continue,
            (true, false) => (&row.model_b, &row.model_a),
            _ => (&row.model_a, &row.model_b),
        };
        if !pairs.iter().any(|p| (p.a == a && p.b == b) || (p.a == b && p.b == a)) {
            pairs.push(Pair { a, b });
        }
    }
    // Against the baselines first; the order is otherwise the input's.
    pairs.sort_by_key(|p| !styles.is_baseline(p.b));
    let left_out = pairs.len().saturating_sub(PAIRS);
    pairs.truncate(PAIRS);
    let mut columns = Vec::new();
    for metric in input.headline_metrics.iter().take(PANELS_IN_A_ROW) {
        let estimate = |pair: &Pair<'_>| {
            let of =
                |r: &&&DifferenceRow, a: &str, b: &str| r.metric == metric.metric && r.model_a == a && r.model_b == b;
            let straight = rows.iter().find(|r| of(r, pair.a, pair.b)).map(|r| (r, 1.0));
            let (row, sign) = straight.or_else(|| rows.iter().find(|r| of(r, pair.b, pair.a)).map(|r| (r, -1.0)))?;
            let value = row.difference.filter(|v| v.is_finite())? * sign;
            let interval = interval(row.low, row.high).map(|(l, h)| if sign < 0.0 { (-h, -l) } else { (l, h) });
            Some(Estimate { value, interval, hollow: interval.is_none_or(|(l, h)| l <= 0.0 && h >= 0.0) })
        };
        let estimates: Vec<Option<Estimate>> = pairs.iter().map(estimate).collect();
        if estimates.iter().any(Option::is_some) {
            columns.push(Column { metric, reference: Some(0.0), estimates });
        }
    }
    if columns.is_empty() {
        return None;
    }
    let table: Vec<Row> =
        pairs.iter().map(|p| Row { name: format!("{} − {}", p.a, p.b), style: styles.of(p.a) }).collect();
    let keys = [
        Entry { key: Key::Marker(table[0].style, false), text: "interval excludes 0".into() },
        Entry { key: Key::Marker(table[0].style, true), text: "interval holds 0: not distinguishable".into() },
    ];
    let svg = draw("Paired differences on the same windows", &table, &columns, &keys, "undefined");
    let mut caption = "First model minus second, on the same bootstrap resamples of the test windows, with 95 % intervals. This is \
                       the figure that decides whether one model is better: it takes into account that both see the same \
                       windows. The arrow after each title points to where the first model is better."
        .to_owned();
    if left_out > 0 {
        caption.push_str(&format!(" {left_out} more pairs are in tables/differences.tsv."));
    }
    Some(Figure { name: "paired_differences".into(), place: Place::Summary, caption, svg })
}

pub(super) fn draw(title: &str, rows: &[Row], columns: &[Column<'_>], keys: &[Entry], undefined: &str) -> String {
    let mut svg = Svg::default();
    svg.text((12.0, 24.0), title, &bold(crate::plot::palette::TITLE, Anchor::Start, INK));
    let widest = rows.iter().map(|r| text::width(&r.name, NORMAL, false)).fold(60.0, f64::max);
    let names = (widest + 26.0).min(if columns.len() == 1 { 420.0 } else { 250.0 });
    let in_a_row = columns.len().min(PANELS_IN_A_ROW);
    let gap = 26.0;
    let width = ((WIDTH - names - 18.0 - gap * (in_a_row - 1) as f64) / in_a_row as f64).min(420.0);
    let height = rows.len() as f64 * ROW + 8.0;
    let mut top = 66.0;
    for line in columns.chunks(PANELS_IN_A_ROW) {
        for (i, row) in rows.iter().enumerate() {
            let y = top + 4.0 + (i as f64 + 0.5) * ROW;
            let name = text::fit(&row.name, NORMAL, false, names - 22.0);
            svg.text((names - 10.0, y + 4.0), &name, &label(NORMAL, Anchor::End, INK));
        }
        for (index, column) in line.iter().enumerate() {
            let left = names + index as f64 * (width + gap);
            draw_column(&mut svg, (left, top), (width, height), rows, column, undefined);
        }
        top += height + 66.0;
    }
    let mut bottom = top - 34.0;
    if !keys.is_empty() {
        bottom += legend::draw(&mut svg, (names, bottom), WIDTH - names - 20.0, keys) + 6.0;
    }
    svg.finish((WIDTH, bottom), &alt(title, rows, columns))
}

fn draw_column(
    svg: &mut Svg,
    (left, top): (f64, f64),
    (width, height): (f64, f64),
    rows: &[Row],
    column: &Column<'_>,
    undefined: &str,
) {
    let ends = |e: &Estimate| e.interval.map_or([e.value, e.value], |(l, h)| [l.min(e.value), h.max(e.value)]);
    let values = column.estimates.iter().flatten().flat_map(ends).chain(column.reference);
    let range = padded(range_of(values).unwrap_or((0.0, 1.0)), 0.07);
    let panel = Panel::new((left, top), (width, height), |p| Scale::linear(range, p), |p| Scale::linear((0.0, 1.0), p));
    let arrow = if column.metric.higher_is_better { " →" } else { " ←" };
    let room = width - text::width(arrow, NORMAL, true);
    let title = format!("{}{arrow}", text::fit(&column.metric.label, NORMAL, true, room));
    svg.text((left, top - 9.0), &title, &bold(NORMAL, Anchor::Start, INK));
    for i in 0..rows.len() {
        if i % 2 == 0 {
            let band = "class=\"band\" fill=\"#f3f5f7\"";
            svg.rect((left, top + 4.0 + i as f64 * ROW), (width, ROW), band);
        }
    }
    let ticks = panel.x.x_ticks(SMALL);
    let grid: String = ticks.iter().map(|t| format!("M{} {}V{}", px(t.at), px(top), px(panel.bottom()))).collect();
    svg.path(&grid, &format!("fill=\"none\" {}", crate::plot::palette::GRID));
    panel.x_axis(svg, &ticks, "");
    if let Some(reference) = column.reference {
        panel.line(svg, (reference, 0.0), (reference, 1.0), REFERENCE);
    }
    for (i, (row, estimate)) in rows.iter().zip(&column.estimates).enumerate() {
        let y = top + 4.0 + (i as f64 + 0.5) * ROW;
        match estimate {
            None => svg.text((left + width / 2.0, y + 4.0), undefined, &label(SMALL, Anchor::Middle, MUTED)),
            Some(estimate) => {
                if let Some((low, high)) = estimate.interval {
                    let (x0, x1) = (panel.x.at(low), panel.x.at(high));
                    let whiskers =
                        format!("M{a} {y}H{b}M{a} {u}v8M{b} {u}v8", a = px(x0), b = px(x1), y = px(y), u = px(y - 4.0));
                    svg.path(&whiskers, &format!("fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\"", row.style.colour));
                }
                draw_marker(svg, (panel.x.at(estimate.value), y), 4.6, &row.style, estimate.hollow);
            }
        }
    }
}

fn alt(title: &str, rows: &[Row], columns: &[Column<'_>]) -> String {
    let mut out = format!("{title}.");
    for column in columns {
        let values = rows.iter().zip(&column.estimates).map(|(row, estimate)| {
            let value = estimate.map_or("undefined".into(), |e| number::with_interval(e.value, e.interval));
            format!("{} {value}", row.name)
        });
        out.push_str(&format!(" {}: {}.", column.metric.label, values.collect::<Vec<_>>().join("; ")));
    }
    out
}
