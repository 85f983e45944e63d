//! Products of matrices by the tile unit (AMX) that Intel's server processors have from 2023 on: sixteen times as many products a cycle as their
//! vector units give, but of bfloat16, which has 8 bits.
//!
//! A float32 is a₀ + a₁ of two bfloat16 to 2⁻¹⁷ of itself, and a · b is a₀b₀ + a₀b₁ + a₁b₀ to 2⁻¹⁵ at worst, summed in float32 (Henry, Tang and Heinecke
//! 2019, "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations"). Errors of single products are about 5e-6 and
//! cancel as rounding does; layers stay within 2e-5 of their largest value (the tests of every convolution and of the LSTM), networks' outputs within about
//! 2e-6. With three terms and six products sums would be as exact as those of float32, but then the unit gained nothing over minimal filtering: the processor slows
//! down under it, and half as much again has to come from the caches.
//!
//! Infinities become NaN (∞ − ∞ stands in their terms), and parts of numbers below 1.2e-38 are taken as 0.

mod convolution;
mod gradient;
mod matrix;

pub(super) use matrix::Side;

use std::arch::asm;
use std::arch::x86_64::*;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;

use rayon::prelude::*;

/// Terms of a number.
const TERMS: usize = 2;
/// Rows of a tile, and values of 32 bits in one.
const EDGE: usize = 16;
/// Rows and columns of a block of the output: two tiles by two.
const BLOCK: usize = 2 * EDGE;
/// Values of a block.
const BLOCK_VALUES: usize = BLOCK * BLOCK;
/// Lines of a block of sums.
const BLOCK_LINES: usize = BLOCK_VALUES / EDGE;
/// Length of the sums of a tile product.
const STEP: usize = 32;
/// Pairs of neighbours in a sum: rows of a right tile.
const PAIRS: usize = STEP / 2;
/// Lines of the tiles of a block of rows (or columns) for one step: term by term two tiles.
const STEP_LINES: usize = TERMS * 2 * EDGE;
/// Lines of right tiles that are worked on together: half a megabyte, which stays in the second-level cache.
const PANEL_LINES: usize = 1 << 13;

/// What one cache line and one row of a tile hold.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([u32; EDGE]);

const EMPTY: Line = Line([0; EDGE]);

/// Values of a block of sums, row by row.
type Sums = [f32; BLOCK_VALUES];

/// Whether the processor has the unit, the system grants it and nothing forbids it (`CISTRON_AMX=0`).
pub(super) fn available() -> bool {
    static AVAILABLE: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("CISTRON_AMX").is_none_or(|value| value != "0") && granted());
    *AVAILABLE
}

/// Asks the system for the tile registers, as a process has to.
fn granted() -> bool {
    const TILES: u32 = 1 << 24;
    const BFLOAT16: u32 = 1 << 22;
    const REQUEST: libc::c_int = 0x1023;
    const TILE_DATA: libc::c_ulong = 18;
    if !is_x86_feature_detected!("avx512f") || !is_x86_feature_detected!("avx512bw") || __cpuid(0).eax < 7 {
        return false;
    }
    let features = __cpuid_count(7, 0).edx;
    // SAFETY: a system call without pointers; a system that does not know it says so.
    let ask = || unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST, TILE_DATA) };
    features & TILES != 0 && features & BFLOAT16 != 0 && ask() == 0
}

/// The tile registers of this thread, of 16 rows of 64 bytes each, until it is dropped.
struct Tiles;

impl Tiles {
    /// # Safety
    /// [`available`].
    unsafe fn new() -> Self {
        #[repr(C, align(64))]
        struct Config([u8; 64]);
        let mut config = Config([0; 64]);
        config.0[0] = 1;
        for tile in 0..8 {
            config.0[16 + 2 * tile] = 64;
            config.0[48 + tile] = EDGE as u8;
        }
        // SAFETY: the unit is there; a configuration of 64 bytes is read.
        unsafe { asm!("ldtilecfg [{}]", in(reg) config.0.as_ptr(), options(nostack, readonly)) };
        Self
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: the unit is there, as there is a `Tiles`.
        unsafe { asm!("tilerelease", options(nostack, nomem)) };
    }
}

/// Where the left tiles of 32 rows lie: bytes between two rows, between the upper and the lower sixteen, and between the terms; a step goes on by
/// `step` bytes.
#[derive(Clone, Copy)]
struct Layout {
    row: usize,
    half: usize,
    term: usize,
    step: usize,
}

/// Tiles one after the other.
const IN_TILES: Layout = Layout { row: 64, half: 1024, term: 2048, step: 64 * STEP_LINES };

/// Left tiles of a block of rows: where they begin, how they lie and how many rows there are.
#[derive(Clone, Copy)]
struct LeftTiles {
    start: *const u8,
    layout: Layout,
    count: usize,
}

