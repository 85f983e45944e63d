use cistron_core::{Stream, alphabet, keyed_rng, kmer_shuffle};
use cistron_genome::variant::{Segment, Variant};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::{VariantScorer, Windows};

/// Which random variants effects are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NullKind {
    /// The same change (reference and alternative allele, or length of an insertion or deletion) at a random place of the same contig or
    /// piece.
    Matched,
    /// The same variant between flanks that are shuffled with their dinucleotides kept.
    Shuffled,
}

/// Tries to find a place with the wanted base.
const ATTEMPTS: usize = 10_000;

/// Windows of `count` random variants, each made from one of `variants` drawn with replacement; keyed by the seed and the number of the
/// draw. Draws for which there is no place (no such base in a piece) are left out.
pub fn null_windows(
    scorer: &mut VariantScorer<'_>,
    variants: &[(Segment<'_>, &Variant)],
    kind: NullKind,
    count: usize,
    seed: u64,
) -> Vec<Windows> {
    let mut windows = Vec::with_capacity(count);
    for draw in 0..if variants.is_empty() { 0 } else { count } {
        let mut rng = keyed_rng(seed, Stream::NullVariants, draw as u64, 0);
        let (segment, variant) = &variants[rng.random_range(0..variants.len())];
        match kind {
            NullKind::Matched => {
                if let Some(moved) = moved(segment, variant, &mut rng) {
                    windows.push(scorer.windows(segment, &moved, 0));
                }
            }
            NullKind::Shuffled => {
                let own = scorer.windows(segment, variant, 0);
                windows.push(between_shuffled_flanks(own, variant, draw, &mut rng));
            }
        }
    }
    windows
}

/// The same change at a random place.
fn moved(segment: &Segment<'_>, variant: &Variant, rng: &mut impl Rng) -> Option<Variant> {
    let span = variant.reference.len();
    let places = segment.codes.len().checked_sub(span)?;
    (0..ATTEMPTS).find_map(|_| {
        let at = rng.random_range(0..=places);
        let there = &segment.codes[at..at + span];
        // Single bases are matched; longer alleles would hardly be found again, so that only their lengths are.
        let fits = !there.contains(&alphabet::N) && (span != 1 || there == variant.reference);
        fits.then(|| Variant { position_0: segment.start_0 + at as u64, reference: there.to_vec(), ..variant.clone() })
    })
}

fn between_shuffled_flanks(windows: Windows, variant: &Variant, draw: usize, rng: &mut impl Rng) -> Windows {
    let length = windows.reference.len();
    let middle = length / 2;
    let end = (middle + variant.reference.len()).min(length);
    let left = shuffled_known(&windows.reference[..middle], rng);
    let right = shuffled_known(&windows.reference[end..], rng);
    let with = |allele: &[u8]| {
        let mut codes = left.clone();
        codes.extend(allele.iter().chain(&right).take(length - middle));
        // A deletion draws in bases that are not known.
        codes.resize(length, alphabet::N);
        codes
    };
    Windows {
        key: (format!("draw {draw}"), 0),
        reference: with(&variant.reference),
        alternative: with(&variant.alternative),
    }
}

/// The known bases shuffled among their places.
fn shuffled_known(codes: &[u8], rng: &mut impl Rng) -> Vec<u8> {
    let known: Vec<u8> = codes.iter().copied().filter(|c| *c != alphabet::N).collect();
    let mut shuffled = kmer_shuffle(&known, 2, rng).into_iter();
    codes.iter().map(|&c| if c == alphabet::N { c } else { shuffled.next().unwrap_or(alphabet::N) }).collect()
}

/// Two-sided empirical p-values: (1 + null effects at least as large) ÷ (1 + null effects). `None` where there is no effect.
pub fn p_values(effects: &[Option<f64>], null: &[f64]) -> Vec<Option<f64>> {
    let mut sizes: Vec<f64> = null.iter().map(|e| e.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let p = |effect: f64| {
        let below = sizes.partition_point(|size| *size < effect.abs());
        (1 + sizes.len() - below) as f64 / (1 + sizes.len()) as f64
    };
    effects.iter().map(|effect| effect.map(p)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::ScoreOptions;
    use super::super::testing::ToyCoverage;
    use super::*;
    use cistron_genome::variant::Padding;

    #[test]
    fn p_values_by_hand() {
        let p = p_values(&[Some(-2.5), Some(0.0), None, Some(9.0)], &[1.0, -2.0, 3.0]);
        assert_eq!(p, [Some(0.5), Some(1.0), None, Some(0.25)]);
    }

    #[test]
    fn null_variants_keep_what_they_promise() {
        let toy = ToyCoverage::new(32, 4);
        let options = ScoreOptions { shifts: 0, seed: 1, padding: Padding::N };
        let mut scorer = VariantScorer::new(&toy, &options).unwrap();
        let codes: Vec<u8> = (0..400usize).map(|i| ((i * i + i / 3) % 4) as u8).collect();
        let segment = Segment { name: "a", start_0: 50, codes: &codes };
        let reference = segment.base(250).unwrap();
        let change = Variant {
            contig: "a".into(),
            position_0: 250,
            reference: vec![reference],
            alternative: vec![(reference + 1) % 4],
        };
        let known = |codes: &[u8]| {
            let mut sorted: Vec<u8> = codes.to_vec();
            sorted.sort_unstable();
            sorted
        };
        let own = scorer.windows(&segment, &change, 0);
        for kind in [NullKind::Matched, NullKind::Shuffled] {
            let null = null_windows(&mut scorer, &[(segment, &change)], kind, 20, 5);
            assert_eq!(null.len(), 20);
            for windows in &null {
                assert_eq!((windows.reference[16], windows.alternative[16]), (reference, (reference + 1) % 4));
                let differences = windows.reference.iter().zip(&windows.alternative).filter(|(a, b)| a != b).count();
                assert_eq!(differences, 1);
                if kind == NullKind::Shuffled {
                    assert_eq!(known(&windows.reference[..16]), known(&own.reference[..16]));
                }
            }
            assert!(null.iter().any(|w| w.reference != own.reference));
            let again = null_windows(&mut scorer, &[(segment, &change)], kind, 20, 5);
            assert_eq!(null[7].reference, again[7].reference);
        }
    }
}
