//! Whether runs have the same test windows and targets, and if not, in what they differ.

use cistron_core::{BatchSource, Pass, TargetBatch, TargetSpec};
use ndarray::s;

use super::finished_run::FinishedRun;
use crate::{CistronError, Problem};

/// Windows read at once.
const BATCH: usize = 256;

/// One problem per run whose test data is not that of the first.
pub(super) fn problems(runs: &[FinishedRun]) -> Result<Vec<Problem>, CistronError> {
    let Some((first, others)) = runs.split_first() else { return Ok(Vec::new()) };
    let mut problems = Vec::new();
    for run in others {
        let mut found = of_targets(run.test.target(), first.test.target());
        if found.is_empty() && !same_arrays(run, first) {
            found.extend(of_windows(run, first)?);
        }
        if !found.is_empty() {
            let message = format!("cannot be compared with {}: {}", first.name, found.join("; "));
            problems.push(
                Problem::new(&run.name, message)
                    .with_help("a leaderboard needs runs with the same test windows, tasks and bins"),
            );
        }
    }
    Ok(problems)
}

/// Equal but for rounding: means by which a signal is scaled are sums over bins of any width.
fn alike(x: f32, y: f32) -> bool {
    x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= 1e-5 * x.abs().max(y.abs())
}

/// Whether both datasets are the same bytes with the same transforms.
fn same_arrays(a: &FinishedRun, b: &FinishedRun) -> bool {
    let (a, b) = (a.dataset.manifest(), b.dataset.manifest());
    let hashes = |m: &cistron_data::Manifest| {
        let mut all: Vec<(String, String)> = m.arrays.iter().map(|a| (a.file.clone(), a.blake3.clone())).collect();
        all.sort();
        all
    };
    hashes(a) == hashes(b) && a.transforms == b.transforms
}

fn of_targets(own: &TargetSpec, other: &TargetSpec) -> Vec<String> {
    let mut out = Vec::new();
    if own.kind != other.kind {
        out.push(format!("its target is {}, there {}", own.kind.name(), other.kind.name()));
        return out;
    }
    if own.tasks != other.tasks {
        out.push(format!("its tasks are {}, there {}", own.tasks.join(", "), other.tasks.join(", ")));
    }
    if own.input_bp != other.input_bp {
        out.push(format!("its models see {} bp (input_bp), there {} bp", own.input_bp, other.input_bp));
    }
    if own.bins > 1 && own.bin_bp != other.bin_bp {
        out.push(format!(
            "its bins are of {} bp (bin_bp), there of {} bp, and correlation depends on the width of a bin (--bin-bp averages all to common bins)",
            own.bin_bp, other.bin_bp
        ));
    }
    out
}

/// The first test window that differs in place, sequence or target.
fn of_windows(own: &FinishedRun, other: &FinishedRun) -> Result<Option<String>, CistronError> {
    let (n, m) = (own.test.samples(), other.test.samples());
    if n != m {
        return Ok(Some(format!("it has {n} test windows, there are {m}")));
    }
    for (a, b) in own.test.batches(Pass::Evaluate, BATCH).zip(other.test.batches(Pass::Evaluate, BATCH)) {
        let failed = |e: cistron_core::SourceError| CistronError::Eval(e.into());
        if let Some(found) = of_batches(&a.map_err(failed)?, &b.map_err(failed)?, &own.test.target().tasks) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn of_batches(own: &TargetBatch, other: &TargetBatch, tasks: &[String]) -> Option<String> {
    for (i, (a, b)) in own.sequences.windows.iter().zip(&other.sequences.windows).enumerate() {
        if a != b {
            return Some(format!("other test windows: {} where the other has {}", a.name, b.name));
        }
        if own.sequences.codes.row(i) != other.sequences.codes.row(i) {
            return Some(format!("another sequence in the test window {}", a.name));
        }
        for (t, task) in tasks.iter().enumerate() {
            let (x, y) = (own.targets.slice(s![i, t, ..]), other.targets.slice(s![i, t, ..]));
            for (bin, (x, y)) in x.iter().zip(y).enumerate() {
                if !alike(*x, *y) {
                    return Some(format!(
                        "another signal or other values: task {task} in window {}, bin {bin}: {x} where the other has {y}",
                        a.name
                    ));
                }
            }
        }
    }
    None
}
