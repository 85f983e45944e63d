use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use serde::Serialize;

use super::summary::Grid;
use super::{fonts, summary};
use crate::figure::{Figure, Place};
use crate::plot::palette::Styles;
use crate::{Outcome, ReportError, ReportInput};

const TEMPLATES: [(&str, &str); 5] = [
    ("head.html", include_str!("../../templates/head.html")),
    ("parts.html", include_str!("../../templates/parts.html")),
    ("report.html", include_str!("../../templates/report.html")),
    ("leaderboard.html", include_str!("../../templates/leaderboard.html")),
    ("sweep.html", include_str!("../../templates/sweep.html")),
];
pub(super) const STYLE: &str = include_str!("../../templates/report.css");
pub(super) const SCRIPT: &str = include_str!("../../templates/report.js");

/// Figures of one section that are open at once; the others wait behind a click.
const OPEN: usize = 4;

#[derive(Serialize)]
pub(super) struct Shown<'a> {
    name: &'a str,
    caption: &'a str,
    /// Markup of our own making: names in it were escaped when it was drawn.
    svg: &'a str,
}

impl<'a> Shown<'a> {
    pub(super) fn new(figure: &'a Figure) -> Self {
        Self { name: &figure.name, caption: &figure.caption, svg: &figure.svg }
    }
}

#[derive(Serialize)]
struct Section<'a> {
    id: String,
    title: &'a str,
    sentences: &'a [String],
    tables: Vec<DataTable<'a>>,
    open: Vec<Shown<'a>>,
    more: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Answer<'a> {
    text: &'a str,
    class: &'static str,
    word: &'static str,
}

/// A table of the caller's with its heading.
#[derive(Serialize)]
struct DataTable<'a> {
    title: &'a str,
    note: &'a str,
    grid: Grid,
}

#[derive(Serialize)]
pub(super) struct Fact<'a> {
    key: &'a str,
    value: &'a str,
}

/// Keys with their values.
pub(super) fn facts(pairs: &[(String, String)]) -> Vec<Fact<'_>> {
    pairs.iter().map(|(key, value)| Fact { key, value }).collect()
}

/// Everything that the template names.
#[derive(Serialize)]
struct Page<'a> {
    title: &'a str,
    subtitle: &'a str,
    generated: &'a str,
    summary_sentences: &'a [String],
    answers: Vec<Answer<'a>>,
    headline: Option<Grid>,
    overview: Section<'a>,
    sections: Vec<Section<'a>>,
    models: Option<Grid>,
    data: Vec<DataTable<'a>>,
    warnings: &'a [String],
    provenance: Vec<Fact<'a>>,
    metrics: Option<Grid>,
    differences: Option<Grid>,
    resolved_study: &'a str,
    manifest: &'a str,
    fonts: String,
    style: &'static str,
    script: &'static str,
}

fn section<'a>(figures: &'a [Figure], place: Place, id: &str, title: &'a str) -> Section<'a> {
    let mut open: Vec<Shown<'a>> = figures.iter().filter(|f| f.place == place).map(Shown::new).collect();
    let more = open.split_off(open.len().min(OPEN));
    Section { id: id.to_owned(), title, sentences: &[], tables: Vec::new(), open, more }
}

fn answer(text: &str, outcome: Outcome) -> Answer<'_> {
    let (class, word) = match outcome {
        Outcome::Beats => ("yes", "better"),
        Outcome::NotDistinguishable => ("unclear", "not distinguishable"),
        Outcome::Loses => ("no", "worse"),
        Outcome::Unknown => ("unknown", "undecided"),
    };
    Answer { text, class, word }
}

fn data_tables(tables: &[crate::SummaryTable]) -> Vec<DataTable<'_>> {
    let table = |t: &crate::SummaryTable| summary::free(&t.columns, &t.rows);
    tables.iter().map(|t| DataTable { title: &t.title, note: &t.note, grid: table(t) }).collect()
}

/// The page as one string.
pub(crate) fn render(input: &ReportInput, figures: &[Figure]) -> Result<String, ReportError> {
    let ReportInput {
        title,
        subtitle,
        generated,
        summary_sentences,
        verdicts,
        warnings,
        data_summary,
        resolved_study,
        manifest,
        provenance,
        // Shown through tables and figures.
        metrics: _,
        differences: _,
        headline_metrics: _,
        models: _,
        learning_curves: _,
        densities: _,
        scatters: _,
        curves: _,
        tracks: _,
        sections: further,
    } = input;
    let styles = Styles::new(input.model_kinds());
    let sections = [
        section(figures, Place::Learning, "learning", "Training"),
        section(figures, Place::Agreement, "agreement", "Predicted against observed"),
        section(figures, Place::Classification, "classification", "Classification curves"),
        section(figures, Place::Tracks, "tracks", "Along the genome"),
        section(figures, Place::PerTask, "tasks", "Per task"),
    ];
    let further = further.iter().enumerate().map(|(index, result)| Section {
        sentences: &result.sentences,
        tables: data_tables(&result.tables),
        ..section(figures, Place::Section(index), &format!("section-{}", index + 1), &result.title)
    });
    let shown = |grid: Grid| (!grid.is_empty()).then_some(grid);
    let page = Page {
        title,
        subtitle,
        generated,
        summary_sentences,
        answers: verdicts.iter().map(|v| answer(&v.text, v.outcome)).collect(),
        headline: shown(summary::headline(input, &styles)),
        overview: section(figures, Place::Summary, "summary", "Summary"),
        sections: sections.into_iter().filter(|s| !s.open.is_empty()).chain(further).collect(),
        models: shown(summary::models(input, &styles)),
        data: data_tables(data_summary),
        warnings,
        provenance: facts(provenance),
        metrics: shown(summary::metrics(input, &styles)),
        differences: shown(summary::differences(input, &styles)),
        resolved_study,
        manifest,
        fonts: fonts::css(),
        style: STYLE,
        script: SCRIPT,
    };
    fill(&page, "report.html")
}

/// Fills one of the templates.
pub(super) fn fill(page: &impl Serialize, template: &str) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    // The names end in .html, which turns escaping on.
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment.get_template(template)?.render(Serde(page))?)
}
