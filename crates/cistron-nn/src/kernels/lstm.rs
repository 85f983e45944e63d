//! A bidirectional LSTM (Hochreiter and Schmidhuber 1997; gates in the order input, forget, cell, output, as PyTorch has them): forward and
//! backward through time.
//!
//! Values lie as `[positions, channels, batch]`, so that a position's step is a product of two matrices that lie close together, and the gates
//! are loops over neighbouring values. The two directions run beside each other.

use cistron_core::wide;
use rayon::prelude::*;

use super::math::{sigmoid, tanh};
use super::product::{Kernel, Matrix, Right, Side, Start, add_product, multiply, multiply_each};
use super::rows::unset;
use super::transpose::{transpose, turned};
use super::{ConvShape, Precision};

/// Sizes of a layer: `[batch, inputs, positions]` to `[batch, 2 · hidden, positions]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LstmShape {
    pub batch: usize,
    pub inputs: usize,
    pub positions: usize,
    pub hidden: usize,
}

/// Weights of one direction, parts of a flat array.
struct Weights<'a> {
    /// `[4 · hidden, inputs]`.
    input: &'a [f32],
    /// `[4 · hidden, hidden]`.
    recurrent: &'a [f32],
    /// `[4 · hidden]`, the two that are added.
    biases: [&'a [f32]; 2],
}

/// What the backward pass of one direction needs, `[positions, …, batch]` each.
#[derive(Debug, Clone)]
struct Memory {
    /// After their activations: `[4 · hidden]`.
    gates: Vec<f32>,
    cells: Vec<f32>,
    hidden: Vec<f32>,
}

/// What the backward pass needs.
#[derive(Debug, Clone)]
pub(crate) struct LstmMemory {
    /// `[positions, inputs, batch]`.
    x: Vec<f32>,
    directions: [Memory; 2],
}

/// Positions, and samples, that are turned over together.
const TURNED: usize = 16;
/// Positions whose products with the gates' gradients are summed at once.
const SUMMED: usize = 8;
/// Positions whose inputs meet the kernel at once.
const GROUPED: usize = 4;

/// Some channels, from `channel` on, of `[batch, all, positions]` to `[positions, channels, batch]`.
fn batch_last(x: &[f32], batch: usize, channels: usize, channel: usize, positions: usize) -> Vec<f32> {
    let all = x.len() / (batch * positions).max(1);
    let mut out = unset(positions * channels * batch);
    out.par_chunks_mut(TURNED * channels * batch).enumerate().for_each(|(part, out)| {
        let (first, count) = (part * TURNED, out.len() / (channels * batch));
        // Channel after channel of some samples, whose values lie together.
        for sample in (0..batch).step_by(TURNED) {
            let samples = TURNED.min(batch - sample);
            for c in 0..channels {
                let from = &x[(sample * all + channel + c) * positions + first..];
                let to = &mut out[c * batch + sample..];
                transpose((from, all * positions), (to, channels * batch), (samples, count));
            }
        }
    });
    out
}

/// `[positions, channels, batch]` to channels from `channel` on of `[batch, all, positions]`.
fn batch_first(x: &[f32], batch: usize, channels: usize, channel: usize, out: &mut [f32]) {
    let positions = x.len() / (batch * channels).max(1);
    let all = out.len() / (batch * positions).max(1);
    out.par_chunks_mut(TURNED * all * positions).enumerate().for_each(|(part, out)| {
        let (first, count) = (part * TURNED, out.len() / (all * positions));
        for position in (0..positions).step_by(TURNED) {
            let turned = TURNED.min(positions - position);
            for c in 0..channels {
                let from = &x[(position * channels + c) * batch + first..];
                let to = &mut out[(channel + c) * positions + position..];
                transpose((from, channels * batch), (to, all * positions), (turned, count));
            }
        }
    });
}

