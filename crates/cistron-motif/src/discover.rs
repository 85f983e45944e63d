//! Discovery of motifs that distinguish one set of sequences from another: enriched words seed matrices, which are refined by the sites
//! that they find (as STREME, Bailey 2021, and HOMER, Heinz et al. 2010, do), tested on sequences held out, and erased before the next.

mod refine;
mod seeds;

use cistron_core::{Stream, keyed_rng};
use cistron_stats::fisher;
use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::Motif;
use crate::best_sites::PairedSequences;
use cistron_stats::q_values;
use refine::{Refined, Refiner};

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DiscoverOptions {
    /// Most motifs that are looked for.
    pub motifs: usize,
    /// Widest motif.
    pub max_width: usize,
    /// Narrowest motif.
    pub min_width: usize,
    /// Share of the sequences that p-values come from.
    pub holdout: f64,
    /// The search ends after three motifs in a row with a larger p-value.
    pub p_value: f64,
    /// Seed of the division.
    pub seed: u64,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        Self { motifs: 10, max_width: 24, min_width: 5, holdout: 0.2, p_value: 0.05, seed: 1 }
    }
}

/// A motif that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Discovery {
    /// Counts of the sites that it was built from.
    pub motif: Motif,
    /// Score (bits, against the base frequencies of the negatives) that counts as a site.
    pub threshold_bits: f64,
    /// Sequences with a site, and all, among the positives held out and then the negatives held out.
    pub held_out: [(u64, u64); 2],
    /// The same among the sequences that the motif was found in.
    pub training: [(u64, u64); 2],
    /// Natural logarithm of the p-value of Fisher's exact test on the sequences held out.
    pub ln_p_value: f64,
    /// Benjamini–Hochberg q-value over the motifs found.
    pub q_value: f64,
}

/// The sets are too small for the search.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TooFewSequences(String);

/// Fewest sequences of a set: with fewer, none can be held out.
pub const FEWEST_SEQUENCES: usize = 20;

/// A set of sequences, part of which is held out.
struct Division {
    training: Vec<Vec<u8>>,
    held_out: Vec<Vec<u8>>,
}

impl Division {
    fn new(sequences: &[&[u8]], options: &DiscoverOptions, set: u64) -> Self {
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        order.shuffle(&mut keyed_rng(options.seed, Stream::Split, set, 0));
        let count = ((sequences.len() as f64 * options.holdout).round() as usize).clamp(1, sequences.len() - 1);
        let take = |places: &[usize]| places.iter().map(|i| sequences[*i].to_vec()).collect();
        Self { held_out: take(&order[..count]), training: take(&order[count..]) }
    }
}

/// Looks for motifs that positives have and negatives have not, on both strands.
///
/// # Errors
/// Fewer than [`FEWEST_SEQUENCES`] sequences in a set.
///
/// # Panics
/// If widths or shares make no sense.
pub fn discover(
    positives: &[&[u8]],
    negatives: &[&[u8]],
    options: &DiscoverOptions,
) -> Result<Vec<Discovery>, TooFewSequences> {
    assert!(options.min_width >= 3 && options.max_width >= options.min_width.max(8), "widths make sense");
    assert!(options.holdout > 0.0 && options.holdout < 1.0, "the share held out lies in (0, 1)");
    for (name, set) in [("positive", positives), ("negative", negatives)] {
        if set.len() < FEWEST_SEQUENCES {
            let count = set.len();
            return Err(TooFewSequences(format!(
                "{count} {name} sequences are too few: discovery needs at least {FEWEST_SEQUENCES}, some of them to hold out"
            )));
        }
    }
    let frequencies = crate::Background::from_sequences(negatives.iter().copied(), 0).frequencies();
    let mut first = Division::new(positives, options, 0);
    let mut second = Division::new(negatives, options, 1);
    let mut found: Vec<Discovery> = Vec::new();
    let mut misses = 0;
    while found.len() < options.motifs && misses < 3 {
        let seeds = seeds::enriched(&first.training, &second.training, options.max_width);
        let refiner =
            Refiner::new(&first.training, &second.training, frequencies, options.max_width, options.min_width);
        let Some(best) = best_of(&refiner, &seeds) else { break };
        let discovery = test(&best, found.len() + 1, &first, &second, frequencies);
        for set in [&mut first.training, &mut first.held_out, &mut second.training, &mut second.held_out] {
            erase(set, &best, frequencies);
        }
        misses = if discovery.ln_p_value.exp() > options.p_value { misses + 1 } else { 0 };
        found.push(discovery);
    }
    let q = q_values(&found.iter().map(|d| d.ln_p_value.exp()).collect::<Vec<_>>(), found.len() as u64);
    found.iter_mut().zip(q).for_each(|(d, q)| d.q_value = q);
    Ok(found)
}

/// Seeds that get a full refinement after a short one.
const FINALISTS: usize = 6;

fn best_of(refiner: &Refiner, seeds: &[seeds::Seed]) -> Option<Refined> {
    let mut short: Vec<Refined> = seeds.par_iter().filter_map(|s| refiner.refine(s.columns(), 2)).collect();
    short.sort_by(|a, b| a.ln_p.total_cmp(&b.ln_p));
    let long: Vec<Refined> = short.into_par_iter().take(FINALISTS).filter_map(|r| refiner.finish(r)).collect();
    long.into_iter().min_by(|a, b| a.ln_p.total_cmp(&b.ln_p)).filter(|r| r.ln_p < 0.0)
}

