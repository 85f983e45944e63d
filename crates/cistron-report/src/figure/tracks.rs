//! Observed and predicted values along a window of the genome, one figure per window and task.

use super::{Figure, Place, WIDTH, file_name};
use crate::plot::number::{fixed, grouped};
use crate::plot::palette::{AXIS, INK, MUTED, NORMAL, OBSERVED, OBSERVED_BEHIND, SMALL, Styles, TITLE, bold, label};
use crate::plot::panel::Panel;
use crate::plot::scale::{Scale, range_of};
use crate::plot::svg::{Anchor, Svg, px};
use crate::plot::text;
use crate::{ReportInput, TrackExample};

const LEFT: f64 = 56.0;
const RIGHT: f64 = 20.0;
/// Height of a row, and of the space above it that holds the row's name.
const ROW: f64 = 54.0;
const NAME: f64 = 18.0;

/// One figure per example.
pub(super) fn figures(input: &ReportInput, styles: &Styles) -> Vec<Figure> {
    input.tracks.iter().filter(|t| !t.observed.is_empty()).map(|t| figure(t, styles)).collect()
}

/// Where the window lies, in words: 0-based half-open, as in BED.
fn place(track: &TrackExample) -> String {
    match &track.interval {
        Some(i) => format!("{}:{}–{}", i.contig, grouped(i.start_0), grouped(i.end_0)),
        None => track.window.clone(),
    }
}

fn figure(track: &TrackExample, styles: &Styles) -> Figure {
    let name = file_name(&["tracks", &track.task, &track.label]);
    let mut svg = Svg::default();
    let mut kind = track.label.clone();
    if let Some(first) = kind.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    let title = format!("{kind} window, {}: {}", track.task, place(track));
    let title = text::fit(&title, TITLE, true, WIDTH - 30.0);
    svg.text((12.0, 24.0), &title, &bold(TITLE, Anchor::Start, INK));
    let start = track.interval.as_ref().map_or(0, |i| i.start_0) as f64;
    let end = start + (track.observed.len() as u64 * track.bin_bp.max(1)) as f64;
    let all = track.predictions.iter().flat_map(|p| &p.values).chain(&track.observed);
    let (low, high) = range_of(all.map(|v| f64::from(*v))).unwrap_or((0.0, 1.0));
    let range = (low.min(0.0), if high > low.min(0.0) { high } else { low.min(0.0) + 1.0 });
    let width = WIDTH - LEFT - RIGHT;
    let panel_at = |row: usize| {
        let top = 38.0 + row as f64 * (ROW + NAME) + NAME;
        Panel::new((LEFT, top), (width, ROW), |p| Scale::linear((start, end), p), |p| Scale::linear(range, p))
    };
    let rows = 1 + track.predictions.len();
    for row in 0..rows {
        let panel = panel_at(row);
        let ticks = [range.0, 0.0, range.1];
        draw_y_axis(&mut svg, &panel, &ticks);
        let (heading, note, paint) = match row.checked_sub(1).map(|i| &track.predictions[i]) {
            None => ("observed".to_owned(), String::new(), INK.to_owned()),
            Some(p) => {
                let r = p.pearson.map_or("Pearson r undefined".into(), |r| format!("Pearson r {}", fixed(r, 3)));
                (p.model.clone(), r, INK.to_owned())
            }
        };
        let heading = text::fit(&heading, NORMAL, true, width - 160.0);
        svg.text((LEFT, panel.top - 5.0), &heading, &bold(NORMAL, Anchor::Start, &paint));
        svg.text((panel.right(), panel.top - 5.0), &note, &label(SMALL, Anchor::End, MUTED));
        let observed = if row == 0 { OBSERVED } else { OBSERVED_BEHIND };
        let outline = steps(&panel, &track.observed, start, track.bin_bp);
        svg.path(&area(&panel, &outline), observed);
        if let Some(prediction) = row.checked_sub(1).map(|i| &track.predictions[i]) {
            let style = styles.of(&prediction.model);
            let line = steps(&panel, &prediction.values, start, track.bin_bp);
            svg.path(&area(&panel, &line), &format!("{} fill-opacity=\"0.12\"", style.fill()));
            svg.path(
                &path(&line),
                &format!("fill=\"none\" stroke-linejoin=\"round\" stroke=\"{}\" stroke-width=\"1.5\"", style.colour),
            );
        }
    }
    let last = panel_at(rows - 1);
    let unit = match &track.interval {
        Some(i) => format!("position on {} (bp, 0-based)", i.contig),
        None => "position in the sequence (bp, 0-based)".into(),
    };
    last.x_axis(&mut svg, &last.x.position_ticks(SMALL), &unit);
    let correlations = track
        .predictions
        .iter()
        .map(|p| format!("{} Pearson r {}", p.model, p.pearson.map_or("undefined".into(), |r| fixed(r, 3))));
    let alt = format!("{title}. {}.", correlations.collect::<Vec<_>>().join("; "));
    let chosen = track.pearson.map_or(String::new(), |r| format!(" It was chosen by a Pearson r of {}.", fixed(r, 3)));
    let bins = if track.bin_bp > 1 { format!(" in bins of {} bp", track.bin_bp) } else { " at base resolution".into() };
    Figure {
        name,
        place: Place::Tracks,
        caption: format!(
            "The {} window of the test set for {}{bins}.{chosen} All rows share one scale; the grey area behind each \
             prediction is the observed signal.",
            track.label, track.task
        ),
        svg: svg.finish((WIDTH, last.bottom() + 44.0), &alt),
    }
}

