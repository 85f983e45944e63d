//! Loops compiled three times: for any processor, for AVX2 with FMA and for AVX-512, chosen when they run. The operations are the same IEEE ones in all,
//! so results do not depend on the machine.

/// Defines a function whose loops use wide registers where the processor has them:
///
/// ```
/// cistron_core::wide! {
///     /// Σ x².
///     fn squares(x: &[i32]) -> i32 {
///         x.iter().fold(0, |sum, v| sum.wrapping_add(v.wrapping_mul(*v)))
///     }
/// }
/// assert_eq!(squares(&[1, 2, 3]), 14);
/// ```
#[macro_export]
macro_rules! wide {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        $vis fn $name($($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            fn body($($arg: $ty),*) $(-> $ret)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $ty),*) $(-> $ret)? {
                    body($($arg),*)
                }
                if std::is_x86_feature_detected!("avx512bw")
                    && std::is_x86_feature_detected!("avx512dq")
                    && std::is_x86_feature_detected!("avx512vl")
                {
                    // SAFETY: the processor has these parts of AVX-512, which was just asked.
                    return unsafe { avx512($($arg),*) };
                }
                if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has AVX2 and FMA, which was just asked.
                    return unsafe { avx2($($arg),*) };
                }
            }
            body($($arg),*)
        }
    };
}