/// Adds the products of `steps` steps of left tiles and of right tiles, which lie one after the other, to a block of sums (`fresh`: to nothing), and
/// asks for the lines at `next`.
///
/// # Safety
/// There are so many tiles, and [`Tiles`] in this thread.
unsafe fn add_steps(left: LeftTiles, right: *const Line, steps: usize, sums: (*mut f32, bool), next: [*const Line; 2]) {
    // SAFETY: as the caller promised.
    unsafe {
        if left.count > EDGE {
            add_steps_of::<true>(left, right, steps, sums, next)
        } else {
            add_steps_of::<false>(left, right, steps, sums, next)
        }
    }
}

/// # Safety
/// As [`add_steps`]; without `LOWER` the lower sixteen rows are left alone.
unsafe fn add_steps_of<const LOWER: bool>(
    LeftTiles { start: mut left, layout, .. }: LeftTiles,
    mut right: *const Line,
    steps: usize,
    (sums, fresh): (*mut f32, bool),
    next: [*const Line; 2],
) {
    const NEXT: usize = BLOCK_LINES / 8;
    // SAFETY: as the caller promised.
    unsafe {
        if fresh {
            asm!("tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3", options(nostack, nomem));
        } else {
            asm!(
                "tileloadd tmm0, [{c} + {s}]",
                "tileloadd tmm1, [{c} + {s} + 64]",
                c = in(reg) sums, s = in(reg) 128usize, options(nostack, readonly),
            );
            if LOWER {
                asm!(
                    "tileloadd tmm2, [{c} + {s} + 2048]",
                    "tileloadd tmm3, [{c} + {s} + 2112]",
                    c = in(reg) sums, s = in(reg) 128usize, options(nostack, readonly),
                );
            }
        }
        for step in 0..steps {
            for line in 0..NEXT {
                _mm_prefetch::<_MM_HINT_T0>(next[0].wrapping_add(step * NEXT + line).cast());
                _mm_prefetch::<_MM_HINT_T1>(next[1].wrapping_add(step * NEXT + line).cast());
            }
            // The small products first; of two neighbours one pair of tiles stays.
            if LOWER {
                asm!(
                    "tileloadd tmm4, [{a1} + {row}]",
                    "tileloadd tmm6, [{b} + {line}]",
                    "tileloadd tmm5, [{lower1} + {row}]",
                    "tileloadd tmm7, [{b} + {line} + 1024]",
                    "tdpbf16ps tmm0, tmm4, tmm6",
                    "tdpbf16ps tmm1, tmm4, tmm7",
                    "tdpbf16ps tmm2, tmm5, tmm6",
                    "tdpbf16ps tmm3, tmm5, tmm7",
                    "tileloadd tmm4, [{a} + {row}]",
                    "tileloadd tmm5, [{lower} + {row}]",
                    "tdpbf16ps tmm0, tmm4, tmm6",
                    "tdpbf16ps tmm1, tmm4, tmm7",
                    "tdpbf16ps tmm2, tmm5, tmm6",
                    "tdpbf16ps tmm3, tmm5, tmm7",
                    "tileloadd tmm6, [{b} + {line} + 2048]",
                    "tileloadd tmm7, [{b} + {line} + 3072]",
                    "tdpbf16ps tmm0, tmm4, tmm6",
                    "tdpbf16ps tmm1, tmm4, tmm7",
                    "tdpbf16ps tmm2, tmm5, tmm6",
                    "tdpbf16ps tmm3, tmm5, tmm7",
                    a = in(reg) left, lower = in(reg) left.wrapping_add(layout.half), row = in(reg) layout.row,
                    a1 = in(reg) left.wrapping_add(layout.term),
                    lower1 = in(reg) left.wrapping_add(layout.half + layout.term),
                    b = in(reg) right, line = in(reg) 64usize, options(nostack, readonly),
                );
            } else {
                asm!(
                    "tileloadd tmm4, [{a1} + {row}]",
                    "tileloadd tmm6, [{b} + {line}]",
                    "tileloadd tmm7, [{b} + {line} + 1024]",
                    "tdpbf16ps tmm0, tmm4, tmm6",
                    "tdpbf16ps tmm1, tmm4, tmm7",
                    "tileloadd tmm5, [{a} + {row}]",
                    "tdpbf16ps tmm0, tmm5, tmm6",
                    "tdpbf16ps tmm1, tmm5, tmm7",
                    "tileloadd tmm2, [{b} + {line} + 2048]",
                    "tileloadd tmm3, [{b} + {line} + 3072]",
                    "tdpbf16ps tmm0, tmm5, tmm2",
                    "tdpbf16ps tmm1, tmm5, tmm3",
                    a = in(reg) left, row = in(reg) layout.row, a1 = in(reg) left.wrapping_add(layout.term),
                    b = in(reg) right, line = in(reg) 64usize, options(nostack, readonly),
                );
            }
            left = left.wrapping_add(layout.step);
            right = right.wrapping_add(STEP_LINES);
        }
        asm!(
            "tilestored [{c} + {s}], tmm0",
            "tilestored [{c} + {s} + 64], tmm1",
            c = in(reg) sums, s = in(reg) 128usize, options(nostack),
        );
        if LOWER {
            asm!(
                "tilestored [{c} + {s} + 2048], tmm2",
                "tilestored [{c} + {s} + 2112], tmm3",
                c = in(reg) sums, s = in(reg) 128usize, options(nostack),
            );
        }
    }
}

