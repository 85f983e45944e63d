use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Dataset, Split};

/// Quantiles by linear interpolation between order statistics.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Smallest.
    pub min: f64,
    /// 5 %.
    pub q05: f64,
    /// 25 %.
    pub q25: f64,
    /// 50 %.
    pub median: f64,
    /// 75 %.
    pub q75: f64,
    /// 95 %.
    pub q95: f64,
    /// Largest.
    pub max: f64,
}

impl Quantiles {
    fn of(mut values: Vec<f32>) -> Option<Self> {
        values.retain(|v| !v.is_nan());
        if values.is_empty() {
            return None;
        }
        values.sort_unstable_by(f32::total_cmp);
        let at = |p: f64| {
            let place = p * (values.len() - 1) as f64;
            let low = place.floor() as usize;
            let high = (low + 1).min(values.len() - 1);
            let (a, b) = (f64::from(values[low]), f64::from(values[high]));
            a + (b - a) * (place - low as f64)
        };
        Some(Self {
            min: at(0.0),
            q05: at(0.05),
            q25: at(0.25),
            median: at(0.5),
            q75: at(0.75),
            q95: at(0.95),
            max: at(1.0),
        })
    }
}

/// Labels of one task in one split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelBalance {
    /// The task.
    pub task: String,
    /// Windows labelled 1.
    pub positives: u64,
    /// Windows labelled 0.
    pub negatives: u64,
    /// Windows without a label.
    pub missing: u64,
}

/// Values or raw coverage of one task in one split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrackCoverage {
    /// The task.
    pub task: String,
    /// Quantiles over windows of the window's mean raw signal.
    pub window_mean: Option<Quantiles>,
    /// Quantiles over windows of the window's largest raw signal.
    pub window_max: Option<Quantiles>,
    /// Quantiles of the measured values (tables).
    pub value: Option<Quantiles>,
    /// Windows without a value (tables).
    pub missing: u64,
}

/// One split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SplitInspection {
    /// The split.
    pub split: Split,
    /// Number of windows.
    pub windows: u64,
    /// Mean over windows of the share of G and C.
    pub gc_mean: Option<f64>,
    /// Mean over windows of the share of N.
    pub n_share_mean: Option<f64>,
    /// Windows with any N.
    pub windows_with_n: u64,
    /// Class balance per task, where there are labels.
    pub labels: Vec<LabelBalance>,
    /// Coverage or values per task, where there are some.
    pub coverage: Vec<TrackCoverage>,
}

/// What `cistron data inspect` shows; `Display` writes a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// Number of windows.
    pub windows: u64,
    /// Length of the stored windows in bp.
    pub window_bp: usize,
    /// Task names.
    pub tasks: Vec<String>,
    /// Size on disk in bytes.
    pub bytes: u64,
    /// Train, valid, test.
    pub splits: Vec<SplitInspection>,
    /// Windows that repeat another's sequence (dropped, or kept within a split).
    pub duplicates: u64,
    /// Warnings of the build.
    pub warnings: Vec<String>,
}

/// Counts, class balance, GC, N share and coverage quantiles of each split.
pub fn inspect(dataset: &Dataset) -> Inspection {
    let manifest = dataset.manifest();
    Inspection {
        windows: manifest.windows,
        window_bp: manifest.window_bp,
        tasks: manifest.tasks.clone(),
        bytes: manifest.arrays.iter().map(|a| a.bytes).sum(),
        splits: Split::ALL.into_iter().map(|split| inspect_split(dataset, split)).collect(),
        duplicates: manifest.duplicates,
        warnings: manifest.warnings.clone(),
    }
}

