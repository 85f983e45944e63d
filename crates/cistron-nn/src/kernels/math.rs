//! Exponentials that loops can compute in wide registers: polynomials, the same on every machine.

use cistron_core::wide;

/// eˣ within 2 units in the last place, from 2^round(x / ln 2) and a polynomial of the rest (Cephes' coefficients); the ends of the range of
/// f32 beyond ±87.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // Adding it rounds to whole numbers, which then stand in the lowest bits.
    const MAGIC: f32 = 12_582_912.0;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 87.0 { 87.0 } else { x };
    let shifted = x.mul_add(std::f32::consts::LOG2_E, MAGIC);
    let n = shifted - MAGIC;
    let r = n.mul_add(2.121_944_4e-4, n.mul_add(-0.693_359_4, x));
    let tail = 1.987_569_1e-4f32
        .mul_add(r, 1.398_2e-3)
        .mul_add(r, 8.333_452e-3)
        .mul_add(r, 4.166_579_6e-2)
        .mul_add(r, 0.166_666_66)
        .mul_add(r, 0.5);
    let power = shifted.to_bits().wrapping_sub(MAGIC.to_bits()).wrapping_add(127) << 23;
    ((tail * r).mul_add(r, r) + 1.0) * f32::from_bits(power)
}

/// 1 / (1 + e⁻ˣ).
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), within 1e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

wide! {
/// y + a · x.
pub(super) fn add_scaled(y: &mut [f32], a: f32, x: &[f32]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_to_the_definitions() {
        for i in -17_400..17_400 {
            let x = i as f32 * 0.005;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 2.4e-7 * exact, "exp {x}: {} {exact}", exp(x));
            assert!((f64::from(sigmoid(x)) - 1.0 / (1.0 + (-f64::from(x)).exp())).abs() < 1.2e-7, "sigmoid {x}");
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 2.4e-7, "tanh {x}");
        }
        assert!(exp(-1e9) < 2e-38 && exp(1e9).is_finite() && sigmoid(f32::NEG_INFINITY) < 2e-38);
    }
}