wide! {
/// Gates before their activations, which take their place; `before` is the cell one step earlier.
#[allow(clippy::too_many_arguments)]
fn gate_step(i: &mut [f32], f: &mut [f32], g: &mut [f32], o: &mut [f32], before: &[f32], cell: &mut [f32], hidden: &mut [f32]) {
    let n = i.len();
    let (f, g, o) = (&mut f[..n], &mut g[..n], &mut o[..n]);
    let (before, cell, hidden) = (&before[..n], &mut cell[..n], &mut hidden[..n]);
    for k in 0..n {
        i[k] = sigmoid(i[k]);
        f[k] = sigmoid(f[k]);
        g[k] = tanh(g[k]);
        o[k] = sigmoid(o[k]);
        cell[k] = f[k] * before[k] + i[k] * g[k];
        hidden[k] = o[k] * tanh(cell[k]);
    }
}
}

wide! {
/// Gradients of the gates before their activations take the place of the gates; `carry` is the gradient of the cell, handed on to
/// the step before.
#[allow(clippy::too_many_arguments)]
fn gate_gradient_step(i: &mut [f32], f: &mut [f32], g: &mut [f32], o: &mut [f32], before: &[f32], cell: &[f32], dh: &[f32], carry: &mut [f32]) {
    let n = i.len();
    let (f, g, o) = (&mut f[..n], &mut g[..n], &mut o[..n]);
    let (before, cell, dh, carry) = (&before[..n], &cell[..n], &dh[..n], &mut carry[..n]);
    for k in 0..n {
        let t = tanh(cell[k]);
        let dc = carry[k] + dh[k] * o[k] * (1.0 - t * t);
        let (di, df, dg) = (dc * g[k], dc * before[k], dc * i[k]);
        carry[k] = dc * f[k];
        o[k] = dh[k] * t * o[k] * (1.0 - o[k]);
        i[k] = di * i[k] * (1.0 - i[k]);
        f[k] = df * f[k] * (1.0 - f[k]);
        g[k] = dg * (1.0 - g[k] * g[k]);
    }
}
}

impl LstmShape {
    /// Values of the flat array of weights: per direction the input kernel, the recurrent kernel and two biases.
    pub(crate) fn weights(&self) -> usize {
        2 * self.weights_each()
    }

    /// Sizes of the output.
    pub(super) fn output(&self) -> [usize; 3] {
        [self.batch, 2 * self.hidden, self.positions]
    }

    fn weights_each(&self) -> usize {
        4 * self.hidden * (self.inputs + self.hidden + 2)
    }

