//! The page of a leaderboard.

use serde::Serialize;

use super::fonts;
use super::page::{Fact, SCRIPT, STYLE, Shown, facts, fill};
use super::summary::{self, Grid, Head, Notes, head, mark_best, measured, model, words};
use crate::figure::Figure;
use crate::plot::palette::Styles;
use crate::{LeaderboardInput, ReportError};

/// Everything that the template names.
#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    subtitle: &'a str,
    generated: &'a str,
    summary_sentences: &'a [String],
    board: Grid,
    ranks: Option<Grid>,
    performance: Option<Shown<'a>>,
    rank_figure: Option<Shown<'a>>,
    differences_figure: Option<Shown<'a>>,
    front_figure: Option<Shown<'a>>,
    /// The models on the front.
    front: Vec<&'a str>,
    /// Why there is no front.
    no_front: &'a str,
    warnings: &'a [String],
    provenance: Vec<Fact<'a>>,
    metrics: Option<Grid>,
    differences: Option<Grid>,
    fonts: String,
    style: &'static str,
    script: &'static str,
}

/// The page as one string.
pub(crate) fn render_leaderboard(input: &LeaderboardInput, figures: &[Figure]) -> Result<String, ReportError> {
    let report = &input.report;
    let styles = Styles::new(report.model_kinds());
    let figure = |name: &str| figures.iter().find(|f| f.name == name).map(Shown::new);
    let shown = |grid: Grid| (!grid.is_empty()).then_some(grid);
    let points = input.front.as_ref().map_or(&[][..], |f| f.points.as_slice());
    let page = Page {
        title: &report.title,
        subtitle: &report.subtitle,
        generated: &report.generated,
        summary_sentences: &report.summary_sentences,
        board: board(input, &styles),
        ranks: shown(ranks(input, &styles)),
        performance: figure("headline_metrics"),
        rank_figure: figure("ranks"),
        differences_figure: figure("paired_differences"),
        front_figure: figure("performance_robustness"),
        front: points.iter().filter(|p| p.on_front).map(|p| p.model.as_str()).collect(),
        no_front: input.front.as_ref().err().map_or("", String::as_str),
        warnings: &report.warnings,
        provenance: facts(&report.provenance),
        metrics: shown(summary::metrics(report, &styles)),
        differences: shown(summary::differences(report, &styles)),
        fonts: fonts::css(),
        style: STYLE,
        script: SCRIPT,
    };
    fill(&page, "leaderboard.html")
}

/// Models by all criteria, intervals under their values: many columns stand side by side.
fn board(input: &LeaderboardInput, styles: &Styles) -> Grid {
    let criteria: Vec<_> = input.criteria.iter().filter(|c| c.shown).collect();
    let mut heads = vec![head("Model", false), head("Run", false), head("Kind", false)];
    heads.extend(criteria.iter().map(|c| {
        let (arrow, hint) = match c.higher_is_better {
            Some(true) => ("\u{a0}↑", ": higher is better"),
            Some(false) => ("\u{a0}↓", ": lower is better"),
            None => ("", ""),
        };
        let evaluation = if c.evaluation == LeaderboardInput::GENERALISATION {
            String::new()
        } else {
            format!("{}: ", c.evaluation)
        };
        Head {
            text: format!("{evaluation}{}{arrow}", c.label),
            number: true,
            hint: format!("{}, {}{hint}", c.evaluation, c.metric),
        }
    }));
    let mut notes = Notes::default();
    let mut rows = Vec::new();
    for (index, (info, run)) in input.report.models.iter().zip(&input.runs).enumerate() {
        let mut row = vec![model(&info.name, styles), words(run), words(info.kind.word())];
        row.extend(criteria.iter().map(|c| {
            let r = &c.values[index];
            let mut cell = measured(r.value, r.low, r.high, r.reason.as_deref(), &mut notes);
            cell.text = cell.text.replace(" [", "\n[");
            cell
        }));
        rows.push(row);
    }
    for (i, criterion) in criteria.iter().enumerate() {
        if let Some(higher) = criterion.higher_is_better {
            mark_best(&mut rows, i + 3, higher);
        }
    }
    Grid { heads, rows, notes: notes.texts(), left_out: 0 }
}

/// Models by ranks on the headline metrics.
fn ranks(input: &LeaderboardInput, styles: &Styles) -> Grid {
    let metrics = input.report.headline_metrics.iter();
    let metrics: Vec<_> = metrics.filter(|m| input.ranks.iter().any(|r| r.metric == m.metric)).collect();
    if metrics.is_empty() {
        return Grid::default();
    }
    let mut heads = vec![head("Model", false)];
    heads.extend(metrics.iter().map(|m| Head {
        text: m.label.clone(),
        number: true,
        hint: "mean rank [2.5 %, 97.5 % quantile], share of replicates in which the model is first".into(),
    }));
    let mut notes = Notes::default();
    let mut rows = Vec::new();
    for info in &input.report.models {
        let mut row = vec![model(&info.name, styles)];
        for metric in &metrics {
            let rank = input.rank(&info.name, &metric.metric);
            let reason = rank.and_then(|r| r.reason.as_deref()).unwrap_or("not ranked");
            let numbers = rank.and_then(|r| Some((r.mean_rank?, r.low?, r.high?, r.share_first?)));
            row.push(match numbers {
                Some((mean, low, high, first)) => {
                    let mut cell = measured(Some(mean), None, None, rank.and_then(|r| r.reason.as_deref()), &mut notes);
                    cell.text = format!("{mean:.2} [{low}, {high}]\nfirst {:.0} %", 100.0 * first);
                    cell
                }
                None => measured(None, None, None, Some(reason), &mut notes),
            });
        }
        rows.push(row);
    }
    for i in 0..metrics.len() {
        mark_best(&mut rows, i + 1, false);
    }
    Grid { heads, rows, notes: notes.texts(), left_out: 0 }
}
