use cistron_core::{Stream, keyed_rng};
use rand::RngExt;

use super::*;
use crate::formats::parse_jaspar;
use crate::{
    FixedSeqletOptions, Motif, MotifDatabase, MotifMatch, PatternHit, PatternHitOptions, SimilarityOptions,
    embedded_motifs, fixed_seqlets, pattern_hits,
};

/// Maps in which planted sites contribute as their matrix says, some upwards and one motif downwards, over noise.
fn planted(up: &[&str], down: &[&str], sequences: usize) -> AttributionMaps {
    let length = 200;
    let matrices = embedded_motifs();
    let mut rng = keyed_rng(8, Stream::Simulate, 0, 0);
    let (mut codes, mut values) = (Vec::new(), Vec::new());
    for _ in 0..sequences {
        let mut here: Vec<u8> = (0..length).map(|_| rng.random_range(0..4)).collect();
        let mut weights: Vec<[f32; 4]> =
            (0..length).map(|_| std::array::from_fn(|_| 0.05 * (rng.random::<f32>() - 0.5))).collect();
        for (slot, (names, sign)) in [(up, 1.0f32), (down, -1.0)].into_iter().enumerate() {
            let Some(name) = (!names.is_empty()).then(|| names[rng.random_range(0..names.len())]) else { continue };
            let pwm = matrices.iter().find(|m| m.name == name).unwrap();
            let site = pwm.sample(&mut rng);
            let reverse = rng.random_bool(0.5);
            let at = 40 + 80 * slot + rng.random_range(0..10);
            for i in 0..pwm.len() {
                let from = if reverse { pwm.len() - 1 - i } else { i };
                let turn = |b: usize| if reverse { 3 - b } else { b };
                here[at + i] = turn(usize::from(site[from])) as u8;
                for (b, weight) in weights[at + i].iter_mut().enumerate() {
                    *weight += sign * 0.4 * (pwm.columns()[from][turn(b)] - 0.25) as f32;
                }
            }
        }
        codes.extend(here);
        values.extend(weights);
    }
    AttributionMaps::new(length, codes, values).unwrap()
}

fn names(patterns: &[Pattern], truth: &[Motif]) -> Vec<String> {
    let database = MotifDatabase::new(truth, SimilarityOptions::default());
    let name = |p: &Pattern| {
        let best = MotifMatch::best(&database.compare(&p.motif("p", 0.3).unwrap())).unwrap();
        if best.p_value < 0.01 { truth[best.target].name.clone() } else { "unknown".to_owned() }
    };
    let mut found: Vec<String> = patterns.iter().map(name).collect();
    found.sort();
    found
}

#[test]
fn planted_motifs_become_patterns_of_their_sign() {
    let truth = parse_jaspar(include_str!("../../data/jaspar2024_dozen.jaspar")).unwrap();
    let maps = planted(&["GATA1", "CTCF", "FOS::JUN", "TEAD1"], &["REST"], 900);
    let seqlets = fixed_seqlets(&maps, &FixedSeqletOptions::default());
    let options = PatternOptions { leiden_runs: 3, ..PatternOptions::default() };
    let up = find_patterns(&maps, &seqlets.positive, true, &options);
    assert_eq!(names(&up.patterns, &truth), ["CTCF", "FOS::JUN", "GATA1", "TEAD1"], "{:?}", up.reason);
    let down = find_patterns(&maps, &seqlets.negative, false, &options);
    assert_eq!(names(&down.patterns, &truth), ["REST"]);
    for pattern in up.patterns.iter().chain(&down.patterns) {
        // Each motif is in about 225 sequences, REST in all.
        assert!(pattern.seqlets.len() > 120, "{}", pattern.seqlets.len());
        assert!(pattern.seqlets.iter().all(|s| s.len() == pattern.len() && s.end_0 <= maps.length()));
    }
    assert!(up.patterns.iter().all(|p| p.total_contribution() > 0.0));
    assert!(down.patterns.iter().all(|p| p.total_contribution() < 0.0));
    // Called back, each planted site of the sequences is hit about once, and REST's pattern hits only downwards.
    let all: Vec<&Pattern> = up.patterns.iter().chain(&down.patterns).collect();
    let hits = pattern_hits(&maps, &all, &PatternHitOptions::default());
    let (near_up, near_down): (Vec<PatternHit>, Vec<PatternHit>) =
        hits.into_iter().partition(|h| h.pattern < up.patterns.len());
    assert!(
        (650..1200).contains(&near_up.len()) && (700..1200).contains(&near_down.len()),
        "{} {}",
        near_up.len(),
        near_down.len()
    );
    let right = near_up.iter().filter(|h| h.start_0 >= 38 && h.end_0 <= 75).count();
    assert!(right * 100 >= 95 * near_up.len(), "{right} of {}", near_up.len());
    // The same seed, the same patterns.
    assert_eq!(find_patterns(&maps, &seqlets.positive, true, &options), up);
}

#[test]
fn too_few_seqlets_and_noise_have_a_reason() {
    let maps = planted(&["GATA1"], &[], 120);
    let seqlets = fixed_seqlets(&maps, &FixedSeqletOptions::default());
    let options = PatternOptions { leiden_runs: 2, ..PatternOptions::default() };
    let few = find_patterns(&maps, &seqlets.positive[..30], true, &options);
    assert!(few.patterns.is_empty());
    assert_eq!(few.reason.unwrap(), "30 seqlets are fewer than the 100 that patterns need");
    let none = find_patterns(&maps, &[], true, &options);
    assert!(none.patterns.is_empty() && none.reason.is_some());
}