    fn parts<'a>(&self, weights: &'a [f32], direction: usize) -> Weights<'a> {
        let weights = &weights[direction * self.weights_each()..][..self.weights_each()];
        let gates = 4 * self.hidden;
        let (input, rest) = weights.split_at(gates * self.inputs);
        let (recurrent, biases) = rest.split_at(gates * self.hidden);
        Weights { input, recurrent, biases: [&biases[..gates], &biases[gates..]] }
    }

    /// The order in which a direction visits positions.
    fn order(&self, direction: usize) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let last = self.positions.saturating_sub(1);
        (0..self.positions).map(move |step| if direction == 0 { step } else { last - step })
    }

    /// `[batch, 2 · hidden, positions]` and what the backward pass needs.
    pub(crate) fn forward(&self, x: &[f32], weights: &[f32]) -> (Vec<f32>, LstmMemory) {
        self.run(x, weights, true)
    }

    /// `[batch, 2 · hidden, positions]`, when no backward pass follows.
    pub(crate) fn forward_only(&self, x: &[f32], weights: &[f32]) -> Vec<f32> {
        self.run(x, weights, false).0
    }

    /// Without `keep` the memory holds the gates of a group of positions and the cells of one only.
    fn run(&self, x: &[f32], weights: &[f32], keep: bool) -> (Vec<f32>, LstmMemory) {
        assert_eq!((x.len(), weights.len()), (self.batch * self.inputs * self.positions, self.weights()));
        let columns = batch_last(x, self.batch, self.inputs, 0, self.positions);
        let run = |direction| self.forward_one(&columns, &self.parts(weights, direction), direction, keep);
        let (forward, backward) = rayon::join(|| run(0), || run(1));
        let mut y = unset(self.batch * 2 * self.hidden * self.positions);
        for (direction, memory) in [&forward, &backward].into_iter().enumerate() {
            batch_first(&memory.hidden, self.batch, self.hidden, direction * self.hidden, &mut y);
        }
        (y, LstmMemory { x: columns, directions: [forward, backward] })
    }

    fn forward_one(&self, x: &[f32], weights: &Weights<'_>, direction: usize, keep: bool) -> Memory {
        let (b, h, n) = (self.batch, self.hidden, self.positions);
        // Where a position's cells are kept.
        let place = |position: usize| if keep { position } else { 0 };
        let precision = if keep { Precision::Float32 } else { Precision::Bits16 };
        let mut gates: Vec<f32> = unset(4 * h * b * if keep { n } else { n.min(GROUPED) });
        let (mut cells, mut hidden) = (unset(h * b * if keep { n } else { n.min(1) }), unset(h * b * n));
        let mut cell_before = vec![0.0f32; h * b];
        let mut before: Option<usize> = None;
        let input = Kernel::new(weights.input, self.inputs, (4 * h, self.inputs), b * n, precision);
        let recurrent = Kernel::new(weights.recurrent, h, (4 * h, h), b * n, precision);
        let biases: Vec<f32> = weights.biases[0].iter().zip(weights.biases[1]).map(|(a, b)| a + b).collect();
        let order: Vec<usize> = self.order(direction).collect();
        for group in order.chunks(GROUPED) {
            let gates_at = |i: usize| if keep { group[i] } else { i } * 4 * h * b;
            let sides: Vec<Side> = (0..group.len())
                .map(|i| Side {
                    right: (x[group[i] * self.inputs * b..].as_ptr(), b),
                    out: (gates[gates_at(i)..][..4 * h * b].as_mut_ptr(), b),
                })
                .collect();
            // SAFETY: whole matrices of these sizes; the gates are ours and nothing else refers to them meanwhile.
            unsafe { multiply_each(Start::Rows(&biases), &input, &sides, b) };
            for (i, position) in group.iter().copied().enumerate() {
                let here = &mut gates[gates_at(i)..][..4 * h * b];
                if let Some(before) = before {
                    let side = Right::Matrix(Matrix::rows(&hidden[before * h * b..], b));
                    // SAFETY: whole matrices of these sizes; `here` is ours.
                    unsafe { multiply((here.as_mut_ptr(), b), Start::Sum, &recurrent, side, b) };
                    cell_before.copy_from_slice(&cells[place(before) * h * b..][..h * b]);
                }
                let (i, rest) = here.split_at_mut(h * b);
                let (f, rest) = rest.split_at_mut(h * b);
                let (g, o) = rest.split_at_mut(h * b);
                let cell = &mut cells[place(position) * h * b..][..h * b];
                gate_step(i, f, g, o, &cell_before, cell, &mut hidden[position * h * b..][..h * b]);
                before = Some(position);
            }
        }
        Memory { gates, cells, hidden }
    }

    /// Gradients of the input and of the flat array of weights.
    pub(crate) fn backward(&self, memory: LstmMemory, weights: &[f32], dy: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let LstmMemory { x, directions: [forward, backward] } = memory;
        let run = |memory, direction| self.backward_one(&x, memory, &self.parts(weights, direction), dy, direction);
        let ((mut dx, mut dw), (other, second)) = rayon::join(|| run(forward, 0), || run(backward, 1));
        dx.iter_mut().zip(&other).for_each(|(a, b)| *a += b);
        dw.extend(second);
        let mut out = unset(dx.len());
        batch_first(&dx, self.batch, self.inputs, 0, &mut out);
        (out, dw)
    }

    fn backward_one(
        &self,
        x: &[f32],
        memory: Memory,
        weights: &Weights<'_>,
        dy: &[f32],
        direction: usize,
    ) -> (Vec<f32>, Vec<f32>) {
        let (b, h, n) = (self.batch, self.hidden, self.positions);
        let mut dh = batch_last(dy, b, h, direction * h, n);
        // Turned once, as they are read at every position.
        let (input, recurrent) = (turned(weights.input, self.inputs), turned(weights.recurrent, h));
        let input = Kernel::new(&input, 4 * h, (self.inputs, 4 * h), b * n, Precision::Bits16);
        let recurrent = Kernel::new(&recurrent, 4 * h, (h, 4 * h), b * n, Precision::Bits16);
        // Gradients take the place of the gates, from the last position that was visited to the first.
        let Memory { mut gates, cells, hidden } = memory;
        let (mut carry, nothing) = (vec![0.0f32; h * b], vec![0.0f32; h * b]);
        let mut dx = unset(self.inputs * b * n);
        let order: Vec<usize> = self.order(direction).collect();
        for group in (0..n).collect::<Vec<_>>().rchunks(GROUPED) {
            for (step, position) in group.iter().map(|step| (*step, order[*step])).rev() {
                let own = position * h * b..(position + 1) * h * b;
                let dh = &mut dh[own.clone()];
                if let Some(after) = order.get(step + 1) {
                    let right = Right::Matrix(Matrix::rows(&gates[after * 4 * h * b..], b));
                    // SAFETY: whole matrices of these sizes; `dh` is ours.
                    unsafe { multiply((dh.as_mut_ptr(), b), Start::Sum, &recurrent, right, b) };
                }
                let earlier = step.checked_sub(1).map_or(nothing.as_slice(), |s| &cells[order[s] * h * b..][..h * b]);
                let here = &mut gates[position * 4 * h * b..][..4 * h * b];
                let (i, rest) = here.split_at_mut(h * b);
                let (f, rest) = rest.split_at_mut(h * b);
                let (g, o) = rest.split_at_mut(h * b);
                gate_gradient_step(i, f, g, o, earlier, &cells[own], dh, &mut carry);
            }
            let sides: Vec<Side> = (group.iter().map(|step| order[*step]))
                .map(|position| Side {
                    right: (gates[position * 4 * h * b..].as_ptr(), b),
                    out: (dx[position * self.inputs * b..][..self.inputs * b].as_mut_ptr(), b),
                })
                .collect();
            // SAFETY: whole matrices of these sizes; `dx` is ours.
            unsafe { multiply_each(Start::Zero, &input, &sides, b) };
        }
        let mut dw = vec![0.0f32; self.weights_each()];
        let (d_input, rest) = dw.split_at_mut(4 * h * self.inputs);
        let (d_recurrent, biases) = rest.split_at_mut(4 * h * h);
        // Every position with its inputs, and with the hidden values of the one visited before it.
        let conv = |batch: usize, inputs: usize| ConvShape {
            batch,
            inputs,
            positions: b,
            filters: 4 * h,
            taps: 1,
            dilation: 1,
            groups: 1,
            before: 0,
            after: 0,
        };
        if Precision::Bits16.by_tiles() && conv(n, self.inputs).fits_tiles() && conv(n, h).fits_tiles() {
            // To tiles this is the kernel gradient of convolutions of one tap, over positions as samples.
            d_input.copy_from_slice(&conv(n, self.inputs).kernel_gradient(x, &gates, Precision::Bits16));
            let (sooner, later) = if direction == 0 { (0..n - 1, 1..n) } else { (1..n, 0..n - 1) };
            d_recurrent.copy_from_slice(&conv(n - 1, h).kernel_gradient(
                &hidden[sooner.start * h * b..sooner.end * h * b],
                &gates[later.start * 4 * h * b..later.end * 4 * h * b],
                Precision::Bits16,
            ));
        } else {
            self.add_weight_gradients(x, &hidden, &gates, &order, (d_input, d_recurrent));
        }
        let (first, second) = biases.split_at_mut(4 * h);
        first.copy_from_slice(&conv(n, h).bias_gradient(&gates));
        second.copy_from_slice(first);
        (dx, dw)
    }

    /// Adds the gradients of the weights over `order`: every position with its inputs, and with the hidden values of the one visited before it.
    fn add_weight_gradients(
        &self,
        x: &[f32],
        hidden: &[f32],
        gates: &[f32],
        order: &[usize],
        (d_input, d_recurrent): (&mut [f32], &mut [f32]),
    ) {
        let (b, h) = (self.batch, self.hidden);
        let zero = vec![0.0f32; h * b];
        let (mut left, mut below, mut side) = (Vec::new(), Vec::new(), Vec::new());
        for (part, positions) in order.chunks(SUMMED).enumerate() {
            let before = |i: usize| (part * SUMMED + i).checked_sub(1).map(|s| order[s]);
            let gate = |i: usize| &gates[positions[i] * 4 * h * b..][..4 * h * b];
            beside(&mut left, positions.len(), b, gate);
            beside(&mut below, positions.len(), b, |i| &x[positions[i] * self.inputs * b..][..self.inputs * b]);
            beside(&mut side, positions.len(), b, |i| {
                before(i).map_or(zero.as_slice(), |p| &hidden[p * h * b..][..h * b])
            });
            let k = positions.len() * b;
            let left = Matrix::rows(&left, k);
            let (below, side) = (Matrix::rows(&below, k).transposed(), Matrix::rows(&side, k).transposed());
            // SAFETY: whole matrices of these sizes; what is written is ours.
            unsafe {
                add_product((d_input.as_mut_ptr(), self.inputs), left, below, (4 * h, self.inputs, k));
                add_product((d_recurrent.as_mut_ptr(), h), left, side, (4 * h, h, k));
            }
        }
    }
}

