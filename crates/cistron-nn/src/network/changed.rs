//! Sequences that differ from others in a few bases: only what the change can reach is computed again, layer by layer (fastISM's idea,
//! Nair et al. 2022).
//!
//! Each layer says how far it sees. A change of some neighbouring positions spreads by that much, so a layer need only run on a slab
//! of its input: the values of the unchanged sequence with the changed ones in their place, wide enough that every output of interest
//! sees all of its inputs. A slab that would reach past an end of the sequence is moved inwards until it ends there, so that the block's
//! own padding is the right one. When a change can reach most of a layer, or a layer sees everything (flattening, an LSTM), whole layers are
//! computed from there on.
//!
//! On the processor a convolution with one group, and a dense layer behind flattening, which are linear, see the differences only: what they make of
//! them is added to what they make of the unchanged sequence.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, TensorData};
use rayon::prelude::*;

use super::Network;
use crate::blocks::{Block, Pass, ReceptiveField};
use crate::kernels::{self, ConvShape, turned};
use crate::train::host;

/// Share of a layer's positions from which on it is computed whole.
const WHOLE_FROM: f64 = 0.75;

/// Changed positions, of the reach of a convolution around them, up to which a convolution is computed from the changes alone: beyond, the positions
/// around them are the smaller part, and what serves long sequences is faster.
const CHANGE_PER_REACH: usize = 2;

/// Copies with the same changed positions from which the part of a dense layer's kernel that they meet is worth being taken out.
const WORTH_A_PART: usize = 16;

/// Which inputs an output depends on.
#[derive(Clone, Copy)]
enum Reach {
    /// Those at most so many positions away.
    Around(usize),
    /// A stretch of so many.
    Pooled(usize),
    /// All.
    Everything,
}

fn reach(block: &Block) -> Reach {
    let field = block.receptive_field(ReceptiveField::INPUT);
    match (field.width_bp, field.step_bp) {
        (Some(width), 1) => Reach::Around(width / 2),
        (Some(width), step) if width == step => Reach::Pooled(step),
        _ => Reach::Everything,
    }
}

/// Changed copies of some rows of a batch.
pub(crate) struct Changes {
    /// Row of the unchanged sequence, for each copy.
    pub(crate) rows: Vec<usize>,
    /// First position that differs, for each copy; within the sequence together with the others.
    pub(crate) starts: Vec<usize>,
    /// `[copies, channels, positions]`: the values from there on; positions that do not differ may be among them.
    pub(crate) values: Tensor<3>,
}

impl Changes {
    fn length(&self) -> usize {
        self.values.dims()[2]
    }

    /// `[copies, channels, positions]`: the whole copies.
    fn whole(&self, unchanged: &Tensor<3>) -> Tensor<3> {
        self.slab(unchanged, &vec![0; self.rows.len()], unchanged.dims()[2])
    }

    /// `[copies, channels, width]`: the unchanged values from each of `starts` on, with the changed ones in their place.
    fn slab(&self, unchanged: &Tensor<3>, starts: &[usize], width: usize) -> Tensor<3> {
        let [_, channels, positions] = unchanged.dims();
        let (values, unchanged) = (host(self.values.clone()), host(unchanged.clone()));
        let length = self.length();
        let mut slab = vec![0.0f32; self.rows.len() * channels * width];
        slab.par_chunks_mut(channels * width).enumerate().for_each(|(copy, out)| {
            let (row, from, start) = (self.rows[copy], starts[copy], self.starts[copy]);
            // The changed positions that lie in the slab.
            let (first, last) = (start.max(from), (start + length).min(from + width));
            for (channel, out) in out.chunks_exact_mut(width).enumerate() {
                let at = (row * channels + channel) * positions + from;
                out.copy_from_slice(&unchanged[at..at + width]);
                if first < last {
                    let at = (copy * channels + channel) * length + first - start;
                    out[first - from..last - from].copy_from_slice(&values[at..at + last - first]);
                }
            }
        });
        let shape = [self.rows.len(), channels, width];
        Tensor::from_data(TensorData::new(slab, shape), &self.values.device())
    }

