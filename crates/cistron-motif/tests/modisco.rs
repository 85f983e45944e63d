//! Patterns against those of tfmodisco-lite 3.0.0 on the same maps (golden/patterns_modisco.py).

use std::collections::BTreeSet;

use cistron_motif::formats::parse_jaspar;
use cistron_motif::{
    AttributionMaps, FixedSeqletOptions, Motif, MotifDatabase, MotifMatch, Pattern, PatternOptions, SimilarityOptions,
    find_patterns, fixed_seqlets,
};

const SEQUENCES: usize = 2000;
const LENGTH: usize = 200;
/// The last motifs contribute negatively.
const NEGATIVE: usize = 3;

/// The generator of the script.
struct Letters(u64);

impl Letters {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) * n / (1 << 31)
    }

    fn share(&mut self) -> f64 {
        self.below(1 << 31) as f64 / f64::from(1u32 << 31)
    }
}

/// The maps of the script.
fn maps(motifs: &[Motif]) -> AttributionMaps {
    let mut random = Letters(21);
    let (mut codes, mut values) = (Vec::new(), Vec::new());
    for _ in 0..SEQUENCES {
        let mut here: Vec<u8> = (0..LENGTH).map(|_| random.below(4) as u8).collect();
        let mut weights: Vec<[f64; 4]> =
            (0..LENGTH).map(|_| std::array::from_fn(|_| 0.1 * (random.share() - 0.5))).collect();
        for slot in 0..2 {
            let motif = random.below(motifs.len() as u64) as usize;
            let sign = if motif >= motifs.len() - NEGATIVE { -1.0 } else { 1.0 };
            let site = 40 + 80 * slot + random.below(20) as usize;
            let strength = 0.5 + random.share();
            let turned = random.below(2) == 1;
            let matrix = if turned { motifs[motif].reverse_complement() } else { motifs[motif].clone() };
            for (i, column) in matrix.frequencies().iter().enumerate() {
                let (mut u, mut base) = (random.share(), 0);
                while base < 3 && u >= column[base] {
                    u -= column[base];
                    base += 1;
                }
                here[site + i] = base as u8;
                for (weight, p) in weights[site + i].iter_mut().zip(column) {
                    *weight += sign * strength * 0.4 * (p - 0.25);
                }
            }
        }
        codes.extend(here);
        values.extend(weights.iter().map(|w| w.map(|v| v as f32)));
    }
    AttributionMaps::new(LENGTH, codes, values).unwrap()
}

#[test]
fn the_same_patterns_as_tfmodisco_lite() {
    let motifs = parse_jaspar(include_str!("../data/jaspar2024_dozen.jaspar")).unwrap();
    let golden = include_str!("golden/patterns_modisco.tsv");
    let golden: Vec<Vec<&str>> = golden.lines().skip(1).map(|l| l.split('\t').collect()).collect();
    let maps = maps(&motifs);
    let seqlets = fixed_seqlets(&maps, &FixedSeqletOptions::default());
    let database = MotifDatabase::new(&motifs, SimilarityOptions::default());
    for (sign, list) in [("pos", &seqlets.positive), ("neg", &seqlets.negative)] {
        let found = find_patterns(&maps, list, sign == "pos", &PatternOptions::default());
        let name = |p: &Pattern| {
            let best = MotifMatch::best(&database.compare(&p.motif("p", 0.3).unwrap())).unwrap();
            assert!(best.p_value < 0.01, "{} {}", motifs[best.target].name, best.p_value);
            motifs[best.target].id.as_str()
        };
        let ours: Vec<(&str, usize)> = found.patterns.iter().map(|p| (name(p), p.seqlets.len())).collect();
        let names: BTreeSet<&str> = ours.iter().map(|(n, _)| *n).collect();
        let theirs: BTreeSet<&str> = golden.iter().filter(|g| g[0] == sign).map(|g| g[1]).collect();
        let jaccard = names.intersection(&theirs).count() as f64 / names.union(&theirs).count() as f64;
        assert!(jaccard >= 0.8, "{sign}: {names:?} and {theirs:?}");
        // No motif falls into many patterns, and none of the seqlets found there is lost: each motif has about 333 sites.
        assert!(ours.len() <= theirs.len() + 1, "{ours:?}");
        for row in golden.iter().filter(|g| g[0] == sign && names.contains(g[1])) {
            let most = ours.iter().filter(|(n, _)| *n == row[1]).map(|(_, n)| *n).max().unwrap();
            assert!(most as f64 >= 0.9 * row[3].parse::<f64>().unwrap() && most < 420, "{row:?} {ours:?}");
        }
    }
}
