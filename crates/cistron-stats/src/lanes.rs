//! Four numbers worked on together: plain arrays everywhere, AVX2 registers where the processor has them. Every operation is the
//! same IEEE operation in both forms (no fused multiply-add), so a result does not depend on the machine.

use std::array::from_fn;

/// Number of lanes.
const LANES: usize = 4;

/// Four `f64`.
pub(crate) trait Lanes: Copy {
    fn splat(value: f64) -> Self;
    fn load(values: &[f32; LANES]) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    fn over(self, other: Self) -> Self;
    /// `self` where it is greater, else `other` (also where `self` is NaN).
    fn at_least(self, other: Self) -> Self;
    /// 0 in lanes where `x` or `y` is NaN.
    fn where_known(self, x: Self, y: Self) -> Self;
    /// 1 in lanes that are 0.
    fn one_for_zero(self) -> Self;
    /// (mantissa in [√½, √2), exponent) of positive normal numbers; 0 counts as about 2^-1024.
    fn split(self) -> (Self, Self);
    /// The sum over lanes, in a fixed order.
    fn total(self) -> f64;

    /// Natural logarithm of positive normal numbers, within 4·10^-16 · (1 + |ln x|). About −709 at 0 (finite: 0 · ln 0 must be 0 in
    /// entropies) and 710 at infinity.
    ///
    /// x = 2^e · m; ln m = 2 artanh s with s = (m − 1) / (m + 1), |s| < 0.172, by its power series up to s¹⁹.
    #[inline(always)]
    fn ln(self) -> Self {
        let (m, exponent) = self.split();
        let one = Self::splat(1.0);
        let s = m.minus(one).over(m.plus(one));
        let t = s.times(s);
        // Terms in pairs, then pairs of pairs: a short chain of operations keeps the processor's units busy.
        let t2 = t.times(t);
        let t4 = t2.times(t2);
        let pair =
            |k: i32| Self::splat(2.0 / f64::from(2 * k + 1)).plus(t.times(Self::splat(2.0 / f64::from(2 * k + 3))));
        let low = pair(0).plus(t2.times(pair(2)));
        let high = pair(4).plus(t2.times(pair(6)));
        let series = low.plus(t4.times(high.plus(t4.times(pair(8)))));
        exponent.times(Self::splat(std::f64::consts::LN_2)).plus(s.times(series))
    }
}

const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// What brings the mantissa's cut from 1 to √½.
const RAISE: u64 = 0x3ff0_0000_0000_0000 - SQRT_HALF;
const MANTISSA: u64 = 0x000f_ffff_ffff_ffff;
/// 2^52: an integer below 2^52 in its low bits is added to it exactly.
const SHIFT: u64 = 0x4330_0000_0000_0000;
/// 2^52 + the exponent's bias.
const UNSHIFT: f64 = 4_503_599_627_370_496.0 + 1023.0;

/// Four lanes without any instruction set.
#[derive(Clone, Copy)]
pub(crate) struct Portable([f64; LANES]);

impl Portable {
    #[inline(always)]
    fn zip(self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self(from_fn(|i| of(self.0[i], other.0[i])))
    }
}

