//! The median of many values: a sample tells between which values it lies, and only those are looked at.

/// Values below which all are looked at.
const FEW: usize = 1024;

/// Working memory.
#[derive(Default)]
pub(super) struct Scratch {
    sample: Vec<f32>,
    candidates: [Vec<f32>; 2],
}

/// The smallest value that at least half of the values do not exceed; none is NaN.
///
/// # Panics
/// Without values.
pub(super) fn median(values: &[f32], scratch: &mut Scratch) -> f32 {
    let Scratch { sample, candidates: [first, second] } = scratch;
    let nth = values.len().div_ceil(2) - 1;
    // The width of a band is four standard deviations of a quantile of the sample.
    let Some(nth) = narrowed(values, nth, (256, 0.12), sample, first) else {
        first.clear();
        first.extend_from_slice(values);
        return *first.select_nth_unstable_by(nth, f32::total_cmp).1;
    };
    match narrowed(first, nth, (96, 0.2), sample, second) {
        Some(nth) => *second.select_nth_unstable_by(nth, f32::total_cmp).1,
        None => *first.select_nth_unstable_by(nth, f32::total_cmp).1,
    }
}

/// The values around the `nth`, and which of them it is; nothing when that is not worth it, or the sample was misleading.
fn narrowed(
    values: &[f32],
    nth: usize,
    (size, width): (usize, f64),
    sample: &mut Vec<f32>,
    out: &mut Vec<f32>,
) -> Option<usize> {
    if values.len() < FEW {
        return None;
    }
    sample.clear();
    sample.extend(values.iter().step_by(values.len() / size));
    let share = nth as f64 / values.len() as f64;
    let place = |share: f64| ((share * sample.len() as f64) as usize).min(sample.len() - 1);
    let (low, high) = (place(share - width / 2.0), place(share + width / 2.0));
    let (rest, high, _) = sample.select_nth_unstable_by(high, f32::total_cmp);
    let high = *high;
    // Narrow as it is, a band is some places of the sample wide.
    let low = *rest.select_nth_unstable_by(low, f32::total_cmp).1;
    let below = between(values, low, high, out);
    nth.checked_sub(below).filter(|nth| *nth < out.len())
}

/// The values from `low` to `high`; returns how many are smaller.
fn between(values: &[f32], low: f32, high: f32, out: &mut Vec<f32>) -> usize {
    out.clear();
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512.
        return unsafe { avx512(values, low, high, out) };
    }
    portably(values, low, high, out)
}

fn portably(values: &[f32], low: f32, high: f32, out: &mut Vec<f32>) -> usize {
    out.extend(values.iter().filter(|v| (low..=high).contains(v)));
    values.iter().filter(|v| **v < low).count()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn avx512(values: &[f32], low: f32, high: f32, out: &mut Vec<f32>) -> usize {
    use std::arch::x86_64::{
        _CMP_GE_OQ, _CMP_LE_OQ, _CMP_LT_OQ, _mm512_cmp_ps_mask, _mm512_loadu_ps, _mm512_mask_cmp_ps_mask,
        _mm512_mask_compressstoreu_ps, _mm512_set1_ps,
    };
    let (chunks, rest) = values.as_chunks::<16>();
    out.reserve(values.len());
    let (lowest, highest) = (_mm512_set1_ps(low), _mm512_set1_ps(high));
    let (mut below, mut found) = (0, 0);
    for chunk in chunks {
        // SAFETY: sixteen values are read; at most as many are written as were read, for which there is room.
        unsafe {
            let chunk = _mm512_loadu_ps(chunk.as_ptr());
            below += _mm512_cmp_ps_mask::<_CMP_LT_OQ>(chunk, lowest).count_ones();
            let inside = _mm512_cmp_ps_mask::<_CMP_GE_OQ>(chunk, lowest);
            let inside = _mm512_mask_cmp_ps_mask::<_CMP_LE_OQ>(inside, chunk, highest);
            _mm512_mask_compressstoreu_ps(out.as_mut_ptr().add(found), inside, chunk);
            found += inside.count_ones() as usize;
        }
    }
    // SAFETY: so many have been written.
    unsafe { out.set_len(found) };
    let mut more = Vec::new();
    let smaller = portably(rest, low, high, &mut more);
    out.extend(more);
    below as usize + smaller
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random_letters::random_letters;

    #[test]
    fn the_lower_of_the_middle() {
        let of = |values: &[f32]| median(values, &mut Scratch::default());
        assert_eq!(of(&[3.0, 1.0, 2.0, 9.0, -4.0]), 2.0);
        assert_eq!(of(&[3.0, 1.0, 2.0, 9.0]), 2.0);
        assert_eq!(of(&[7.0]), 7.0);
        assert_eq!(of(&[0.0; 3000]), 0.0);
        let mut letter = random_letters(1, 0);
        for n in [40usize, 1000, 1001, 1500, 20_011] {
            // Spread, crowded at one end, with many equals, and in an order that misleads the sample.
            let value = |letter: &mut dyn FnMut() -> u8| (0..10).fold(0.0f32, |a, _| a * 4.0 + f32::from(letter()));
            let spread: Vec<f32> = (0..n).map(|_| value(&mut letter)).collect();
            let crowded: Vec<f32> = spread.iter().map(|v| -(-v / 1e4).exp()).collect();
            let equals: Vec<f32> = spread.iter().map(|v| (v / 2e5).floor()).collect();
            let step = (n / 256).max(1);
            let misleading: Vec<f32> = (0..n).map(|i| if i % step == 0 { 1e9 } else { i as f32 }).collect();
            for values in [spread, crowded, equals, misleading] {
                let mut sorted = values.clone();
                sorted.sort_by(f32::total_cmp);
                assert_eq!(of(&values), sorted[n.div_ceil(2) - 1]);
            }
        }
    }

    #[test]
    fn wide_registers_find_the_same() {
        let mut letter = random_letters(2, 0);
        let values: Vec<f32> = (0..1003).map(|_| f32::from(letter()) + f32::from(letter()) / 4.0).collect();
        for (low, high) in [(1.0, 2.0), (0.0, 0.0), (5.0, 6.0), (-1.0, 9.0)] {
            let (mut wide, mut plain) = (Vec::new(), Vec::new());
            assert_eq!(between(&values, low, high, &mut wide), portably(&values, low, high, &mut plain));
            assert_eq!(wide, plain);
        }
    }
}
