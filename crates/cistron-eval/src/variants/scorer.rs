use std::collections::HashMap;

use cistron_core::{HeadSpec, OutputKind, PredictError, Predictor, SequenceBatch, Stream, keyed_rng};
use cistron_genome::variant::{Haplotypes, Padding, Segment, Variant};
use ndarray::{Array2, ArrayView1, Axis};
use rand::RngExt;

use super::{Effect, EffectKind};
use crate::EvalError;

/// How variants are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreOptions {
    /// Shifts of the robust prediction; 0 for the standard one only. GOPHER takes 20.
    pub shifts: usize,
    /// Seed of the shifts.
    pub seed: u64,
    /// What stands beyond the known sequence.
    pub padding: Padding,
}

/// Windows of a variant with either allele, base codes; with a key that is the same only for windows of the same reference sequence.
#[derive(Debug, Clone)]
pub struct Windows {
    /// Identifies `reference` among the windows that are scored together.
    pub key: (String, i64),
    /// With the reference allele.
    pub reference: Vec<u8>,
    /// With the alternative allele.
    pub alternative: Vec<u8>,
}

/// Scores variants with one model.
pub struct VariantScorer<'a> {
    predictor: &'a dyn Predictor,
    input_bp: usize,
    shifts: Vec<i64>,
    padding: Padding,
    haplotypes: Haplotypes,
}

/// Standard and robust effects of one variant; for each task, then for the mean over tasks.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    /// From one window per allele, centred.
    pub standard: Vec<Effect>,
    /// From shifted windows; empty without shifts.
    pub robust: Vec<Effect>,
}

impl Scored {
    /// The effects of the opposite change.
    #[must_use]
    pub fn swapped(self) -> Self {
        let turn = |effects: Vec<Effect>| effects.into_iter().map(Effect::swapped).collect();
        Self { standard: turn(self.standard), robust: turn(self.robust) }
    }
}

impl<'a> VariantScorer<'a> {
    /// A scorer that uses the predictor's first head.
    ///
    /// # Errors
    /// A predictor without a fixed input length (stored predictions cannot answer for new sequences).
    pub fn new(predictor: &'a dyn Predictor, options: &ScoreOptions) -> Result<Self, EvalError> {
        let spec = predictor.spec();
        let Some(input_bp) = spec.input_bp else {
            let message = "variants need a model that predicts any sequence of a fixed length".into();
            return Err(PredictError::Failed { predictor: spec.name.clone(), message }.into());
        };
        let quarter = (input_bp / 4) as i64;
        let mut rng = keyed_rng(options.seed, Stream::Shift, 0, 0);
        let shifts = (0..options.shifts).map(|_| rng.random_range(-quarter..=quarter)).collect();
        Ok(Self { predictor, input_bp, shifts, padding: options.padding, haplotypes: Haplotypes::default() })
    }

    /// The head that speaks.
    pub fn head(&self) -> &HeadSpec {
        &self.predictor.spec().heads[0]
    }

    /// What stands for an effect.
    pub fn kind(&self) -> EffectKind {
        EffectKind::of(self.head().kind)
    }

    /// Length of a window in bp.
    pub fn input_bp(&self) -> usize {
        self.input_bp
    }

    /// The window of a variant at a shift.
    pub fn windows(&mut self, segment: &Segment<'_>, variant: &Variant, shift: i64) -> Windows {
        let (reference, alternative) = self.haplotypes.window(segment, variant, self.input_bp, shift, self.padding);
        Windows { key: (segment.name.to_owned(), variant.position_0 as i64 + shift), reference, alternative }
    }

