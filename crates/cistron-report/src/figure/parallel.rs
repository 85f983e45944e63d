//! The trials of a sweep as lines through their parameters, to their scores.

use super::{Figure, Place, WIDTH};
use crate::plot::colour_map::viridis;
use crate::plot::number;
use crate::plot::palette::{AXIS, INK, MUTED, NORMAL, SMALL, TITLE, bold, label};
use crate::plot::scale::{Scale, padded, range_of};
use crate::plot::svg::{Anchor, Svg, px};
use crate::plot::{text, ticks};
use crate::{SweepAxisKind, SweepLine, SweepReport};

const TOP: f64 = 92.0;
const HEIGHT: f64 = 320.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 92.0;
/// Least distance of two labels on an axis, px.
const LABEL_GAP: f64 = 14.0;
/// The brightest colours are too pale on white.
const BRIGHTEST: f64 = 0.85;
const FAILED: &str = "stroke=\"#8a929a\" stroke-width=\"1\" stroke-dasharray=\"3 3\" stroke-opacity=\"0.8\"";
/// Behind labels that lines run through.
const BEHIND: &str = "class=\"paper\" fill=\"#ffffff\" fill-opacity=\"0.8\"";

/// A place on an axis with its pixel.
struct Mark {
    at: f64,
    label: String,
}

/// The figure; nothing without trials.
pub(crate) fn figure(input: &SweepReport) -> Option<Figure> {
    if input.lines.is_empty() || input.axes.is_empty() {
        return None;
    }
    let mut svg = Svg::default();
    svg.text((12.0, 24.0), "Trials: parameters and score", &bold(TITLE, Anchor::Start, INK));
    let step = (WIDTH - LEFT - RIGHT) / input.axes.len() as f64;
    let x = |axis: usize| LEFT + axis as f64 * step;
    let last = x(input.axes.len());
    let all = range_of(input.lines.iter().filter_map(|line| line.score)).unwrap_or((0.0, 1.0));
    let scores = match input.score_limit {
        Some(limit) if input.higher_is_better => (all.0.max(limit.min(all.1)), all.1),
        Some(limit) => (all.0, all.1.min(limit.max(all.0))),
        None => all,
    };
    let is_cut = scores != all;
    // Better is up.
    let ends = if input.higher_is_better { (TOP + HEIGHT, TOP) } else { (TOP, TOP + HEIGHT) };
    let score = Scale::linear(padded(scores, 0.02), ends);
    let any_failed = input.lines.iter().any(|line| line.score.is_none());
    let failed_at = TOP + HEIGHT + 24.0;
    draw_lines(&mut svg, input, &|axis, place| (x(axis), at(&input.axes[axis].kind, place)), &|line| {
        (last, line.score.map_or(failed_at, |s| score.clamped(s)))
    });
    for (index, axis) in input.axes.iter().enumerate() {
        draw_name(&mut svg, (x(index), step - 10.0), &axis.name);
        draw_axis(&mut svg, x(index), &marks(&axis.kind), step * 0.62, Anchor::End);
    }
    draw_name(&mut svg, (last, step.min(RIGHT * 2.0) - 10.0), &input.score);
    let marks: Vec<Mark> = score.y_ticks().into_iter().map(|t| Mark { at: t.at, label: t.label }).collect();
    draw_axis(&mut svg, last, &marks, RIGHT - 12.0, Anchor::Start);
    if any_failed {
        svg.text((last + 9.0, failed_at + 4.0), "failed", &label(SMALL, Anchor::Start, MUTED));
    }
    let bottom = TOP + HEIGHT + if any_failed { 46.0 } else { 24.0 };
    draw_legend(&mut svg, bottom);
    Some(Figure {
        name: "parallel_coordinates".into(),
        place: Place::Summary,
        caption: format!(
            "One line a trial, through its parameters to its score ({}, {} is better, better is up). The colour is the trial's \
             rank; the best is drawn thick{}.{}",
            input.score,
            if input.higher_is_better { "higher" } else { "lower" },
            if any_failed { ", those that failed are dashed" } else { "" },
            if is_cut { " Scores far worse than the others are drawn at the lower end of the axis." } else { "" }
        ),
        svg: svg.finish((WIDTH, bottom + 26.0), &alt(input)),
    })
}

/// The pixel of a place.
fn at(kind: &SweepAxisKind, place: f64) -> f64 {
    let share = match kind {
        SweepAxisKind::Levels(levels) if levels.len() < 2 => 0.5,
        // Half a step is left free at both ends.
        SweepAxisKind::Levels(levels) => (place + 0.5) / levels.len() as f64,
        SweepAxisKind::Range { low, high, log: true } => (place / low).ln() / (high / low).ln(),
        SweepAxisKind::Range { low, high, log: false } => (place - low) / (high - low),
    };
    TOP + HEIGHT * (1.0 - share.clamp(0.0, 1.0))
}

fn marks(kind: &SweepAxisKind) -> Vec<Mark> {
    match kind {
        SweepAxisKind::Levels(levels) => {
            let every = (LABEL_GAP * levels.len() as f64 / HEIGHT).ceil().max(1.0) as usize;
            let mark = |(i, label): (usize, &String)| Mark { at: at(kind, i as f64), label: label.clone() };
            levels.iter().enumerate().step_by(every).map(mark).collect()
        }
        SweepAxisKind::Range { low, high, log: false } => {
            let values = ticks::nice(*low, *high, 6);
            let labels = ticks::labels(&values);
            values.iter().zip(labels).map(|(v, label)| Mark { at: at(kind, *v), label }).collect()
        }
        SweepAxisKind::Range { low, high, log: true } => {
            ticks::log(*low, *high, 8).into_iter().map(|(v, label)| Mark { at: at(kind, v), label }).collect()
        }
    }
}

