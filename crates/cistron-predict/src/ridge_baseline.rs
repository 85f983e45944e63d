use std::path::Path;

use cistron_core::{
    BatchSource, Pass, PredictError, Prediction, Predictor, PredictorSpec, SequenceBatch, Stream, TargetKind,
    TargetSpec, keyed_rng,
};
use cistron_stats::{Platt, RidgeAccumulator, RidgeFit};
use ndarray::{Array2, Array3};
use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::features::{COMPOSITION, CompositionCounts, KmerColumns};
use crate::main_head::spec_for;
use crate::{LoadError, saved};

/// Least value of predicted counts, so that their logarithm is defined.
const LEAST_COUNT: f32 = 1e-6;
/// Bases on either side of a bin whose composition describes it.
const CONTEXT_BP: usize = 64;
/// Bins of a profile that are fitted at most; more are thinned by chance, keyed by the sample.
const MOST_ROWS: usize = 200_000;
/// Parts of the training data that calibrate each other's scores.
const FOLDS: usize = 5;

/// What a [`Ridge`] sees of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RidgeFeatures {
    /// GC share and 16 dinucleotide frequencies of the input; for profiles also those of the bin and 64 bp on either side.
    GcDinucleotide,
    /// Square roots of the frequencies of k-mers, a k-mer and its reverse complement as one; scalar and binary targets.
    Kmer(
        /// Length of the k-mers, 1 to 6.
        usize,
    ),
}

/// Ridge regression on sequence composition: what can be said without any motif (dinucleotides), or without any order among
/// motifs (k-mers). The penalty is chosen by generalised cross-validation. For labels the score of a regression on 0/1 becomes a
/// logit by Platt scaling on cross-validated training scores (5 parts).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ridge {
    spec: PredictorSpec,
    features: RidgeFeatures,
    kind: TargetKind,
    fits: Vec<RidgeFit>,
    calibration: Vec<Platt>,
}

impl Ridge {
    /// Fits on every sample of a source (centre crops, forward strand).
    ///
    /// # Errors
    /// k outside 1 to 6, k-mers for a profile, or a batch that cannot be read.
    pub fn fit(
        name: &str,
        source: &dyn BatchSource,
        features: RidgeFeatures,
        batch_size: usize,
    ) -> Result<Self, LoadError> {
        let target = source.target();
        if let RidgeFeatures::Kmer(k) = features {
            if !(1..=6).contains(&k) {
                return Err(LoadError::Options { message: format!("ridge on k-mers takes k from 1 to 6, not {k}") });
            }
            if target.kind == TargetKind::Profile {
                return Err(LoadError::Options {
                    message: "ridge on k-mers needs a scalar or binary target; profiles use GC and dinucleotides"
                        .into(),
                });
            }
        }
        let extractor = Extractor::new(features, target);
        let tasks = target.tasks.len();
        // Labels: one set of sums per part, so that each part can be scored by a fit on the others.
        let parts = if target.kind == TargetKind::Binary { FOLDS } else { 1 };
        let empty = || vec![RidgeAccumulator::new(extractor.len(), 1); tasks];
        let mut sums: Vec<Vec<RidgeAccumulator>> = (0..parts).map(|_| empty()).collect();
        let keep = (MOST_ROWS as f64 / (source.samples() * target.bins).max(1) as f64).min(1.0);
        let mut first = 0;
        for batch in source.batches(Pass::Evaluate, batch_size) {
            let batch = batch?;
            let (rows, bins) = extractor.rows(&batch.sequences, first, keep);
            for (part, sums) in sums.iter_mut().enumerate() {
                for (task, sum) in sums.iter_mut().enumerate() {
                    let known: Vec<usize> = (0..bins.len())
                        .filter(|&r| {
                            let (sample, bin) = bins[r];
                            (first + sample) % parts == part && !batch.targets[[sample, task, bin]].is_nan()
                        })
                        .collect();
                    if known.is_empty() {
                        continue;
                    }
                    let x = rows.select(ndarray::Axis(0), &known);
                    let y = Array2::from_shape_fn((known.len(), 1), |(i, _)| {
                        let (sample, bin) = bins[known[i]];
                        f64::from(batch.targets[[sample, task, bin]])
                    });
                    sum.add(x.view(), y.view());
                }
            }
            first += batch.sequences.len();
        }
        let without = |left_out: Option<usize>, task: usize| {
            let mut all = RidgeAccumulator::new(extractor.len(), 1);
            for (_, part) in sums.iter().enumerate().filter(|(part, _)| Some(*part) != left_out) {
                all.merge(&part[task]);
            }
            all
        };
        let fits: Vec<RidgeFit> = (0..tasks).map(|task| without(None, task).fit()).collect();
        let mut calibration = Vec::new();
        if target.kind == TargetKind::Binary {
            let refit = |left_out, task: usize| without(Some(left_out), task).fit_with_penalty(fits[task].penalty[0]);
            let folds: Vec<Vec<RidgeFit>> =
                (0..FOLDS).map(|left_out| (0..tasks).map(|task| refit(left_out, task)).collect()).collect();
            let mut scored = vec![(Vec::new(), Vec::new()); tasks];
            let mut first = 0;
            for batch in source.batches(Pass::Evaluate, batch_size) {
                let batch = batch?;
                let (rows, bins) = extractor.rows(&batch.sequences, first, 1.0);
                for (row, (sample, _)) in rows.outer_iter().zip(bins) {
                    let features = row.to_vec();
                    for (task, (scores, labels)) in scored.iter_mut().enumerate() {
                        let label = batch.targets[[sample, task, 0]];
                        if !label.is_nan() {
                            scores.push(folds[(first + sample) % FOLDS][task].predict(0, &features));
                            labels.push(label > 0.5);
                        }
                    }
                }
                first += batch.sequences.len();
            }
            calibration = scored.iter().map(|(scores, labels)| Platt::fit(scores, labels)).collect();
        }
        Ok(Self { spec: spec_for(name, target, Some(target.input_bp)), features, kind: target.kind, fits, calibration })
    }