fn inspect_split(dataset: &Dataset, split: Split) -> SplitInspection {
    let rows: Vec<usize> = dataset.rows_of(split).into_iter().map(|r| r as usize).collect();
    let windows = rows.len() as u64;
    let mean = |sum: f64| (windows > 0).then(|| sum / windows as f64);
    let table = |f: &dyn Fn(usize) -> f32| rows.iter().map(|&r| f64::from(f(r))).sum::<f64>();
    let mut labels = Vec::new();
    let mut coverage = Vec::new();
    for (t, task) in dataset.tasks().iter().enumerate() {
        if dataset.labels(0).is_some() {
            let mut balance = LabelBalance { task: task.clone(), positives: 0, negatives: 0, missing: 0 };
            for label in rows.iter().filter_map(|&r| dataset.labels(r)).map(|l| l[t]) {
                if label.is_nan() {
                    balance.missing += 1;
                } else if label > 0.5 {
                    balance.positives += 1;
                } else {
                    balance.negatives += 1;
                }
            }
            labels.push(balance);
        }
        let column = |f: &dyn Fn(usize) -> Option<f32>| -> Vec<f32> { rows.iter().filter_map(|&r| f(r)).collect() };
        let values = column(&|r| dataset.values(r).map(|v| v[t]));
        let track = TrackCoverage {
            task: task.clone(),
            window_mean: Quantiles::of(column(&|r| dataset.track_means(r).map(|v| v[t]))),
            window_max: Quantiles::of(column(&|r| dataset.track_maxima(r).map(|v| v[t]))),
            missing: values.iter().filter(|v| v.is_nan()).count() as u64,
            value: Quantiles::of(values),
        };
        if track.window_mean.is_some() || track.value.is_some() {
            coverage.push(track);
        }
    }
    SplitInspection {
        split,
        windows,
        gc_mean: mean(table(&|r| dataset.gc(r))),
        n_share_mean: mean(table(&|r| dataset.n_share(r))),
        windows_with_n: rows.iter().filter(|&&r| dataset.n_share(r) > 0.0).count() as u64,
        labels,
        coverage,
    }
}

impl fmt::Display for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let megabytes = self.bytes as f64 / 1e6;
        writeln!(
            f,
            "{} windows of {} bp, {} task(s), {megabytes:.1} MB; {} repeat another window's sequence",
            self.windows,
            self.window_bp,
            self.tasks.len(),
            self.duplicates
        )?;
        let show = |value: Option<f64>| value.map_or_else(|| "-".into(), |v| format!("{v:.4}"));
        writeln!(f, "\n{:<8}{:>10}{:>10}{:>10}{:>16}", "split", "windows", "mean GC", "mean N", "windows with N")?;
        for s in &self.splits {
            let (gc, n) = (show(s.gc_mean), show(s.n_share_mean));
            writeln!(f, "{:<8}{:>10}{gc:>10}{n:>10}{:>16}", s.split.name(), s.windows, s.windows_with_n)?;
        }
        if self.splits.iter().any(|s| !s.labels.is_empty()) {
            writeln!(
                f,
                "\n{:<8}{:>10}{:>10}{:>10}{:>10}  task",
                "split", "labels 1", "labels 0", "missing", "share 1"
            )?;
            for s in &self.splits {
                for l in &s.labels {
                    let total = l.positives + l.negatives;
                    let share = show((total > 0).then(|| l.positives as f64 / total as f64));
                    let name = s.split.name();
                    writeln!(
                        f,
                        "{name:<8}{:>10}{:>10}{:>10}{share:>10}  {}",
                        l.positives, l.negatives, l.missing, l.task
                    )?;
                }
            }
        }
        if self.splits.iter().any(|s| !s.coverage.is_empty()) {
            writeln!(
                f,
                "\n{:<8}{:<13}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}  task",
                "split", "over windows", "min", "5 %", "25 %", "50 %", "75 %", "95 %", "max"
            )?;
            for s in &self.splits {
                for c in &s.coverage {
                    let kinds = [("mean signal", c.window_mean), ("max signal", c.window_max), ("value", c.value)];
                    for (what, quantiles) in kinds {
                        let Some(q) = quantiles else { continue };
                        write!(f, "{:<8}{what:<13}", s.split.name())?;
                        for v in [q.min, q.q05, q.q25, q.median, q.q75, q.q95, q.max] {
                            write!(f, "{:>10}", short(v))?;
                        }
                        writeln!(f, "  {}", c.task)?;
                    }
                }
            }
        }
        for warning in &self.warnings {
            writeln!(f, "\nwarning: {warning}")?;
        }
        Ok(())
    }
}

fn short(value: f64) -> String {
    if value != 0.0 && (value.abs() < 1e-3 || value.abs() >= 1e6) {
        format!("{value:.2e}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate() {
        // numpy.quantile([0, 1, 2, 10], [.05, .25, .5, .75, .95]) = 0.15, 0.75, 1.5, 4, 8.8
        let q = Quantiles::of(vec![10.0, 0.0, f32::NAN, 2.0, 1.0]).unwrap();
        for (found, expected) in
            [q.min, q.q05, q.q25, q.median, q.q75, q.q95, q.max].iter().zip([0.0, 0.15, 0.75, 1.5, 4.0, 8.8, 10.0])
        {
            assert!((found - expected).abs() < 1e-9, "{q:?}");
        }
        assert_eq!(Quantiles::of(vec![f32::NAN]), None);
    }
}
