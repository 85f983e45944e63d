use super::palette::{AXIS, GRID, INK, MUTED, NORMAL, SMALL, Style, bold, label};
use super::scale::{Scale, Tick};
use super::svg::{Anchor, Svg, px};
use super::{palette::Marker, text};

/// A plotting area with its two scales.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Panel {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Scale,
    pub y: Scale,
}

/// What is written around a panel; an empty title is left out.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Axes<'a> {
    pub title: &'a str,
    pub note: &'a str,
    pub x_title: &'a str,
    pub y_title: &'a str,
    /// Leave out the numbers along y (a panel to the left has them).
    pub bare_y: bool,
}

impl Panel {
    /// A panel at a place; the scales are made to its pixels.
    pub(crate) fn new(
        (left, top): (f64, f64),
        (width, height): (f64, f64),
        x: impl FnOnce((f64, f64)) -> Scale,
        y: impl FnOnce((f64, f64)) -> Scale,
    ) -> Self {
        Self { left, top, width, height, x: x((left, left + width)), y: y((top + height, top)) }
    }

    /// Right edge.
    pub(crate) fn right(&self) -> f64 {
        self.left + self.width
    }

    /// Lower edge.
    pub(crate) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    /// Grid, axes, ticks, titles. Space needed outside the panel: 22 px above for the title (36 with a note), 36 px below, 52 px to
    /// the left.
    pub(crate) fn draw_axes(&self, svg: &mut Svg, axes: &Axes<'_>) {
        let (x_ticks, y_ticks) = (self.x.x_ticks(SMALL), self.y.y_ticks());
        self.draw_grid(svg, &x_ticks, &y_ticks);
        self.x_axis(svg, &x_ticks, axes.x_title);
        self.y_axis(svg, if axes.bare_y { &[] } else { &y_ticks }, axes.y_title);
        let lift = if axes.note.is_empty() { 8.0 } else { 22.0 };
        if !axes.title.is_empty() {
            let title = text::fit(axes.title, NORMAL, true, self.width + 10.0);
            svg.text((self.left, self.top - lift), &title, &bold(NORMAL, Anchor::Start, INK));
        }
        if !axes.note.is_empty() {
            let note = text::fit(axes.note, SMALL, false, self.width + 10.0);
            svg.text((self.left, self.top - 8.0), &note, &label(SMALL, Anchor::Start, MUTED));
        }
    }

    /// Lines at the ticks.
    pub(crate) fn draw_grid(&self, svg: &mut Svg, x_ticks: &[Tick], y_ticks: &[Tick]) {
        let mut data = String::new();
        for tick in x_ticks {
            data.push_str(&format!("M{} {}V{}", px(tick.at), px(self.top), px(self.bottom())));
        }
        for tick in y_ticks {
            data.push_str(&format!("M{} {}H{}", px(self.left), px(tick.at), px(self.right())));
        }
        svg.path(&data, &format!("fill=\"none\" {GRID}"));
    }

    /// The lower axis with given ticks.
    pub(crate) fn x_axis(&self, svg: &mut Svg, ticks: &[Tick], title: &str) {
        let y = self.bottom();
        let mut data = format!("M{} {}H{}", px(self.left), px(y), px(self.right()));
        for tick in ticks {
            data.push_str(&format!("M{} {}v4", px(tick.at), px(y)));
            svg.text((tick.at, y + 16.0), &tick.label, &label(SMALL, Anchor::Middle, MUTED));
        }
        svg.path(&data, &format!("fill=\"none\" {AXIS}"));
        if !title.is_empty() {
            let title = text::fit(title, NORMAL, false, self.width + 40.0);
            svg.text((self.left + self.width / 2.0, y + 33.0), &title, &label(NORMAL, Anchor::Middle, INK));
        }
    }

    /// The left axis with given ticks.
    pub(crate) fn y_axis(&self, svg: &mut Svg, ticks: &[Tick], title: &str) {
        let mut data = format!("M{} {}V{}", px(self.left), px(self.top), px(self.bottom()));
        for tick in ticks {
            data.push_str(&format!("M{} {}h-4", px(self.left), px(tick.at)));
            svg.text((self.left - 7.0, tick.at + 4.0), &tick.label, &label(SMALL, Anchor::End, MUTED));
        }
        svg.path(&data, &format!("fill=\"none\" {AXIS}"));
        if !title.is_empty() {
            let widest = ticks.iter().map(|t| text::width(&t.label, SMALL, false)).fold(0.0, f64::max);
            let title = text::fit(title, NORMAL, false, self.height + 30.0);
            let place = (self.left - 16.0 - widest, self.top + self.height / 2.0);
            svg.text(place, &title, &super::svg::Text { turn: -90.0, ..label(NORMAL, Anchor::Middle, INK) });
        }
    }

    /// The straight line from (x0, y0) to (x1, y1) in values.
    pub(crate) fn line(&self, svg: &mut Svg, (x0, y0): (f64, f64), (x1, y1): (f64, f64), paint: &str) {
        svg.line((self.x.at(x0), self.y.at(y0)), (self.x.at(x1), self.y.at(y1)), paint);
    }

    /// Values as pixels.
    pub(crate) fn pixels(&self, points: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
        points.into_iter().map(|(x, y)| (self.x.at(x), self.y.at(y))).collect()
    }
}

/// Draws a model's marker; hollow ones are filled with paper.
pub(crate) fn draw_marker(svg: &mut Svg, (x, y): (f64, f64), radius: f64, style: &Style, hollow: bool) {
    let paint = if hollow {
        format!("class=\"paper\" fill=\"#ffffff\" stroke=\"{}\" stroke-width=\"1.6\"", style.colour)
    } else {
        format!("{} stroke=\"{}\" stroke-width=\"1.6\"", style.fill(), style.colour)
    };
    match style.marker {
        Marker::Circle => svg.circle((x, y), radius, &paint),
        Marker::Square => svg.rect((x - radius * 0.9, y - radius * 0.9), (radius * 1.8, radius * 1.8), &paint),
        Marker::Diamond => {
            let r = radius * 1.25;
            svg.path(&format!("M{} {}l{r} {r}l-{r} {r}l-{r} -{r}z", px(x), px(y - r), r = px(r)), &paint);
        }
    }
}