fn test(best: &Refined, number: usize, first: &Division, second: &Division, frequencies: [f64; 4]) -> Discovery {
    let counted = |set: &[Vec<u8>]| {
        let sites = PairedSequences::new(set).best_sites(&best.pwm, frequencies);
        (sites.iter().flatten().filter(|s| s.centibits >= best.threshold).count() as u64, set.len() as u64)
    };
    let held_out = [counted(&first.held_out), counted(&second.held_out)];
    let [(with_1, n1), (with_2, n2)] = held_out;
    let mut motif = best.motif.clone();
    motif.id = format!("motif_{number}");
    motif.name = best.pwm.consensus();
    Discovery {
        motif,
        threshold_bits: f64::from(best.threshold) / 100.0,
        held_out,
        training: [counted(&first.training), counted(&second.training)],
        ln_p_value: fisher::ln_p_greater(with_1, n1, with_2, n2),
        q_value: 1.0,
    }
}

/// Puts N over every site of the motif.
fn erase(set: &mut [Vec<u8>], best: &Refined, frequencies: [f64; 4]) {
    loop {
        let sites = PairedSequences::new(set).best_sites(&best.pwm, frequencies);
        let mut erased = false;
        for (codes, site) in set.iter_mut().zip(sites) {
            if let Some(site) = site.filter(|s| s.centibits >= best.threshold) {
                codes[site.start_0..site.start_0 + best.pwm.len()].fill(4);
                erased = true;
            }
        }
        if !erased {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MotifDatabase, MotifMatch, SimilarityOptions, embedded_motifs, formats::parse_jaspar};
    use rand::RngExt;

    #[test]
    fn planted_motifs_are_recovered_with_their_widths() {
        let truth = parse_jaspar(include_str!("../data/jaspar2024_dozen.jaspar")).unwrap();
        let matrices = embedded_motifs();
        let database = MotifDatabase::new(&truth, SimilarityOptions::default());
        let mut rng = keyed_rng(6, Stream::Simulate, 0, 0);
        let planted = ["GATA1", "CTCF", "FOS::JUN"].map(|n| truth.iter().position(|m| m.name == n).unwrap());
        let mut sequences = |share: f64| -> Vec<Vec<u8>> {
            (0..500)
                .map(|_| {
                    let mut codes: Vec<u8> = (0..200).map(|_| rng.random_range(0..4)).collect();
                    for (i, motif) in planted.iter().enumerate() {
                        if rng.random_bool(share) {
                            let site = matrices[*motif].sample(&mut rng);
                            let site: Vec<u8> =
                                if rng.random_bool(0.5) { site } else { site.iter().rev().map(|c| 3 - c).collect() };
                            codes[10 + 60 * i..][..site.len()].copy_from_slice(&site);
                        }
                    }
                    codes
                })
                .collect()
        };
        let (positives, negatives) = (sequences(0.4), sequences(0.0));
        let borrow = |s: &[Vec<u8>]| s.iter().map(|c| c.to_vec()).collect::<Vec<_>>();
        let (p, n) = (borrow(&positives), borrow(&negatives));
        let p: Vec<&[u8]> = p.iter().map(Vec::as_slice).collect();
        let n: Vec<&[u8]> = n.iter().map(Vec::as_slice).collect();
        let found = discover(&p, &n, &DiscoverOptions { motifs: 4, ..Default::default() }).unwrap();
        let significant: Vec<&Discovery> = found.iter().filter(|d| d.q_value < 0.01).collect();
        assert_eq!(significant.len(), 3, "{found:#?}");
        for motif in planted {
            let best = significant
                .iter()
                .find(|d| {
                    let best = MotifMatch::best(&database.compare(&d.motif)).unwrap();
                    best.target == motif && best.p_value < 1e-3
                })
                .unwrap_or_else(|| panic!("{} was not found", truth[motif].name));
            // The width that can be told from noise: positions at the ends without information are no part of a motif.
            let wanted = truth[motif].trimmed(0.25).len();
            assert!(best.motif.len().abs_diff(wanted) <= 2, "{}: {} {wanted}", truth[motif].name, best.motif.len());
        }
    }

    #[test]
    fn random_sets_have_no_motif_and_small_ones_an_error() {
        let mut rng = keyed_rng(7, Stream::Simulate, 0, 0);
        let mut set =
            || -> Vec<Vec<u8>> { (0..200).map(|_| (0..100).map(|_| rng.random_range(0..4)).collect()).collect() };
        let (p, n) = (set(), set());
        let p: Vec<&[u8]> = p.iter().map(Vec::as_slice).collect();
        let n: Vec<&[u8]> = n.iter().map(Vec::as_slice).collect();
        let found = discover(&p, &n, &DiscoverOptions::default()).unwrap();
        assert!(found.iter().all(|d| d.q_value > 0.01), "{found:#?}");
        let error = discover(&p[..3], &n, &DiscoverOptions::default()).unwrap_err().to_string();
        assert!(error.starts_with("3 positive sequences are too few"), "{error}");
    }
}
