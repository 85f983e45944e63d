//! Every task's value for every model, one figure per headline metric.

use cistron_core::MetricRow;

use super::{Figure, Place, WIDTH, file_name};
use crate::plot::legend::{self, Entry, Key};
use crate::plot::number;
use crate::plot::palette::{AXIS, GRID, INK, MUTED, NORMAL, SMALL, Styles, TITLE, bold, label};
use crate::plot::panel::Panel;
use crate::plot::scale::{Scale, range_of};
use crate::plot::svg::{Anchor, Svg, px};
use crate::plot::text;
use crate::{HeadlineMetric, ReportInput};

/// Tallest block of bars, px; more tasks make more figures.
const TALLEST: f64 = 1100.0;

/// One figure per headline metric (more with very many tasks); none for a single task, which the summary already shows.
pub(super) fn figures(input: &ReportInput, styles: &Styles) -> Vec<Figure> {
    let tasks = input.tasks();
    if tasks.len() < 2 {
        return Vec::new();
    }
    let models: Vec<&str> = styles.names().filter(|n| input.metrics.iter().any(|r| r.model == *n)).collect();
    let bar = (64.0 / models.len() as f64).clamp(5.0, 13.0);
    let block = bar * models.len() as f64 + 10.0;
    let per_figure = ((TALLEST / block) as usize).max(1);
    let mut figures = Vec::new();
    for metric in &input.headline_metrics {
        for (part, tasks) in tasks.chunks(per_figure).enumerate() {
            let chart = Chart { input, styles, metric, tasks, models: &models, bar, block };
            figures.extend(chart.draw(part));
        }
    }
    figures
}

struct Chart<'a> {
    input: &'a ReportInput,
    styles: &'a Styles,
    metric: &'a HeadlineMetric,
    tasks: &'a [String],
    models: &'a [&'a str],
    /// Height of one bar and of one task's bars, px.
    bar: f64,
    block: f64,
}

impl Chart<'_> {
    fn row(&self, model: &str, task: &str) -> Option<&MetricRow> {
        self.input.metrics.iter().find(|r| r.model == model && r.task == task && r.metric == self.metric.metric)
    }

    fn draw(&self, part: usize) -> Option<Figure> {
        // The scale is that of all tasks, so that parts can be compared.
        let rows = self
            .input
            .metrics
            .iter()
            .filter(|r| r.metric == self.metric.metric && r.task != MetricRow::MEAN_OVER_TASKS);
        let range = range_of(rows.flat_map(|r| [r.value, r.low, r.high]).flatten())?;
        let range = (range.0.min(0.0), range.1.max(0.0));
        let widest = self.tasks.iter().map(|t| text::width(t, NORMAL, false)).fold(40.0, f64::max);
        let names = (widest + 24.0).min(240.0);
        let name = file_name(&[
            "per_task",
            &self.metric.metric,
            &if part > 0 { (part + 1).to_string() } else { String::new() },
        ]);
        let mut svg = Svg::default();
        let title = format!("Per task: {}", self.metric.label);
        svg.text((12.0, 24.0), &title, &bold(TITLE, Anchor::Start, INK));
        let keys: Vec<Entry> = self
            .models
            .iter()
            .map(|m| Entry { key: Key::Box(self.styles.of(m).fill()), text: (*m).to_owned() })
            .collect();
        let top = 40.0 + legend::draw(&mut svg, (names - 9.0, 36.0), WIDTH - names - 20.0, &keys) + 6.0;
        let height = self.tasks.len() as f64 * self.block + 4.0;
        let panel = Panel::new(
            (names, top),
            (WIDTH - names - 24.0, height),
            |p| Scale::linear(range, p),
            |p| Scale::linear((0.0, 1.0), p),
        );
        let ticks = panel.x.x_ticks(SMALL);
        let grid: String = ticks.iter().map(|t| format!("M{} {}V{}", px(t.at), px(top), px(panel.bottom()))).collect();
        svg.path(&grid, &format!("fill=\"none\" {GRID}"));
        panel.x_axis(&mut svg, &ticks, &self.metric.label);
        for (i, task) in self.tasks.iter().enumerate() {
            let y = top + 2.0 + i as f64 * self.block;
            let fitted = text::fit(task, NORMAL, false, names - 20.0);
            svg.text((names - 8.0, y + self.block / 2.0 + 4.0), &fitted, &label(NORMAL, Anchor::End, INK));
            for (j, model) in self.models.iter().enumerate() {
                self.draw_bar(&mut svg, &panel, y + 5.0 + j as f64 * self.bar, model, task);
            }
        }
        let zero = panel.x.at(0.0);
        svg.line((zero, top), (zero, panel.bottom()), AXIS);
        let better = if self.metric.higher_is_better { "Longer is better" } else { "Shorter is better" };
        Some(Figure {
            name,
            place: Place::PerTask,
            caption: format!(
                "{} of every task and model on the test set. {better}; whiskers are 95 % bootstrap intervals over windows; a dash \
                 means that the value is undefined.",
                self.metric.label
            ),
            svg: svg.finish((WIDTH, panel.bottom() + 44.0), &self.alt()),
        })
    }

    fn draw_bar(&self, svg: &mut Svg, panel: &Panel, y: f64, model: &str, task: &str) {
        let (zero, middle) = (panel.x.at(0.0), y + self.bar / 2.0);
        let Some((row, value)) = self.row(model, task).and_then(|r| r.value.filter(|v| v.is_finite()).map(|v| (r, v)))
        else {
            svg.text((zero + 4.0, middle + 3.5), "–", &label(SMALL, Anchor::Start, MUTED));
            return;
        };
        let end = panel.x.at(value);
        let style = self.styles.of(model);
        svg.rect((zero.min(end), y + 0.5), ((end - zero).abs(), self.bar - 1.0), &style.fill());
        if let Some((low, high)) = row.low.zip(row.high) {
            let (a, b) = (px(panel.x.clamped(low)), px(panel.x.clamped(high)));
            let (u, h) = (px(middle - self.bar * 0.22), px(self.bar * 0.44));
            let data = format!("M{a} {m}H{b}M{a} {u}v{h}M{b} {u}v{h}", m = px(middle));
            svg.path(&data, "fill=\"none\" class=\"whisker\" stroke=\"#1f2328\" stroke-width=\"1.1\"");
        }
    }

    fn alt(&self) -> String {
        let of = |task: &String| {
            let values = self.models.iter().map(|m| {
                let value = self.row(m, task).and_then(|r| r.value).map_or("undefined".into(), number::plain);
                format!("{m} {value}")
            });
            format!("{task}: {}", values.collect::<Vec<_>>().join(", "))
        };
        format!("{} per task. {}.", self.metric.label, self.tasks.iter().map(of).collect::<Vec<_>>().join("; "))
    }
}
