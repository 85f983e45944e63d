use crate::{Background, Pwm};

/// The exact distribution of a matrix's score over random sequence, on a grid of score bins: what FIMO computes by dynamic
/// programming (Grant, Bailey and Noble 2011), for a background of any order.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreDistribution {
    bin_bits: f64,
    /// Score of each position and base in bins.
    columns: Vec<[i32; 4]>,
    smallest: i32,
    /// P(score ≥ smallest + i) for random sequence.
    survival: Vec<f64>,
}

impl ScoreDistribution {
    /// Of log2(probability / frequency of the base), rounded to multiples of `bin_bits`, over sequence of that background. With an
    /// order above 0 the state of the programme is the last letters, so time and memory grow by 4^order.
    pub fn new(pwm: &Pwm, background: &Background, bin_bits: f64) -> Self {
        let base = background.frequencies();
        let bins = |column: &[f64; 4]| {
            [0, 1, 2, 3].map(|b| ((column[b] / base[b]).log2() / bin_bits).round_ties_even() as i32)
        };
        let columns: Vec<[i32; 4]> = pwm.columns().iter().map(bins).collect();
        let least = |c: &[i32; 4]| c.iter().copied().min().unwrap_or(0);
        let most = |c: &[i32; 4]| c.iter().copied().max().unwrap_or(0);
        let (smallest, largest): (i32, i32) = (columns.iter().map(least).sum(), columns.iter().map(most).sum());
        let size = (largest - smallest) as usize + 1;
        let (contexts, next_base) = (background.contexts(), background.next());
        let mut density = vec![0.0f64; size * contexts.len()];
        for (context, p) in contexts.iter().enumerate() {
            density[context * size] = *p;
        }
        let mut next = vec![0.0f64; density.len()];
        // Scores so far lie in 0..reached.
        let mut reached = 1;
        for column in &columns {
            next.fill(0.0);
            let low = least(column);
            for (context, chances) in next_base.iter().enumerate() {
                let from = &density[context * size..][..reached];
                for (base, (score, share)) in column.iter().zip(chances).enumerate() {
                    let to = (context * 4 + base) % contexts.len() * size + (score - low) as usize;
                    for (out, p) in next[to..to + reached].iter_mut().zip(from) {
                        *out += p * share;
                    }
                }
            }
            reached += (most(column) - low) as usize;
            std::mem::swap(&mut density, &mut next);
        }
        let mut survival = vec![0.0f64; size];
        for part in density.chunks_exact(size) {
            survival.iter_mut().zip(part).for_each(|(sum, p)| *sum += p);
        }
        for i in (0..size - 1).rev() {
            survival[i] += survival[i + 1];
        }
        Self { bin_bits, columns, smallest, survival }
    }

    /// Score per position and base (A, C, G, T), in bins.
    pub fn columns(&self) -> &[[i32; 4]] {
        &self.columns
    }

    /// Width of a bin in bits.
    pub fn bin_bits(&self) -> f64 {
        self.bin_bits
    }

    /// P(score ≥ `bins`) for random sequence.
    pub fn p_value(&self, bins: i32) -> f64 {
        match usize::try_from(bins - self.smallest) {
            Err(_) => 1.0,
            Ok(i) => self.survival.get(i).copied().unwrap_or(0.0).min(1.0),
        }
    }

    /// The smallest score, in bins, whose p-value is at most `p`; none when even the best site is not that rare.
    pub fn threshold(&self, p: f64) -> Option<i32> {
        let i = self.survival.partition_point(|s| *s > p);
        (i < self.survival.len()).then(|| self.smallest + i as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every sequence of the matrix's length.
    fn enumerated(distribution: &ScoreDistribution, background: &Background, bins: i32) -> f64 {
        let n = distribution.columns().len();
        let order = background.order();
        (0..4usize.pow((n + order) as u32))
            .map(|word| {
                let letter = |i: usize| word / 4usize.pow((n + order - 1 - i) as u32) % 4;
                let mut context = (0..order).fold(0, |c, i| c * 4 + letter(i));
                let (mut score, mut p) = (0, background.contexts()[context]);
                for (i, column) in distribution.columns().iter().enumerate() {
                    let base = letter(order + i);
                    score += column[base];
                    p *= background.next()[context][base];
                    context = (context * 4 + base) % background.contexts().len();
                }
                if score >= bins { p } else { 0.0 }
            })
            .sum()
    }

    #[test]
    fn the_distribution_is_that_of_all_sequences() {
        let columns = vec![
            [0.7, 0.1, 0.1, 0.1],
            [0.25; 4],
            [0.05, 0.05, 0.45, 0.45],
            [0.1, 0.6, 0.2, 0.1],
            [0.01, 0.01, 0.97, 0.01],
        ];
        let pwm = Pwm::new("M", "m", columns);
        let text = [0u8, 0, 1, 2, 2, 2, 3, 1, 0, 1, 1, 1, 3, 2, 2, 0, 0, 0, 0, 3, 1, 2];
        let markov = |order| Background::from_sequences([&text[..]], order);
        let skewed = Background::independent([0.31, 0.19, 0.19, 0.31]).unwrap();
        for background in [Background::uniform(), skewed, markov(0), markov(1), markov(2), markov(3)] {
            let distribution = ScoreDistribution::new(&pwm, &background, 0.05);
            for bins in (-200..200).step_by(37) {
                let (p, truth) = (distribution.p_value(bins), enumerated(&distribution, &background, bins));
                assert!((p - truth).abs() < 1e-12, "{bins}: {p} {truth}");
            }
            let threshold = distribution.threshold(0.01).unwrap();
            assert!(distribution.p_value(threshold) <= 0.01 && distribution.p_value(threshold - 1) > 0.01);
        }
        let distribution = ScoreDistribution::new(&pwm, &Background::uniform(), 0.05);
        assert_eq!((distribution.threshold(1e-6), distribution.p_value(-100_000)), (None, 1.0));
    }
}
