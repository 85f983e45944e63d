//! Seqlets of any width by p-value: a stretch counts only when every part of it (down to the smallest width) counts too, as in
//! tangermeme's recursive seqlets.

use rayon::prelude::*;

use super::Seqlet;
use crate::AttributionMaps;

/// How to call seqlets of any width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecursiveSeqletOptions {
    /// Largest p-value of a stretch and of each of its parts.
    pub p_value: f64,
    /// Narrowest stretch, in bases.
    pub min_length: usize,
    /// Widest stretch, in bases.
    pub max_length: usize,
    /// Bases added at either side afterwards, as far as the sequence goes.
    pub flank: usize,
}

impl Default for RecursiveSeqletOptions {
    fn default() -> Self {
        Self { p_value: 0.01, min_length: 4, max_length: 25, flank: 0 }
    }
}

/// Calls seqlets, by example and start. A stretch's p-value is the share of stretches of its width and sign, over all sequences, whose
/// sum is at least as large; a seqlet's is the largest of its own and its parts'. Widest first, then smallest p; they do not
/// overlap.
///
/// # Panics
/// If the widths make no sense.
pub fn recursive_seqlets(maps: &AttributionMaps, options: &RecursiveSeqletOptions) -> Vec<Seqlet> {
    let RecursiveSeqletOptions { p_value, min_length, max_length, flank } = *options;
    assert!(min_length >= 1 && max_length >= min_length, "the widest stretch is at least as wide as the narrowest");
    let cumulative: Vec<Vec<f64>> = (0..maps.len()).into_par_iter().map(|e| maps.cumulative(e)).collect();
    let sum = |e: usize, at: usize, width: usize| cumulative[e][at + width] - cumulative[e][at];
    // p-values of the width before, per sequence; a stretch is never better than its two parts.
    let mut parts: Vec<Vec<f64>> = Vec::new();
    // Stretches that pass: width, p, example, start.
    let mut passing: Vec<(usize, f64, usize, usize)> = Vec::new();
    for width in min_length..=max_length.min(maps.length()) {
        let places = maps.length() + 1 - width;
        let (mut up, mut down): (Vec<f64>, Vec<f64>) = (0..maps.len())
            .flat_map(|e| (0..places).map(move |i| (e, i)))
            .map(|(e, i)| sum(e, i, width))
            .partition(|v| *v >= 0.0);
        up.par_sort_unstable_by(f64::total_cmp);
        down.par_sort_unstable_by(|a, b| b.total_cmp(a));
        let p = |v: f64| {
            let (side, smaller) = if v >= 0.0 {
                (&up, up.partition_point(|s| *s < v))
            } else {
                (&down, down.partition_point(|s| *s > v))
            };
            (side.len() - smaller) as f64 / side.len() as f64
        };
        parts = (0..maps.len())
            .into_par_iter()
            .map(|e| {
                let worst = |i: usize| parts.get(e).map_or(0.0, |p: &Vec<f64>| p[i].max(p[i + 1]));
                (0..places)
                    .map(|i| {
                        let parts = worst(i);
                        // No need to look where a part has failed.
                        if parts > p_value { 1.0 } else { p(sum(e, i, width)).max(parts) }
                    })
                    .collect()
            })
            .collect();
        for (e, row) in parts.iter().enumerate() {
            passing.extend(row.iter().enumerate().filter(|(_, p)| **p <= p_value).map(|(i, p)| (width, *p, e, i)));
        }
    }
    passing.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.total_cmp(&b.1)).then((a.2, a.3).cmp(&(b.2, b.3))));
    let mut taken = vec![false; maps.len() * maps.length()];
    let mut seqlets = Vec::new();
    for (width, p, example, at) in passing {
        let here = &mut taken[example * maps.length() + at..][..width];
        if here.iter().any(|t| *t) {
            continue;
        }
        here.fill(true);
        seqlets.push(Seqlet {
            example,
            start_0: at.saturating_sub(flank),
            end_0: (at + width + flank).min(maps.length()),
            attribution: sum(example, at, width),
            p_value: Some(p),
        });
    }
    seqlets.sort_by_key(|s| (s.example, s.start_0));
    seqlets
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::{Stream, keyed_rng};
    use rand::RngExt;

    #[test]
    fn widths_follow_the_bumps() {
        let (sequences, length) = (400usize, 100);
        let mut rng = keyed_rng(2, Stream::Simulate, 0, 0);
        let mut values = Vec::new();
        for e in 0..sequences {
            for i in 0..length {
                let noise = 0.05 * (rng.random::<f32>() - 0.5);
                // Every fiftieth sequence: eight bases up, twelve bases down.
                let bump = match i {
                    20..28 if e % 50 == 0 => 1.0,
                    60..72 if e % 50 == 0 => -1.0,
                    _ => 0.0,
                };
                values.push([noise + bump; 4]);
            }
        }
        let maps = AttributionMaps::new(length, vec![1; sequences * length], values).unwrap();
        let options = RecursiveSeqletOptions { p_value: 0.004, ..Default::default() };
        let found = recursive_seqlets(&maps, &options);
        for e in (0..sequences).step_by(50) {
            let here: Vec<&Seqlet> = found.iter().filter(|s| s.example == e && s.attribution.abs() > 4.0).collect();
            assert_eq!(here.len(), 2, "{here:?}");
            for (seqlet, (from, to)) in here.iter().zip([(20usize, 28usize), (60, 72)]) {
                // A part of four bases stands out with one of the bump's, so three bases of noise at either end can pass.
                assert!(seqlet.start_0.abs_diff(from) <= 3 && seqlet.end_0.abs_diff(to) <= 3, "{seqlet:?}");
            }
            assert!(here[0].attribution > 7.0 && here[1].attribution < -11.0);
        }
        assert!(found.iter().all(|s| s.p_value.unwrap() <= 0.004));
        assert!(found.windows(2).all(|w| w[0].example < w[1].example || w[0].end_0 <= w[1].start_0));
        let wide = recursive_seqlets(&maps, &RecursiveSeqletOptions { flank: 3, ..options });
        assert_eq!((wide.len(), wide[0].end_0 - wide[0].start_0), (found.len(), found[0].end_0 - found[0].start_0 + 6));
    }
}
