//! Two criteria against each other, with the models that no other one beats on both.

use super::{Figure, Place, WIDTH};
use crate::plot::legend::{self, Entry, Key};
use crate::plot::number;
use crate::plot::palette::{INK, REFERENCE, SMALL, Styles, TITLE, bold, label};
use crate::plot::panel::{Axes, Panel, draw_marker};
use crate::plot::scale::{Scale, padded, range_of};
use crate::plot::svg::{Anchor, Svg, px};
use crate::plot::text;
use crate::{Front, FrontPoint, HeadlineMetric};

const LEFT: f64 = 78.0;
const TOP: f64 = 48.0;
const HEIGHT: f64 = 380.0;
const RADIUS: f64 = 5.2;

/// A value with its interval.
type Estimate = (f64, Option<(f64, f64)>);

/// The figure; `None` without points.
pub(super) fn figure(front: &Front, styles: &Styles) -> Option<Figure> {
    let first = front.points.first()?;
    let along = |get: fn(&FrontPoint) -> Estimate| {
        let values = front.points.iter().map(get).flat_map(|(v, i)| i.map_or([v, v], |(l, h)| [l.min(v), h.max(v)]));
        padded(range_of(values).unwrap_or((0.0, 1.0)), 0.08)
    };
    let (x, y) = (along(|p| (p.x, p.x_interval)), along(|p| (p.y, p.y_interval)));
    let size = (WIDTH - LEFT - 22.0, HEIGHT);
    let panel = Panel::new((LEFT, TOP), size, |p| Scale::linear(x, p), |p| Scale::linear(y, p));
    let mut svg = Svg::default();
    let title = "Performance and robustness";
    svg.text((12.0, 24.0), title, &bold(TITLE, Anchor::Start, INK));
    let (x_title, y_title) = (axis_title(&front.x), axis_title(&front.y));
    panel.draw_axes(&mut svg, &Axes { x_title: &x_title, y_title: &y_title, ..Axes::default() });
    draw_boundary(&mut svg, &panel, front);
    for point in &front.points {
        draw_whiskers(&mut svg, &panel, point, styles.of(&point.model).colour);
    }
    for point in &front.points {
        let at = (panel.x.at(point.x), panel.y.at(point.y));
        draw_marker(&mut svg, at, RADIUS, &styles.of(&point.model), !point.on_front);
    }
    draw_names(&mut svg, &panel, &front.points);
    let style = styles.of(&first.model);
    let keys = [
        Entry { key: Key::Marker(style, false), text: "on the front".into() },
        Entry {
            key: Key::Marker(style, true),
            text: "behind it: another model is as good on both, better on one".into(),
        },
        Entry { key: Key::Line(REFERENCE.into()), text: "the front".into() },
    ];
    let bottom = panel.bottom() + 50.0;
    let bottom = bottom + legend::draw(&mut svg, (LEFT, bottom), size.0, &keys) + 6.0;
    let of = |p: &FrontPoint| {
        let (x, y) = (number::with_interval(p.x, p.x_interval), number::with_interval(p.y, p.y_interval));
        let place = if p.on_front { "on the front" } else { "behind it" };
        format!("{} {x}, {y}, {place}", p.model)
    };
    let values: Vec<String> = front.points.iter().map(of).collect();
    let alt = format!("{title}. {}, {}: {}.", front.x.label, front.y.label, values.join("; "));
    Some(Figure {
        name: "performance_robustness".into(),
        place: Place::Summary,
        caption: format!(
            "{x_title} across, {y_title} up; bars are 95 % intervals. Filled: models on the Pareto front, for which no other model is at \
             least as good on both and better on one. The front is that of the values; where bars overlap, places may change."
        ),
        svg: svg.finish((WIDTH, bottom), &alt),
    })
}

fn axis_title(metric: &HeadlineMetric) -> String {
    format!("{} ({} is better)", metric.label, if metric.higher_is_better { "higher" } else { "lower" })
}

/// The edge of the area where a model would be beaten, as stairs.
fn draw_boundary(svg: &mut Svg, panel: &Panel, front: &Front) {
    let mut points: Vec<&FrontPoint> = front.points.iter().filter(|p| p.on_front).collect();
    let worst =
        |scale: &Scale, higher: bool| if higher { scale.at(scale.range().0) } else { scale.at(scale.range().1) };
    points.sort_by(|a, b| if front.x.higher_is_better { a.x.total_cmp(&b.x) } else { b.x.total_cmp(&a.x) });
    let mut data = format!("M{}", px(worst(&panel.x, front.x.higher_is_better)));
    for (i, point) in points.iter().enumerate() {
        let (x, y) = (px(panel.x.at(point.x)), px(panel.y.at(point.y)));
        data.push_str(&if i == 0 { format!(" {y}H{x}") } else { format!("V{y}H{x}") });
    }
    data.push_str(&format!("V{}", px(worst(&panel.y, front.y.higher_is_better))));
    svg.path(&data, &format!("fill=\"none\" {REFERENCE}"));
}

