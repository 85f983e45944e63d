//! The first layer over one-hot DNA as sums of table rows: what three neighbouring taps add to an output depends on three bases only, so it is
//! looked up. A kernel of 19 taps over four channels takes 7 additions in the place of 76 products. Input that is not one-hot (attributions,
//! mixtures) goes the way of every other convolution.

use std::ops::Range;

use cistron_core::wide;
use rayon::prelude::*;

use super::ConvShape;
use super::activation::Then;
use super::conv1d::PARTS;
use super::rows::Shared;
use super::transpose::transpose;

/// Bases of a word.
const WORD: usize = 3;
/// What may stand at a position: a base or none.
const LETTERS: usize = 5;
/// Words there are.
const WORDS: usize = LETTERS * LETTERS * LETTERS;
/// Filters that are worked on side by side, and positions of a block.
const LANES: usize = 16;
/// Code of a position without a base (N, or beyond the sequence).
const NONE: u8 = 4;
/// Taps and filters from which tables are made up for.
const FEWEST: (usize, usize) = (6, 16);

/// Rows of the tables of sixteen filters: `[words of the kernel][WORDS]`.
type Tables = Vec<[f32; LANES]>;

/// Sequences as the words that begin at each position, the zeros around the sequence included.
pub(super) struct Words {
    words: Vec<u8>,
    /// Words of a sequence.
    each: usize,
}

wide! {
/// Codes of the columns of `[4, positions]`; whether each is one-hot or empty.
fn read_codes(a: &[f32], c: &[f32], g: &[f32], t: &[f32], codes: &mut [u8]) -> bool {
    let n = codes.len();
    let (a, c, g, t) = (&a[..n], &c[..n], &g[..n], &t[..n]);
    let mut fine = true;
    for i in 0..n {
        let sum = a[i] + c[i] + g[i] + t[i];
        let one = |v: f32| (v == 0.0) | (v == 1.0);
        fine &= one(a[i]) & one(c[i]) & one(g[i]) & one(t[i]) & one(sum);
        codes[i] = (c[i] + 2.0 * g[i] + 3.0 * t[i] + 4.0 * (1.0 - sum)) as u8;
    }
    fine
}
}

