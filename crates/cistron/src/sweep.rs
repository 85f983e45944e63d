//! Sweeps: a study trained many times with other values of some of its keys, to see which do best on the validation data.
//!
//! - [`SweepFile`] is the TOML document: which study, which keys, which values, how to search;
//! - [`Plan`] lists the trials; it follows from the file, the study and the seed alone;
//! - [`run_sweep`] trains the trials of a [`Shard`], each in a run directory of its own, and goes on where it was killed;
//! - [`merge`] collects what the shards left into a table and a report;
//! - [`snakefile`] hands the shards to Snakemake.
//!
//! The score of a trial is taken from the validation data only; the test split is never read.
//!
//! Below the sweep's directory lie `plan.json`, `trials/NNN/` (a run directory and [`TrialRecord`] as `trial.json`), `datasets/HASH/`
//! (shared by the trials that do not change the data), `cache/`, `locks/`, `shards/I-of-N.done`, `sweep.tsv`, `report.html` and `figures/`.

mod datasets;
mod directory;
mod file;
mod halving;
mod importance;
mod key;
mod lock;
mod merge;
mod parameter;
mod plan;
mod report;
mod run;
mod score;
mod shard;
mod snakefile;
mod table;
mod trial;

pub use file::{Method, SweepFile, SweepHeader};
pub use halving::Halving;
pub use importance::{LEAST_TRIALS, PERMUTATIONS, importance};
pub use merge::{MergeSummary, merge};
pub use parameter::{Domain, Parameter, Range, RangeScale, value_text};
pub use plan::{Plan, PlannedTrial};
pub use run::{SweepOptions, SweepSummary, run_sweep};
pub use score::{Goal, Metric};
pub use shard::Shard;
pub use snakefile::snakefile;
pub use trial::{NetworkScore, RungRecord, Status, TrialRecord};
