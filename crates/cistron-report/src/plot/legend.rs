use super::palette::{INK, NORMAL, Style, label};
use super::panel::draw_marker;
use super::svg::{Anchor, Svg};
use super::text;

/// The sign before a legend's text.
#[derive(Debug, Clone)]
pub(crate) enum Key {
    /// A line with these stroke attributes.
    Line(String),
    /// A filled box with these attributes.
    Box(String),
    /// A model's marker, perhaps hollow.
    Marker(Style, bool),
}

/// One line of a legend.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub key: Key,
    pub text: String,
}

const KEY: f64 = 22.0;
const GAP: f64 = 18.0;
const LINE: f64 = 18.0;

fn entry_width(entry: &Entry, max_width: f64) -> f64 {
    (KEY + 6.0 + text::width(&entry.text, NORMAL, false) * 1.03).min(max_width)
}

/// Draws entries side by side, wrapped to a width; (x, y) is the upper left corner. Returns the height.
pub(crate) fn draw(svg: &mut Svg, (left, top): (f64, f64), max_width: f64, entries: &[Entry]) -> f64 {
    let (mut x, mut y) = (left, top);
    for entry in entries {
        let width = entry_width(entry, max_width);
        if x > left && x + width > left + max_width {
            x = left;
            y += LINE;
        }
        draw_entry(svg, (x, y), max_width, entry);
        x += width + GAP;
    }
    if entries.is_empty() { 0.0 } else { y - top + LINE }
}

/// Draws entries below each other. Returns the height.
pub(crate) fn draw_column(svg: &mut Svg, (left, top): (f64, f64), max_width: f64, entries: &[Entry]) -> f64 {
    for (i, entry) in entries.iter().enumerate() {
        draw_entry(svg, (left, top + i as f64 * LINE), max_width, entry);
    }
    entries.len() as f64 * LINE
}

fn draw_entry(svg: &mut Svg, (x, y): (f64, f64), max_width: f64, entry: &Entry) {
    let middle = y + LINE / 2.0;
    match &entry.key {
        Key::Line(paint) => svg.line((x, middle), (x + KEY, middle), paint),
        Key::Box(paint) => svg.rect((x + KEY - 13.0, middle - 5.5), (13.0, 11.0), paint),
        Key::Marker(style, hollow) => draw_marker(svg, (x + KEY - 7.0, middle), 4.0, style, *hollow),
    }
    let fitted = text::fit(&entry.text, NORMAL, false, max_width - KEY - 6.0);
    svg.text((x + KEY + 6.0, middle + 4.2), &fitted, &label(NORMAL, Anchor::Start, INK));
}
