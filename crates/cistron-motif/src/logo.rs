//! Sequence logos as SVG, with letters as outlines, so that they look the same everywhere.

use std::fmt::Write as _;

use crate::Motif;
use crate::motif::other_strand;

/// Outlines in a box of 100 × 100, y downwards.
const GLYPHS: [&str; 4] = [
    "M0 100L38 0H62L100 100H78L70 77H30L22 100ZM36 60H64L50 19Z",
    "M98 68C94 89 76 100 53 100C20 100 0 78 0 50C0 22 20 0 53 0C76 0 93 11 98 31L77 36C73 24 65 18 53 18C33 18 21 30 21 50C21 70 33 82 53 82C66 82 74 75 78 63Z",
    "M53 18C33 18 21 30 21 50C21 70 33 82 53 82C64 82 73 78 79 73V61H54V45H99V82C88 93 72 100 53 100C20 100 0 78 0 50C0 22 20 0 53 0C76 0 93 10 98 29L77 34C73 24 65 18 53 18Z",
    "M0 0H100V17H60V100H40V17H0Z",
];
/// The field's usual colours of A, C, G, T.
const COLOURS: [&str; 4] = ["#109648", "#255c99", "#f7b32b", "#d62839"];

/// Heights of letters along a motif, with an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Logo {
    /// Height of A, C, G, T per position; letters of negative height hang below the axis.
    pub heights: Vec<[f64; 4]>,
    /// What the axis shows.
    pub label: String,
    /// Above the logo; may be empty.
    pub title: String,
    /// The axis' ends; taken from the heights when none.
    pub range: Option<(f64, f64)>,
}

impl Logo {
    /// Frequencies scaled by the position's information content against equal frequencies, in bits (Schneider and Stephens 1990).
    pub fn information(motif: &Motif) -> Self {
        let bits = motif.information_bits([0.25; 4]);
        let heights = motif.frequencies().into_iter().zip(bits).map(|(c, bits)| c.map(|p| p * bits)).collect();
        Self { heights, label: "bits".into(), title: motif.label().to_owned(), range: Some((0.0, 2.0)) }
    }

    /// Contribution weights as they are.
    pub fn contributions(weights: &[[f64; 4]], title: impl Into<String>) -> Self {
        Self { heights: weights.to_vec(), label: "contribution".into(), title: title.into(), range: None }
    }

    /// The same read on the other strand.
    #[must_use]
    pub fn reverse_complement(&self) -> Self {
        Self { heights: other_strand(&self.heights), ..self.clone() }
    }

    fn ends(&self) -> (f64, f64) {
        self.range.unwrap_or_else(|| {
            let sum = |c: &[f64; 4], sign: f64| c.iter().map(|h| (h * sign).max(0.0)).sum::<f64>() * sign;
            let low = self.heights.iter().map(|c| sum(c, -1.0)).fold(0.0, f64::min);
            let high = self.heights.iter().map(|c| sum(c, 1.0)).fold(0.0, f64::max);
            if high - low > 0.0 { (low, high) } else { (0.0, 1.0) }
        })
    }
}

/// Width of a position and height of a logo's letters, in pixels.
const COLUMN: f64 = 18.0;
const HEIGHT: f64 = 80.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 20.0;

/// A logo.
pub fn logo_svg(logo: &Logo) -> String {
    aligned_logos_svg(&[(logo, 0)])
}

