use serde::Serialize;

use super::fonts;
use super::page::{Fact, SCRIPT, STYLE, Shown, facts, fill};
use super::summary::{self, Grid};
use crate::figure::Figure;
use crate::{ReportError, SweepReport};

/// Everything that the template names.
#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    subtitle: &'a str,
    sentences: &'a [String],
    figures: Vec<Shown<'a>>,
    best_title: &'a str,
    best_note: &'a str,
    best: Option<Grid>,
    failed: Option<Grid>,
    warnings: &'a [String],
    facts: Vec<Fact<'a>>,
    fonts: String,
    style: &'static str,
    script: &'static str,
}

/// The page of a sweep as one string.
pub(crate) fn render_sweep(input: &SweepReport, figures: &[Figure]) -> Result<String, ReportError> {
    let table = |t: &crate::SummaryTable| Some(summary::free(&t.columns, &t.rows)).filter(|grid| !grid.is_empty());
    let page = Page {
        title: &input.title,
        subtitle: &input.subtitle,
        sentences: &input.sentences,
        figures: figures.iter().map(Shown::new).collect(),
        best_title: &input.best.title,
        best_note: &input.best.note,
        best: table(&input.best),
        failed: table(&input.failed),
        warnings: &input.warnings,
        facts: facts(&input.facts),
        fonts: fonts::css(),
        style: STYLE,
        script: SCRIPT,
    };
    fill(&page, "sweep.html")
}
