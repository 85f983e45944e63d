//! Predicted against observed as two-dimensional histograms, one figure per task, one panel per model.

use std::collections::BTreeMap;

use super::grid::Grid;
use super::{Figure, Place, file_name, grouped_by};
use crate::plot::colour_map::viridis;
use crate::plot::number;
use crate::plot::palette::{AXIS, INK, MUTED, NORMAL, SMALL, TITLE, bold, label};
use crate::plot::panel::{Axes, Panel};
use crate::plot::scale::{Scale, range_of};
use crate::plot::svg::{Anchor, Svg, Text, px};
use crate::{Density, ReportInput};

/// Colours told apart; cells of one colour become one path.
const LEVELS: usize = 48;

/// One figure per task.
pub(super) fn figures(input: &ReportInput) -> Vec<Figure> {
    let groups = grouped_by(&input.densities, |d| d.task.as_str());
    groups.iter().map(|(task, densities)| figure(input, task, densities)).collect()
}

fn figure(input: &ReportInput, task: &str, densities: &[&Density]) -> Figure {
    let name = file_name(&["density", task]);
    let mut svg = Svg::default();
    svg.text((12.0, 24.0), &format!("Predicted against observed: {task}"), &bold(TITLE, Anchor::Start, INK));
    let grid = Grid::new(densities.len(), 30.0);
    let edges = densities.iter().flat_map(|d| d.predicted_edges.iter().chain(&d.observed_edges)).copied();
    let range = range_of(edges).unwrap_or((0.0, 1.0));
    let most = densities.iter().flat_map(|d| d.counts.iter().flatten()).max().copied().unwrap_or(1).max(2);
    for (i, density) in densities.iter().enumerate() {
        let scale = |p| Scale::new(density.scale, range, p);
        let panel = Panel::new(grid.corner(i), (grid.side, grid.side), scale, scale);
        let note = note(input, &density.model, task);
        let unit = if density.unit.is_empty() { String::new() } else { format!(" ({})", density.unit) };
        let observed = format!("observed{unit}");
        let predicted = format!("predicted{unit}");
        let y_title = if grid.is_first(i) { observed.as_str() } else { "" };
        panel.draw_axes(
            &mut svg,
            &Axes { title: &density.model, note: &note, x_title: &predicted, y_title, bare_y: !grid.is_first(i) },
        );
        draw_cells(&mut svg, &panel, density, most);
        draw_identity(&mut svg, &panel);
    }
    draw_colour_bar(&mut svg, (grid.right() + 18.0, grid.first_row()), grid.side, most);
    let alt = densities.iter().map(|d| format!("{} ({})", d.model, note(input, &d.model, task)));
    let alt =
        format!("Density of predicted against observed values of {task}: {}.", alt.collect::<Vec<_>>().join(", "));
    Figure {
        name,
        place: Place::Agreement,
        caption: format!(
            "Predicted (across) against observed (up) values of {task} over all test windows, colour on a logarithmic scale. Good \
             predictions lie along the dashed identity line; a vertical stripe means that the model says the same whatever it \
             sees.{}",
            if densities.iter().any(|d| d.scale == crate::AxisScale::Log1p) { " Axes are log(1 + value)." } else { "" }
        ),
        svg: svg.finish((grid.width(), grid.height(densities.len())), &alt),
    }
}

/// The first headline metric of this model and task that has a value.
pub(super) fn note(input: &ReportInput, model: &str, task: &str) -> String {
    let found = input.headline_metrics.iter().find_map(|headline| {
        let rows = input.metrics.iter().filter(|r| r.model == model && r.task == task);
        let value = rows.clone().find(|r| r.metric == headline.metric).and_then(|r| r.value)?;
        Some(format!("{} {}", headline.label, number::plain(value)))
    });
    found.unwrap_or_default()
}

/// Logarithmic share of a count.
fn share(count: u64, most: u64) -> f64 {
    (count as f64).ln() / (most as f64).ln()
}

