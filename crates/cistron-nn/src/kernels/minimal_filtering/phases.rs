//! Values of a row by their place in a tile, and back.
//!
//! With `side` outputs a tile and a dilation d the tiles are those of each residue of the position modulo d: column `j · d + r` of phase e stands for
//! position `(side · j + e) · d + r`, so neighbouring columns are neighbouring positions in runs of d. Where d divides 16, sixteen columns of all
//! phases are `16 · side` neighbouring values, which registers turn into phases at once.

use super::super::rows::Shared;

/// Columns that are turned together.
const LANES: usize = 16;
/// Most outputs of a tile.
const MOST_SIDES: usize = 6;

/// How a row lies in tiles.
#[derive(Debug)]
pub(super) struct Tiles {
    /// Outputs of a tile.
    side: usize,
    dilation: usize,
    /// Ways of sixteen columns of all phases from their neighbouring values and back, where registers go them.
    turns: Option<[Turn; 2]>,
}

/// For each pair of registers (to, from) which lane of the second each lane of the first takes, and which lanes take one.
#[derive(Debug)]
struct Turn {
    lanes: [[[i32; LANES]; MOST_SIDES]; MOST_SIDES],
    masks: [[u16; MOST_SIDES]; MOST_SIDES],
}

impl Turn {
    /// `source(to, lane)` is the place among all values of the registers where a lane comes from.
    fn new(side: usize, source: impl Fn(usize, usize) -> usize) -> Self {
        let mut turn = Self { lanes: [[[0; LANES]; MOST_SIDES]; MOST_SIDES], masks: [[0; MOST_SIDES]; MOST_SIDES] };
        for to in 0..side {
            for lane in 0..LANES {
                let at = source(to, lane);
                turn.lanes[to][at / LANES][lane] = (at % LANES) as i32;
                turn.masks[to][at / LANES] |= 1 << lane;
            }
        }
        turn
    }
}

impl Tiles {
    pub(super) fn new(side: usize, dilation: usize) -> Self {
        let turns = can_turn(dilation).then(|| {
            let there = |e: usize, lane: usize| (side * (lane / dilation) + e) * dilation + lane % dilation;
            let back = |register: usize, lane: usize| {
                let place = register * LANES + lane;
                let (run, residue) = (place / dilation, place % dilation);
                run % side * LANES + run / side * dilation + residue
            };
            [Turn::new(side, there), Turn::new(side, back)]
        });
        Self { side, dilation, turns }
    }
}

/// Values of one channel by their place in a tile.
#[derive(Default)]
pub(super) struct Phases {
    /// `[outputs of a tile, columns]`
    pub values: Vec<f32>,
    /// The values as they follow each other, where some of them lie outside the row.
    padded: Vec<f32>,
}

