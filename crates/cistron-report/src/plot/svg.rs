use std::fmt::Write;

/// Fonts that a figure asks for; the page and the PNGs carry the first.
const FONTS: &str = "Roboto, Helvetica, Arial, sans-serif";

/// Which end of a text its position means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    pub size: f64,
    pub anchor: Anchor,
    pub bold: bool,
    /// Class and fill, e.g. [`super::palette::INK`].
    pub paint: &'a str,
    /// Degrees, around the position.
    pub turn: f64,
}

/// An SVG in the making; its size is known when it is finished.
#[derive(Debug, Default)]
pub(crate) struct Svg {
    body: String,
}

/// A coordinate with at most two decimals.
pub(crate) fn px(value: f64) -> String {
    let mut text = format!("{value:.2}");
    while text.ends_with('0') {
        text.pop();
    }
    if text.ends_with('.') {
        text.pop();
    }
    if text == "-0" { "0".into() } else { text }
}

/// Text made safe for XML content and attributes; characters that XML forbids become spaces.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

impl Svg {
    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        if self.body.write_fmt(element).is_ok() {
            self.body.push('\n');
        }
    }

    /// A text whose baseline is at (x, y).
    pub(crate) fn text(&mut self, (x, y): (f64, f64), text: &str, style: &Text<'_>) {
        let anchor = match style.anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if style.bold { " font-weight=\"700\"" } else { "" };
        let turn = if style.turn == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {} {})\"", px(style.turn), px(x), px(y))
        };
        let (x, y, size, paint, text) = (px(x), px(y), px(style.size), style.paint, escape(text));
        self.push(format_args!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{weight}{turn} {paint}>{text}</text>"
        ));
    }

    /// A straight line.
    pub(crate) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), paint: &str) {
        let (x1, y1, x2, y2) = (px(x1), px(y1), px(x2), px(y2));
        self.push(format_args!("<path d=\"M{x1} {y1}L{x2} {y2}\" fill=\"none\" {paint}/>"));
    }

    /// A path from its data.
    pub(crate) fn path(&mut self, data: &str, paint: &str) {
        if !data.is_empty() {
            self.push(format_args!("<path d=\"{data}\" {paint}/>"));
        }
    }

    /// A line through points; a point that is not finite breaks it, and a lone point becomes a dot.
    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], paint: &str) {
        let mut data = String::new();
        for run in points.split(|(x, y)| !x.is_finite() || !y.is_finite()).filter(|run| !run.is_empty()) {
            for (i, (x, y)) in run.iter().enumerate() {
                data.push_str(if i == 0 { "M" } else { "L" });
                data.push_str(&format!("{} {}", px(*x), px(*y)));
            }
            if run.len() == 1 {
                data.push_str("h0.01");
            }
        }
        self.path(&data, &format!("fill=\"none\" stroke-linejoin=\"round\" stroke-linecap=\"round\" {paint}"));
    }

    /// A rectangle.
    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), paint: &str) {
        let (x, y, width, height) = (px(x), px(y), px(width.max(0.0)), px(height.max(0.0)));
        self.push(format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {paint}/>"));
    }

    /// A circle.
    pub(crate) fn circle(&mut self, (x, y): (f64, f64), radius: f64, paint: &str) {
        let (x, y, r) = (px(x), px(y), px(radius));
        self.push(format_args!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" {paint}/>"));
    }

    /// The whole file. `alt` says in words what it shows.
    pub(crate) fn finish(self, (width, height): (f64, f64), alt: &str) -> String {
        let (width, height) = (px(width.ceil()), px(height.ceil()));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
             role=\"img\" aria-label=\"{}\" font-family=\"{FONTS}\">\n\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            escape(alt),
            self.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_short() {
        assert_eq!([1.0, 1.5, 1.234_5, -0.001, 100.0].map(px), ["1", "1.5", "1.23", "0", "100"]);
    }

    #[test]
    fn names_cannot_break_out() {
        assert_eq!(escape("<b a='1'>&\"\u{7}"), "&lt;b a=&#39;1&#39;&gt;&amp;&quot; ");
    }

    #[test]
    fn lines_break_at_gaps() {
        let mut svg = Svg::default();
        svg.polyline(&[(0.0, 0.0), (1.0, 1.0), (f64::NAN, 2.0), (3.0, 3.0)], "stroke=\"#000000\"");
        assert!(svg.body.contains("d=\"M0 0L1 1M3 3h0.01\""), "{}", svg.body);
    }
}
