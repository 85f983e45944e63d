//! Refinement of a matrix by the sites that it finds: the best site of each sequence, the threshold with the smallest p-value, and the
//! sites above it make the next matrix.

use crate::best_sites::{BestSite, PairedSequences};
use crate::enrich::best_threshold;
use crate::{Motif, Pwm};

/// Sites of the background added to a matrix.
const PSEUDOCOUNT: f64 = 1.0;
/// Fewest sites that make a matrix.
const FEWEST_SITES: usize = 5;
/// Positions at the ends with less information (bits, against the background) are cut off.
const EDGE_BITS: f64 = 0.2;
/// Most rounds of a full refinement.
const MOST_ROUNDS: usize = 20;

/// A matrix with its sites.
#[derive(Debug, Clone)]
pub(super) struct Refined {
    pub(super) motif: Motif,
    pub(super) pwm: Pwm,
    /// Score (hundredths of a bit) that counts as a site.
    pub(super) threshold: i32,
    /// Logarithm of the p-value on the training sequences, at the best threshold.
    pub(super) ln_p: f64,
}

pub(super) struct Refiner<'a> {
    sequences: &'a [Vec<u8>],
    positives: PairedSequences,
    negatives: PairedSequences,
    frequencies: [f64; 4],
    max_width: usize,
    min_width: usize,
}

impl<'a> Refiner<'a> {
    pub(super) fn new(
        positives: &'a [Vec<u8>],
        negatives: &[Vec<u8>],
        frequencies: [f64; 4],
        max_width: usize,
        min_width: usize,
    ) -> Self {
        let (first, second) = (PairedSequences::new(positives), PairedSequences::new(negatives));
        Self { sequences: positives, positives: first, negatives: second, frequencies, max_width, min_width }
    }

    /// From frequencies, which become the middle of a matrix of the largest width; none when too few sites are found.
    pub(super) fn refine(&self, columns: Vec<[f64; 4]>, rounds: usize) -> Option<Refined> {
        let (first, last) = ((self.max_width - columns.len()) / 2, self.max_width - columns.len());
        let seed = Pwm::new("", "", columns);
        let (sites, _, _) = self.sites(&seed);
        let motif = self.count(&sites, seed.len(), first, last - first)?;
        self.rounds(motif, rounds)
    }

    /// Until nothing gets better; then the ends are cut and the rest refined again.
    pub(super) fn finish(&self, start: Refined) -> Option<Refined> {
        let wide = self.rounds(start.motif, MOST_ROUNDS)?;
        let narrow = self.rounds(self.without_edges(&wide.motif), MOST_ROUNDS)?;
        self.rounds(self.without_edges(&narrow.motif), MOST_ROUNDS)
    }

    /// The best of at most so many rounds.
    fn rounds(&self, mut motif: Motif, rounds: usize) -> Option<Refined> {
        let mut best: Option<Refined> = None;
        for _ in 0..rounds {
            let pwm = motif.pwm(PSEUDOCOUNT, self.frequencies);
            let (sites, threshold, ln_p) = self.sites(&pwm);
            if best.as_ref().is_some_and(|b| ln_p >= b.ln_p) {
                break;
            }
            let next = self.count(&sites, pwm.len(), 0, 0);
            best = Some(Refined { motif, pwm, threshold, ln_p });
            match next {
                Some(next) => motif = next,
                None => break,
            }
        }
        best
    }

    /// Sites of the positives at the best threshold (sequence, site), the threshold and its p-value's logarithm.
    fn sites(&self, pwm: &Pwm) -> (Vec<(usize, BestSite)>, i32, f64) {
        let first = self.positives.best_sites(pwm, self.frequencies);
        let second = self.negatives.best_sites(pwm, self.frequencies);
        let scores = |sites: &[Option<BestSite>]| -> Vec<i32> {
            sites.iter().map(|s| s.map_or(i32::MIN, |s| s.centibits)).collect()
        };
        let (threshold, ln_p) = best_threshold(&scores(&first), &scores(&second));
        let sites =
            first.into_iter().enumerate().filter_map(|(i, s)| Some((i, s.filter(|s| s.centibits >= threshold)?)));
        (sites.collect(), threshold, ln_p)
    }

    /// Bases at the sites, `before` and `after` their `width` positions too. Bases beyond the sequence and N are not counted.
    fn count(&self, sites: &[(usize, BestSite)], width: usize, before: usize, after: usize) -> Option<Motif> {
        if sites.len() < FEWEST_SITES {
            return None;
        }
        let mut counts = vec![[0.0; 4]; before + width + after];
        for (sequence, site) in sites {
            let codes = &self.sequences[*sequence];
            for (i, column) in counts.iter_mut().enumerate() {
                let at = if site.reverse {
                    (site.start_0 + width - 1 + before).checked_sub(i)
                } else {
                    (site.start_0 + i).checked_sub(before)
                };
                if let Some(&code @ 0..4) = at.and_then(|at| codes.get(at)) {
                    column[usize::from(if site.reverse { 3 - code } else { code })] += 1.0;
                }
            }
        }
        // A position that no site has lies beyond every sequence.
        for column in counts.iter_mut().filter(|c| c.iter().sum::<f64>() == 0.0) {
            *column = self.frequencies;
        }
        Motif::from_counts("", "", counts).ok()
    }

    fn without_edges(&self, motif: &Motif) -> Motif {
        let bits = motif.information_bits(self.frequencies);
        // What a column of so many random sites shows by chance is not information.
        let noise = 3.0 / (2.0 * std::f64::consts::LN_2 * motif.sites().max(1.0));
        let informative = |i: &usize| bits[*i] >= EDGE_BITS + noise;
        let (mut first, mut last) = match ((0..bits.len()).find(informative), (0..bits.len()).rfind(informative)) {
            (Some(first), Some(last)) => (first, last),
            _ => (0, bits.len() - 1),
        };
        while last + 1 - first < self.min_width && (first > 0 || last + 1 < bits.len()) {
            if first > 0 && (last + 1 == bits.len() || bits[first - 1] >= bits[last + 1]) {
                first -= 1;
            } else {
                last += 1;
            }
        }
        Motif::from_counts("", "", motif.counts()[first..=last].to_vec()).unwrap_or_else(|_| motif.clone())
    }
}
