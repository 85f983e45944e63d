//! Which windows may reach a motif's threshold: sums of what each pair of positions loses against the best site, in 8 bits, 32 or 64
//! windows at a time. Losses are rounded down, so no site is missed; what passes is scored exactly.

use super::packed::Packed;

/// The loss that the threshold allows, in 8-bit steps: large for resolution, and below the 255 at which sums stay.
const ALLOWED: f64 = 200.0;

/// One strand of a motif.
#[derive(Debug, Clone)]
pub(super) struct Prefilter {
    /// Loss of each pair of bases, per pair of positions; the last of an odd number looks at the first base only.
    tables: Vec<[u8; 16]>,
    allowed: u8,
}

impl Prefilter {
    /// Of integer scores per position, whose sums must reach `threshold`.
    pub(super) fn new(columns: &[[i32; 4]], threshold: i32) -> Self {
        let best = |c: &[i32; 4]| c.iter().copied().max().unwrap_or(0);
        let most: i32 = columns.iter().map(best).sum();
        let slack = f64::from((most - threshold).max(0));
        let scale = ALLOWED / slack.max(1.0);
        let table = |pair: &[[i32; 4]]| {
            std::array::from_fn(|bases| {
                let first = best(&pair[0]) - pair[0][bases / 4];
                let second = pair.get(1).map_or(0, |c| best(c) - c[bases % 4]);
                (f64::from(first + second) * scale).floor().min(255.0) as u8
            })
        };
        Self { tables: columns.chunks(2).map(table).collect(), allowed: (slack * scale).floor() as u8 }
    }

