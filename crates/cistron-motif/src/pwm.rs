use cistron_core::alphabet::complement;
use rand::{Rng, RngExt};

/// A position weight matrix: probabilities of A, C, G, T at each position of a site.
#[derive(Debug, Clone, PartialEq)]
pub struct Pwm {
    /// Identifier in its database.
    pub id: String,
    /// Name of the factor.
    pub name: String,
    columns: Vec<[f64; 4]>,
    /// ln(probability / 0.25).
    log_odds: Vec<[f64; 4]>,
}

/// A place where a motif fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// First base, 0-based, on the forward strand.
    pub start_0: usize,
    /// Whether the site reads on the reverse strand.
    pub reverse: bool,
    /// Log-odds score against equal base frequencies (natural logarithm).
    pub score: f64,
}

impl Pwm {
    /// A matrix from probabilities; each column should sum to 1 and hold no 0.
    pub fn new(id: impl Into<String>, name: impl Into<String>, columns: Vec<[f64; 4]>) -> Self {
        let log_odds = columns.iter().map(|c| c.map(|p| (p / 0.25).ln())).collect();
        Self { id: id.into(), name: name.into(), columns, log_odds }
    }

    /// Number of positions.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there are no positions.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Probabilities of A, C, G, T per position.
    pub fn columns(&self) -> &[[f64; 4]] {
        &self.columns
    }

    /// The most probable base at each position.
    pub fn consensus(&self) -> String {
        let best = |c: &[f64; 4]| (0..4).max_by(|a, b| c[*a].total_cmp(&c[*b])).unwrap_or(0);
        self.columns.iter().map(|c| char::from(b"ACGT"[best(c)])).collect()
    }

    /// Information content in bits against equal base frequencies: Σ 2 + Σ p·log2 p.
    pub fn information_bits(&self) -> f64 {
        self.columns.iter().map(|c| 2.0 + c.iter().map(|p| p * p.log2()).sum::<f64>()).sum()
    }

    /// The score of the consensus.
    pub fn best_score(&self) -> f64 {
        self.log_odds.iter().map(|c| c.iter().copied().fold(f64::NEG_INFINITY, f64::max)).sum()
    }

    /// Draws a site (codes, forward strand).
    pub fn sample(&self, rng: &mut impl Rng) -> Vec<u8> {
        self.columns
            .iter()
            .map(|column| {
                let mut left: f64 = rng.random();
                let mut base = 0;
                while base < 3 && left >= column[base] {
                    left -= column[base];
                    base += 1;
                }
                base as u8
            })
            .collect()
    }

    /// Log-odds score of a stretch of codes as long as the matrix; −∞ when it holds an N.
    pub fn score(&self, codes: &[u8], reverse: bool) -> f64 {
        let length = self.len();
        let mut score = 0.0;
        for (i, column) in self.log_odds.iter().enumerate() {
            let code = if reverse { complement(codes[length - 1 - i]) } else { codes[i] };
            match column.get(usize::from(code)) {
                Some(odds) => score += odds,
                None => return f64::NEG_INFINITY,
            }
        }
        score
    }

    /// Every place that scores at least `threshold`, on either strand, by position. A palindrome that fits on both strands
    /// counts once, on the strand with the higher score.
    pub fn scan(&self, codes: &[u8], threshold: f64) -> Vec<Site> {
        let window = self.len();
        if window == 0 || codes.len() < window {
            return Vec::new();
        }
        (0..=codes.len() - window)
            .filter_map(|start_0| {
                let stretch = &codes[start_0..start_0 + window];
                let (forward, backward) = (self.score(stretch, false), self.score(stretch, true));
                let score = forward.max(backward);
                (score >= threshold).then_some(Site { start_0, reverse: backward > forward, score })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::{Stream, alphabet, keyed_rng};

    fn toy() -> Pwm {
        let sure = |base: usize| std::array::from_fn(|b| if b == base { 0.97 } else { 0.01 });
        Pwm::new("T", "toy", vec![sure(0), sure(0), sure(1), sure(2)])
    }

    #[test]
    fn closed_forms() {
        let pwm = toy();
        assert_eq!(pwm.consensus(), "AACG");
        assert!((pwm.best_score() - 4.0 * (0.97f64 / 0.25).ln()).abs() < 1e-12);
        let bits = 2.0 + 0.97 * 0.97f64.log2() + 3.0 * 0.01 * 0.01f64.log2();
        assert!((pwm.information_bits() - 4.0 * bits).abs() < 1e-12);
    }

    #[test]
    fn scanning_finds_both_strands() {
        let codes = alphabet::encode(b"TTAACGTTNNCGTTAA").unwrap();
        let sites = toy().scan(&codes, toy().best_score() - 1e-9);
        let found: Vec<_> = sites.iter().map(|s| (s.start_0, s.reverse)).collect();
        assert_eq!(found, [(2, false), (4, true), (10, true)]);
        assert!(toy().scan(&codes[..3], 0.0).is_empty());
    }

    #[test]
    fn samples_follow_the_probabilities() {
        let mut rng = keyed_rng(2, Stream::Simulate, 0, 0);
        let pwm = Pwm::new("T", "t", vec![[0.1, 0.2, 0.3, 0.4]]);
        let mut counts = [0; 4];
        for _ in 0..20_000 {
            counts[usize::from(pwm.sample(&mut rng)[0])] += 1;
        }
        for (count, share) in counts.into_iter().zip([0.1, 0.2, 0.3, 0.4]) {
            assert!((f64::from(count) / 20_000.0 - share).abs() < 0.015, "{counts:?}");
        }
    }
}