    /// Saves as JSON.
    ///
    /// # Errors
    /// Any error of writing.
    pub fn save(&self, path: &Path) -> Result<(), LoadError> {
        saved::save(self, path)
    }

    /// Loads what [`Ridge::save`] wrote.
    ///
    /// # Errors
    /// A missing or damaged file.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        saved::load(path)
    }
}

impl Predictor for Ridge {
    fn spec(&self) -> &PredictorSpec {
        &self.spec
    }

    fn predict(&self, batch: &SequenceBatch) -> Result<Prediction, PredictError> {
        let head = &self.spec.heads[0];
        if let Some(expected) = self.spec.input_bp.filter(|bp| *bp != batch.input_bp()) {
            return Err(PredictError::InputLength {
                predictor: self.spec.name.clone(),
                expected,
                found: batch.input_bp(),
            });
        }
        let extractor = Extractor {
            kmers: kmers_of(self.features),
            profile: self.kind == TargetKind::Profile,
            bins: head.bins,
            bin_bp: head.bin_bp,
        };
        let (rows, bins) = extractor.rows(batch, 0, 1.0);
        let mut out = Array3::zeros((batch.len(), self.fits.len(), head.bins));
        for (row, (sample, bin)) in rows.outer_iter().zip(bins) {
            let features = row.to_vec();
            for (task, fit) in self.fits.iter().enumerate() {
                let raw = fit.predict(0, &features);
                out[[sample, task, bin]] = match self.kind {
                    TargetKind::Profile => (raw as f32).max(LEAST_COUNT),
                    TargetKind::Scalar => raw as f32,
                    TargetKind::Binary => self.calibration[task].logit(raw) as f32,
                };
            }
        }
        Ok(Prediction { heads: vec![out] })
    }
}

struct Extractor {
    kmers: Option<KmerColumns>,
    profile: bool,
    bins: usize,
    bin_bp: usize,
}

fn kmers_of(features: RidgeFeatures) -> Option<KmerColumns> {
    match features {
        RidgeFeatures::GcDinucleotide => None,
        RidgeFeatures::Kmer(k) => Some(KmerColumns::new(k)),
    }
}

impl Extractor {
    fn new(features: RidgeFeatures, target: &TargetSpec) -> Self {
        Self {
            kmers: kmers_of(features),
            profile: target.kind == TargetKind::Profile,
            bins: target.bins,
            bin_bp: target.bin_bp,
        }
    }

    fn len(&self) -> usize {
        match &self.kmers {
            Some(kmers) => kmers.len(),
            None if self.profile => 2 * COMPOSITION,
            None => COMPOSITION,
        }
    }

    /// One row of features per kept (sample, bin), with which it is. `first` is the number of the batch's first sample in its
    /// pass; a share `keep` of the bins is drawn, keyed by the sample.
    fn rows(&self, batch: &SequenceBatch, first: usize, keep: f64) -> (Array2<f64>, Vec<(usize, usize)>) {
        let mut values = Vec::new();
        let mut places = Vec::new();
        for (sample, codes) in batch.codes.outer_iter().enumerate() {
            let codes = codes.to_vec();
            match &self.kmers {
                Some(kmers) => {
                    values.extend(kmers.frequencies(&codes));
                    places.push((sample, 0));
                }
                None => {
                    let counts = CompositionCounts::new(&codes);
                    let whole = counts.window(0, codes.len());
                    if !self.profile {
                        values.extend(whole);
                        places.push((sample, 0));
                        continue;
                    }
                    let mut rng = keyed_rng(0, Stream::Figure, (first + sample) as u64, 0);
                    for bin in 0..self.bins {
                        if keep < 1.0 && rng.random::<f64>() >= keep {
                            continue;
                        }
                        let start = (bin * self.bin_bp).saturating_sub(CONTEXT_BP);
                        let end = ((bin + 1) * self.bin_bp + CONTEXT_BP).min(codes.len());
                        values.extend(whole);
                        values.extend(counts.window(start, end));
                        places.push((sample, bin));
                    }
                }
            }
        }
        let rows = Array2::from_shape_vec((places.len(), self.len()), values).expect("one row per place");
        (rows, places)
    }
}