fn draw_whiskers(svg: &mut Svg, panel: &Panel, point: &FrontPoint, colour: &str) {
    let (x, y) = (panel.x.at(point.x), panel.y.at(point.y));
    let mut data = String::new();
    if let Some((low, high)) = point.x_interval {
        let (a, b, up) = (px(panel.x.at(low)), px(panel.x.at(high)), px(y - 4.0));
        data.push_str(&format!("M{a} {}H{b}M{a} {up}v8M{b} {up}v8", px(y)));
    }
    if let Some((low, high)) = point.y_interval {
        let (a, b, left) = (px(panel.y.at(low)), px(panel.y.at(high)), px(x - 4.0));
        data.push_str(&format!("M{} {a}V{b}M{left} {a}h8M{left} {b}h8", px(x)));
    }
    svg.path(&data, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\""));
}

/// A rectangle: left, top, right, bottom.
type Area = (f64, f64, f64, f64);

fn overlap(a: Area, b: Area) -> f64 {
    (a.2.min(b.2) - a.0.max(b.0)).max(0.0) * (a.3.min(b.3) - a.1.max(b.1)).max(0.0)
}

/// Names beside their points, where they cover least of markers, bars and other names.
fn draw_names(svg: &mut Svg, panel: &Panel, points: &[FrontPoint]) {
    let mut taken: Vec<Area> = Vec::new();
    for point in points {
        let (x, y) = (panel.x.at(point.x), panel.y.at(point.y));
        taken.push((x - RADIUS - 1.0, y - RADIUS - 1.0, x + RADIUS + 1.0, y + RADIUS + 1.0));
        taken.extend(point.x_interval.map(|(l, h)| (panel.x.at(l), y - 4.0, panel.x.at(h), y + 4.0)));
        taken.extend(point.y_interval.map(|(l, h)| (x - 4.0, panel.y.at(h), x + 4.0, panel.y.at(l))));
    }
    for point in points {
        let (x, y) = (panel.x.at(point.x), panel.y.at(point.y));
        let name = text::fit(&point.model, SMALL, false, 220.0);
        let width = text::width(&name, SMALL, false);
        let mut best: Option<(f64, Area)> = None;
        for ring in 0..4 {
            let gap = 10.0 + 14.0 * f64::from(ring);
            for (left, middle) in
                [(x + 9.0, y - gap), (x - 9.0 - width, y - gap), (x + 9.0, y + gap), (x - 9.0 - width, y + gap)]
            {
                let area = (left, middle - 7.0, left + width, middle + 7.0);
                let outside = width * 14.0 - overlap(area, (panel.left, panel.top, panel.right(), panel.bottom()));
                let covered = taken.iter().map(|t| overlap(area, *t)).sum::<f64>();
                let cost = covered + 4.0 * outside + f64::from(ring);
                if best.is_none_or(|(least, _)| cost < least) {
                    best = Some((cost, area));
                }
            }
        }
        if let Some((_, area)) = best {
            svg.text((area.0, area.1 + 11.0), &name, &label(SMALL, Anchor::Start, INK));
            taken.push(area);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelKind;

    fn point(model: &str, x: f64, y: f64, on_front: bool) -> FrontPoint {
        let around = |v: f64| Some((v - 0.02, v + 0.02));
        FrontPoint { model: model.into(), x, x_interval: around(x), y, y_interval: around(y), on_front }
    }

    #[test]
    fn names_keep_apart_and_stairs_follow_the_front() {
        let points = vec![point("first model", 0.6, 0.3, true), point("second model", 0.61, 0.31, false)];
        let front = Front {
            x: HeadlineMetric::new("r", "Pearson r", true),
            y: HeadlineMetric::new("v", "variation score", false),
            points,
        };
        let styles = Styles::new(front.points.iter().map(|p| (p.model.clone(), ModelKind::Network)).collect());
        let figure = figure(&front, &styles).unwrap();
        let place = |name: &str| {
            let line = figure.svg.lines().find(|l| l.ends_with(&format!(">{name}</text>"))).unwrap();
            let number = |key: &str| {
                let rest = &line[line.find(key).unwrap() + key.len()..];
                rest[..rest.find('"').unwrap()].parse::<f64>().unwrap()
            };
            let (x, y) = (number(" x=\""), number(" y=\""));
            (x, y - 11.0, x + text::width(name, SMALL, false), y + 3.0)
        };
        assert!(overlap(place("first model"), place("second model")) < 1e-9);
        assert!(figure.caption.contains("variation score (lower is better)"));
    }
}
