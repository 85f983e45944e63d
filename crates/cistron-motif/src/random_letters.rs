//! Letters for tests.

/// Codes in uniform proportions, the same for a seed; about one in `n_every` is N (0: none).
pub(crate) fn random_letters(seed: u64, n_every: u64) -> impl FnMut() -> u8 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if n_every > 0 && (state >> 33).is_multiple_of(n_every) { 4 } else { (state >> 62) as u8 }
    }
}
