//! The report of one run, and the leaderboard of several: tables (TSV and Parquet), figures (SVG and PNG) and a self-contained page.
//!
//! [`write_report`] takes a [`ReportInput`] of plain data and writes
//!
//! - `report.html`: one file without any reference to the outside; figures, styles, fonts and a little script are inside;
//! - `figures/*.svg` and the same as `figures/*.png` at twice the size;
//! - `tables/*.tsv`, `tables/*.parquet` and `tables/columns.tsv`, which says what every column means.
//!
//! [`write_sweep_report`] does the same for the trials of a sweep, without tables.
//!
//! The plotting layer is our own (`plot`): a few hundred lines of scales, ticks, axes and marks that write small SVGs. The crate
//! kuva was considered: probes found its genomic axis unusable at the 1–2 kb of our windows and its colours with transparency lost
//! in PNGs, and we want the same marks to follow light and dark pages by CSS class. resvg turns our SVGs into PNGs with the Roboto subset in `assets/`
//! (Apache License 2.0).

mod error;
mod figure;
mod html;
mod input;
mod leaderboard;
mod plot;
mod raster;
mod section;
mod sweep;
pub mod table;
mod write;

pub use cistron_core::{CurveFamily, Outcome};
pub use error::ReportError;
pub use input::{
    AxisScale, Curve, Density, HeadlineMetric, LearningCurve, ModelInfo, ModelKind, ReportInput, Scatter, SummaryTable,
    TrackExample, TrackPrediction, Verdict,
};
pub use leaderboard::{Criterion, Front, FrontPoint, LeaderboardInput, LeaderboardPaths, write_leaderboard};
pub use raster::png_from_svg;
pub use section::{Estimate, HeatMap, HeatMapPanel, Intervals, Lines, Marks, Plot, Points, ResultSection};
pub use sweep::{SweepAxis, SweepAxisKind, SweepImportance, SweepLine, SweepReport, write_sweep_report};
pub use write::{ReportPaths, write_report};
