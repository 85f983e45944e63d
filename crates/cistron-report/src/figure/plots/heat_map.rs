use crate::HeatMap;
use crate::figure::WIDTH;
use crate::plot::colour_map::{blue_white_red, viridis};
use crate::plot::number;
use crate::plot::palette::{INK, MUTED, NORMAL, SMALL, bold, label};
use crate::plot::scale::Scale;
use crate::plot::svg::{Anchor, Svg};
use crate::plot::text;

/// Height of a row, px.
const ROW: f64 = 18.0;
/// Height of a row whose cells hold numbers.
const TALL_ROW: f64 = 28.0;
const BAR: f64 = 120.0;

pub(super) fn draw(svg: &mut Svg, map: &HeatMap) -> (f64, f64) {
    let columns = map.panels.iter().flat_map(|p| &p.values).map(Vec::len).max().unwrap_or(0).max(1);
    let names = map.panels.iter().flat_map(|p| &p.rows).map(|r| text::width(r, SMALL, false)).fold(0.0, f64::max);
    let title_room = if map.y_title.is_empty() { 14.0 } else { 34.0 };
    let left = names.min(220.0) + 10.0 + title_room;
    let width = (WIDTH - left - 24.0).min(columns as f64 * 84.0);
    let cell = width / columns as f64;
    let row = if map.numbers { TALL_ROW } else { ROW };
    let all = || map.panels.iter().flat_map(|p| &p.values).flatten().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let mut top = 62.0;
    let first = top;
    for panel in &map.panels {
        svg.text((left, top - 8.0), &panel.title, &bold(NORMAL, Anchor::Start, INK));
        let sizes = panel.values.iter().flatten().flatten().map(|v| v.abs()).filter(|v| v.is_finite());
        let largest = sizes.fold(0.0, f64::max);
        if map.diverging {
            let text = format!("blue negative, red positive, full at ±{}; grey: no value", number::plain(largest));
            svg.text((left + width, top - 8.0), &text, &label(SMALL, Anchor::End, MUTED));
            let size = (width, panel.rows.len() as f64 * row);
            svg.rect((left, top), size, "class=\"band\" fill=\"#e4e8ec\"");
        }
        let share = |v: f64| {
            if map.diverging {
                v / largest.max(f64::MIN_POSITIVE)
            } else {
                (v - low) / (high - low).max(f64::MIN_POSITIVE)
            }
        };
        for (r, (name, values)) in panel.rows.iter().zip(&panel.values).enumerate() {
            let y = top + r as f64 * row;
            let name = text::fit(name, SMALL, false, 220.0);
            svg.text((left - 8.0, y + row / 2.0 + 4.0), &name, &label(SMALL, Anchor::End, INK));
            for (c, value) in values.iter().enumerate() {
                let Some(value) = value.filter(|v| v.is_finite()) else { continue };
                let (colour, dark) = if map.diverging {
                    (blue_white_red(share(value)), share(value).abs() > 0.6)
                } else {
                    (viridis(share(value)), share(value) < 0.6)
                };
                let place = (left + c as f64 * cell, y);
                // A little wider than the cell, so that no seams show.
                let overlap = if map.numbers { -1.0 } else { 0.4 };
                svg.rect(place, (cell + overlap, row + overlap), &format!("fill=\"{colour}\""));
                if map.numbers {
                    let paint = if dark { "fill=\"#ffffff\"" } else { "fill=\"#1f2328\"" };
                    let at = (place.0 + cell / 2.0, y + row / 2.0 + 4.0);
                    svg.text(at, &number::fixed(value, 3), &label(SMALL, Anchor::Middle, paint));
                }
            }
        }
        top += panel.rows.len() as f64 * row + 34.0;
    }
    let bottom = top - 34.0;
    if !map.y_title.is_empty() {
        let style = crate::plot::svg::Text { turn: -90.0, ..label(NORMAL, Anchor::Middle, INK) };
        svg.text((16.0, (first + bottom) / 2.0), &map.y_title, &style);
    }
    let mut y = bottom + 16.0;
    if map.columns.is_empty() {
        let range = (map.first_column, map.first_column + columns as f64);
        let scale = Scale::linear(range, (left, left + width));
        for tick in scale.position_ticks(SMALL) {
            svg.text((tick.at + cell / 2.0, y), &tick.label, &label(SMALL, Anchor::Middle, MUTED));
        }
    } else {
        for (c, name) in map.columns.iter().enumerate() {
            let at = left + (c as f64 + 0.5) * cell;
            svg.text((at, y), &text::fit(name, SMALL, false, cell), &label(SMALL, Anchor::Middle, MUTED));
        }
    }
    y += 18.0;
    svg.text((left + width / 2.0, y), &map.x_title, &label(NORMAL, Anchor::Middle, INK));
    if !map.diverging && low.is_finite() {
        y += 14.0;
        for i in 0..60 {
            let share = f64::from(i) / 59.0;
            svg.rect((left + share * BAR, y), (BAR / 59.0 + 0.4, 8.0), &format!("fill=\"{}\"", viridis(share)));
        }
        svg.text((left, y + 20.0), &number::fixed(low, 3), &label(SMALL, Anchor::Start, MUTED));
        svg.text((left + BAR + 2.0, y + 20.0), &number::fixed(high, 3), &label(SMALL, Anchor::End, MUTED));
        svg.text((left + BAR + 14.0, y + 9.0), &map.unit, &label(SMALL, Anchor::Start, MUTED));
        y += 20.0;
    }
    (WIDTH, y + 14.0)
}
