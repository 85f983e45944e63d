use super::ends;
use crate::Intervals;
use crate::figure::WIDTH;
use crate::plot::number;
use crate::plot::palette::{INK, MUTED, NORMAL, REFERENCE, SMALL, label};
use crate::plot::panel::Panel;
use crate::plot::scale::{Scale, padded, range_of};
use crate::plot::svg::{Anchor, Svg, px};
use crate::plot::text;

const ROW: f64 = 24.0;
/// Room for the numbers on the right.
const NUMBERS: f64 = 170.0;
const COLOUR: &str = "#0072b2";

pub(super) fn draw(svg: &mut Svg, intervals: &Intervals) -> (f64, f64) {
    let values = ends(intervals.rows.iter().filter_map(|(_, e)| e.as_ref())).chain(intervals.reference);
    let range = padded(range_of(values).unwrap_or((0.0, 1.0)), 0.07);
    let widest = intervals.rows.iter().map(|(name, _)| text::width(name, NORMAL, false)).fold(60.0, f64::max);
    let left = widest.min(320.0) + 26.0;
    let (top, height) = (44.0, intervals.rows.len() as f64 * ROW + 8.0);
    let size = (WIDTH - left - NUMBERS, height);
    let panel = Panel::new((left, top), size, |p| Scale::linear(range, p), |p| Scale::linear((0.0, 1.0), p));
    let ticks = panel.x.x_ticks(SMALL);
    panel.draw_grid(svg, &ticks, &[]);
    panel.x_axis(svg, &ticks, &intervals.x_title);
    if let Some(reference) = intervals.reference {
        panel.line(svg, (reference, 0.0), (reference, 1.0), REFERENCE);
    }
    for (i, (name, estimate)) in intervals.rows.iter().enumerate() {
        let y = top + 4.0 + (i as f64 + 0.5) * ROW;
        let name = text::fit(name, NORMAL, false, left - 26.0);
        svg.text((left - 10.0, y + 4.0), &name, &label(NORMAL, Anchor::End, INK));
        let numbers = match estimate {
            None => "undefined".to_owned(),
            Some(e) => {
                let place = |v: f64| panel.x.clamped(v);
                if let Some((low, high)) = e.interval {
                    let data = format!("M{} {}H{}", px(place(low)), px(y), px(place(high)));
                    svg.path(&data, &format!("fill=\"none\" stroke=\"{COLOUR}\" stroke-width=\"2\""));
                }
                svg.circle((place(e.value), y), 4.2, &format!("fill=\"{COLOUR}\""));
                number::with_interval(e.value, e.interval)
            }
        };
        svg.text((panel.right() + 12.0, y + 4.0), &numbers, &label(SMALL, Anchor::Start, MUTED));
    }
    (WIDTH, panel.bottom() + if intervals.x_title.is_empty() { 28.0 } else { 46.0 })
}