/// The terms of sixteen numbers, each in the upper half of its 32 bits, the lower half 0.
#[inline]
#[target_feature(enable = "avx512f")]
fn terms(values: __m512) -> [__m512i; TERMS] {
    let (half, upper) = (_mm512_set1_epi32(0x8000), _mm512_set1_epi32(-0x1_0000));
    let mut rest = values;
    std::array::from_fn(|_| {
        let term = _mm512_and_si512(_mm512_add_epi32(_mm512_castps_si512(rest), half), upper);
        rest = _mm512_sub_ps(rest, _mm512_castsi512_ps(term));
        term
    })
}

/// Lanes below a width.
fn lanes(width: usize) -> __mmask16 {
    ((1u32 << width.min(EDGE)) - 1) as __mmask16
}

/// The terms of up to sixteen places of two rows, pair by pair; 0 where the second row is not there.
///
/// # Safety
/// The rows hold values in the lanes of `mask`.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn pairs(first: *const f32, second: Option<*const f32>, mask: __mmask16) -> [__m512i; TERMS] {
    // SAFETY: masked lanes are not read; the rest as the caller promised.
    let (low, high) = unsafe {
        let high = second.map_or(_mm512_setzero_ps(), |second| _mm512_maskz_loadu_ps(mask, second));
        (terms(_mm512_maskz_loadu_ps(mask, first)), terms(high))
    };
    std::array::from_fn(|term| _mm512_or_si512(_mm512_srli_epi32::<16>(low[term]), high[term]))
}

/// The terms of up to 32 neighbours of a row, one after the other.
///
/// # Safety
/// There are `count` values.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn neighbours(values: *const f32, count: usize) -> [__m512i; TERMS] {
    // SAFETY: masked lanes are not read; the rest as the caller promised.
    let (low, high) = unsafe {
        let high = _mm512_maskz_loadu_ps(lanes(count.saturating_sub(EDGE)), values.wrapping_add(EDGE));
        (terms(_mm512_maskz_loadu_ps(lanes(count), values)), terms(high))
    };
    let half = |bits| _mm512_cvtepi32_epi16(_mm512_srli_epi32::<16>(bits));
    std::array::from_fn(|term| _mm512_inserti64x4::<1>(_mm512_castsi256_si512(half(low[term])), half(high[term])))
}

/// Writes a row of a left matrix into row `place` of its tiles.
#[target_feature(enable = "avx512f,avx512bw")]
fn write_row(values: &[f32], place: usize, tiles: &mut [Line]) {
    for (values, tiles) in values.chunks(STEP).zip(tiles.chunks_exact_mut(STEP_LINES)) {
        // SAFETY: as many values as the slice holds; a line of 64 bytes is written.
        unsafe {
            for (term, bits) in neighbours(values.as_ptr(), values.len()).into_iter().enumerate() {
                _mm512_store_si512((&raw mut tiles[term * BLOCK + place]).cast(), bits);
            }
        }
    }
}

/// A left matrix in tiles: block of rows by block of rows, step by step.
pub(super) struct Left {
    tiles: Vec<Line>,
    rows: usize,
    steps: usize,
}

impl Left {
    /// `rows` rows of `depth` values; `row` writes one of them.
    pub(super) fn new(rows: usize, depth: usize, row: impl Fn(usize, &mut [f32]) + Sync) -> Self {
        assert!(available());
        let steps = depth.div_ceil(STEP);
        let mut tiles = vec![EMPTY; rows.div_ceil(BLOCK) * steps * STEP_LINES];
        tiles.par_chunks_mut((steps * STEP_LINES).max(1)).enumerate().for_each(|(block, tiles)| {
            let mut values = vec![0.0; depth];
            for i in 0..BLOCK.min(rows - block * BLOCK) {
                row(block * BLOCK + i, &mut values);
                // SAFETY: the processor has AVX-512, as the unit is available.
                unsafe { write_row(&values, i, tiles) };
            }
        });
        Self { tiles, rows, steps }
    }

