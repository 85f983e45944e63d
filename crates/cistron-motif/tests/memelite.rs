//! Hits and p-values against memelite's fimo (`golden/fimo_memelite.py`, memelite 0.5.0).

use cistron_motif::formats::parse_jaspar;
use cistron_motif::{MotifDatabase, Pwm, ScanOptions, Scanner, ScoreDistribution, SimilarityOptions};

#[test]
fn the_same_hits_and_p_values() {
    let mut state = 5u64;
    let codes: Vec<u8> = (0..40_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 62) as u8
        })
        .collect();
    let golden = include_str!("golden/fimo_memelite.tsv");
    let motifs = parse_jaspar(include_str!("../data/jaspar2024_dozen.jaspar")).unwrap();
    assert_eq!(motifs.len(), 12);
    let options = ScanOptions { bin_bits: 0.001, ..ScanOptions::default() };
    let mut compared = 0;
    for motif in motifs {
        // memelite adds 0.0001 to each probability and does not divide again.
        let columns = motif.frequencies().into_iter().map(|c| c.map(|p| p + 1e-4)).collect();
        let pwm = Pwm::new("", "", columns);
        // At the threshold itself the two differ by the rounding of scores to the grid, so hits just below it are left out of both.
        let clear = |p: f64| p < 9e-5;
        let mut hits = Scanner::new(&pwm, &options).scan(&codes);
        hits.retain(|h| clear(h.p_value));
        let distribution = ScoreDistribution::new(&pwm, &options.background, options.bin_bits);
        let mut wanted: Vec<(usize, bool, f64)> = golden
            .lines()
            .skip(1)
            .map(|line| line.split('\t').collect::<Vec<_>>())
            .filter(|f| f[0] == motif.id)
            .map(|f| (f[1].parse().unwrap(), f[2] == "-", f[4].parse().unwrap()))
            .filter(|(_, _, p)| clear(*p))
            .collect();
        wanted.sort_by_key(|w| (w.0, w.1));
        let found: Vec<(usize, bool)> = hits.iter().map(|h| (h.start_0, h.reverse)).collect();
        assert_eq!(found, wanted.iter().map(|w| (w.0, w.1)).collect::<Vec<_>>(), "{}", motif.name);
        for (hit, (_, _, p)) in hits.iter().zip(&wanted) {
            // memelite looks up the score that was not rounded column by column. Ours is the exact p-value of the rounded score, as
            // in FIMO: where scores nearly tie, a few sequences more or fewer count.
            let bits = pwm.score(&codes[hit.start_0..hit.start_0 + pwm.len()], hit.reverse) / std::f64::consts::LN_2;
            let same = distribution.p_value((bits / options.bin_bits) as i32);
            assert!((same / p - 1.0).abs() < 1e-3, "{}: {hit:?} {same} {p}", motif.name);
        }
        compared += hits.len();
    }
    assert!(compared > 50, "{compared}");
}

/// Comparisons against memelite's tomtom (`golden/tomtom_memelite.py`, memelite 0.5.0).
#[test]
fn the_same_comparisons() {
    let motifs = parse_jaspar(include_str!("../data/jaspar2024_dozen.jaspar")).unwrap();
    let database = MotifDatabase::new(&motifs, SimilarityOptions::default());
    let found: Vec<_> = motifs.iter().map(|query| database.compare(query)).collect();
    let golden = include_str!("golden/tomtom_memelite.tsv");
    let (mut compared, mut aligned) = (0, 0);
    for line in golden.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let place = |id: &str| motifs.iter().position(|m| m.id == id).unwrap();
        let (query, target) = (place(fields[0]), place(fields[1]));
        let ours = found[query][target];
        let p: f64 = fields[2].parse().unwrap();
        assert!((ours.p_value - p).abs() < 1e-3 * p.max(1e-3), "{line}: {ours:?}");
        let wanted: Vec<i64> = fields[3..].iter().map(|f| f.parse().unwrap()).collect();
        let score = i64::from(ours.score);
        assert_eq!(score, wanted[0], "{line}: {ours:?}");
        // Where two alignments score the same, either is right.
        aligned += usize::from(
            (i64::from(ours.offset), ours.overlap as i64, i64::from(ours.reverse)) == (wanted[1], wanted[2], wanted[3]),
        );
        compared += 1;
    }
    assert_eq!(compared, 144);
    assert!(aligned >= 130, "{aligned}");
}
