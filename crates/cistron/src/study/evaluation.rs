//! `[[evaluate]]`.

use serde::{Deserialize, Serialize};
use toml::Value;

use super::section::read_section;
use crate::Problem;

/// `[[evaluate]]`. Keys that belong to another kind are refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// What is evaluated.
    pub kind: EvaluationKind,
    /// Bootstrap replicates for the 95 % intervals.
    #[serde(default = "default_replicates")]
    pub bootstrap_replicates: usize,
    /// `generalisation`: add ridge on 6-mer counts to the baselines; by default for scalar and binary targets.
    #[serde(default)]
    pub kmer_baseline: Option<bool>,
    /// `generalisation`: write the predictions of profile models as bigWig files.
    #[serde(default)]
    pub bigwigs: bool,
    /// `robustness`: crops per window; 20 unless given.
    #[serde(default)]
    pub crops: Option<usize>,
    /// `robustness`: at most so many windows; 1000 unless given.
    #[serde(default)]
    pub max_windows: Option<usize>,
    /// `resolution`: bins to average to, in bp; doublings of the dataset's bin up to the input unless given.
    #[serde(default)]
    pub bins_bp: Option<Vec<usize>>,
    /// `resolution`: widths of the box-car filter in bp; 3, 9 and 27 of the dataset's bins unless given.
    #[serde(default)]
    pub smoothing_bp: Option<Vec<usize>>,
    /// `test-selection`: thresholds of the maximal coverage; 0, 1, 2, 4, 8 and 16 unless given.
    #[serde(default)]
    pub coverage_above: Option<Vec<f32>>,
}

fn default_replicates() -> usize {
    1000
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            kind: EvaluationKind::Generalisation,
            bootstrap_replicates: default_replicates(),
            kmer_baseline: None,
            bigwigs: false,
            crops: None,
            max_windows: None,
            bins_bp: None,
            smoothing_bp: None,
            coverage_above: None,
        }
    }
}

/// Kinds of evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EvaluationKind {
    /// Accuracy on the test split, against the trivial baselines. Always done.
    Generalisation,
    /// Sensitivity to shifts of the input (GOPHER, fig. 3).
    Robustness,
    /// Predictions averaged to coarser bins, and smoothed (GOPHER, fig. 2c, supplement B.3).
    Resolution,
    /// Per-sequence correlation on windows above coverage thresholds (GOPHER, fig. 2e).
    TestSelection,
    /// Quantitative against binary models, on peaks and everywhere (GOPHER, fig. 4, table A.3).
    Conversion,
}

impl EvaluationKind {
    /// The name in study files, and of the result in `evaluation/`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generalisation => "generalisation",
            Self::Robustness => "robustness",
            Self::Resolution => "resolution",
            Self::TestSelection => "test-selection",
            Self::Conversion => "conversion",
        }
    }
}

impl Evaluation {
    /// Keys that were given and belong to another kind.
    fn foreign_keys(&self) -> Vec<(&'static str, EvaluationKind)> {
        let Self {
            kind,
            bootstrap_replicates: _,
            kmer_baseline,
            bigwigs,
            crops,
            max_windows,
            bins_bp,
            smoothing_bp,
            coverage_above,
        } = self;
        let given = [
            ("kmer_baseline", kmer_baseline.is_some(), EvaluationKind::Generalisation),
            ("bigwigs", *bigwigs, EvaluationKind::Generalisation),
            ("crops", crops.is_some(), EvaluationKind::Robustness),
            ("max_windows", max_windows.is_some(), EvaluationKind::Robustness),
            ("bins_bp", bins_bp.is_some(), EvaluationKind::Resolution),
            ("smoothing_bp", smoothing_bp.is_some(), EvaluationKind::Resolution),
            ("coverage_above", coverage_above.is_some(), EvaluationKind::TestSelection),
        ];
        given.into_iter().filter(|(_, given, of)| *given && of != kind).map(|(key, _, of)| (key, of)).collect()
    }

    fn check(&self, place: &str, problems: &mut Vec<Problem>) {
        if self.bootstrap_replicates < 100 {
            problems.push(Problem::new(
                format!("{place}.bootstrap_replicates"),
                "must be at least 100: the ends of a 95 % interval rest on the 2.5 % tails",
            ));
        }
        for (key, kind) in self.foreign_keys() {
            problems.push(Problem::new(format!("{place}.{key}"), format!("belongs to kind = {:?}", kind.name())));
        }
        if self.crops.is_some_and(|n| n < 2) {
            problems.push(Problem::new(format!("{place}.crops"), "must be at least 2: one crop has no deviation"));
        }
        if self.max_windows == Some(0) {
            problems.push(Problem::new(format!("{place}.max_windows"), "must be at least 1"));
        }
        for (key, widths) in [("bins_bp", &self.bins_bp), ("smoothing_bp", &self.smoothing_bp)] {
            if widths.as_ref().is_some_and(|w| w.contains(&0)) {
                problems.push(Problem::new(format!("{place}.{key}"), "widths must be at least 1 bp"));
            }
        }
        if self.coverage_above.as_ref().is_some_and(|t| t.iter().any(|t| !t.is_finite())) {
            problems.push(Problem::new(format!("{place}.coverage_above"), "thresholds must be finite numbers"));
        }
    }
}

pub(super) fn read_evaluations(value: Option<Value>, problems: &mut Vec<Problem>) -> Vec<Evaluation> {
    let entries = match value {
        None => return vec![Evaluation::default()],
        Some(Value::Array(entries)) => entries,
        Some(_) => {
            problems.push(Problem::new("evaluate", "must be a list of sections: [[evaluate]]"));
            return Vec::new();
        }
    };
    let mut evaluations: Vec<Evaluation> = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let place = format!("evaluate[{index}]");
        let Some(evaluation) = read_section::<Evaluation>(entry, &place, problems) else { continue };
        evaluation.check(&place, problems);
        if evaluations.iter().any(|e| e.kind == evaluation.kind) {
            let message = format!("kind {:?} stands in another [[evaluate]] already", evaluation.kind.name());
            problems.push(Problem::new(place, message).with_help("write one section per kind"));
        }
        evaluations.push(evaluation);
    }
    evaluations
}