    /// The product with a matrix of `across` blocks of columns. `fill` writes the tiles of some steps of a block of columns; `finish` is given each
    /// block of sums by the numbers of its block of rows and of columns.
    fn product(
        &self,
        across: usize,
        mut fill: impl FnMut(Range<usize>, usize, &mut [Line]),
        mut finish: impl FnMut(usize, usize, &mut Sums),
    ) {
        let down = self.rows.div_ceil(BLOCK);
        let most = (PANEL_LINES / STEP_LINES / across.max(1)).max(4);
        let parts = self.steps.div_ceil(most).max(1);
        let each = self.steps.div_ceil(parts);
        SCRATCH.with_borrow_mut(|Scratch { panel, sums }| {
            let panel = at_least(panel, across * each * STEP_LINES);
            let sums =
                at_least(sums, (if parts == 1 { 1 } else { down * across }) * BLOCK_LINES).as_mut_ptr().cast::<f32>();
            // SAFETY: without the unit there is no `Left`.
            let _tiles = unsafe { Tiles::new() };
            for part in 0..parts {
                let steps = (part * each).min(self.steps)..((part + 1) * each).min(self.steps);
                let right = |block: usize| block * steps.len() * STEP_LINES;
                for block in 0..across {
                    fill(steps.clone(), block, &mut panel[right(block)..right(block + 1)]);
                }
                for row in 0..down {
                    let left = self.tiles[(row * self.steps + steps.start) * STEP_LINES..].as_ptr().cast::<u8>();
                    for block in 0..across {
                        let place = if parts == 1 { 0 } else { row * across + block };
                        let sums = sums.wrapping_add(place * BLOCK_VALUES);
                        let later = (self.steps + steps.len() * block / across) * IN_TILES.step;
                        let next = [sums.wrapping_add(BLOCK_VALUES).cast(), left.wrapping_add(later).cast()];
                        // SAFETY: both have tiles for these steps, and there are sums for each block.
                        unsafe {
                            let right = panel[right(block)..].as_ptr();
                            add_steps(
                                LeftTiles { start: left, layout: IN_TILES, count: self.rows - row * BLOCK },
                                right,
                                steps.len(),
                                (sums, part == 0),
                                next,
                            );
                            if part + 1 == parts {
                                finish(row, block, &mut *sums.cast::<Sums>());
                            }
                        }
                    }
                }
            }
        });
    }
}

/// That many lines, with what they held before.
fn at_least(lines: &mut Vec<Line>, count: usize) -> &mut [Line] {
    if lines.len() < count {
        lines.resize(count, EMPTY);
    }
    &mut lines[..count]
}

#[derive(Default)]
struct Scratch {
    /// Right tiles.
    panel: Vec<Line>,
    /// Blocks of sums.
    sums: Vec<Line>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// What is done with sums before they are written.
#[derive(Clone, Copy)]
enum Before<'a> {
    /// A value for each row is added, or nothing when there are none; negative sums become 0 if so.
    Rows(&'a [f32], bool),
    /// What stands there is added.
    Sum,
}

/// Writes columns of the first `height` rows of a block of sums to rows that lie a distance apart.
///
/// # Safety
/// There are such rows, initialised for [`Before::Sum`]; the processor has AVX-512.
#[target_feature(enable = "avx512f")]
unsafe fn write_block(
    sums: &Sums,
    columns: Range<usize>,
    height: usize,
    before: Before<'_>,
    (to, distance): (*mut f32, usize),
) {
    let below = |place: usize, half: usize| lanes(place.saturating_sub(half * EDGE));
    let masks: [__mmask16; 2] = std::array::from_fn(|half| below(columns.end, half) & !below(columns.start, half));
    let (to, zero) = (to.wrapping_sub(columns.start), _mm512_setzero_ps());
    for (row, sums) in sums.as_chunks::<BLOCK>().0.iter().take(height).enumerate() {
        for (half, mask) in masks.into_iter().enumerate() {
            let to = to.wrapping_add(row * distance + half * EDGE);
            // SAFETY: half a row of sums; masked lanes are neither read nor written.
            unsafe {
                let value = _mm512_loadu_ps(sums.as_ptr().add(half * EDGE));
                let value = match before {
                    Before::Rows(values, rectify) => {
                        let value = _mm512_add_ps(value, _mm512_set1_ps(values.get(row).copied().unwrap_or(0.0)));
                        if rectify { _mm512_max_ps(value, zero) } else { value }
                    }
                    Before::Sum => _mm512_add_ps(value, _mm512_maskz_loadu_ps(mask, to)),
                };
                _mm512_mask_storeu_ps(to, mask, value);
            }
        }
    }
}