    /// Standard and robust effects of some variants.
    ///
    /// # Errors
    /// When the predictor fails.
    pub fn score(&mut self, variants: &[(Segment<'_>, &Variant)]) -> Result<Vec<Scored>, EvalError> {
        let at = |scorer: &mut Self, shift: i64| -> Vec<Windows> {
            variants.iter().map(|(segment, variant)| scorer.windows(segment, variant, shift)).collect()
        };
        let windows = at(self, 0);
        let mut scored: Vec<Scored> =
            self.score_windows(&windows)?.into_iter().map(|standard| Scored { standard, robust: Vec::new() }).collect();
        if self.shifts.is_empty() {
            return Ok(scored);
        }
        // Per variant and task, the sums over shifts of reference and alternative.
        let tasks = self.head().tasks.len();
        let mut sums = vec![[0.0f64; 2]; variants.len() * tasks];
        for shift in self.shifts.clone() {
            let windows = at(self, shift);
            let weights = self.common_part(shift);
            self.predict(&windows, |variant, reference, alternative| {
                for task in 0..tasks {
                    let sum = &mut sums[variant * tasks + task];
                    sum[0] += weighted(reference.index_axis(Axis(0), task), &weights);
                    sum[1] += weighted(alternative.index_axis(Axis(0), task), &weights);
                }
            })?;
        }
        let count = self.shifts.len() as f64;
        for (scored, sums) in scored.iter_mut().zip(sums.chunks(tasks)) {
            let means: Vec<[f64; 2]> = sums.iter().map(|sum| sum.map(|s| s / count)).collect();
            scored.robust = self.with_mean(&means);
        }
        Ok(scored)
    }

    /// Standard effects of given windows, for each task and for the mean over tasks.
    ///
    /// # Errors
    /// When the predictor fails.
    pub fn score_windows(&self, windows: &[Windows]) -> Result<Vec<Vec<Effect>>, EvalError> {
        let weights = vec![self.head().bin_bp as f64; self.head().bins];
        let weights = if self.is_profile() { weights } else { vec![1.0] };
        let mut effects = vec![Vec::new(); windows.len()];
        self.predict(windows, |variant, reference, alternative| {
            let pairs: Vec<[f64; 2]> = reference
                .outer_iter()
                .zip(alternative.outer_iter())
                .map(|(a, b)| [weighted(a, &weights), weighted(b, &weights)])
                .collect();
            let mut all = self.with_mean(&pairs);
            if self.is_profile() {
                for (task, (a, b)) in reference.outer_iter().zip(alternative.outer_iter()).enumerate() {
                    all[task] = all[task].with_profiles(&a.to_vec(), &b.to_vec());
                }
            }
            effects[variant] = all;
        })?;
        Ok(effects)
    }

    fn is_profile(&self) -> bool {
        matches!(self.head().kind, OutputKind::Counts | OutputKind::LogCounts)
    }

    /// Effects of each task and of the mean over tasks, from predictions for both alleles.
    fn with_mean(&self, pairs: &[[f64; 2]]) -> Vec<Effect> {
        let effect = |[reference, alternative]: [f64; 2]| match self.head().kind {
            OutputKind::Counts | OutputKind::LogCounts => Effect::of_coverage(reference, alternative),
            OutputKind::Logits => Effect::of_logits(reference, alternative),
            OutputKind::Scalar => Effect::of_values(reference, alternative),
        };
        let n = pairs.len().max(1) as f64;
        let mean = [0, 1].map(|side| pairs.iter().map(|p| p[side]).sum::<f64>() / n);
        pairs.iter().copied().chain([mean]).map(effect).collect()
    }

    /// How many bp of each bin lie in the central half of the unshifted window.
    fn common_part(&self, shift: i64) -> Vec<f64> {
        if !self.is_profile() {
            return vec![1.0];
        }
        let (length, bin) = (self.input_bp as i64, self.head().bin_bp as i64);
        let (from, to) = (length / 4 - shift, length / 4 - shift + length / 2);
        (0..self.head().bins as i64)
            .map(|b| ((b + 1) * bin).min(to).saturating_sub((b * bin).max(from)).max(0) as f64)
            .collect()
    }

    /// Predicts windows, each reference sequence once, and visits `(variant, reference [tasks, bins], alternative [tasks, bins])`.
    fn predict(
        &self,
        windows: &[Windows],
        mut visit: impl FnMut(usize, ndarray::ArrayView2<'_, f32>, ndarray::ArrayView2<'_, f32>),
    ) -> Result<(), EvalError> {
        let mut rows: HashMap<&(String, i64), Vec<usize>> = HashMap::new();
        let mut references: Vec<&[u8]> = Vec::new();
        let mut reference_of = Vec::with_capacity(windows.len());
        for window in windows {
            // The same place with another allele in the file as reference (swapped alleles) is another sequence.
            let known = rows.entry(&window.key).or_default();
            let row = known.iter().copied().find(|&row| references[row] == window.reference).unwrap_or_else(|| {
                references.push(&window.reference);
                known.push(references.len() - 1);
                references.len() - 1
            });
            reference_of.push(row);
        }
        let batch = |rows: &mut dyn Iterator<Item = &[u8]>, n: usize| {
            let codes: Vec<u8> = rows.flatten().copied().collect();
            SequenceBatch::anonymous(
                Array2::from_shape_vec((n, self.input_bp), codes).expect("windows have the input's length"),
            )
        };
        let reference_batch = batch(&mut references.iter().copied(), references.len());
        let alternatives = batch(&mut windows.iter().map(|w| w.alternative.as_slice()), windows.len());
        let (mut unchanged, mut changed) =
            self.predictor.predict_changed(&reference_batch, &alternatives, &reference_of)?;
        let (mut unchanged, mut changed) = (unchanged.heads.swap_remove(0), changed.heads.swap_remove(0));
        if self.head().kind == OutputKind::LogCounts {
            unchanged.mapv_inplace(f32::exp);
            changed.mapv_inplace(f32::exp);
        }
        for (variant, &row) in reference_of.iter().enumerate() {
            visit(variant, unchanged.index_axis(Axis(0), row), changed.index_axis(Axis(0), variant));
        }
        Ok(())
    }
}

fn weighted(values: ArrayView1<'_, f32>, weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(v, w)| f64::from(*v) * w).sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::ToyCoverage;
    use super::*;
    use cistron_core::alphabet;

    fn variant(position_0: u64, reference: u8, alternative: u8) -> Variant {
        Variant { contig: "a".into(), position_0, reference: vec![reference], alternative: vec![alternative] }
    }

    #[test]
    fn coverage_effects_by_hand() {
        // Each bin of 2 bp: 1 + number of G in it; task 1 is twice task 0.
        let toy = ToyCoverage::new(8, 2);
        let options = ScoreOptions { shifts: 5, seed: 3, padding: Padding::N };
        let mut scorer = VariantScorer::new(&toy, &options).unwrap();
        let codes = alphabet::encode(b"AAAAAAAAAAAAAAAA").unwrap();
        let segment = Segment { name: "a", start_0: 0, codes: &codes };
        let change = variant(8, 0, 2);
        let scored = scorer.score(&[(segment, &change), (segment, &change)]).unwrap();
        assert_eq!(scored[0], scored[1]);
        let [first, second, mean] = scored[0].standard[..] else { panic!("two tasks and their mean") };
        // Four bins of 1 per bp over 2 bp: 8; with the G one bin of 2: 10.
        assert_eq!((first.reference, first.alternative), (8.0, 10.0));
        assert_eq!((second.reference, mean.reference), (16.0, 12.0));
        assert_eq!(mean.log2_ratio, Some((15.0f64 / 12.0).log2()));
        assert!(first.js_distance.unwrap() > 0.0 && mean.js_distance.is_none());
        // Robust: the central 4 bp around the variant hold 4 without it, and the bin with the G adds as much as lies inside: at even shifts
        // both of its bases do.
        let robust = scored[0].robust[0];
        assert_eq!(robust.reference, 4.0);
        assert!(robust.alternative > 4.9 && robust.alternative <= 6.0, "{}", robust.alternative);
    }

    #[test]
    fn the_common_part_follows_the_shift() {
        let toy = ToyCoverage::new(8, 2);
        let scorer = VariantScorer::new(&toy, &ScoreOptions { shifts: 0, seed: 0, padding: Padding::N }).unwrap();
        assert_eq!(scorer.common_part(0), [0.0, 2.0, 2.0, 0.0]);
        assert_eq!(scorer.common_part(1), [1.0, 2.0, 1.0, 0.0]);
        assert_eq!(scorer.common_part(-2), [0.0, 0.0, 2.0, 2.0]);
    }
}
