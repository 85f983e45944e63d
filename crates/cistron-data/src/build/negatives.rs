//! Windows without a peak, drawn at random contig by contig, optionally with the GC content of the peak windows.

use std::collections::BTreeSet;

use cistron_core::{Stream, keyed_rng};
use rand::RngExt;

use super::genome_inputs::GenomeInputs;
use super::genome_windows::{GenomeWindow, SequenceFacts};
use crate::config::NegativesConfig;

/// Width of a GC bin.
const GC_BIN: f32 = 0.02;
/// Draws per wanted window before giving up.
const DRAWS: u64 = 400;
/// Widest distance in GC bins that is accepted as the draws run out.
const WIDEST: u64 = 2;

pub(super) struct Drawn {
    pub windows: Vec<GenomeWindow>,
    pub wanted: u64,
}

/// Draws `ratio` windows per peak window. A draw is a uniform start on the contig; it is taken when no base of the window
/// is in a peak of any track, it does not overlap a window taken before, it passes the selection, and (with `match_gc`) its
/// bin of GC is still wanted. In the last two thirds of the draws a window one, then two, bins away will do.
pub(super) fn draw(
    inputs: &GenomeInputs,
    config: &NegativesConfig,
    seed: u64,
    contig: usize,
    codes: &[u8],
    peak_gcs: &[f32],
) -> Drawn {
    let upto = |n: usize| (config.ratio * n as f64).round() as u64;
    let wanted = upto(peak_gcs.len());
    let bin = |gc: f32| (gc / GC_BIN) as usize;
    let mut quota = vec![0u64; bin(1.0) + 2];
    for (i, &gc) in peak_gcs.iter().enumerate() {
        quota[bin(gc)] += upto(i + 1) - upto(i);
    }
    let window_bp = inputs.window_bp;
    let mut drawn = Drawn { windows: Vec::new(), wanted };
    let Some(places) = inputs.contigs[contig].length_bp.checked_sub(window_bp).filter(|_| wanted > 0) else {
        return drawn;
    };
    let mut taken: BTreeSet<u64> = BTreeSet::new();
    let mut rng = keyed_rng(seed, Stream::Negatives, contig as u64, 0);
    let draws = wanted * DRAWS;
    for attempt in 0..draws {
        if drawn.windows.len() as u64 == wanted {
            break;
        }
        let bits: u64 = rng.random();
        let start = ((u128::from(bits) * u128::from(places + 1)) >> 64) as u64;
        let end = start + window_bp;
        if taken.range(start.saturating_sub(window_bp - 1)..end).next().is_some() {
            continue;
        }
        if inputs.tracks.iter().any(|t| t.peaks.get(contig).is_some_and(|p| p.touches(start, end))) {
            continue;
        }
        let place = if config.match_gc {
            let at = bin(SequenceFacts::of(&codes[start as usize..end as usize]).gc);
            let reach = (attempt * (WIDEST + 1) / draws) as usize;
            match nearest_wanted(&quota, at, reach) {
                Some(place) => Some(place),
                None => continue,
            }
        } else {
            None
        };
        if let Some(window) = inputs.admit(contig, start, codes, Box::default()) {
            taken.insert(start);
            drawn.windows.push(window);
            if let Some(place) = place {
                quota[place] -= 1;
            }
        }
    }
    drawn
}

/// The nearest bin within `reach` that is still wanted, the lower of equals.
fn nearest_wanted(quota: &[u64], at: usize, reach: usize) -> Option<usize> {
    (0..=reach)
        .flat_map(|d| [at.checked_sub(d), Some(at + d)])
        .flatten()
        .find(|&place| quota.get(place).is_some_and(|&q| q > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_bin_is_found_within_reach() {
        let quota = [0, 2, 0, 0, 1];
        assert_eq!(nearest_wanted(&quota, 1, 0), Some(1));
        assert_eq!(nearest_wanted(&quota, 2, 0), None);
        assert_eq!(nearest_wanted(&quota, 3, 1), Some(4));
        assert_eq!(nearest_wanted(&quota, 0, 2), Some(1));
    }
}