    /// `[1, channels, copies · width]`: the slabs of all copies end to end, zeros beyond the ends of the sequence, so that a convolution is one
    /// large product in the place of many small ones. What it computes across the seams is not used.
    fn joined_slab(&self, unchanged: &Tensor<3>, starts: &[isize], width: usize) -> Tensor<3> {
        let [_, channels, positions] = unchanged.dims();
        let (values, unchanged) = (host(self.values.clone()), host(unchanged.clone()));
        let (copies, length) = (self.rows.len(), self.length());
        let mut slab = vec![0.0f32; channels * copies * width];
        slab.par_chunks_mut(copies * width).enumerate().for_each(|(channel, out)| {
            for (copy, out) in out.chunks_exact_mut(width).enumerate() {
                let from = starts[copy];
                let known = from.max(0)..(from + width as isize).min(positions as isize);
                let place = |at: isize| (at - from) as usize;
                let at = (self.rows[copy] * channels + channel) * positions;
                out[place(known.start)..place(known.end)]
                    .copy_from_slice(&unchanged[at + known.start as usize..at + known.end as usize]);
                let start = self.starts[copy] as isize;
                let changed = start.max(from)..(start + length as isize).min(from + width as isize);
                if changed.start < changed.end {
                    let at = (copy * channels + channel) * length + (changed.start - start) as usize;
                    let size = (changed.end - changed.start) as usize;
                    out[place(changed.start)..place(changed.end)].copy_from_slice(&values[at..at + size]);
                }
            }
        });
        Tensor::from_data(TensorData::new(slab, [1, channels, copies * width]), &self.values.device())
    }

    /// The changes behind a convolution with one group whose unchanged values are given before and after it: `width` positions from each of
    /// `starts` on. As a convolution is linear, what it makes of the differences is added to what it makes of the unchanged sequence.
    fn convolved(
        &self,
        kernel: &Tensor<3>,
        dilation: usize,
        unchanged: [&Tensor<3>; 2],
        starts: Vec<usize>,
        width: usize,
    ) -> Self {
        let ([_, inputs, positions], [filters, _, taps]) = (unchanged[0].dims(), kernel.dims());
        let (copies, length) = (self.rows.len(), self.length());
        let (differences, after) = (self.differences(unchanged[0]), host(unchanged[1].clone()));
        let reach = (taps - 1) * dilation;
        let shape = ConvShape {
            batch: copies,
            inputs,
            positions: length,
            filters,
            taps,
            dilation,
            groups: 1,
            before: reach,
            after: reach,
        };
        let sums = shape.forward_batch_last(&turned(&differences, inputs * length), &host(kernel.clone()));
        let (sums, outputs) = (turned(&sums, copies), shape.outputs());
        // Of "same" padding, what is missing is at the end.
        let behind = reach - reach / 2;
        let mut out = vec![0.0f32; copies * filters * width];
        out.par_chunks_mut(filters * width).enumerate().for_each(|(copy, out)| {
            let from = self.rows[copy] * filters * positions + starts[copy];
            // The first of the sums is that of the position `behind` before the first changed one.
            let (first, sums_from) = (self.starts[copy], behind + starts[copy]);
            let (ahead, skipped) = (first.saturating_sub(sums_from), sums_from.saturating_sub(first));
            for (filter, out) in out.chunks_exact_mut(width).enumerate() {
                out.copy_from_slice(&after[from + filter * positions..][..width]);
                let sums = &sums[(copy * filters + filter) * outputs..][..outputs];
                out[ahead..].iter_mut().zip(&sums[skipped..]).for_each(|(out, sum)| *out += sum);
            }
        });
        let shape = [copies, filters, width];
        Self {
            rows: self.rows.clone(),
            starts,
            values: Tensor::from_data(TensorData::new(out, shape), &self.values.device()),
        }
    }

    /// `[copies, channels, positions]`: changed less unchanged values.
    fn differences(&self, unchanged: &Tensor<3>) -> Vec<f32> {
        let ([_, channels, positions], length) = (unchanged.dims(), self.length());
        let (mut differences, unchanged) = (host(self.values.clone()), host(unchanged.clone()));
        differences.par_chunks_mut(channels * length).enumerate().for_each(|(copy, values)| {
            let from = self.rows[copy] * channels * positions + self.starts[copy];
            for (channel, values) in values.chunks_exact_mut(length).enumerate() {
                values.iter_mut().zip(&unchanged[from + channel * positions..]).for_each(|(v, before)| *v -= before);
            }
        });
        differences
    }

