/// Natural logarithm without branches, so that a loop over it vectorises. Relative error below 1e-15 where |ln x| is not tiny, absolute
/// below 1e-15 around x = 1; for normal positive x.
///
/// At 0 it is about −709.8 (finite: 0 × ln 0 must be 0 in entropies); infinity gives about 709.8; NaN and negative numbers
/// give nonsense.
///
/// x = 2^e · m with m in [√½, √2); ln m = 2 artanh s with s = (m − 1) / (m + 1), |s| < 0.172, by its power series up to s¹⁹.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
    const ONE: u64 = 0x3ff0_0000_0000_0000;
    const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
    /// 2^52: an integer below 2^52 in its low bits is added to it exactly.
    const SHIFT: u64 = 0x4330_0000_0000_0000;
    let bits = x.to_bits() + (ONE - SQRT_HALF);
    let exponent = f64::from_bits(SHIFT | (bits >> 52)) - (f64::from_bits(SHIFT) + 1023.0);
    let m = f64::from_bits((bits & MANTISSA) + SQRT_HALF);
    let s = (m - 1.0) / (m + 1.0);
    let t = s * s;
    let mut series = 2.0 / 19.0;
    for k in (0..9).rev() {
        series = series * t + 2.0 / f64::from(2 * k + 1);
    }
    exponent * std::f64::consts::LN_2 + s * series
}

#[cfg(test)]
mod tests {
    use super::ln;
    use proptest::prelude::*;

    #[test]
    fn special_values() {
        assert_eq!(ln(1.0), 0.0);
        assert!(ln(0.0).is_finite() && ln(f64::INFINITY) > 700.0);
        assert_eq!(0.0 * ln(0.0), 0.0);
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_library(exponent in -300.0f64..300.0, near in 0.5f64..2.0) {
            for x in [10f64.powf(exponent), near] {
                let error = (ln(x) - x.ln()).abs();
                prop_assert!(error <= 4e-16 * (1.0 + x.ln().abs()), "ln {x}: {} {}", ln(x), x.ln());
            }
        }
    }
}
