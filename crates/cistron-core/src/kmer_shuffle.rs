use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

/// Letters that codes have: A, C, G, T and N.
const LETTERS: usize = 5;

/// A random sequence with the same count of every word of `k` letters, and the same first and last `k` − 1 letters, drawn evenly from
/// all such sequences (Altschul and Erickson 1985; the last edges are a random tree, Kandel, Matias, Unger and Winkler 1996, drawn
/// as Wilson 1996). `k` = 1 shuffles letters, 2 keeps dinucleotides. N is a letter like the others.
///
/// # Panics
/// If `k` is 0 or above 8.
pub fn kmer_shuffle(codes: &[u8], k: usize, rng: &mut impl Rng) -> Vec<u8> {
    assert!((1..=8).contains(&k), "words have 1 to 8 letters");
    let mut out = codes.to_vec();
    if k == 1 {
        out.shuffle(rng);
        return out;
    }
    if codes.len() <= k {
        return out;
    }
    let states = LETTERS.pow(k as u32 - 1);
    let next = |state: usize, code: u8| state % (states / LETTERS) * LETTERS + usize::from(code);
    let first = codes[..k - 1].iter().fold(0, |s, c| s * LETTERS + usize::from(*c));
    // Letters that follow each state, in order; a state's letters are consecutive.
    let mut starts = vec![0usize; states + 1];
    let mut state = first;
    let mut visited = Vec::with_capacity(codes.len());
    for &code in &codes[k - 1..] {
        visited.push(state);
        starts[state + 1] += 1;
        state = next(state, code);
    }
    let last = state;
    for s in 0..states {
        starts[s + 1] += starts[s];
    }
    let mut followers = vec![0u8; codes.len() + 1 - k];
    let mut filled = starts.clone();
    for (state, code) in visited.iter().zip(&codes[k - 1..]) {
        followers[filled[*state]] = *code;
        filled[*state] += 1;
    }
    // A random tree of last letters towards the last state: loop-erased walks.
    let mut in_tree = vec![false; states];
    in_tree[last] = true;
    let mut final_at = vec![usize::MAX; states];
    for &from in &visited {
        let mut at = from;
        while !in_tree[at] {
            let pick = rng.random_range(starts[at]..starts[at + 1]);
            final_at[at] = pick;
            at = next(at, followers[pick]);
        }
        let mut at = from;
        while !in_tree[at] {
            in_tree[at] = true;
            at = next(at, followers[final_at[at]]);
        }
    }
    for s in 0..states {
        let (from, to) = (starts[s], starts[s + 1]);
        if from == to {
            continue;
        }
        // The tree's letter comes last; the last state has none.
        if s != last {
            followers.swap(final_at[s], to - 1);
            followers[from..to - 1].shuffle(rng);
        } else {
            followers[from..to].shuffle(rng);
        }
    }
    let mut at = starts;
    let mut state = first;
    for slot in &mut out[k - 1..] {
        *slot = followers[at[state]];
        at[state] += 1;
        state = next(state, *slot);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Stream, keyed_rng};
    use std::collections::HashMap;

    #[test]
    fn words_are_kept() {
        for k in 1..=4 {
            for length in [0usize, 1, 2, 3, 5, 60, 400] {
                let mut rng = keyed_rng(3, Stream::Simulate, k as u64, length as u64);
                let codes: Vec<u8> = (0..length).map(|_| rng.random_range(0..5)).collect();
                let shuffled = kmer_shuffle(&codes, k, &mut rng);
                let words = |c: &[u8]| {
                    let mut words: Vec<Vec<u8>> = c.windows(k).map(<[u8]>::to_vec).collect();
                    words.sort();
                    words
                };
                assert_eq!(words(&codes), words(&shuffled));
                assert!(length < 60 || (k > 2 && length < 400) || codes != shuffled);
            }
        }
    }

    /// Every sequence with the same dinucleotides comes equally often.
    #[test]
    fn draws_are_even() {
        let codes = [0u8, 1, 0, 2, 0, 1, 1, 0];
        let mut rng = keyed_rng(4, Stream::Simulate, 0, 0);
        let mut seen: HashMap<Vec<u8>, f64> = HashMap::new();
        let draws = 60_000;
        for _ in 0..draws {
            *seen.entry(kmer_shuffle(&codes, 2, &mut rng)).or_default() += 1.0;
        }
        // AC, CA, AG, GA, AC, CC, CA: orders of the loops AC A, AG A, ACC A, with CC in either AC loop.
        assert_eq!(seen.len(), 6, "{seen:?}");
        let mean = f64::from(draws) / seen.len() as f64;
        assert!(seen.values().all(|n| (n - mean).abs() < 5.0 * mean.sqrt()), "{seen:?}");
    }
}