    /// Copies by the first position that differs.
    fn by_start(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut copies: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        self.starts.iter().enumerate().for_each(|(copy, start)| copies.entry(*start).or_default().push(copy));
        copies
    }

    /// `[copies, units, 1]`: behind flattening and a dense layer with this kernel, whose unchanged values are given before and after both.
    fn dense(&self, kernel: &Tensor<2>, unchanged: [&Tensor<3>; 2]) -> Tensor<3> {
        let ([_, channels, positions], [_, units]) = (unchanged[0].dims(), kernel.dims());
        let (device, length) = (self.values.device(), self.length());
        let (differences, after) = (self.differences(unchanged[0]), host(unchanged[1].clone()));
        let kernel = kernel.clone().reshape([channels, positions, units]);
        let mut out = vec![0.0f32; self.rows.len() * units];
        for (start, copies) in self.by_start() {
            let kernel = kernel.clone().slice([0..channels, start..start + length, 0..units]);
            let each = channels * length;
            let changed: Vec<f32> =
                copies.iter().flat_map(|copy| &differences[copy * each..][..each]).copied().collect();
            let changed = Tensor::<2>::from_data(TensorData::new(changed, [copies.len(), each]), &device);
            let sums = host(changed.matmul(kernel.reshape([each, units])).reshape([copies.len(), units, 1]));
            for (copy, sums) in copies.iter().zip(sums.chunks_exact(units)) {
                let (out, after) = (&mut out[copy * units..][..units], &after[self.rows[*copy] * units..]);
                out.iter_mut().zip(after).zip(sums).for_each(|((out, after), sum)| *out = after + sum);
            }
        }
        Tensor::from_data(TensorData::new(out, [self.rows.len(), units, 1]), &device)
    }
}

/// `[copies, channels, width]` of slabs that stand end to end, each from `offset` on.
fn cut_joined(joined: &Tensor<3>, copies: usize, offset: usize, width: usize) -> Tensor<3> {
    let [_, channels, positions] = joined.dims();
    let slab = positions / copies;
    let values = host(joined.clone());
    let mut out = vec![0.0f32; copies * channels * width];
    out.par_chunks_mut(channels * width).enumerate().for_each(|(copy, out)| {
        for (channel, out) in out.chunks_exact_mut(width).enumerate() {
            let at = channel * positions + copy * slab + offset;
            out.copy_from_slice(&values[at..at + width]);
        }
    });
    Tensor::from_data(TensorData::new(out, [copies, channels, width]), &joined.device())
}

/// `[copies, channels, width]` of each copy from its own place on.
fn cut(x: &Tensor<3>, from: &[usize], width: usize) -> Tensor<3> {
    let [copies, channels, positions] = x.dims();
    if from.windows(2).all(|pair| pair[0] == pair[1]) {
        let from = from.first().copied().unwrap_or(0);
        return x.clone().slice([0..copies, 0..channels, from..from + width]);
    }
    let values = host(x.clone());
    let mut out = Vec::with_capacity(copies * channels * width);
    for (copy, row) in values.chunks_exact(channels * positions).enumerate() {
        for channel in row.chunks_exact(positions) {
            out.extend_from_slice(&channel[from[copy]..from[copy] + width]);
        }
    }
    Tensor::from_data(TensorData::new(out, [copies, channels, width]), &x.device())
}

