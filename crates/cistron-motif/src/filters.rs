//! First-layer filters of a network as motifs, by the sequences that activate them (GOPHER: Toneyan et al. 2022, methods; as in
//! `docs`' definitions §1).

use crate::{Motif, MotifDatabase, MotifMatch};

/// How filters become motifs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FilterOptions {
    /// An activation counts from this share of the filter's largest on.
    pub threshold: f32,
    /// Sequences aligned for one filter, at most.
    pub most_sites: u32,
    /// Bases of an alignment, around the activation.
    pub window: usize,
    /// Positions at the ends with less information (bits) are cut off...
    pub trim_bits: f64,
    /// ...but for so many next to the informative ones.
    pub keep: usize,
}

impl Default for FilterOptions {
    fn default() -> Self {
        Self { threshold: 0.5, most_sites: 10_000, window: 24, trim_bits: 0.5, keep: 3 }
    }
}

/// Collects, in two passes over the same batches, what activates each filter.
#[derive(Debug, Clone)]
pub struct FilterAlignments {
    options: FilterOptions,
    largest: Vec<f32>,
    counts: Vec<Vec<[f64; 4]>>,
    sites: Vec<u32>,
}

impl FilterAlignments {
    /// For so many filters.
    pub fn new(filters: usize, options: FilterOptions) -> Self {
        let counts = vec![vec![[0.0; 4]; options.window]; filters];
        Self { options, largest: vec![0.0; filters], counts, sites: vec![0; filters] }
    }

    /// First pass: activations `[filters, positions]` of one sequence.
    pub fn measure(&mut self, activations: &[f32]) {
        let positions = activations.len() / self.largest.len().max(1);
        for (largest, row) in self.largest.iter_mut().zip(activations.chunks_exact(positions.max(1))) {
            *largest = row.iter().copied().fold(*largest, f32::max);
        }
    }

    /// Second pass: codes of one sequence with its activations, a position for each base. Windows that run over the sequence's ends are left out.
    pub fn collect(&mut self, codes: &[u8], activations: &[f32]) {
        let window = self.options.window;
        let half = window / 2;
        for (filter, row) in activations.chunks_exact(codes.len()).enumerate() {
            let least = self.largest[filter] * self.options.threshold;
            if self.largest[filter] <= 0.0 {
                continue;
            }
            for (at, _) in row.iter().enumerate().filter(|(_, v)| **v > least) {
                if self.sites[filter] >= self.options.most_sites {
                    break;
                }
                if at < half || at - half + window > codes.len() {
                    continue;
                }
                self.sites[filter] += 1;
                for (column, code) in self.counts[filter].iter_mut().zip(&codes[at - half..]) {
                    if *code < 4 {
                        column[usize::from(*code)] += 1.0;
                    }
                }
            }
        }
    }

    /// A motif for each filter; none where nothing activates it, or no position is informative.
    pub fn motifs(&self) -> Vec<Option<Motif>> {
        let FilterOptions { trim_bits, keep, .. } = self.options;
        let of = |(filter, counts): (usize, &Vec<[f64; 4]>)| {
            let whole = Motif::from_counts(format!("filter_{filter}"), "", counts.clone()).ok()?;
            let bits = whole.information_bits([0.25; 4]);
            let first = bits.iter().position(|b| *b >= trim_bits)?.saturating_sub(keep);
            let last = (bits.iter().rposition(|b| *b >= trim_bits)? + keep + 1).min(bits.len());
            Motif::from_counts(whole.id, "", counts[first..last].to_vec()).ok()
        };
        self.counts.iter().enumerate().map(of).collect()
    }

    /// Sequences aligned for each filter.
    pub fn sites(&self) -> &[u32] {
        &self.sites
    }
}

/// How filters agree with a database (GOPHER, fig. 2e).
#[derive(Debug, Clone, PartialEq)]
pub struct FilterReport {
    /// The best match of each filter; none for filters without a motif.
    pub best: Vec<Option<MotifMatch>>,
    /// Share of all filters whose best q-value is below the threshold.
    pub hit_ratio: f64,
    /// Mean of the best q-values of filters that have a match below the threshold; none without any.
    pub mean_q: Option<f64>,
}

/// Compares filters' motifs with a database.
pub fn compare_filters(filters: &[Option<Motif>], database: &MotifDatabase, q_threshold: f64) -> FilterReport {
    let best: Vec<Option<MotifMatch>> =
        filters.iter().map(|f| MotifMatch::best(&database.compare(f.as_ref()?))).collect();
    let hits: Vec<f64> = best.iter().flatten().map(|m| m.q_value).filter(|q| *q < q_threshold).collect();
    FilterReport {
        hit_ratio: hits.len() as f64 / filters.len().max(1) as f64,
        mean_q: (!hits.is_empty()).then(|| hits.iter().sum::<f64>() / hits.len() as f64),
        best,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SimilarityOptions, embedded_motifs, formats::parse_jaspar};
    use cistron_core::{Stream, keyed_rng};
    use rand::RngExt;

    /// Filters that are known matrices come back as these; a dead one has no motif.
    #[test]
    fn known_filters_are_named() {
        let truth = parse_jaspar(include_str!("../data/jaspar2024_dozen.jaspar")).unwrap();
        let matrices = embedded_motifs();
        let chosen = [1usize, 3];
        let mut rng = keyed_rng(9, Stream::Simulate, 0, 0);
        let sequences: Vec<Vec<u8>> = (0..600)
            .map(|i| {
                let mut codes: Vec<u8> = (0..100).map(|_| rng.random_range(0..4)).collect();
                let site = matrices[chosen[i % 2]].sample(&mut rng);
                codes[45..45 + site.len()].copy_from_slice(&site);
                codes
            })
            .collect();
        // Activation at a window's middle: the rectified score of the matrix; the third filter never fires.
        let activations = |codes: &[u8]| -> Vec<f32> {
            let mut out = vec![0.0; 3 * codes.len()];
            for (f, m) in chosen.iter().map(|m| &matrices[*m]).enumerate() {
                for at in 0..codes.len() - m.len() {
                    out[f * codes.len() + at + m.len() / 2] = m.score(&codes[at..at + m.len()], false).max(0.0) as f32;
                }
            }
            out
        };
        let mut alignments = FilterAlignments::new(3, FilterOptions::default());
        sequences.iter().for_each(|s| alignments.measure(&activations(s)));
        sequences.iter().for_each(|s| alignments.collect(s, &activations(s)));
        let motifs = alignments.motifs();
        assert!(motifs[2].is_none() && alignments.sites()[2] == 0);
        let database = MotifDatabase::new(&truth, SimilarityOptions::default());
        let report = compare_filters(&motifs, &database, 0.1);
        for (filter, motif) in chosen.iter().enumerate() {
            assert_eq!(report.best[filter].unwrap().target, *motif);
        }
        assert!((report.hit_ratio - 2.0 / 3.0).abs() < 1e-12 && report.mean_q.unwrap() < 0.01);
    }
}