fn draw_cells(svg: &mut Svg, panel: &Panel, density: &Density, most: u64) {
    let mut paths: BTreeMap<usize, String> = BTreeMap::new();
    for (row, counts) in density.counts.iter().enumerate() {
        let (bottom, top) = (panel.y.at(density.observed_edges[row]), panel.y.at(density.observed_edges[row + 1]));
        let level = |count: u64| (count > 0).then(|| (share(count, most) * (LEVELS - 1) as f64).round() as usize);
        let mut column = 0;
        while column < counts.len() {
            let this = level(counts[column]);
            let run = counts[column..].iter().take_while(|c| level(**c) == this).count();
            if let Some(this) = this {
                let left = panel.x.at(density.predicted_edges[column]);
                let right = panel.x.at(density.predicted_edges[column + run]);
                let (w, h) = (px(right - left), px(bottom - top));
                paths.entry(this).or_default().push_str(&format!("M{} {}h{w}v{h}h-{w}z", px(left), px(top)));
            }
            column += run;
        }
    }
    for (level, path) in paths {
        let colour = viridis(level as f64 / (LEVELS - 1) as f64);
        svg.path(&path, &format!("fill=\"{colour}\" shape-rendering=\"crispEdges\""));
    }
}

/// The identity line, visible on light and dark ground.
pub(super) fn draw_identity(svg: &mut Svg, panel: &Panel) {
    let ((x0, x1), (y0, y1)) = (panel.x.range(), panel.y.range());
    let (from, to) = (x0.max(y0), x1.min(y1));
    if from < to {
        panel.line(svg, (from, from), (to, to), "stroke=\"#ffffff\" stroke-opacity=\"0.75\" stroke-width=\"2.6\"");
        panel.line(svg, (from, from), (to, to), "stroke=\"#1f2328\" stroke-width=\"1.1\" stroke-dasharray=\"5 4\"");
    }
}

fn draw_colour_bar(svg: &mut Svg, (left, top): (f64, f64), side: f64, most: u64) {
    let height = side.min(190.0);
    let step = height / LEVELS as f64;
    for level in 0..LEVELS {
        let y = top + height - (level + 1) as f64 * step;
        let colour = viridis(level as f64 / (LEVELS - 1) as f64);
        svg.rect((left, y), (11.0, step + 0.4), &format!("fill=\"{colour}\" shape-rendering=\"crispEdges\""));
    }
    let decades = (most as f64).log10().floor() as u32;
    let every = decades.div_ceil(5).max(1);
    for power in (0..=decades).step_by(every as usize) {
        let count = 10u64.pow(power);
        let y = top + height * (1.0 - share(count, most));
        svg.line((left + 11.0, y), (left + 15.0, y), AXIS);
        svg.text((left + 18.0, y + 4.0), &short(count), &label(SMALL, Anchor::Start, MUTED));
    }
    let middle = (left + 58.0, top + height / 2.0);
    svg.text(middle, "values in a cell", &Text { turn: 90.0, ..label(NORMAL, Anchor::Middle, INK) });
}

/// 1, 10, 100, 1k, 10k, 1M …
fn short(power_of_ten: u64) -> String {
    match power_of_ten {
        n if n >= 1_000_000_000 => format!("{}G", n / 1_000_000_000),
        n if n >= 1_000_000 => format!("{}M", n / 1_000_000),
        n if n >= 1_000 => format!("{}k", n / 1_000),
        n => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filled_cell_is_drawn_once() {
        let density = Density::from_log1p_bins("m", "t", 3.0, vec![vec![0, 5, 5, 1], vec![1, 0, 0, 9]]);
        let scale = |p| Scale::new(density.scale, (0.0, 3f64.exp_m1()), p);
        let panel = Panel::new((0.0, 0.0), (80.0, 40.0), scale, scale);
        let mut svg = Svg::default();
        draw_cells(&mut svg, &panel, &density, 9);
        let file = svg.finish((80.0, 40.0), "");
        // Cells are 20 × 20 px: the run of two fives is one rectangle of 40 px.
        assert_eq!(file.matches("h40v20").count(), 1);
        assert_eq!(file.matches("h20v20").count(), 3);
    }

    #[test]
    fn counts_are_short() {
        assert_eq!([1, 100, 1000, 10_000_000].map(short), ["1", "100", "1k", "10M"]);
    }
}