impl Network {
    /// Evaluates sequences `[batch, 4, length]` and changed copies of them; both as `[…, tasks, bins]`. The copies' outputs are those of
    /// evaluating them whole, up to rounding.
    pub(crate) fn evaluate_changed(&self, mut x: Tensor<3>, mut changes: Changes) -> (Tensor<3>, Tensor<3>) {
        let count = self.plan.layers.len();
        let run = |layers, x| self.forward_layers(layers, &self.weights, x, &mut Pass::evaluate());
        let mut next = 0;
        while next < count {
            let at = next;
            let layer = &self.plan.layers[at];
            // The activation behind a batch norm runs with it.
            let fused = matches!(layer.block, Block::BatchNorm(_))
                && self.plan.layers.get(at + 1).is_some_and(|l| matches!(l.block, Block::Activation(_)));
            next += if fused { 2 } else { 1 };
            let (positions, after) = (layer.input.positions, layer.output.positions);
            let length = changes.length();
            let reach = reach(&layer.block);
            let (starts, width, slab_starts, slab_width): (Vec<usize>, _, Vec<usize>, _) = match reach {
                Reach::Around(0) => {
                    changes.values = run(at..next, changes.values);
                    x = run(at..next, x);
                    continue;
                }
                Reach::Around(sides) => {
                    let width = (length + 2 * sides).min(positions);
                    let slab_width = (width + 2 * sides).min(positions);
                    let moved = |from: &[usize], width: usize| -> Vec<usize> {
                        from.iter().map(|s| s.saturating_sub(sides).min(positions - width)).collect()
                    };
                    let starts = moved(&changes.starts, width);
                    let slab_starts = moved(&starts, slab_width);
                    (starts, width, slab_starts, slab_width)
                }
                Reach::Pooled(pool) => {
                    // A change of this length touches at most so many stretches, wherever it begins.
                    let width = ((length + pool - 2) / pool + 1).min(after);
                    let starts: Vec<usize> = changes.starts.iter().map(|s| (s / pool).min(after - width)).collect();
                    let slab_starts = starts.iter().map(|s| s * pool).collect();
                    (starts, width, slab_starts, width * pool)
                }
                Reach::Everything => (Vec::new(), 0, Vec::new(), positions),
            };
            if let (Reach::Around(sides), Block::Conv(conv)) = (reach, &layer.block)
                && kernels::serve_forward(&x.device())
                && conv.groups == 1
                && length <= CHANGE_PER_REACH * sides
            {
                let after = run(at..next, x.clone());
                let kernel = self.weights.slice(self.ranges[at].clone()).get(0);
                changes = changes.convolved(&kernel, conv.dilation, [&x, &after], starts, width);
                x = after;
                continue;
            }
            if let (Reach::Around(sides), Block::Conv(_)) = (reach, &layer.block)
                && ((width + 2 * sides) as f64) < WHOLE_FROM * positions as f64
            {
                let from: Vec<isize> = starts.iter().map(|s| *s as isize - sides as isize).collect();
                let joined = run(at..next, changes.joined_slab(&x, &from, width + 2 * sides));
                changes.values = cut_joined(&joined, changes.rows.len(), sides, width);
                changes.starts = starts;
                x = run(at..next, x);
                continue;
            }
            if let (Block::Flatten(_), Some(Block::Dense(_))) =
                (&layer.block, self.plan.layers.get(next).map(|l| &l.block))
                && 2 * length <= positions
                && WORTH_A_PART * changes.by_start().len() <= changes.rows.len()
            {
                let after = run(at..next + 1, x.clone());
                let kernel = self.weights.slice(self.ranges[next].clone()).get(0);
                let values = changes.dense(&kernel, [&x, &after]);
                return (run(next + 1..count, after), run(next + 1..count, values));
            }
            if slab_width as f64 >= WHOLE_FROM * positions as f64 {
                let whole = changes.whole(&x);
                return (run(at..count, x), run(at..count, whole));
            }
            let slab = changes.slab(&x, &slab_starts, slab_width);
            let values = run(at..next, slab);
            let offsets: Vec<usize> = match reach {
                Reach::Pooled(_) | Reach::Everything => vec![0; starts.len()],
                Reach::Around(_) => starts.iter().zip(&slab_starts).map(|(a, b)| a - b).collect(),
            };
            changes.values = cut(&values, &offsets, width);
            changes.starts = starts;
            x = run(at..next, x);
        }
        let whole = changes.whole(&x);
        (x, whole)
    }
}

#[cfg(test)]
mod tests {
    use super::super::largest_difference;
    use super::*;
    use crate::weights::from_values;
    use crate::{ModelConfig, presets, zoo};
    use burn::tensor::Device;
    use cistron_core::{TargetKind, TargetSpec};

