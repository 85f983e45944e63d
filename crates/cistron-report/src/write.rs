use std::fs;
use std::path::{Path, PathBuf};

use cistron_core::{AtomicFile, StagedDir};

use crate::figure::{self, Figure};
use crate::raster::Rasteriser;
use crate::table::{self, Table};
use crate::{ReportError, ReportInput, html};

/// Where the parts of a report lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportPaths {
    /// The page.
    pub html: PathBuf,
    /// Figures, an SVG and a PNG each.
    pub figures: Vec<PathBuf>,
    /// Tables, a TSV and a Parquet file each, and `columns.tsv`.
    pub tables: Vec<PathBuf>,
}

/// Writes `report.html`, `figures/` and `tables/` into a folder, which is made when missing.
///
/// Figures and tables are written beside their final folders and put in place when whole (what stood there is replaced); the page
/// comes last. Other files in the folder are left alone. The same input gives the same bytes.
///
/// # Errors
/// Input whose parts do not fit together ([`ReportError::Input`]), and any error of drawing or writing; then no file with a final
/// name is half-written.
pub fn write_report(input: &ReportInput, dir: &Path) -> Result<ReportPaths, ReportError> {
    check(input)?;
    let figures = figure::all(input);
    let tables = table::all(input);
    let page = html::render(input, &figures)?;
    let staged_figures = stage(&dir.join("figures"))?;
    let figure_names = write_figures(&figures, staged_figures.path())?;
    let staged_tables = stage(&dir.join("tables"))?;
    let table_names = write_tables(&tables, staged_tables.path())?;
    commit(staged_figures, &dir.join("figures"))?;
    commit(staged_tables, &dir.join("tables"))?;
    let html = dir.join("report.html");
    AtomicFile::write(&html, page.as_bytes()).map_err(|source| ReportError::Write { path: html.clone(), source })?;
    let under = |folder: &str, names: Vec<String>| names.into_iter().map(|n| dir.join(folder).join(n)).collect();
    Ok(ReportPaths { html, figures: under("figures", figure_names), tables: under("tables", table_names) })
}

pub(crate) fn stage(target: &Path) -> Result<StagedDir, ReportError> {
    StagedDir::create(target).map_err(|source| ReportError::Write { path: target.to_owned(), source })
}

pub(crate) fn commit(staged: StagedDir, target: &Path) -> Result<(), ReportError> {
    staged.commit().map_err(|source| ReportError::Write { path: target.to_owned(), source })
}

fn write(dir: &Path, name: &str, bytes: &[u8]) -> Result<String, ReportError> {
    let path = dir.join(name);
    fs::write(&path, bytes).map_err(|source| ReportError::Write { path, source })?;
    Ok(name.to_owned())
}

pub(crate) fn write_figures(figures: &[Figure], dir: &Path) -> Result<Vec<String>, ReportError> {
    let rasteriser = Rasteriser::new();
    let mut names = Vec::new();
    for figure in figures {
        names.push(write(dir, &format!("{}.svg", figure.name), figure.svg.as_bytes())?);
        let png = rasteriser.png(&figure.name, &figure.svg)?;
        names.push(write(dir, &format!("{}.png", figure.name), &png)?);
    }
    Ok(names)
}

fn write_tables(tables: &[Table], dir: &Path) -> Result<Vec<String>, ReportError> {
    let mut names = Vec::new();
    for table in tables {
        names.push(write(dir, &format!("{}.tsv", table.name), table::to_tsv(table).as_bytes())?);
        let name = format!("{}.parquet", table.name);
        let bytes =
            table::to_parquet(table).map_err(|source| ReportError::Parquet { path: dir.join(&name), source })?;
        names.push(write(dir, &name, &bytes)?);
    }
    names.push(write(dir, "columns.tsv", table::dictionary(tables).as_bytes())?);
    Ok(names)
}

/// Whether all parts fit together.
fn check(input: &ReportInput) -> Result<(), ReportError> {
    let fail = |what: String| Err(ReportError::Input { what });
    for curve in &input.learning_curves {
        let epochs = curve.epochs.len();
        if [&curve.train_loss, &curve.valid_loss, &curve.valid_metric].iter().any(|v| v.len() != epochs) {
            return fail(format!(
                "learning curve of {}: every series needs {epochs} values, one per epoch",
                curve.model
            ));
        }
    }
    for density in &input.densities {
        let (rows, columns) = (density.counts.len(), density.counts.first().map_or(0, Vec::len));
        let ragged = density.counts.iter().any(|c| c.len() != columns);
        let ascending = |edges: &[f64]| edges.windows(2).all(|w| w[0] < w[1]) && edges.iter().all(|e| e.is_finite());
        if ragged || density.observed_edges.len() != rows + 1 || density.predicted_edges.len() != columns + 1 {
            return fail(format!(
                "density of {} on {}: {rows} × {columns} counts need {} observed and {} predicted edges",
                density.model,
                density.task,
                rows + 1,
                columns + 1
            ));
        }
        if !ascending(&density.observed_edges) || !ascending(&density.predicted_edges) {
            return fail(format!("density of {} on {}: edges must be finite and ascend", density.model, density.task));
        }
    }
    for track in &input.tracks {
        if let Some(p) = track.predictions.iter().find(|p| p.values.len() != track.observed.len()) {
            let (got, wanted) = (p.values.len(), track.observed.len());
            return fail(format!(
                "track {}, {}: {} has {got} values for {wanted} bins",
                track.window, track.task, p.model
            ));
        }
    }
    for table in &input.data_summary {
        if let Some(row) = table.rows.iter().position(|r| r.len() != table.columns.len()) {
            return fail(format!(
                "summary table {}: row {} does not have {} cells",
                table.title,
                row + 1,
                table.columns.len()
            ));
        }
    }
    Ok(())
}
