//! The figures of [`ResultSection`](crate::ResultSection)s, one kind a file.

mod heat_map;
mod intervals;
mod lines;
mod points;

use super::{Figure, Place, file_name};
use crate::plot::palette::{INK, TITLE, bold};
use crate::plot::panel::Panel;
use crate::plot::svg::{Anchor, Svg, px};
use crate::{Estimate, Marks, ModelKind, Plot, ReportInput};

/// The figures of all sections.
pub(super) fn figures(input: &ReportInput) -> Vec<Figure> {
    let sections = input.sections.iter().enumerate();
    sections.flat_map(|(index, section)| section.plots.iter().map(move |plot| figure(input, index, plot))).collect()
}

fn figure(input: &ReportInput, section: usize, plot: &Plot) -> Figure {
    let mut svg = Svg::default();
    svg.text((12.0, 24.0), &plot.title, &bold(TITLE, Anchor::Start, INK));
    let styles = |names: &mut dyn Iterator<Item = &str>| styles(input, names);
    let size = match &plot.marks {
        Marks::HeatMap(map) => heat_map::draw(&mut svg, map),
        Marks::Lines(lines) => {
            lines::draw(&mut svg, lines, &styles(&mut lines.series.iter().map(|(name, _)| name.as_str())))
        }
        Marks::Points(points) => {
            points::draw(&mut svg, points, &styles(&mut points.points.iter().map(|(name, ..)| name.as_str())))
        }
        Marks::Intervals(intervals) => intervals::draw(&mut svg, intervals),
    };
    Figure {
        name: file_name(&[&plot.name]),
        place: Place::Section(section),
        caption: plot.caption.clone(),
        svg: svg.finish(size, &plot.title),
    }
}

/// The styles of the report's models, and more of the same for names that are no models.
fn styles(input: &ReportInput, names: &mut dyn Iterator<Item = &str>) -> crate::plot::palette::Styles {
    let mut kinds = input.model_kinds();
    for name in names {
        if !kinds.iter().any(|(known, _)| known == name) {
            kinds.push((name.to_owned(), ModelKind::Network));
        }
    }
    crate::plot::palette::Styles::new(kinds)
}

/// Bar of an interval along x or y, drawn behind the point.
fn whisker(svg: &mut Svg, from: (f64, f64), to: (f64, f64), colour: &str) {
    let data = format!("M{} {}L{} {}", px(from.0), px(from.1), px(to.0), px(to.1));
    svg.path(&data, &format!("fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\""));
}

/// All ends of some estimates.
fn ends<'a>(estimates: impl Iterator<Item = &'a Estimate>) -> impl Iterator<Item = f64> {
    estimates.flat_map(|e| {
        let (low, high) = e.interval.unwrap_or((e.value, e.value));
        [e.value, low, high]
    })
}

fn inside(panel: &Panel, y: f64) -> f64 {
    y.clamp(panel.top, panel.bottom())
}