    fn one_hot(codes: &[Vec<usize>], device: &Device) -> Tensor<3> {
        let length = codes[0].len();
        let mut values = vec![0.0f32; codes.len() * 4 * length];
        for (row, codes) in codes.iter().enumerate() {
            codes.iter().enumerate().for_each(|(p, c)| values[(row * 4 + c) * length + p] = 1.0);
        }
        Tensor::from_data(TensorData::new(values, [codes.len(), 4, length]), device)
    }

    #[test]
    fn changed_copies_are_as_if_evaluated_whole() {
        check(&Device::flex());
    }

    #[test]
    #[cfg(any(feature = "gpu", feature = "cuda"))]
    fn changed_copies_are_as_if_evaluated_whole_on_a_gpu() {
        if let Some(gpu) = crate::device::for_tests() {
            check(&gpu);
        }
    }

    /// Every network of the zoo on two sequences, substitutions at both ends and in between, and changes of several bases, against whole
    /// evaluation.
    fn check(device: &Device) {
        for preset in presets() {
            for (kind, input, bin) in
                [(TargetKind::Profile, 1024, 32), (TargetKind::Binary, 1024, 1024), (TargetKind::Profile, 1024, 64)]
            {
                if !preset.targets.include(kind) {
                    continue;
                }
                let model = ModelConfig { width_factor: 0.05, ..ModelConfig::new(preset.name) };
                let tasks = vec!["a".into(), "b".into()];
                let target = TargetSpec { kind, tasks, bins: input / bin, bin_bp: bin, input_bp: input };
                let mut network = Network::new(zoo::plan(&model, &target).unwrap(), 3, device);
                // Scales of batch norm start at 1 or 0 and shifts at 0: other values, so that nothing cancels.
                for (place, weight) in network.weights.entries.iter_mut().enumerate() {
                    if weight.name.ends_with("gamma") || weight.name.ends_with("beta") || weight.name.ends_with("bias")
                    {
                        let n = weight.shape[0];
                        let size = if weight.name.ends_with("gamma") { 1.0 } else { 0.05 };
                        let value = |i: usize| size * (0.5 + ((i * 7 + place * 3) % 11) as f32 / 20.0);
                        weight.value = from_values((0..n).map(value).collect(), device);
                    }
                }
                let sequence = |seed: usize| (0..input).map(|p| (p * p * 7 + p * seed + p / 3) % 4).collect::<Vec<_>>();
                let references = vec![sequence(1), sequence(5)];
                for length in [1, 3] {
                    let places = [0, 1, 17, 500, 511, 512, 800, input - 4, input - length];
                    let rows: Vec<usize> = (0..places.len()).map(|i| i % 2).collect();
                    let mut copies = Vec::new();
                    for (&place, &row) in places.iter().zip(&rows) {
                        let mut copy = references[row].clone();
                        copy[place..place + length].iter_mut().for_each(|c| *c = (*c + 1) % 4);
                        copies.push(copy);
                    }
                    let x = one_hot(&references, device);
                    let whole = one_hot(&copies, device);
                    let values = cut(&whole, &places, length);
                    let truth = host(network.evaluate(whole));
                    assert!(truth.iter().all(|v| v.is_finite()), "{}", preset.name);
                    let changes = Changes { rows, starts: places.to_vec(), values };
                    let (same, found) = network.evaluate_changed(x.clone(), changes);
                    let unchanged = host(network.evaluate(x));
                    let errors =
                        [(found, &truth), (same, &unchanged)].map(|(y, truth)| largest_difference(&host(y), truth));
                    assert!(errors.iter().all(|e| *e < 1e-4), "{} {kind:?} {bin} {length}: {errors:?}", preset.name);
                    let error = errors[0].max(errors[1]);
                    // Not because the changes do nothing.
                    let each = target.tasks.len() * target.bins;
                    for (copy, truth) in truth.chunks(each).enumerate() {
                        let effect = largest_difference(truth, &unchanged[copy % 2 * each..(copy % 2 + 1) * each]);
                        assert!(
                            effect > 20.0 * error,
                            "{} {kind:?} {bin}: effect {effect}, error {error}",
                            preset.name
                        );
                    }
                }
            }
        }
    }
}