fn draw_y_axis(svg: &mut Svg, panel: &Panel, ticks: &[f64; 3]) {
    svg.line((panel.left, panel.y.at(0.0)), (panel.right(), panel.y.at(0.0)), AXIS);
    svg.line((panel.left, panel.top), (panel.left, panel.bottom()), AXIS);
    let decimals = match ticks[2] - ticks[0] {
        span if span >= 20.0 => 0,
        span if span >= 2.0 => 1,
        span if span >= 0.2 => 2,
        _ => 3,
    };
    let mut seen = Vec::new();
    for tick in ticks {
        let at = panel.y.at(*tick);
        if seen.iter().any(|y: &f64| (y - at).abs() < 13.0) {
            continue;
        }
        seen.push(at);
        let written = if *tick == 0.0 { "0".into() } else { fixed(*tick, decimals) };
        svg.line((panel.left - 4.0, at), (panel.left, at), AXIS);
        svg.text((panel.left - 7.0, at + 4.0), &written, &label(SMALL, Anchor::End, MUTED));
    }
}

/// The outline of a step function in pixels. Where bins are narrower than a pixel, each pixel shows its largest value.
fn steps(panel: &Panel, values: &[f32], start: f64, bin_bp: u64) -> Vec<(f64, f64)> {
    let bin = bin_bp.max(1) as f64;
    let columns = panel.width as usize;
    let (values, bin): (Vec<f32>, f64) = if values.len() > columns {
        let edges = |i: usize| i * values.len() / columns;
        let largest = |i: usize| values[edges(i)..edges(i + 1)].iter().copied().fold(f32::NAN, f32::max);
        ((0..columns).map(largest).collect(), bin * values.len() as f64 / columns as f64)
    } else {
        (values.to_vec(), bin)
    };
    let mut points: Vec<(f64, f64)> = Vec::new();
    for (i, value) in values.iter().enumerate() {
        let y = panel.y.at(if value.is_finite() { f64::from(*value) } else { 0.0 });
        let (left, right) = (panel.x.at(start + i as f64 * bin), panel.x.at(start + (i + 1) as f64 * bin));
        match points.last_mut() {
            Some(last) if (last.1 - y).abs() < 0.05 => last.0 = right,
            _ => points.extend([(left, y), (right, y)]),
        }
    }
    points
}

fn path(points: &[(f64, f64)]) -> String {
    let mut data = String::new();
    let mut before = None;
    for (x, y) in points {
        match before {
            None => data.push_str(&format!("M{} {}", px(*x), px(*y))),
            Some((_, y0)) if y0 == y => data.push_str(&format!("H{}", px(*x))),
            Some((x0, _)) if x0 == x => data.push_str(&format!("V{}", px(*y))),
            Some(_) => data.push_str(&format!("L{} {}", px(*x), px(*y))),
        }
        before = Some((x, y));
    }
    data
}

fn area(panel: &Panel, points: &[(f64, f64)]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return String::new();
    };
    let zero = panel.y.at(0.0);
    let mut closed = vec![(first.0, zero)];
    closed.extend_from_slice(points);
    closed.push((last.0, zero));
    format!("{}Z", path(&closed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(bins: f64) -> Panel {
        let x = |p| Scale::linear((0.0, bins), p);
        Panel::new((0.0, 0.0), (100.0, 10.0), x, |p| Scale::linear((0.0, 10.0), p))
    }

    #[test]
    fn steps_follow_the_bins() {
        let outline = steps(&panel(4.0), &[0.0, 10.0, 10.0, 5.0], 0.0, 1);
        assert_eq!(path(&outline), "M0 10H25V0H75V5H100");
    }

    #[test]
    fn a_peak_one_base_wide_is_not_lost() {
        let mut values = vec![0.0f32; 1000];
        values[503] = 10.0;
        let outline = steps(&panel(1000.0), &values, 0.0, 1);
        assert_eq!(path(&outline), "M0 10H50V0H51V10H100");
    }
}