wide! {
/// Sums of table rows for [`LANES`] positions. Word `w` of position `p` is `words[p + w · step]`.
fn look_up(tables: &[[f32; LANES]], words: &[u8], step: usize, start: &[f32; LANES], out: &mut [[f32; LANES]; LANES]) {
    for (position, sums) in out.iter_mut().enumerate() {
        *sums = *start;
        for (w, table) in tables.chunks_exact(WORDS).enumerate() {
            let row = &table[usize::from(words[position + w * step])];
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
    }
}
}

wide! {
/// Adds the values of some positions, `[position][lane]`, to the rows of their words.
fn add_to_rows(tables: &mut [[f32; LANES]], words: &[u8], step: usize, values: &[[f32; LANES]]) {
    for (position, values) in values.iter().enumerate() {
        for (w, table) in tables.chunks_exact_mut(WORDS).enumerate() {
            let row = &mut table[usize::from(words[position + w * step])];
            row.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
}
}

impl ConvShape {
    /// Words of the kernel.
    fn kernel_words(&self) -> usize {
        self.taps.div_ceil(WORD)
    }

    /// The words of the input, when tables are worth it and the input is one-hot.
    pub(super) fn words(&self, x: &[f32]) -> Option<Words> {
        if self.inputs != 4 || self.groups != 1 || self.taps < FEWEST.0 || self.filters < FEWEST.1 {
            return None;
        }
        let (n, d) = (self.positions, self.dilation);
        // Every position that a block of outputs may ask for, and two further bases.
        let each = self.outputs().next_multiple_of(LANES) + (self.kernel_words() - 1) * WORD * d;
        let mut codes = vec![NONE; (self.before + n).max(each + (WORD - 1) * d)];
        let mut words = Vec::with_capacity(self.batch * each);
        for x in x.chunks_exact(4 * n) {
            let (a, rest) = x.split_at(n);
            let (c, rest) = rest.split_at(n);
            let (g, t) = rest.split_at(n);
            if !read_codes(a, c, g, t, &mut codes[self.before..self.before + n]) {
                return None;
            }
            let of = |i: usize| {
                let [first, second, third] = [codes[i], codes[i + d], codes[i + 2 * d]];
                (first * LETTERS as u8 + second) * LETTERS as u8 + third
            };
            words.extend((0..each).map(of));
        }
        Some(Words { words, each })
    }

    /// Tables of filters `first..first + LANES`; filters that there are not have rows of 0.
    fn tables(&self, kernel: &[f32], first: usize) -> Tables {
        let mut tables = vec![[0.0; LANES]; self.kernel_words() * WORDS];
        for (row, sums) in tables.iter_mut().enumerate() {
            let (w, word) = (row / WORDS, row % WORDS);
            for (j, letter) in letters(word).into_iter().enumerate() {
                let tap = w * WORD + j;
                if letter == usize::from(NONE) || tap >= self.taps {
                    continue;
                }
                for (filter, sum) in (first..self.filters).zip(sums.iter_mut()) {
                    *sum += kernel[(filter * 4 + letter) * self.taps + tap];
                }
            }
        }
        tables
    }

    pub(super) fn forward_words(&self, words: &Words, kernel: &[f32], bias: Option<&[f32]>, then: Then, y: &mut [f32]) {
        let (outputs, blocks) = (self.outputs(), self.filters.div_ceil(LANES));
        let tables: Vec<Tables> = (0..blocks).into_par_iter().map(|block| self.tables(kernel, block * LANES)).collect();
        let out = Shared::new(y);
        (0..self.batch * blocks).into_par_iter().for_each(|task| {
            let (sample, block) = (task / blocks, task % blocks);
            let words = &words.words[sample * words.each..][..words.each];
            let filters = block * LANES..((block + 1) * LANES).min(self.filters);
            let start =
                std::array::from_fn(|lane| bias.and_then(|b| b.get(filters.start + lane)).copied().unwrap_or(0.0));
            let mut block = [[0.0; LANES]; LANES];
            for first in (0..outputs).step_by(LANES) {
                look_up(&tables[filters.start / LANES], &words[first..], WORD * self.dilation, &start, &mut block);
                then.apply(block.as_flattened_mut());
                let length = LANES.min(outputs - first);
                let start = (sample * self.filters + filters.start) * outputs + first;
                // SAFETY: the rows of these filters of this sample belong to this task alone.
                let rows = unsafe { out.slice(start, (filters.len() - 1) * outputs + length) };
                transpose((block.as_flattened(), LANES), (rows, outputs), (length, filters.len()));
            }
        });
    }

    /// The gradient of the kernel, `[filters, 4, taps]`.
    pub(super) fn kernel_gradient_words(&self, words: &Words, dy: &[f32]) -> Vec<f32> {
        let blocks = self.filters.div_ceil(LANES);
        let per_part = self.batch.div_ceil(PARTS).max(1);
        let parts = self.batch.div_ceil(per_part);
        let sums: Vec<Tables> = (0..blocks * parts)
            .into_par_iter()
            .map(|task| {
                let (block, part) = (task / parts, task % parts);
                let samples = part * per_part..((part + 1) * per_part).min(self.batch);
                self.sums_by_word(words, dy, samples, block * LANES)
            })
            .collect();
        let mut gradient = vec![0.0; self.filters * 4 * self.taps];
        for (block, parts) in sums.chunks(parts.max(1)).enumerate() {
            for row in 0..self.kernel_words() * WORDS {
                let (w, word) = (row / WORDS, row % WORDS);
                for (j, letter) in letters(word).into_iter().enumerate() {
                    let tap = w * WORD + j;
                    if letter == usize::from(NONE) || tap >= self.taps {
                        continue;
                    }
                    for (lane, filter) in (block * LANES..self.filters).take(LANES).enumerate() {
                        let to = &mut gradient[(filter * 4 + letter) * self.taps + tap];
                        parts.iter().for_each(|tables| *to += tables[row][lane]);
                    }
                }
            }
        }
        gradient
    }

    /// Sums of output gradients by the word at which they stand, for sixteen filters and some samples.
    fn sums_by_word(&self, words: &Words, dy: &[f32], samples: Range<usize>, first_filter: usize) -> Tables {
        let (outputs, count) = (self.outputs(), LANES.min(self.filters - first_filter));
        let mut tables = vec![[0.0; LANES]; self.kernel_words() * WORDS];
        let mut values = [[0.0f32; LANES]; LANES];
        for sample in samples {
            let words = &words.words[sample * words.each..][..words.each];
            let rows = &dy[(sample * self.filters + first_filter) * outputs..][..count * outputs];
            for first in (0..outputs).step_by(LANES) {
                let length = LANES.min(outputs - first);
                transpose((&rows[first..], outputs), (values.as_flattened_mut(), LANES), (count, length));
                add_to_rows(&mut tables, &words[first..], WORD * self.dilation, &values[..length]);
            }
        }
        tables
    }
}

/// The letters of a word.
fn letters(word: usize) -> [usize; WORD] {
    [word / LETTERS / LETTERS, word / LETTERS % LETTERS, word % LETTERS]
}

#[cfg(test)]
mod tests {
    use super::super::Precision;
    use super::super::rows::testing::numbers;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        /// Against the same convolution of an input that is one-hot but for a factor, which goes the other way.
        #[test]
        fn tables_give_what_products_give(
            batch in 1usize..4, positions in 1usize..90, filters in 16usize..40, taps in 6usize..24, dilation in 1usize..5,
            seed in 0u64..1000, same in any::<bool>(),
        ) {
            let reach = (taps - 1) * dilation;
            let (before, after) = if same { (reach / 2, reach - reach / 2) } else { (reach, 0) };
            let s = ConvShape { batch, inputs: 4, positions, filters, taps, dilation, groups: 1, before, after };
            let mut x = vec![0.0f32; batch * 4 * positions];
            for (i, draw) in numbers(seed, batch * positions).into_iter().enumerate() {
                let (sample, p) = (i / positions, i % positions);
                // One in five is N.
                let code = ((draw + 10.0) * 977.0) as usize % 5;
                if code < 4 {
                    x[(sample * 4 + code) * positions + p] = 1.0;
                }
            }
            let (kernel, bias) = (numbers(seed + 1, filters * 4 * taps), numbers(seed + 2, filters));
            let dy = numbers(seed + 3, batch * filters * s.outputs());
            prop_assert!(s.words(&x).is_some());
            let double: Vec<f32> = x.iter().map(|v| 2.0 * v).collect();
            prop_assert!(s.words(&double).is_none() || x.iter().all(|v| *v == 0.0));
            let half: Vec<f32> = kernel.iter().map(|v| 0.5 * v).collect();
            let (mut y, mut dense) = (vec![f32::NAN; dy.len()], vec![f32::NAN; dy.len()]);
            s.forward(&x, &kernel, Some(&bias), Then::Nothing, Precision::Float32, &mut y);
            s.forward(&double, &half, Some(&bias), Then::Nothing, Precision::Float32, &mut dense);
            prop_assert!(y.iter().zip(&dense).all(|(a, b)| (a - b).abs() < 1e-4), "{s:?}");
            let (dk, twice) = (s.kernel_gradient(&x, &dy, Precision::Float32), s.kernel_gradient(&double, &dy, Precision::Float32));
            prop_assert!(dk.iter().zip(&twice).all(|(a, b)| (a - 0.5 * b).abs() < 1e-4 * (1.0 + a.abs())), "{s:?}");
        }
    }
}
