use std::path::{Path, PathBuf};

use cistron_core::AtomicFile;

use super::{LeaderboardInput, table as rows};
use crate::write::{commit, stage, write_figures, write_tables};
use crate::{ReportError, figure, html, table};

/// Where the parts of a leaderboard lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaderboardPaths {
    /// The page.
    pub html: PathBuf,
    /// One row per criterion and model.
    pub tsv: PathBuf,
}

/// Writes `leaderboard.html`, `leaderboard.tsv`, `figures/` and `tables/` into a folder, which is made when missing; the page comes
/// last. Other files in the folder are left alone. The same input gives the same bytes.
///
/// # Errors
/// Parts that do not fit together, and any error of drawing or writing; then no file with a final name is half-written.
pub fn write_leaderboard(input: &LeaderboardInput, dir: &Path) -> Result<LeaderboardPaths, ReportError> {
    check(input)?;
    let figures = figure::leaderboard(input);
    let page = html::render_leaderboard(input, &figures)?;
    let staged_figures = stage(&dir.join("figures"))?;
    write_figures(&figures, staged_figures.path())?;
    let staged_tables = stage(&dir.join("tables"))?;
    write_tables(&table::all(&input.report), staged_tables.path())?;
    commit(staged_figures, &dir.join("figures"))?;
    commit(staged_tables, &dir.join("tables"))?;
    let tsv = dir.join("leaderboard.tsv");
    let text = table::to_tsv(&rows::leaderboard(input));
    AtomicFile::write(&tsv, text.as_bytes()).map_err(|source| ReportError::Write { path: tsv.clone(), source })?;
    let html = dir.join("leaderboard.html");
    AtomicFile::write(&html, page.as_bytes()).map_err(|source| ReportError::Write { path: html.clone(), source })?;
    Ok(LeaderboardPaths { html, tsv })
}

/// Whether every criterion has one value per model.
fn check(input: &LeaderboardInput) -> Result<(), ReportError> {
    let models = input.report.models.len();
    let short = input.criteria.iter().find(|c| c.values.len() != models);
    match short {
        None if input.runs.len() == models => Ok(()),
        None => Err(ReportError::Input { what: format!("{} runs for {models} models", input.runs.len()) }),
        Some(c) => Err(ReportError::Input {
            what: format!("{} {}: {} values for {models} models", c.evaluation, c.metric, c.values.len()),
        }),
    }
}
