//! Speed of each convolution of a reference network beside that of plain matrix products on the same machine.

use std::time::Instant;

use rayon::prelude::*;

use crate::NnError;
use crate::kernels::{self, ConvShape, Precision, Then};
use crate::step_bench::{StepNetwork, convolutions, pool};

/// One shape of convolution.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerSpeed {
    /// Sequences at once.
    pub batch: usize,
    /// Channels of the input.
    pub inputs: usize,
    /// Channels of the output.
    pub filters: usize,
    /// Length of the kernel.
    pub taps: usize,
    /// Distance of its taps.
    pub dilation: usize,
    /// Groups of channels.
    pub groups: usize,
    /// Positions of the input.
    pub positions: usize,
    /// How many layers of the network have this shape.
    pub layers: usize,
    /// Forward in inference, 10⁹ operations a second.
    pub forward: f64,
    /// Forward in training, where factors are float32 on every processor.
    pub forward_float32: f64,
    /// Gradient of the input.
    pub input_gradient: f64,
    /// Gradient of the kernel.
    pub kernel_gradient: f64,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerReport {
    /// Matrix products of 768 × 768 × 768 on every thread: 10⁹ operations a second, the faster of the gemm crate's and our own.
    pub product: f64,
    /// In the order in which the network meets them first.
    pub layers: Vec<LayerSpeed>,
}

/// Edge of the products that layers are compared with.
const EDGE: usize = 768;

/// Times every convolution of a network alone, on made-up values (one-hot where there are four channels), the fastest of `iters` rounds. Operations are those of the definition (two per
/// tap, channel, filter and position), so that ways with fewer products can exceed the speed of products.
///
/// # Errors
/// Threads that cannot be started.
pub fn measure_layers(network: StepNetwork, iters: usize, threads: Option<usize>) -> Result<LayerReport, NnError> {
    pool(threads)?.install(|| {
        let shapes = convolutions(network)?;
        let mut layers: Vec<LayerSpeed> = Vec::new();
        for shape in &shapes {
            let same = |l: &&mut LayerSpeed| {
                (l.inputs, l.filters, l.taps, l.dilation, l.groups, l.positions)
                    == (shape.inputs, shape.filters, shape.taps, shape.dilation, shape.groups, shape.positions)
            };
            match layers.iter_mut().find(same) {
                Some(layer) => layer.layers += 1,
                None => layers.push(speed(shape, iters)),
            }
        }
        let product = (0..3 * iters.max(1)).map(|_| products()).fold(0.0, f64::max);
        Ok(LayerReport { product, layers })
    })
}

/// Seconds of the fastest round.
fn fastest(iters: usize, mut work: impl FnMut()) -> f64 {
    let mut once = || {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..=iters).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 7919) % 1009) as f32 / 1009.0 - 0.5).collect()
}

fn speed(shape: &ConvShape, iters: usize) -> LayerSpeed {
    let ConvShape { batch, inputs, positions, filters, taps, dilation, groups, .. } = *shape;
    let operations = 2.0 * (batch * filters * shape.outputs() * inputs / groups * taps) as f64 / 1e9;
    let (mut x, kernel) = (numbers(batch * inputs * positions), numbers(filters * inputs / groups * taps));
    if inputs == 4 {
        // DNA.
        x.fill(0.0);
        (0..batch * positions)
            .for_each(|i| x[(i / positions * 4 + i * 7919 % 1009 % 4) * positions + i % positions] = 1.0);
    }
    let (mut y, mut dx) = (numbers(batch * filters * shape.outputs()), vec![0.0; x.len()]);
    let bias = vec![0.0; filters];
    let dy = y.clone();
    let mut forward = |precision| {
        operations / fastest(iters, || shape.forward(&x, &kernel, Some(&bias), Then::Nothing, precision, &mut y))
    };
    LayerSpeed {
        batch,
        inputs,
        filters,
        taps,
        dilation,
        groups,
        positions,
        layers: 1,
        forward: forward(Precision::Bits16),
        forward_float32: forward(Precision::Float32),
        input_gradient: operations / fastest(iters, || shape.input_gradient(&kernel, &dy, Precision::Bits16, &mut dx)),
        kernel_gradient: operations / fastest(iters, || drop(shape.kernel_gradient(&x, &dy, Precision::Bits16))),
    }
}

/// Speed of one product on every thread, by the faster way.
fn products() -> f64 {
    let threads = rayon::current_num_threads();
    let (left, right) = (numbers(EDGE * EDGE), numbers(EDGE * EDGE));
    let mut out = vec![vec![0.0f32; EDGE * EDGE]; threads];
    let operations = 2.0 * (threads * EDGE * EDGE * EDGE) as f64 / 1e9;
    let mut of = |plain: bool| {
        let seconds =
            fastest(1, || out.par_iter_mut().for_each(|out| kernels::square_product(&left, &right, EDGE, out, plain)));
        operations / seconds
    };
    of(true).max(of(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shape of its own per kind of layer, as often as the network has it.
    #[test]
    fn dream_cnn_has_its_convolutions() {
        let report = measure_layers(StepNetwork::DreamCnn, 0, Some(1)).unwrap();
        // Two stems, six blocks of four convolutions (expansion, grouped, back, mixing), the head.
        assert_eq!(report.layers.iter().map(|l| l.layers).sum::<usize>(), 2 + 6 * 4 + 1);
        assert!(report.layers.iter().all(|l| l.batch == 64 && l.positions == 150));
        let mixing = report.layers.iter().find(|l| l.taps == 7 && l.groups == 1 && l.filters == 64).unwrap();
        assert!(mixing.forward > 0.0 && mixing.input_gradient > 0.0 && mixing.kernel_gradient > 0.0);
        assert!(report.product > 0.0);
    }
}
