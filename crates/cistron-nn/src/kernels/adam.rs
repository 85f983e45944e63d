//! A step of Adam (Kingma and Ba 2015, algorithm 1, with the corrections of both moments taken into one factor as in its section 2) in one pass over the
//! weights, in burn's order of operations, so that the outcome is the same bit for bit.

use cistron_core::wide;
use rayon::prelude::*;

use super::rows::STRETCH;

/// What is the same for all weights of a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamStep {
    /// Shares of the moments that are kept, β.
    kept: [f32; 2],
    /// √(1 − β₂ᵗ) / (1 − β₁ᵗ).
    correction: f32,
    /// ε · √(1 − β₂ᵗ).
    epsilon: f32,
    rate: f32,
}

impl AdamStep {
    /// The step of this number, from 1.
    pub(crate) fn new(kept: [f32; 2], epsilon: f32, rate: f64, time: usize) -> Self {
        let [first, second] = kept.map(|kept| 1.0 - kept.powi(time as i32));
        Self { kept, correction: second.sqrt() / first, epsilon: epsilon * second.sqrt(), rate: rate as f32 }
    }

    /// Moves weights and both moments along a gradient.
    pub(crate) fn take(self, weights: &mut [f32], gradient: &[f32], moments: [&mut [f32]; 2]) {
        let [first, second] = moments;
        assert!([gradient.len(), first.len(), second.len()] == [weights.len(); 3]);
        let moments = first.par_chunks_mut(STRETCH).zip(second.par_chunks_mut(STRETCH));
        let of = gradient.par_chunks(STRETCH).zip(moments);
        weights.par_chunks_mut(STRETCH).zip(of).for_each(|(w, (g, (m, v)))| move_row(self, w, g, m, v));
    }
}

wide! {
fn move_row(step: AdamStep, weights: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
    let [b1, b2] = step.kept;
    let (a1, a2) = (1.0 - b1, 1.0 - b2);
    for (((w, g), m), v) in weights.iter_mut().zip(gradient).zip(first).zip(second) {
        *m = *m * b1 + g * a1;
        *v = *v * b2 + g * g * a2;
        *w -= *m * step.correction / (v.sqrt() + step.epsilon) * step.rate;
    }
}
}
