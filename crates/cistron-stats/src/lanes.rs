//! Four numbers worked on together. The loops are compiled once more for AVX2 and chosen at run time; fused multiply-add stays
//! off, so that both forms give the same bits and a result does not depend on the machine.

use std::array::from_fn;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

use crate::logarithm::ln;

/// Number of lanes.
pub(crate) const LANES: usize = 4;

/// Four lanes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lanes([f64; LANES]);

impl Lanes {
    #[inline(always)]
    pub(crate) fn splat(value: f64) -> Self {
        Self([value; LANES])
    }

    #[inline(always)]
    pub(crate) fn of(values: [f32; LANES]) -> Self {
        Self(from_fn(|i| f64::from(values[i])))
    }

    /// Natural logarithm; see [`crate::logarithm`].
    #[inline(always)]
    pub(crate) fn ln(self) -> Self {
        Self(from_fn(|i| ln(self.0[i])))
    }

    /// 1 in lanes that are 0.
    #[inline(always)]
    pub(crate) fn one_for_zero(self) -> Self {
        Self(from_fn(|i| if self.0[i] == 0.0 { 1.0 } else { self.0[i] }))
    }

    /// The sum over lanes, in a fixed order.
    pub(crate) fn total(self) -> f64 {
        (self.0[0] + self.0[1]) + (self.0[2] + self.0[3])
    }
}

macro_rules! lane_wise {
    ($($trait:ident $method:ident),*) => { $(
        impl $trait for Lanes {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(from_fn(|i| self.0[i].$method(other.0[i])))
            }
        }
    )* };
}
lane_wise!(Add add, Sub sub, Mul mul, Div div);

impl AddAssign for Lanes {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Calls `four(known, x, y)` for four pairs at a time, the last ones filled up with missing pairs. A pair with a NaN on either
/// side is missing: `known` and both values are 0 there, 1 and the values elsewhere. The longer slice is cut.
#[inline(always)]
pub(crate) fn each_four(x: &[f32], y: &[f32], mut four: impl FnMut([f32; LANES], [f32; LANES], [f32; LANES])) {
    let n = x.len().min(y.len());
    let mut masked = |x: &[f32; LANES], y: &[f32; LANES]| {
        let known: [bool; LANES] = from_fn(|i| !(x[i].is_nan() | y[i].is_nan()));
        let keep = |v: &[f32; LANES]| from_fn(|i| if known[i] { v[i] } else { 0.0 });
        four(keep(&[1.0; LANES]), keep(x), keep(y));
    };
    let (whole_x, rest_x) = x[..n].as_chunks::<LANES>();
    let (whole_y, rest_y) = y[..n].as_chunks::<LANES>();
    for (x, y) in whole_x.iter().zip(whole_y) {
        masked(x, y);
    }
    if !rest_x.is_empty() {
        let fill = |rest: &[f32]| from_fn(|i| rest.get(i).copied().unwrap_or(f32::NAN));
        masked(&fill(rest_x), &fill(rest_y));
    }
}

/// Defines a function whose body exists for the baseline and, on x86-64, for AVX2.
macro_rules! vectorised {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) -> $out:ty $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) -> $out {
            #[inline(always)]
            fn portable($($arg: $ty),*) -> $out $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $ty),*) -> $out {
                    portable($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has AVX2.
                    return unsafe { avx2($($arg),*) };
                }
            }
            portable($($arg),*)
        }
    };
}

pub(crate) use vectorised;
