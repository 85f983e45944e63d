//! Learning curves: loss and validation metric per epoch.

use super::{Figure, Place, WIDTH, grouped_by};
use crate::plot::legend::{self, Entry, Key};
use crate::plot::palette::{INK, Style, Styles, TITLE, bold};
use crate::plot::panel::{Axes, Panel};
use crate::plot::scale::{Scale, padded, range_of};
use crate::plot::svg::{Anchor, Svg};
use crate::{LearningCurve, ReportInput};

/// Models overlaid in one row of panels at most.
const OVERLAID: usize = 4;
const HEIGHT: f64 = 210.0;

/// One figure; a row of two panels for every four models that share a loss and a metric.
pub(super) fn figures(input: &ReportInput, styles: &Styles) -> Option<Figure> {
    let curves: Vec<&LearningCurve> = input.learning_curves.iter().filter(|c| !c.epochs.is_empty()).collect();
    if curves.is_empty() {
        return None;
    }
    let groups = grouped_by(&curves, |c| (c.loss_name.as_str(), c.metric_name.as_str()));
    let mut svg = Svg::default();
    svg.text((12.0, 24.0), "Learning curves", &bold(TITLE, Anchor::Start, INK));
    let mut top = 62.0;
    for ((loss, metric), group) in &groups {
        let last = group.iter().flat_map(|c| c.epochs.iter()).max().copied().unwrap_or(1).max(2) as f64;
        for row in group.chunks(OVERLAID) {
            top = draw_row(&mut svg, top, row, (loss, metric), last, styles);
        }
    }
    let alt = curves.iter().map(|c| {
        let kept = c.best_epoch.map_or(String::new(), |e| format!(", weights of epoch {e} kept"));
        format!("{}: {} epochs{kept}", c.model, c.epochs.len())
    });
    let alt = format!("Learning curves. {}.", alt.collect::<Vec<_>>().join("; "));
    Some(Figure {
        name: "learning_curves".into(),
        place: Place::Learning,
        caption: "Left: mean loss per epoch on training windows (dashed) and validation windows (solid); a validation curve that \
                  rises while training falls means over-fitting. Right: the validation metric. The circle marks the epoch whose \
                  weights were kept; training stops some epochs later when nothing improves."
            .into(),
        svg: svg.finish((WIDTH, top - 10.0), &alt),
    })
}

fn draw_row(
    svg: &mut Svg,
    top: f64,
    curves: &[&&LearningCurve],
    (loss, metric): (&str, &str),
    last: f64,
    styles: &Styles,
) -> f64 {
    let width = (WIDTH - 64.0 - 84.0 - 18.0) / 2.0;
    let x = |p| Scale::linear((1.0, last), p);
    let range = |values: &mut dyn Iterator<Item = f64>| padded(range_of(values).unwrap_or((0.0, 1.0)), 0.05);
    let losses = range(&mut curves.iter().flat_map(|c| c.train_loss.iter().chain(&c.valid_loss)).filter_map(|v| *v));
    let metrics = range(&mut curves.iter().flat_map(|c| &c.valid_metric).filter_map(|v| *v));
    let left = Panel::new((64.0, top), (width, HEIGHT), x, |p| Scale::linear(losses, p));
    let right = Panel::new((64.0 + width + 84.0, top), (width, HEIGHT), x, |p| Scale::linear(metrics, p));
    let loss = if loss.is_empty() { "loss" } else { loss };
    let has_metric = curves.iter().any(|c| c.valid_metric.iter().any(Option::is_some));
    left.draw_axes(svg, &Axes { title: "Loss", x_title: "epoch", y_title: loss, ..Axes::default() });
    if has_metric {
        right
            .draw_axes(svg, &Axes { title: "Validation metric", x_title: "epoch", y_title: metric, ..Axes::default() });
    }
    for curve in curves {
        let style = styles.of(&curve.model);
        draw_series(svg, &left, curve, &curve.train_loss, &style, true);
        draw_series(svg, &left, curve, &curve.valid_loss, &style, false);
        if has_metric {
            draw_series(svg, &right, curve, &curve.valid_metric, &style, false);
        }
    }
    let grey = "stroke=\"#6e7681\" stroke-width=\"2\"";
    let mut keys: Vec<Entry> = curves
        .iter()
        .map(|c| Entry { key: Key::Line(styles.of(&c.model).stroke(2.4)), text: c.model.clone() })
        .collect();
    keys.push(Entry { key: Key::Line(format!("{grey} stroke-dasharray=\"5 3\"")), text: "training".into() });
    keys.push(Entry { key: Key::Line(grey.into()), text: "validation".into() });
    let kept = Style { colour: "#6e7681", dash: "", marker: crate::plot::palette::Marker::Circle };
    keys.push(Entry { key: Key::Marker(kept, true), text: "weights kept".into() });
    let below = left.bottom() + 44.0;
    below + legend::draw(svg, (64.0, below), WIDTH - 82.0, &keys) + 44.0
}

fn draw_series(
    svg: &mut Svg,
    panel: &Panel,
    curve: &LearningCurve,
    values: &[Option<f64>],
    style: &Style,
    training: bool,
) {
    let points = curve.epochs.iter().zip(values).map(|(e, v)| (*e as f64, v.unwrap_or(f64::NAN)));
    let points = panel.pixels(points);
    if training {
        svg.polyline(&points, &format!("stroke=\"{}\" stroke-width=\"1.6\" stroke-dasharray=\"5 3\"", style.colour));
        return;
    }
    svg.polyline(&points, &style.stroke(2.2));
    let best = curve.best_epoch.and_then(|best| curve.epochs.iter().position(|e| *e == best));
    if let Some(point) = best.and_then(|i| points.get(i)).filter(|(_, y)| y.is_finite()) {
        let paint = format!("class=\"paper\" fill=\"#ffffff\" stroke=\"{}\" stroke-width=\"2\"", style.colour);
        svg.circle(*point, 4.5, &paint);
    }
}