/// Whether sixteen columns are neighbouring values, and the processor has registers for them.
fn can_turn(dilation: usize) -> bool {
    #[cfg(target_arch = "x86_64")]
    return LANES.is_multiple_of(dilation) && is_x86_feature_detected!("avx512f");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The values of a row at the places `e` of the tiles of columns from `first` (a multiple of 16) on, a row of `columns` (a multiple of 16 too) for
/// each. Position 0 of the row is `before` after the start of the first tile; 0 outside.
pub(super) fn phases(tiles: &Tiles, row: &[f32], before: usize, first: usize, columns: usize, out: &mut Phases) {
    let side = tiles.side;
    out.values.resize(side * columns, 0.0);
    let Some([turn, _]) = &tiles.turns else {
        for (e, out) in out.values.chunks_exact_mut(columns).enumerate() {
            phase(tiles, row, before, e, first, out);
        }
        return;
    };
    let (count, blocks) = (side * columns, columns / LANES);
    let start = (first * side) as isize - before as isize;
    // The values of all tiles, from the row when they all lie there.
    let values = if start >= 0 && start as usize + count <= row.len() {
        &row[start as usize..][..count]
    } else {
        out.padded.resize(count, 0.0);
        let inside = (-start).clamp(0, count as isize) as usize;
        let end = (row.len() as isize - start).clamp(inside as isize, count as isize) as usize;
        out.padded[..inside].fill(0.0);
        if inside < end {
            out.padded[inside..end].copy_from_slice(&row[(start + inside as isize) as usize..][..end - inside]);
        }
        out.padded[end..].fill(0.0);
        out.padded.as_slice()
    };
    let (from, to) = ((values.as_ptr(), [LANES * side, LANES]), (out.values.as_mut_ptr(), [LANES, columns]));
    // SAFETY: both hold `side` times as many values as there are columns.
    unsafe { turn_all(side, turn, blocks, from, to) };
}

/// One phase, value by value or run by run.
fn phase(tiles: &Tiles, row: &[f32], before: usize, e: usize, first: usize, out: &mut [f32]) {
    let Tiles { side, dilation: d, .. } = *tiles;
    let (mut tile, mut residue, mut done) = (first / d, first % d, 0);
    while done < out.len() {
        let run = (d - residue).min(out.len() - done);
        let at = ((side * tile + e) * d + residue) as isize - before as isize;
        let start = (-at).clamp(0, run as isize) as usize;
        let end = (row.len() as isize - at).clamp(start as isize, run as isize) as usize;
        let part = &mut out[done..done + run];
        part[..start].fill(0.0);
        if end > start {
            let from = (at + start as isize) as usize;
            part[start..end].copy_from_slice(&row[from..from + end - start]);
        }
        part[end..].fill(0.0);
        (done, tile, residue) = (done + run, tile + 1, 0);
    }
}

/// Writes the first `columns` of rows of phases, `stride` values apart, from column `first` (a multiple of 16) on, to their places in the row of
/// `length` values that begins at `row`; what lies beyond its end is dropped. `columns` is a multiple of a dilation that divides 16; `stride` of 16.
pub(super) fn spread(
    tiles: &Tiles,
    phases: &[f32],
    (columns, stride): (usize, usize),
    first: usize,
    out: Shared<'_>,
    (row, length): (usize, usize),
) {
    let Tiles { side, dilation: d, turns } = tiles;
    if let Some([_, turn]) = turns {
        let (start, size) = (first * side, LANES * side);
        let left = length.saturating_sub(start).min(columns * side);
        let blocks = left / size;
        if left == 0 {
            return;
        }
        assert!(phases.len() >= side * stride && columns <= stride && stride.is_multiple_of(LANES));
        assert!(columns.is_multiple_of(*d));
        // SAFETY: every output belongs to one column and phase, and every column to one task.
        let to = unsafe { out.slice(row + start, left) };
        // SAFETY: that many blocks lie in both slices.
        unsafe { turn_all(*side, turn, blocks, (phases.as_ptr(), [LANES, stride]), (to.as_mut_ptr(), [size, LANES])) };
        let rest = &mut to[blocks * size..];
        if !rest.is_empty() {
            let mut values = [0.0; MOST_SIDES * LANES];
            let from = phases[blocks * LANES..].as_ptr();
            // SAFETY: one more block lies in the rows, which are a multiple of a block long, and in the array.
            unsafe { turn_all(*side, turn, 1, (from, [0, stride]), (values.as_mut_ptr(), [0, LANES])) };
            rest.copy_from_slice(&values[..rest.len()]);
        }
        return;
    }
    for (e, values) in phases.chunks_exact(stride).take(*side).enumerate() {
        let (mut tile, mut residue, mut done) = (first / d, first % d, 0);
        while done < columns {
            let run = (d - residue).min(columns - done);
            let at = (side * tile + e) * d + residue;
            let count = run.min(length.saturating_sub(at));
            if count > 0 {
                // SAFETY: every output belongs to one column and phase, and every column to one task.
                unsafe { out.slice(row + at, count) }.copy_from_slice(&values[done..done + count]);
            }
            (done, tile, residue) = (done + run, tile + 1, 0);
        }
    }
}

/// Registers of values to registers of phases, or back: block by block, `from` and `to` say where a block's first register lies and how far its
/// others are from one another.
///
/// # Safety
/// Those places may be read and written, and the processor has AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn turn_blocks<const S: usize>(
    turn: &Turn,
    blocks: usize,
    from: (*const f32, [usize; 2]),
    to: (*mut f32, [usize; 2]),
) {
    use std::arch::x86_64::*;
    for block in 0..blocks {
        // SAFETY: as the caller promised; sixteen numbers of a turn are read.
        unsafe {
            let source: [__m512; S] =
                std::array::from_fn(|i| _mm512_loadu_ps(from.0.add(block * from.1[0] + i * from.1[1])));
            for i in 0..S {
                let mut value = _mm512_setzero_ps();
                for (j, source) in source.iter().enumerate() {
                    let lanes = _mm512_loadu_si512(turn.lanes[i][j].as_ptr().cast());
                    value = _mm512_mask_permutexvar_ps(value, turn.masks[i][j], lanes, *source);
                }
                _mm512_storeu_ps(to.0.add(block * to.1[0] + i * to.1[1]), value);
            }
        }
    }
}

/// # Safety
/// As [`turn_blocks`], which only processors with AVX-512 have turns for.
unsafe fn turn_all(
    side: usize,
    turn: &Turn,
    blocks: usize,
    from: (*const f32, [usize; 2]),
    to: (*mut f32, [usize; 2]),
) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as the caller promised.
    unsafe {
        match side {
            3 => turn_blocks::<3>(turn, blocks, from, to),
            4 => turn_blocks::<4>(turn, blocks, from, to),
            5 => turn_blocks::<5>(turn, blocks, from, to),
            MOST_SIDES => turn_blocks::<MOST_SIDES>(turn, blocks, from, to),
            _ => unreachable!("tiles have three to six outputs"),
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (side, turn, blocks, from, to);
}

#[cfg(test)]
mod tests {
    use super::super::super::rows::testing::numbers;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Phases follow the definition, and go back to where they were.
        #[test]
        fn there_and_back(side in 3usize..=6, dilation in 1usize..20, length in 1usize..400, before in 0usize..70, start in 0usize..6, runs in 1usize..120) {
            let tiles = Tiles::new(side, dilation);
            let row = numbers(1, length);
            let (first, columns) = (16 * start, runs.div_ceil(dilation) * dilation);
            let stride = columns.next_multiple_of(16);
            let mut turned = Phases::default();
            phases(&tiles, &row, before, first, stride, &mut turned);
            let out = &turned.values;
            prop_assert_eq!(out.len(), side * stride);
            let position = |e: usize, column: usize| {
                let c = first + column;
                (side * (c / dilation) + e) * dilation + c % dilation
            };
            for e in 0..side {
                for c in 0..stride {
                    let value = position(e, c).checked_sub(before).and_then(|at| row.get(at)).copied().unwrap_or(0.0);
                    prop_assert_eq!(out[e * stride + c], value);
                }
            }
            let mut back = vec![f32::NAN; length];
            spread(&tiles, out, (columns, stride), first, Shared::new(&mut back), (0, length));
            let mut expected = vec![f32::NAN; length];
            for e in 0..side {
                for c in 0..columns {
                    if let Some(to) = expected.get_mut(position(e, c)) {
                        *to = out[e * stride + c];
                    }
                }
            }
            prop_assert!(back.iter().zip(&expected).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}