/// Matrices of rows of `width` values, one beside the other.
fn beside<'a>(out: &mut Vec<f32>, count: usize, width: usize, matrix: impl Fn(usize) -> &'a [f32]) {
    out.clear();
    out.resize(count * matrix(0).len(), 0.0);
    for i in 0..count {
        let rows = out[i * width..].chunks_mut(count * width).zip(matrix(i).chunks_exact(width));
        rows.for_each(|(to, row)| to[..width].copy_from_slice(row));
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::testing::numbers;
    use super::*;

    /// The definition in f64.
    fn naive(s: &LstmShape, x: &[f32], w: &[f32]) -> Vec<f64> {
        let h = s.hidden;
        let mut y = vec![0.0; s.batch * 2 * h * s.positions];
        let sigmoid = |v: f64| 1.0 / (1.0 + (-v).exp());
        for direction in 0..2 {
            let parts = s.parts(w, direction);
            for sample in 0..s.batch {
                let (mut hidden, mut cell) = (vec![0.0f64; h], vec![0.0f64; h]);
                for position in s.order(direction) {
                    let gate = |row: usize| {
                        let input = (0..s.inputs).map(|c| {
                            f64::from(parts.input[row * s.inputs + c])
                                * f64::from(x[(sample * s.inputs + c) * s.positions + position])
                        });
                        let recurrent = (0..h).map(|u| f64::from(parts.recurrent[row * h + u]) * hidden[u]);
                        let bias = f64::from(parts.biases[0][row]) + f64::from(parts.biases[1][row]);
                        input.sum::<f64>() + recurrent.sum::<f64>() + bias
                    };
                    let gates: Vec<f64> = (0..4 * h).map(gate).collect();
                    for u in 0..h {
                        cell[u] = sigmoid(gates[h + u]) * cell[u] + sigmoid(gates[u]) * gates[2 * h + u].tanh();
                        hidden[u] = sigmoid(gates[3 * h + u]) * cell[u].tanh();
                        y[(sample * 2 * h + direction * h + u) * s.positions + position] = hidden[u];
                    }
                }
            }
        }
        y
    }

    #[test]
    fn forward_and_gradients_follow_the_definition() {
        for (batch, inputs, positions, hidden) in [(3, 4, 6, 5), (1, 2, 1, 3), (17, 3, 2, 2)] {
            let s = LstmShape { batch, inputs, positions, hidden };
            let (x, w) = (numbers(1, batch * inputs * positions), numbers(2, s.weights()));
            let (y, memory) = s.forward(&x, &w);
            assert_eq!(s.forward_only(&x, &w), y);
            let truth = naive(&s, &x, &w);
            for (a, b) in y.iter().zip(&truth) {
                assert!((f64::from(*a) - b).abs() < 1e-6, "{a} {b}");
            }
            let dy = numbers(3, y.len());
            let (dx, dw) = s.backward(memory, &w, &dy);
            let value =
                |x: &[f32], w: &[f32]| -> f64 { naive(&s, x, w).iter().zip(&dy).map(|(y, d)| y * f64::from(*d)).sum() };
            // Central differences.
            let step = 1e-3f32;
            let slope = |values: &[f32], i: usize, of: &dyn Fn(&[f32]) -> f64| {
                let (mut up, mut down) = (values.to_vec(), values.to_vec());
                up[i] += step;
                down[i] -= step;
                (of(&up) - of(&down)) / f64::from(up[i] - down[i])
            };
            for (i, dx) in dx.iter().enumerate() {
                let truth = slope(&x, i, &|x| value(x, &w));
                assert!((f64::from(*dx) - truth).abs() < 2e-5, "x {i}: {dx} {truth}");
            }
            for (i, dw) in dw.iter().enumerate() {
                let truth = slope(&w, i, &|w| value(&x, w));
                assert!((f64::from(*dw) - truth).abs() < 5e-5, "w {i}: {dw} {truth}");
            }
        }
    }

    /// Sizes that tiles serve where there are some: inference and gradients within what 16 bits give, the pass before a backward pass as exact as ever.
    #[test]
    fn larger_layers_follow_the_definition_too() {
        for (batch, inputs, positions, hidden) in [(33, 40, 7, 32), (64, 32, 1, 40)] {
            let s = LstmShape { batch, inputs, positions, hidden };
            let (x, w) = (numbers(1, batch * inputs * positions), numbers(2, s.weights()));
            let (y, memory) = s.forward(&x, &w);
            let truth = naive(&s, &x, &w);
            let off = |y: &[f32]| y.iter().zip(&truth).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            assert!(off(&y) < 2e-6, "{}", off(&y));
            let inferred = s.forward_only(&x, &w);
            assert!(off(&inferred) < 2e-5, "{}", off(&inferred));
            // The derivative along a direction, by central differences, against the gradients.
            let dy = numbers(3, y.len());
            let (dx, dw) = s.backward(memory, &w, &dy);
            let value =
                |x: &[f32], w: &[f32]| -> f64 { naive(&s, x, w).iter().zip(&dy).map(|(y, d)| y * f64::from(*d)).sum() };
            let moved = |values: &[f32], along: &[f32], step: f32| -> Vec<f32> {
                values.iter().zip(along).map(|(v, a)| v + step * a).collect()
            };
            for seed in 4..8 {
                let (step, along_x, along_w) = (1e-2f32, numbers(seed, x.len()), numbers(seed + 10, w.len()));
                let slope = |up: f64, down: f64| (up - down) / (2.0 * f64::from(step));
                let of = |gradient: &[f32], along: &[f32]| -> f64 {
                    gradient.iter().zip(along).map(|(g, a)| f64::from(*g) * f64::from(*a)).sum()
                };
                let by_x = slope(value(&moved(&x, &along_x, step), &w), value(&moved(&x, &along_x, -step), &w));
                assert!((of(&dx, &along_x) - by_x).abs() < 2e-3 * (1.0 + by_x.abs()), "{} {by_x}", of(&dx, &along_x));
                let by_w = slope(value(&x, &moved(&w, &along_w, step)), value(&x, &moved(&w, &along_w, -step)));
                assert!((of(&dw, &along_w) - by_w).abs() < 2e-3 * (1.0 + by_w.abs()), "{} {by_w}", of(&dw, &along_w));
            }
        }
    }
}
