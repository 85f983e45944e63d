//! The figures of a report, one kind a file.

mod bars;
mod classification;
mod density;
mod forest;
mod front;
mod grid;
pub(crate) mod importance;
mod learning;
pub(crate) mod parallel;
mod plots;
mod ranks;
mod scatter;
mod tracks;

use crate::plot::palette::Styles;
use crate::{LeaderboardInput, ReportInput};

/// Width of a figure, px.
pub(crate) const WIDTH: f64 = 860.0;

/// Where in the page a figure stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Beside the summary table.
    Summary,
    Learning,
    Agreement,
    Classification,
    Tracks,
    PerTask,
    /// Of one of the further evaluations, by its place among them.
    Section(usize),
}

/// A drawn figure.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    /// File name without extension; safe on every file system and unique in the report.
    pub name: String,
    pub place: Place,
    /// How to read it.
    pub caption: String,
    pub svg: String,
}

/// Draws everything that the input has data for.
pub(crate) fn all(input: &ReportInput) -> Vec<Figure> {
    let styles = Styles::new(input.model_kinds());
    let mut figures = Vec::new();
    figures.extend(forest::headline(input, &styles));
    figures.extend(forest::differences(input, &styles));
    figures.extend(learning::figures(input, &styles));
    figures.extend(density::figures(input));
    figures.extend(scatter::figures(input));
    figures.extend(classification::figures(input, &styles));
    figures.extend(tracks::figures(input, &styles));
    figures.extend(bars::figures(input, &styles));
    figures.extend(plots::figures(input));
    let mut taken = std::collections::BTreeSet::new();
    for figure in &mut figures {
        let base = figure.name.clone();
        let mut copy = 2;
        while !taken.insert(figure.name.to_lowercase()) {
            figure.name = format!("{base}_{copy}");
            copy += 1;
        }
    }
    figures
}

/// Draws what a leaderboard has data for.
pub(crate) fn leaderboard(input: &LeaderboardInput) -> Vec<Figure> {
    let styles = Styles::new(input.report.model_kinds());
    let mut figures = Vec::new();
    figures.extend(forest::headline(&input.report, &styles));
    figures.extend(ranks::figure(input, &styles));
    figures.extend(forest::differences(&input.report.against_first(), &styles));
    figures.extend(input.front.as_ref().ok().and_then(|front| front::figure(front, &styles)));
    figures
}

/// A name for a file made of free text: ASCII letters, digits, `-` and `_`, at most 60 characters.
pub(crate) fn file_name(parts: &[&str]) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '_' };
    let parts = parts.iter().filter(|p| !p.is_empty()).map(|p| p.chars().map(safe).collect::<String>());
    let name = parts.collect::<Vec<_>>().join("_");
    name.chars().take(60).collect()
}

/// Items in order of first appearance of their key.
pub(crate) fn grouped_by<'a, T, K: PartialEq>(items: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<(K, Vec<&'a T>)> {
    let mut groups: Vec<(K, Vec<&'a T>)> = Vec::new();
    for item in items {
        let k = key(item);
        match groups.iter_mut().find(|(known, _)| *known == k) {
            Some((_, group)) => group.push(item),
            None => groups.push((k, vec![item])),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_tame() {
        assert_eq!(file_name(&["tracks", "../../etc", "best"]), "tracks_______etc_best");
        assert_eq!(file_name(&["a", "", "é b"]), "a___b");
        assert_eq!(file_name(&["x".repeat(100).as_str()]).len(), 60);
    }
}
