use super::{ends, whisker};
use crate::Points;
use crate::figure::WIDTH;
use crate::plot::legend::{self, Entry, Key};
use crate::plot::palette::Styles;
use crate::plot::panel::{Axes, Panel, draw_marker};
use crate::plot::scale::{Scale, padded, range_of};
use crate::plot::svg::Svg;

pub(super) fn draw(svg: &mut Svg, points: &Points, styles: &Styles) -> (f64, f64) {
    let x = range_of(ends(points.points.iter().map(|p| &p.1))).unwrap_or((0.0, 1.0));
    let y = range_of(ends(points.points.iter().map(|p| &p.2))).unwrap_or((0.0, 1.0));
    let panel = Panel::new(
        (72.0, 46.0),
        (460.0, 320.0),
        |p| Scale::linear(padded(x, 0.08), p),
        |p| Scale::linear(padded(y, 0.08), p),
    );
    let axes = Axes { x_title: &points.x_title, y_title: &points.y_title, ..Axes::default() };
    panel.draw_axes(svg, &axes);
    for (name, across, up) in &points.points {
        let style = styles.of(name);
        let (px, py) = (panel.x.at(across.value), panel.y.at(up.value));
        if let Some((low, high)) = across.interval {
            whisker(svg, (panel.x.clamped(low), py), (panel.x.clamped(high), py), style.colour);
        }
        if let Some((low, high)) = up.interval {
            whisker(svg, (px, panel.y.clamped(low)), (px, panel.y.clamped(high)), style.colour);
        }
        draw_marker(svg, (px, py), 5.0, &style, false);
    }
    let entry = |(name, ..): &(String, _, _)| Entry { key: Key::Marker(styles.of(name), false), text: name.clone() };
    let entries: Vec<Entry> = points.points.iter().map(entry).collect();
    let height = legend::draw_column(svg, (560.0, 46.0), WIDTH - 580.0, &entries);
    (WIDTH, (panel.bottom() + 50.0).max(46.0 + height + 12.0))
}
