use super::{ends, inside, whisker};
use crate::Lines;
use crate::figure::WIDTH;
use crate::plot::legend::{self, Entry, Key};
use crate::plot::palette::{SMALL, Styles};
use crate::plot::panel::{Panel, draw_marker};
use crate::plot::scale::{Scale, Tick, padded, range_of};
use crate::plot::svg::Svg;
use crate::plot::text;

/// Distance between the intervals of neighbouring series at a place, px.
const STEP: f64 = 5.0;

pub(super) fn draw(svg: &mut Svg, lines: &Lines, styles: &Styles) -> (f64, f64) {
    let values = ends(lines.series.iter().flat_map(|(_, v)| v.iter().flatten()));
    let range = padded(range_of(values).unwrap_or((0.0, 1.0)), 0.06);
    let places = lines.places.len().max(1) as f64;
    let width = (places * 120.0).clamp(320.0, WIDTH - 110.0);
    let panel = Panel::new(
        (72.0, 46.0),
        (width, 280.0),
        |p| Scale::linear((-0.5, places - 0.5), p),
        |p| Scale::linear(range, p),
    );
    let y_ticks = panel.y.y_ticks();
    panel.draw_grid(svg, &[], &y_ticks);
    let ticks: Vec<Tick> = lines
        .places
        .iter()
        .enumerate()
        .map(|(i, name)| Tick { at: panel.x.at(i as f64), label: text::fit(name, SMALL, false, width / places - 4.0) })
        .collect();
    panel.x_axis(svg, &ticks, &lines.x_title);
    panel.y_axis(svg, &y_ticks, &lines.y_title);
    let middle = (lines.series.len() as f64 - 1.0) / 2.0;
    for (s, (name, values)) in lines.series.iter().enumerate() {
        let style = styles.of(name);
        let x = |i: usize| panel.x.at(i as f64) + (s as f64 - middle) * STEP;
        let points: Vec<(f64, f64)> = values
            .iter()
            .enumerate()
            .map(|(i, e)| (x(i), e.as_ref().map_or(f64::NAN, |e| panel.y.at(e.value))))
            .collect();
        svg.polyline(&points, &style.stroke(1.6));
        for (i, estimate) in values.iter().enumerate() {
            let Some(estimate) = estimate else { continue };
            if let Some((low, high)) = estimate.interval {
                let ends = [low, high].map(|v| inside(&panel, panel.y.at(v)));
                whisker(svg, (x(i), ends[0]), (x(i), ends[1]), style.colour);
            }
            draw_marker(svg, (x(i), panel.y.at(estimate.value)), 3.6, &style, false);
        }
    }
    let entry = |(name, _): &(String, _)| Entry { key: Key::Marker(styles.of(name), false), text: name.clone() };
    let entries: Vec<Entry> = lines.series.iter().map(entry).collect();
    let y = panel.bottom() + 46.0;
    let height = legend::draw(svg, (72.0, y), WIDTH - 100.0, &entries);
    (WIDTH, y + height + 10.0)
}