    /// Calls `candidate` with every window start in `from..to` that may pass, in order.
    #[inline]
    pub(super) fn candidates(&self, packed: &Packed, from: usize, to: usize, candidate: impl FnMut(usize)) {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512bw") {
                // SAFETY: the processor has AVX-512 BW, which was just asked.
                return unsafe { x86::avx512(self, &packed.pairs, from, to, candidate) };
            }
            if is_x86_feature_detected!("avx2") {
                // SAFETY: the processor has AVX2, which was just asked.
                return unsafe { x86::avx2(self, &packed.pairs, from, to, candidate) };
            }
        }
        self.plain(&packed.pairs, from, to, candidate);
    }

    fn plain(&self, pairs: &[u8], from: usize, to: usize, mut candidate: impl FnMut(usize)) {
        for at in from..to {
            let loss = |(i, table): (usize, &[u8; 16])| u32::from(table[usize::from(pairs[at + 2 * i] & 15)]);
            if self.tables.iter().enumerate().map(loss).sum::<u32>() <= u32::from(self.allowed) {
                candidate(at);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, _mm_loadu_si128, _mm256_adds_epu8, _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256,
        _mm256_min_epu8, _mm256_movemask_epi8, _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8,
        _mm512_adds_epu8, _mm512_broadcast_i32x4, _mm512_cmple_epu8_mask, _mm512_loadu_si512, _mm512_set1_epi8,
        _mm512_setzero_si512, _mm512_shuffle_epi8,
    };

    use super::Prefilter;

    /// Widest motif, in pairs of positions, whose tables are kept in registers or near.
    const MOST_PAIRS: usize = 64;

    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) fn avx512(filter: &Prefilter, pairs: &[u8], from: usize, to: usize, mut candidate: impl FnMut(usize)) {
        let count = filter.tables.len();
        if count > MOST_PAIRS || from >= to {
            return filter.plain(pairs, from, to, candidate);
        }
        let mut tables = [_mm512_setzero_si512(); MOST_PAIRS];
        for (wide, table) in tables.iter_mut().zip(&filter.tables) {
            // SAFETY: a table has 16 bytes.
            *wide = _mm512_broadcast_i32x4(unsafe { _mm_loadu_si128(table.as_ptr().cast::<__m128i>()) });
        }
        let tables = &tables[..count];
        let allowed = _mm512_set1_epi8(filter.allowed as i8);
        let mut at = from;
        // Four blocks at a time, so that a table is fetched once for 256 windows.
        while at + 256 <= to && at + 2 * (count - 1) + 256 <= pairs.len() {
            let mut sums = [_mm512_setzero_si512(); 4];
            for (i, table) in tables.iter().enumerate() {
                for (block, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: at + 2 i + 256 ≤ pairs.len(), just checked for the largest i.
                    let index = unsafe { _mm512_loadu_si512(pairs.as_ptr().add(at + 2 * i + 64 * block).cast()) };
                    *sum = _mm512_adds_epu8(*sum, _mm512_shuffle_epi8(*table, index));
                }
            }
            for (block, sum) in sums.into_iter().enumerate() {
                let mut passed = _mm512_cmple_epu8_mask(sum, allowed);
                while passed != 0 {
                    candidate(at + 64 * block + passed.trailing_zeros() as usize);
                    passed &= passed - 1;
                }
            }
            at += 256;
        }
        while at < to {
            let mut sum = _mm512_setzero_si512();
            if at + 2 * (count - 1) + 64 > pairs.len() {
                return filter.plain(pairs, at, to, candidate);
            }
            for (i, table) in tables.iter().enumerate() {
                // SAFETY: at + 2 i + 64 ≤ pairs.len(), just checked for the largest i.
                let index = unsafe { _mm512_loadu_si512(pairs.as_ptr().add(at + 2 * i).cast()) };
                sum = _mm512_adds_epu8(sum, _mm512_shuffle_epi8(*table, index));
            }
            let mut passed = _mm512_cmple_epu8_mask(sum, allowed);
            if to - at < 64 {
                passed &= (1u64 << (to - at)) - 1;
            }
            while passed != 0 {
                candidate(at + passed.trailing_zeros() as usize);
                passed &= passed - 1;
            }
            at += 64;
        }
    }

    #[target_feature(enable = "avx2")]
    pub(super) fn avx2(filter: &Prefilter, pairs: &[u8], from: usize, to: usize, mut candidate: impl FnMut(usize)) {
        let count = filter.tables.len();
        if count > MOST_PAIRS || from >= to {
            return filter.plain(pairs, from, to, candidate);
        }
        let mut tables = [_mm256_setzero_si256(); MOST_PAIRS];
        for (wide, table) in tables.iter_mut().zip(&filter.tables) {
            // SAFETY: a table has 16 bytes.
            *wide = _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast::<__m128i>()) });
        }
        let tables = &tables[..count];
        let allowed = _mm256_set1_epi8(filter.allowed as i8);
        let mut at = from;
        while at < to {
            let mut sum = _mm256_setzero_si256();
            if at + 2 * (count - 1) + 32 > pairs.len() {
                return filter.plain(pairs, at, to, candidate);
            }
            for (i, table) in tables.iter().enumerate() {
                // SAFETY: at + 2 i + 32 ≤ pairs.len(), just checked for the largest i.
                let index = unsafe { _mm256_loadu_si256(pairs.as_ptr().add(at + 2 * i).cast()) };
                sum = _mm256_adds_epu8(sum, _mm256_shuffle_epi8(*table, index));
            }
            let small = _mm256_cmpeq_epi8(_mm256_min_epu8(sum, allowed), sum);
            let mut passed = _mm256_movemask_epi8(small) as u32;
            if to - at < 32 {
                passed &= (1u32 << (to - at)) - 1;
            }
            while passed != 0 {
                candidate(at + passed.trailing_zeros() as usize);
                passed &= passed - 1;
            }
            at += 32;
        }
    }

    #[cfg(test)]
    mod tests {
        use super::super::super::packed::Packed;
        use super::*;
        use crate::random_letters::random_letters;

        /// Every form passes the same windows, at every place of the stretch.
        #[test]
        fn the_forms_agree() {
            let mut letter = random_letters(7, 0);
            let codes: Vec<u8> = (0..700).map(|_| letter()).collect();
            let packed = Packed::new(&[&codes]);
            for width in [1usize, 2, 5, 12, 31] {
                let columns: Vec<[i32; 4]> =
                    (0..width).map(|i| [3, -20, 11, -5].map(|v| v * (i as i32 % 4 + 1))).collect();
                let best: i32 = columns.iter().flat_map(|c| c.iter().max()).sum();
                let filter = Prefilter::new(&columns, best / 8);
                for (from, to) in [(0, 700 - width + 1), (3, 40), (600, 601), (9, 9)] {
                    let (mut plain, mut wide, mut wider) = (Vec::new(), Vec::new(), Vec::new());
                    filter.plain(&packed.pairs, from, to, |i| plain.push(i));
                    if is_x86_feature_detected!("avx2") {
                        // SAFETY: just asked.
                        unsafe { avx2(&filter, &packed.pairs, from, to, |i| wide.push(i)) };
                        assert_eq!(plain, wide, "{width} {from} {to}");
                    }
                    if is_x86_feature_detected!("avx512bw") {
                        // SAFETY: just asked.
                        unsafe { avx512(&filter, &packed.pairs, from, to, |i| wider.push(i)) };
                        assert_eq!(plain, wider, "{width} {from} {to}");
                    }
                    assert!(from == to || to < 100 || !plain.is_empty() || from == 600);
                }
            }
        }
    }
}
