//! Predicted against observed values as points, one figure per task, one panel per model.

use super::density::{draw_identity, note};
use super::grid::Grid;
use super::{Figure, Place, file_name, grouped_by};
use crate::plot::colour_map::viridis;
use crate::plot::palette::{INK, TITLE, bold};
use crate::plot::panel::{Axes, Panel};
use crate::plot::scale::{Scale, padded, range_of};
use crate::plot::svg::{Anchor, Svg, px};
use crate::{ReportInput, Scatter};

/// Cells along each side in which neighbours are counted.
const CELLS: usize = 48;
const LEVELS: usize = 16;

/// One figure per task.
pub(super) fn figures(input: &ReportInput) -> Vec<Figure> {
    let groups = grouped_by(&input.scatters, |s| s.task.as_str());
    groups.iter().map(|(task, scatters)| figure(input, task, scatters)).collect()
}

/// Ranges of both axes: the same, so that the identity line is the diagonal, unless the predictions are on another scale.
fn ranges(points: &[(f64, f64)]) -> ((f64, f64), (f64, f64)) {
    let x = range_of(points.iter().map(|p| p.0)).unwrap_or((0.0, 1.0));
    let y = range_of(points.iter().map(|p| p.1)).unwrap_or((0.0, 1.0));
    let both = (x.0.min(y.0), x.1.max(y.1));
    let (span_x, span_y, span) = (x.1 - x.0, y.1 - y.0, both.1 - both.0);
    let constant = span_x < 1e-9 * span.max(1e-300);
    if (constant && x.0 >= y.0 && x.0 <= y.1) || (span_x > 0.08 * span && span_y > 0.3 * span) {
        (padded(both, 0.04), padded(both, 0.04))
    } else {
        (padded(x, 0.04), padded(y, 0.04))
    }
}

fn figure(input: &ReportInput, task: &str, scatters: &[&Scatter]) -> Figure {
    let name = file_name(&["scatter", task]);
    let mut svg = Svg::default();
    svg.text((12.0, 24.0), &format!("Predicted against observed: {task}"), &bold(TITLE, Anchor::Start, INK));
    let grid = Grid::new(scatters.len(), 30.0);
    for (i, scatter) in scatters.iter().enumerate() {
        let points: Vec<(f64, f64)> =
            scatter.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        let (x, y) = ranges(&points);
        let panel =
            Panel::new(grid.corner(i), (grid.side, grid.side), |p| Scale::linear(x, p), |p| Scale::linear(y, p));
        let unit = if scatter.unit.is_empty() { String::new() } else { format!(" ({})", scatter.unit) };
        let observed = format!("observed{unit}");
        let note = note(input, &scatter.model, task);
        let y_title = if grid.is_first(i) { observed.as_str() } else { "" };
        let x_title = format!("predicted{unit}");
        panel.draw_axes(
            &mut svg,
            &Axes { title: &scatter.model, note: &note, x_title: &x_title, y_title, bare_y: false },
        );
        draw_points(&mut svg, &panel, &points);
        if x == y {
            draw_identity(&mut svg, &panel);
        }
    }
    let alt = scatters.iter().map(|s| format!("{} ({})", s.model, note(input, &s.model, task)));
    let alt = format!("Predicted against observed values of {task}: {}.", alt.collect::<Vec<_>>().join(", "));
    Figure {
        name,
        place: Place::Agreement,
        caption: format!(
            "One point per test sequence of {task}: predicted (across), observed (up); brighter where points crowd. Good \
             predictions lie along the dashed identity line, which is left out where predictions are on another scale than the \
             observations."
        ),
        svg: svg.finish((grid.width() - 50.0, grid.height(scatters.len())), &alt),
    }
}

/// Points coloured by how many others lie near; all of one colour become one path.
fn draw_points(svg: &mut Svg, panel: &Panel, points: &[(f64, f64)]) {
    let pixels = panel.pixels(points.iter().copied());
    let cell = |(x, y): (f64, f64)| {
        let along = |offset: f64, length: f64| ((offset / length * CELLS as f64) as usize).min(CELLS - 1);
        (along(x - panel.left, panel.width), along(y - panel.top, panel.height))
    };
    let mut counts = vec![[0u32; CELLS]; CELLS];
    for point in &pixels {
        let (x, y) = cell(*point);
        counts[x][y] += 1;
    }
    let near = |(x, y): (usize, usize)| -> u32 {
        let around = |i: usize| i.saturating_sub(1)..=(i + 1).min(CELLS - 1);
        around(x).flat_map(|i| around(y).map(move |j| (i, j))).map(|(i, j)| counts[i][j]).sum()
    };
    let crowds: Vec<u32> = pixels.iter().map(|p| near(cell(*p))).collect();
    let most = f64::from(crowds.iter().max().copied().unwrap_or(1).max(2));
    let mut paths = vec![String::new(); LEVELS];
    for ((x, y), crowd) in pixels.iter().zip(crowds) {
        let level = (f64::from(crowd).ln() / most.ln() * (LEVELS - 1) as f64).round() as usize;
        paths[level.min(LEVELS - 1)].push_str(&format!("M{} {}h.01", px(*x), px(*y)));
    }
    let size = if points.len() > 800 { 2.6 } else { 3.6 };
    for (level, path) in paths.iter().enumerate() {
        let colour = viridis(level as f64 / (LEVELS - 1) as f64 * 0.95);
        let paint = format!(
            "fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.8\" stroke-width=\"{size}\" stroke-linecap=\"round\""
        );
        svg.path(path, &paint);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_on_another_scale_get_their_own_axis() {
        let same: Vec<_> = (0..10).map(|i| (f64::from(i) * 0.5, f64::from(i))).collect();
        let (x, y) = ranges(&same);
        assert_eq!(x, y);
        let other: Vec<_> = (0..10).map(|i| (f64::from(i) * 1e-3, f64::from(i))).collect();
        let (x, y) = ranges(&other);
        assert!(x.1 < 0.02 && y.1 > 9.0);
        let constant = [(4.0, 1.0), (4.0, 9.0)];
        let (x, y) = ranges(&constant);
        assert_eq!(x, y);
    }
}