impl Lanes for Portable {
    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([value; LANES])
    }
    #[inline(always)]
    fn load(values: &[f32; LANES]) -> Self {
        Self(values.map(f64::from))
    }
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
    #[inline(always)]
    fn over(self, other: Self) -> Self {
        self.zip(other, |a, b| a / b)
    }
    #[inline(always)]
    fn at_least(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn where_known(self, x: Self, y: Self) -> Self {
        Self(from_fn(|i| if x.0[i].is_nan() | y.0[i].is_nan() { 0.0 } else { self.0[i] }))
    }
    #[inline(always)]
    fn one_for_zero(self) -> Self {
        Self(self.0.map(|v| if v == 0.0 { 1.0 } else { v }))
    }
    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let raised = self.0.map(|v| v.to_bits() + RAISE);
        let mantissa = raised.map(|bits| f64::from_bits((bits & MANTISSA) + SQRT_HALF));
        let exponent = raised.map(|bits| f64::from_bits(SHIFT | (bits >> 52)) - UNSHIFT);
        (Self(mantissa), Self(exponent))
    }
    #[inline(always)]
    fn total(self) -> f64 {
        (self.0[0] + self.0[1]) + (self.0[2] + self.0[3])
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2 {
    use super::{LANES, Lanes, MANTISSA, Portable, RAISE, SHIFT, SQRT_HALF, UNSHIFT};
    use std::arch::x86_64::*;

    /// Four lanes in a register. Only [`super::vectorised`] makes them, after asking the processor.
    #[derive(Clone, Copy)]
    pub(crate) struct Avx2(__m256d);

    // SAFETY of every block below: these are register operations of AVX2, whose presence was checked before the first value of
    // this type was made; loads read and stores write arrays of exactly four elements.
    impl Lanes for Avx2 {
        #[inline(always)]
        fn splat(value: f64) -> Self {
            Self(unsafe { _mm256_set1_pd(value) })
        }
        #[inline(always)]
        fn load(values: &[f32; LANES]) -> Self {
            Self(unsafe { _mm256_cvtps_pd(_mm_loadu_ps(values.as_ptr())) })
        }
        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            Self(unsafe { _mm256_add_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn minus(self, other: Self) -> Self {
            Self(unsafe { _mm256_sub_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn times(self, other: Self) -> Self {
            Self(unsafe { _mm256_mul_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn over(self, other: Self) -> Self {
            Self(unsafe { _mm256_div_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn at_least(self, other: Self) -> Self {
            Self(unsafe { _mm256_max_pd(self.0, other.0) })
        }
        #[inline(always)]
        fn where_known(self, x: Self, y: Self) -> Self {
            Self(unsafe { _mm256_and_pd(self.0, _mm256_cmp_pd::<_CMP_ORD_Q>(x.0, y.0)) })
        }
        #[inline(always)]
        fn one_for_zero(self) -> Self {
            Self(unsafe {
                let zero = _mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, _mm256_setzero_pd());
                _mm256_blendv_pd(self.0, _mm256_set1_pd(1.0), zero)
            })
        }
        #[inline(always)]
        fn split(self) -> (Self, Self) {
            unsafe {
                let all = |bits: u64| _mm256_set1_epi64x(bits.cast_signed());
                let raised = _mm256_add_epi64(_mm256_castpd_si256(self.0), all(RAISE));
                let mantissa = _mm256_add_epi64(_mm256_and_si256(raised, all(MANTISSA)), all(SQRT_HALF));
                let shifted = _mm256_or_si256(_mm256_srli_epi64::<52>(raised), all(SHIFT));
                let exponent = _mm256_sub_pd(_mm256_castsi256_pd(shifted), _mm256_set1_pd(UNSHIFT));
                (Self(_mm256_castsi256_pd(mantissa)), Self(exponent))
            }
        }
        #[inline(always)]
        fn total(self) -> f64 {
            let mut lanes = [0.0; LANES];
            unsafe { _mm256_storeu_pd(lanes.as_mut_ptr(), self.0) };
            Portable(lanes).total()
        }
    }
}

/// Pairs of two slices, four at a time as (known, x, y); the last ones are filled up with missing pairs. A pair with a NaN on
/// either side is missing: all three are 0 there; elsewhere `known` is 1. The longer slice is cut.
#[inline(always)]
pub(crate) fn fours<L: Lanes>(x: &[f32], y: &[f32]) -> impl Iterator<Item = (L, L, L)> {
    let n = x.len().min(y.len());
    let (whole_x, rest_x) = x[..n].as_chunks::<LANES>();
    let (whole_y, rest_y) = y[..n].as_chunks::<LANES>();
    let fill = |rest: &[f32]| from_fn(|i| rest.get(i).copied().unwrap_or(f32::NAN));
    let (last_x, last_y): ([f32; LANES], [f32; LANES]) = (fill(rest_x), fill(rest_y));
    (0..whole_x.len() + usize::from(!rest_x.is_empty())).map(
        #[inline(always)]
        move |i| {
            let x = L::load(if i < whole_x.len() { &whole_x[i] } else { &last_x });
            let y = L::load(if i < whole_y.len() { &whole_y[i] } else { &last_y });
            (L::splat(1.0).where_known(x, y), x.where_known(x, y), y.where_known(x, y))
        },
    )
}

/// Defines a function over `L: Lanes`, once with plain arrays and, on x86-64, once with AVX2, chosen at run time.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident<$L:ident>($($arg:ident: $ty:ty),* $(,)?) -> $out:ty $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) -> $out {
            #[inline(always)]
            fn generic<$L: $crate::lanes::Lanes>($($arg: $ty),*) -> $out $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn wide($($arg: $ty),*) -> $out {
                    generic::<$crate::lanes::avx2::Avx2>($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has AVX2.
                    return unsafe { wide($($arg),*) };
                }
            }
            generic::<$crate::lanes::Portable>($($arg),*)
        }
    };
}

pub(crate) use vectorised;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sums<L: Lanes>(x: &[f32], y: &[f32]) -> [u64; 3] {
        let mut sums = [L::splat(0.0); 3];
        for (known, x, y) in fours::<L>(x, y) {
            let floored = x.at_least(L::splat(1e-6));
            sums[0] = sums[0].plus(floored.ln().times(y).minus(x.over(y.one_for_zero())));
            sums[1] = sums[1].plus(known);
            sums[2] = sums[2].plus(y.ln().times(y));
        }
        sums.map(|s| s.total().to_bits())
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2")]
    fn wide_sums(x: &[f32], y: &[f32]) -> [u64; 3] {
        sums::<avx2::Avx2>(x, y)
    }

    fn ln(x: f64) -> f64 {
        Portable([x; LANES]).ln().0[0]
    }

    #[test]
    fn special_logarithms() {
        assert_eq!(ln(1.0), 0.0);
        assert!(ln(0.0).is_finite() && ln(f64::INFINITY) > 700.0);
    }

    proptest! {
        #[test]
        fn the_logarithm_agrees_with_the_standard_library(exponent in -300.0f64..300.0, near in 0.5f64..2.0) {
            for x in [10f64.powf(exponent), near] {
                let error = (ln(x) - x.ln()).abs();
                prop_assert!(error <= 4e-16 * (1.0 + x.ln().abs()), "ln {x}: {} {}", ln(x), x.ln());
            }
        }

        #[test]
        fn both_forms_give_the_same_bits(
            pairs in prop::collection::vec((prop_oneof![0f32..9.0, Just(0.0f32), Just(f32::NAN)], prop_oneof![0f32..9.0, Just(0.0f32)]), 0..40)
        ) {
            let (x, y): (Vec<f32>, Vec<f32>) = pairs.into_iter().unzip();
            let plain = sums::<Portable>(&x, &y);
            let known = x.iter().filter(|v| !v.is_nan()).count() as f64;
            prop_assert_eq!(f64::from_bits(plain[1]), known);
            #[cfg(target_arch = "x86_64")]
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has AVX2.
                prop_assert_eq!(unsafe { wide_sums(&x, &y) }, plain);
            }
        }
    }
}