fn draw_lines(
    svg: &mut Svg,
    input: &SweepReport,
    point: &dyn Fn(usize, f64) -> (f64, f64),
    end: &dyn Fn(&SweepLine) -> (f64, f64),
) {
    let points = |line: &SweepLine| {
        let own = line.places.iter().enumerate().map(|(axis, place)| point(axis, *place));
        own.chain(std::iter::once(end(line))).collect::<Vec<_>>()
    };
    for line in input.lines.iter().filter(|line| line.score.is_none()) {
        svg.path(&curve(&points(line)), &format!("fill=\"none\" {FAILED}"));
    }
    // The best comes last, on top of the others.
    let ranked: Vec<&SweepLine> = input.lines.iter().rev().filter(|line| line.score.is_some()).collect();
    let count = ranked.len();
    for (rank, line) in ranked.into_iter().enumerate() {
        let share = if count < 2 { 1.0 } else { rank as f64 / (count - 1) as f64 };
        let data = curve(&points(line));
        let (width, opacity) = if rank + 1 == count { (3.4, 1.0) } else { (1.5, 0.45 + 0.35 * share) };
        if rank + 1 == count {
            svg.path(&data, "fill=\"none\" class=\"whisker\" stroke=\"#1f2328\" stroke-width=\"5.4\"");
        }
        let paint = format!(
            "fill=\"none\" stroke=\"{}\" stroke-width=\"{width}\" stroke-opacity=\"{}\"",
            viridis(share * BRIGHTEST),
            px(opacity)
        );
        svg.path(&data, &paint);
    }
}

/// A smooth line that is level at every axis, so that lines that meet there can be told apart.
fn curve(points: &[(f64, f64)]) -> String {
    let mut data = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        match i.checked_sub(1).map(|before| points[before]) {
            None => data.push_str(&format!("M{} {}", px(*x), px(*y))),
            Some((x0, y0)) => {
                let bend = (x - x0) * 0.4;
                data.push_str(&format!(
                    "C{} {} {} {} {} {}",
                    px(x0 + bend),
                    px(y0),
                    px(x - bend),
                    px(*y),
                    px(*x),
                    px(*y)
                ));
            }
        }
    }
    data
}

/// The last part of a key in bold, what stands before it above, in small letters.
fn draw_name(svg: &mut Svg, (x, width): (f64, f64), name: &str) {
    let (before, last) = name.rsplit_once('.').map_or(("", name), |(before, last)| (before, last));
    let fitted = text::fit(last, NORMAL, true, width);
    svg.text((x, TOP - 16.0), &fitted, &bold(NORMAL, Anchor::Middle, INK));
    let fitted = text::fit(before, SMALL, false, width);
    svg.text((x, TOP - 31.0), &fitted, &label(SMALL, Anchor::Middle, MUTED));
}

fn draw_axis(svg: &mut Svg, x: f64, marks: &[Mark], width: f64, anchor: Anchor) {
    let mut data = format!("M{} {}V{}", px(x), px(TOP), px(TOP + HEIGHT));
    for mark in marks {
        data.push_str(&format!("M{} {}h6", px(x - 3.0), px(mark.at)));
        let fitted = text::fit(&mark.label, SMALL, false, width);
        let wide = text::width(&fitted, SMALL, false);
        let (from, left) = if anchor == Anchor::End { (x - 7.0, x - 9.0 - wide) } else { (x + 9.0, x + 7.0) };
        svg.rect((left, mark.at - 7.0), (wide + 4.0, 14.0), BEHIND);
        svg.text((from, mark.at + 4.0), &fitted, &label(SMALL, anchor, INK));
    }
    svg.path(&data, &format!("fill=\"none\" {AXIS}"));
}

fn draw_legend(svg: &mut Svg, top: f64) {
    svg.text((LEFT, top + 10.0), "worst", &label(SMALL, Anchor::Start, MUTED));
    let from = LEFT + 36.0;
    for i in 0..24 {
        let colour = viridis(f64::from(i) / 23.0 * BRIGHTEST);
        svg.rect((from + f64::from(i) * 6.0, top), (6.2, 12.0), &format!("fill=\"{colour}\""));
    }
    svg.text((from + 152.0, top + 10.0), "best", &label(SMALL, Anchor::Start, MUTED));
}

fn alt(input: &SweepReport) -> String {
    let names: Vec<&str> = input.axes.iter().map(|a| a.name.as_str()).collect();
    let scores = range_of(input.lines.iter().filter_map(|line| line.score));
    let scores = scores.map_or("no scores".into(), |(low, high)| {
        format!("{} from {} to {}", input.score, number::plain(low), number::plain(high))
    });
    format!("{} trials of {}: {scores}.", input.lines.len(), names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_from_the_bottom_up() {
        let range = SweepAxisKind::Range { low: 1e-4, high: 1.0, log: true };
        assert!((at(&range, 1e-4) - TOP - HEIGHT).abs() < 1e-9 && (at(&range, 1.0) - TOP).abs() < 1e-9);
        assert!((at(&range, 1e-2) - TOP - HEIGHT / 2.0).abs() < 1e-9);
        let levels = SweepAxisKind::Levels((0..100).map(|i| i.to_string()).collect());
        let marks = marks(&levels);
        assert!(marks.windows(2).all(|w| w[0].at - w[1].at >= LABEL_GAP) && marks.len() > 10);
    }
}