/// Logos under each other, each moved to the right by so many positions (to the left when negative).
pub fn aligned_logos_svg(logos: &[(&Logo, i32)]) -> String {
    let first = logos.iter().map(|(_, shift)| *shift).min().unwrap_or(0);
    let columns = logos.iter().map(|(l, s)| l.heights.len() + (s - first) as usize).max().unwrap_or(0);
    let (width, row) = (LEFT + columns as f64 * COLUMN + 8.0, HEIGHT + TOP + 16.0);
    let height = row * logos.len() as f64;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"Roboto, Helvetica, sans-serif\" font-size=\"10\"><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>"
    );
    for (i, (logo, shift)) in logos.iter().enumerate() {
        draw(&mut svg, logo, LEFT + f64::from(shift - first) * COLUMN, row * i as f64);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, logo: &Logo, left: f64, top: f64) {
    let (low, high) = logo.ends();
    let scale = HEIGHT / (high - low);
    let y = |value: f64| top + TOP + (high - value) * scale;
    let right = left + logo.heights.len() as f64 * COLUMN;
    let title = logo.title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = write!(svg, "<text x=\"{left:.1}\" y=\"{:.1}\" font-size=\"12\">{title}</text>", top + 13.0);
    let axis = left - 4.0;
    let _ = write!(
        svg,
        "<path d=\"M{axis:.1} {:.2}V{:.2}M{axis:.1} {:.2}H{right:.1}\" stroke=\"#444444\" fill=\"none\"/>",
        y(high),
        y(low),
        y(0.0)
    );
    for value in [low, high] {
        let digits = if value == 0.0 || value.abs() >= 1.0 { 1 } else { 3 };
        let _ = write!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.digits$}</text>",
            axis - 3.0,
            y(value) + 3.5
        );
    }
    let (x, middle) = (axis - 30.0, (y(low) + y(high)) / 2.0);
    let _ = write!(
        svg,
        "<text x=\"{x:.1}\" y=\"{middle:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 {x:.1} {middle:.1})\">{}</text>",
        logo.label
    );
    for (i, column) in logo.heights.iter().enumerate() {
        let mut order = [0, 1, 2, 3];
        order.sort_by(|a, b| column[*a].abs().total_cmp(&column[*b].abs()));
        let (mut above, mut below) = (0.0f64, 0.0f64);
        for base in order {
            let h = column[base];
            // Lower than a twentieth of a pixel is nothing to see.
            if h.abs() * scale < 0.05 {
                continue;
            }
            let top_value = if h > 0.0 {
                above += h;
                above
            } else {
                below += h;
                below - h
            };
            let _ = write!(
                svg,
                "<path transform=\"translate({:.2} {:.2})scale({:.4} {:.4})\" fill=\"{}\" fill-rule=\"evenodd\" d=\"{}\"/>",
                left + i as f64 * COLUMN + 0.5,
                y(top_value),
                (COLUMN - 1.0) / 100.0,
                h.abs() * scale / 100.0,
                COLOURS[base],
                GLYPHS[base]
            );
        }
        if logo.heights.len() <= 30 || i % 5 == 4 {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"8\">{}</text>",
                left + (i as f64 + 0.5) * COLUMN,
                y(low) + 11.0,
                i + 1
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_are_shares_of_the_information() {
        let motif = Motif::from_counts("M<1>", "", vec![[8.0, 0.0, 0.0, 0.0], [4.0, 0.0, 4.0, 0.0], [1.0; 4]]).unwrap();
        let logo = Logo::information(&motif);
        assert_eq!(logo.heights, [[2.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0], [0.0; 4]]);
        let svg = logo_svg(&logo);
        // One A as high as the logo, an A and a G of a quarter each, nothing where nothing is known.
        let scales: Vec<&str> =
            svg.match_indices("scale(").map(|(i, _)| svg[i..].split([' ', ')']).nth(1).unwrap()).collect();
        assert_eq!(scales, ["0.8000", "0.2000", "0.2000"]);
        assert!(svg.contains("M&lt;1&gt;") && svg.matches(COLOURS[0]).count() == 2);
        assert_eq!(logo.reverse_complement().heights[2], [0.0, 0.0, 0.0, 2.0]);
    }

    #[test]
    fn negative_letters_hang_below_the_axis() {
        let logo = Logo::contributions(&[[0.3, 0.0, 0.0, -0.1]], "w");
        let svg = logo_svg(&logo);
        assert_eq!(logo.ends(), (-0.1, 0.3));
        // The axis is three quarters down; T begins there, A ends there.
        let axis = TOP + HEIGHT * 0.75;
        assert!(svg.contains(&format!("translate({:.2} {axis:.2})", LEFT + 0.5)), "{svg}");
        let two = aligned_logos_svg(&[(&logo, 0), (&logo, -2)]);
        assert!(two.contains(&format!("translate({:.2}", LEFT + 2.0 * COLUMN + 0.5)));
    }
}
