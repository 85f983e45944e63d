//! Colours. Models take those of Okabe and Ito (2008), which colour-blind readers tell apart; baselines are grey.

use super::svg::{Anchor, Text};
use crate::ModelKind;

/// Text.
pub(crate) const INK: &str = "class=\"ink\" fill=\"#1f2328\"";
/// Less important text.
pub(crate) const MUTED: &str = "class=\"muted\" fill=\"#59636e\"";
/// Axis lines and ticks.
pub(crate) const AXIS: &str = "class=\"axis\" stroke=\"#59636e\" stroke-width=\"1\"";
/// Grid lines.
pub(crate) const GRID: &str = "class=\"grid\" stroke=\"#e4e8ec\" stroke-width=\"1\"";
/// A line to compare with (identity, chance, zero).
pub(crate) const REFERENCE: &str = "class=\"axis\" stroke=\"#59636e\" stroke-width=\"1\" stroke-dasharray=\"4 3\"";
/// The observed signal as an area.
pub(crate) const OBSERVED: &str = "class=\"observed\" fill=\"#59636e\"";
/// The observed signal behind a prediction.
pub(crate) const OBSERVED_BEHIND: &str = "class=\"observed\" fill=\"#59636e\" fill-opacity=\"0.25\"";

/// Font sizes in px: tick labels, axis titles and legends, figure titles.
pub(crate) const SMALL: f64 = 11.0;
pub(crate) const NORMAL: f64 = 12.0;
pub(crate) const TITLE: f64 = 13.5;

/// Text of the usual kinds.
pub(crate) fn label(size: f64, anchor: Anchor, paint: &str) -> Text<'_> {
    Text { size, anchor, bold: false, paint, turn: 0.0 }
}

/// Bold text.
pub(crate) fn bold(size: f64, anchor: Anchor, paint: &str) -> Text<'_> {
    Text { bold: true, ..label(size, anchor, paint) }
}

const OKABE_ITO: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b8a800"];
const GREYS: [&str; 4] = ["#6e7681", "#a3abb3", "#8a929a", "#c0c6cc"];
const DASHES: [&str; 3] = ["", "6 3", "2 3"];

/// The shape of a model's point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Circle,
    Square,
    Diamond,
}

/// How one model is drawn everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub colour: &'static str,
    /// Empty for a solid line.
    pub dash: &'static str,
    pub marker: Marker,
}

impl Style {
    /// Stroke attributes.
    pub(crate) fn stroke(&self, width: f64) -> String {
        let dash = if self.dash.is_empty() { String::new() } else { format!(" stroke-dasharray=\"{}\"", self.dash) };
        format!("stroke=\"{}\" stroke-width=\"{width}\"{dash}", self.colour)
    }

    /// Fill attributes.
    pub(crate) fn fill(&self) -> String {
        format!("fill=\"{}\"", self.colour)
    }
}

/// The style of every model, by order: networks and precomputed predictions take the colours, baselines the greys.
#[derive(Debug, Clone)]
pub(crate) struct Styles {
    models: Vec<(String, ModelKind, Style)>,
}

impl Styles {
    pub(crate) fn new(kinds: Vec<(String, ModelKind)>) -> Self {
        let (mut coloured, mut grey) = (0, 0);
        let mut style = |kind: ModelKind| {
            let (count, colours): (&mut usize, &[&'static str]) =
                if kind == ModelKind::Baseline { (&mut grey, &GREYS) } else { (&mut coloured, &OKABE_ITO) };
            let index = *count;
            *count += 1;
            let marker = match kind {
                ModelKind::Network => Marker::Circle,
                ModelKind::Baseline => Marker::Square,
                ModelKind::Precomputed => Marker::Diamond,
            };
            Style { colour: colours[index % colours.len()], dash: DASHES[index / colours.len() % DASHES.len()], marker }
        };
        Self {
            models: kinds
                .into_iter()
                .map(|(name, kind)| {
                    let s = style(kind);
                    (name, kind, s)
                })
                .collect(),
        }
    }

    /// The style of a model.
    pub(crate) fn of(&self, model: &str) -> Style {
        let grey = Style { colour: GREYS[0], dash: "", marker: Marker::Circle };
        self.models.iter().find(|(name, ..)| name == model).map_or(grey, |(.., style)| *style)
    }

    /// Whether a model is a trivial baseline.
    pub(crate) fn is_baseline(&self, model: &str) -> bool {
        self.models.iter().any(|(name, kind, _)| name == model && *kind == ModelKind::Baseline)
    }

    /// Model names in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.models.iter().map(|(name, ..)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baselines_are_grey_and_no_two_models_look_alike() {
        let kinds = (0..20).map(|i| (format!("m{i}"), if i < 16 { ModelKind::Network } else { ModelKind::Baseline }));
        let styles = Styles::new(kinds.collect());
        assert!(styles.is_baseline("m17") && GREYS.contains(&styles.of("m17").colour));
        let all: Vec<Style> = styles.names().map(|n| styles.of(n)).collect();
        assert!((0..20).all(|i| (0..i).all(|j| all[i] != all[j])));
    }
}
