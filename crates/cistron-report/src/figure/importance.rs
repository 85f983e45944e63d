//! How much each parameter of a sweep matters, as bars.

use super::{Figure, Place, WIDTH};
use crate::SweepReport;
use crate::plot::number;
use crate::plot::palette::{AXIS, GRID, INK, MUTED, NORMAL, SMALL, TITLE, bold, label};
use crate::plot::panel::Panel;
use crate::plot::scale::Scale;
use crate::plot::svg::{Anchor, Svg, px};
use crate::plot::text;

const ROW: f64 = 26.0;
const BAR: &str = "fill=\"#0072b2\"";

/// One bar a parameter, the longest on top; nothing without parameters.
pub(crate) fn figure(input: &SweepReport) -> Option<Figure> {
    if input.importances.is_empty() || input.lines.is_empty() {
        return None;
    }
    let mut rows: Vec<_> = input.importances.iter().collect();
    let value = |row: &crate::SweepImportance| row.value.as_ref().map_or(-1.0, |v| *v);
    rows.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let widest = rows.iter().map(|r| text::width(&r.name, NORMAL, false)).fold(60.0, f64::max);
    let names = (widest + 26.0).min(320.0);
    let highest = rows.iter().map(|r| value(r)).fold(0.1, f64::max).min(1.0);
    let mut svg = Svg::default();
    svg.text((12.0, 24.0), "Importance of the parameters", &bold(TITLE, Anchor::Start, INK));
    let size = (WIDTH - names - 80.0, rows.len() as f64 * ROW + 8.0);
    let panel = Panel::new((names, 40.0), size, |p| Scale::linear((0.0, highest), p), |p| Scale::linear((0.0, 1.0), p));
    let ticks = panel.x.x_ticks(SMALL);
    let grid: String =
        ticks.iter().map(|t| format!("M{} {}V{}", px(t.at), px(panel.top), px(panel.bottom()))).collect();
    svg.path(&grid, &format!("fill=\"none\" {GRID}"));
    panel.x_axis(&mut svg, &ticks, "share of the score's variance, chance subtracted");
    for (i, row) in rows.iter().enumerate() {
        let y = panel.top + 4.0 + (i as f64 + 0.5) * ROW;
        let name = text::fit(&row.name, NORMAL, false, names - 22.0);
        svg.text((names - 10.0, y + 4.0), &name, &label(NORMAL, Anchor::End, INK));
        match &row.value {
            Ok(share) => {
                let end = panel.x.clamped(*share);
                svg.rect((names, y - 8.0), (end - names, 16.0), BAR);
                svg.text((end + 7.0, y + 4.0), &number::fixed(*share, 2), &label(SMALL, Anchor::Start, INK));
            }
            Err(reason) => {
                let reason = text::fit(&format!("undefined: {reason}"), SMALL, false, panel.width);
                svg.text((names + 7.0, y + 4.0), &reason, &label(SMALL, Anchor::Start, MUTED));
            }
        }
    }
    svg.line((names, panel.top), (names, panel.bottom()), AXIS);
    let words = rows.iter().map(|r| {
        let value = r.value.as_ref().map_or_else(|reason| format!("undefined ({reason})"), |v| number::fixed(*v, 2));
        format!("{} {value}", r.name)
    });
    let alt = format!("Importance of the parameters: {}.", words.collect::<Vec<_>>().join(", "));
    Some(Figure {
        name: "importance".into(),
        place: Place::Summary,
        caption: input.importance_note.clone(),
        svg: svg.finish((WIDTH, panel.bottom() + 44.0), &alt),
    })
}
