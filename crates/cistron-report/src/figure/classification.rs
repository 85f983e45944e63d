//! ROC, precision–recall and reliability curves, one figure per task.

use super::{Figure, Place, WIDTH, file_name, grouped_by};
use crate::plot::legend::{self, Entry, Key};
use crate::plot::number;
use crate::plot::palette::{INK, REFERENCE, Styles, TITLE, bold};
use crate::plot::panel::{Axes, Panel};
use crate::plot::scale::Scale;
use crate::plot::svg::{Anchor, Svg};
use crate::{Curve, CurveFamily, ReportInput};

/// One figure per task.
pub(super) fn figures(input: &ReportInput, styles: &Styles) -> Vec<Figure> {
    let groups = grouped_by(&input.curves, |c| c.task.as_str());
    groups.iter().map(|(task, curves)| figure(task, curves, styles)).collect()
}

struct Wording {
    title: &'static str,
    x: &'static str,
    y: &'static str,
    score: &'static str,
}

fn wording(family: CurveFamily) -> Wording {
    match family {
        CurveFamily::Roc => Wording { title: "ROC", x: "false-positive rate", y: "true-positive rate", score: "AUROC" },
        CurveFamily::PrecisionRecall => {
            Wording { title: "Precision–recall", x: "recall", y: "precision", score: "AP" }
        }
        CurveFamily::Reliability => {
            Wording { title: "Reliability", x: "mean predicted probability", y: "share of positives", score: "ECE" }
        }
    }
}

fn figure(task: &str, curves: &[&Curve], styles: &Styles) -> Figure {
    let name = file_name(&["classification", task]);
    let mut svg = Svg::default();
    svg.text((12.0, 24.0), &format!("Classification: {task}"), &bold(TITLE, Anchor::Start, INK));
    let mut families = grouped_by(curves, |c| c.family);
    families.sort_by_key(|(family, _)| *family);
    let side = (WIDTH - 58.0 - 2.0 * 70.0 - 18.0) / 3.0;
    let (mut bottom, top): (f64, f64) = (0.0, 64.0);
    for (i, (family, curves)) in families.iter().enumerate() {
        let left = 58.0 + i as f64 * (side + 70.0);
        let unit = |p| Scale::linear((0.0, 1.0), p);
        let panel = Panel::new((left, top), (side, side), unit, unit);
        let words = wording(*family);
        panel.draw_axes(&mut svg, &Axes { title: words.title, x_title: words.x, y_title: words.y, ..Axes::default() });
        if *family != CurveFamily::PrecisionRecall {
            panel.line(&mut svg, (0.0, 0.0), (1.0, 1.0), REFERENCE);
        }
        // Baselines below, so that the networks' lines stay whole.
        let mut order: Vec<&&&Curve> = curves.iter().collect();
        order.sort_by_key(|c| !styles.is_baseline(&c.model));
        for curve in order {
            let style = styles.of(&curve.model);
            let pixels = thinned(&panel.pixels(curve.points.iter().copied()));
            svg.polyline(&pixels, &style.stroke(2.0));
            if *family == CurveFamily::Reliability {
                for point in &pixels {
                    svg.circle(*point, 3.0, &style.fill());
                }
            }
        }
        let keys: Vec<Entry> = curves
            .iter()
            .map(|c| {
                let score = c.score.map_or(String::new(), |s| format!("  {} {}", words.score, number::fixed(s, 3)));
                // The score must stay readable: the name gives way.
                let room = side - 28.0 - crate::plot::text::width(&score, crate::plot::palette::NORMAL, false) * 1.05;
                let name = crate::plot::text::fit(&c.model, crate::plot::palette::NORMAL, false, room);
                Entry { key: Key::Line(styles.of(&c.model).stroke(2.4)), text: format!("{name}{score}") }
            })
            .collect();
        let below = panel.bottom() + 46.0;
        bottom = bottom.max(below + legend::draw_column(&mut svg, (left, below), side + 10.0, &keys));
    }
    let scores = curves
        .iter()
        .filter_map(|c| c.score.map(|s| format!("{} {} {}", c.model, wording(c.family).score, number::fixed(s, 3))));
    let alt = format!("Classification of {task}: {}.", scores.collect::<Vec<_>>().join("; "));
    let width = 58.0 + families.len() as f64 * (side + 70.0) - 70.0 + 18.0;
    Figure {
        name,
        place: Place::Classification,
        caption: format!(
            "{task}. ROC: the dashed diagonal is chance. Precision–recall: chance is the share of positives, where every curve ends \
             at recall 1; AP is average precision. Reliability: among windows given a probability (across), the share that are \
             positive (up); a calibrated model follows the diagonal; ECE is the expected calibration error (0 is best)."
        ),
        svg: svg.finish((width, bottom + 12.0), &alt),
    }
}

/// Leaves out points closer than a third of a pixel to the line between their neighbours that stay.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut keep = vec![false; points.len()];
    let (Some(first), Some(last)) = (keep.first().map(|_| 0), points.len().checked_sub(1)) else {
        return Vec::new();
    };
    (keep[first], keep[last]) = (true, true);
    // Douglas and Peucker (1973), with a stack instead of recursion.
    let mut pieces = vec![(first, last)];
    while let Some((from, to)) = pieces.pop() {
        let ((x0, y0), (x1, y1)) = (points[from], points[to]);
        let length = ((x1 - x0).powi(2) + (y1 - y0).powi(2)).sqrt();
        let distance = |(x, y): (f64, f64)| {
            if length < 1e-9 {
                ((x - x0).powi(2) + (y - y0).powi(2)).sqrt()
            } else {
                ((x1 - x0) * (y0 - y) - (x0 - x) * (y1 - y0)).abs() / length
            }
        };
        let far = (from + 1..to).map(|i| (i, distance(points[i]))).fold((0, 0.0), |a, b| if b.1 > a.1 { b } else { a });
        if far.1 > 0.33 {
            keep[far.0] = true;
            pieces.extend([(from, far.0), (far.0, to)]);
        }
    }
    points.iter().zip(keep).filter(|(_, keep)| *keep).map(|(p, _)| *p).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_corners_only() {
        let mut points: Vec<(f64, f64)> = (0..=100).map(|i| (0.0, f64::from(i))).collect();
        points.extend((1..=100).map(|i| (f64::from(i), 100.0)));
        assert_eq!(thinned(&points), [(0.0, 0.0), (0.0, 100.0), (100.0, 100.0)]);
        assert_eq!(thinned(&[]), []);
        assert_eq!(thinned(&[(1.0, 1.0)]), [(1.0, 1.0)]);
    }
}
