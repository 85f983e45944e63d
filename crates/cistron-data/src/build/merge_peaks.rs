use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A window on one or more peaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedPeak {
    /// First position of the window, 0-based.
    pub start_0: u64,
    /// Tasks with a peak in it, ascending.
    pub tasks: Vec<u32>,
}

/// Merges the peaks of all tasks on one contig into windows of `window_bp`, as Basset does (Kelley, Snoek & Rinn 2016,
/// doi:10.1101/gr.200535.115; behaviour of its `preprocess_features.py`).
///
/// Every peak is extended to `window_bp` around its midpoint ⌊(start + end) / 2⌋ and kept inside the contig. In each
/// stretch of windows that overlap by more than `merge_overlap_bp`, the two neighbours with the largest overlap (the
/// leftmost of equals) are merged while that overlap is at least `merge_overlap_bp`: the merged midpoint is the mean of
/// both, weighted by 1 + their number of tasks and rounded half up, and the window is again `window_bp` long. The strand
/// is ignored.
///
/// `peaks` holds (start, end, task); any order. The windows come sorted by start. A contig shorter than `window_bp` gives
/// none.
pub fn merge_peaks(
    peaks: &[(u64, u64, u32)],
    contig_bp: u64,
    window_bp: u64,
    merge_overlap_bp: u64,
) -> Vec<MergedPeak> {
    if contig_bp < window_bp {
        return Vec::new();
    }
    let place = |midpoint: u64| midpoint.saturating_sub(window_bp / 2).min(contig_bp - window_bp);
    let mut extended: Vec<(u64, u32)> = peaks.iter().map(|&(start, end, task)| ((start + end) / 2, task)).collect();
    extended.sort_unstable();
    let mut windows: Vec<MergedPeak> = Vec::new();
    let mut open: Vec<MergedPeak> = Vec::new();
    for (midpoint, task) in extended {
        let window = MergedPeak { start_0: place(midpoint), tasks: vec![task] };
        // all windows are equally long, so the last one reaches furthest
        if let Some(last) = open.last()
            && last.start_0 + window_bp <= window.start_0 + merge_overlap_bp
        {
            merge_stretch(&mut open, window_bp, merge_overlap_bp, &place, &mut windows);
        }
        open.push(window);
    }
    merge_stretch(&mut open, window_bp, merge_overlap_bp, &place, &mut windows);
    windows
}

/// Merges neighbours of one stretch, largest overlap first, and moves what is left to `out`.
fn merge_stretch(
    open: &mut Vec<MergedPeak>,
    window_bp: u64,
    merge_overlap_bp: u64,
    place: &dyn Fn(u64) -> u64,
    out: &mut Vec<MergedPeak>,
) {
    let n = open.len();
    let mut next: Vec<usize> = (1..=n).collect();
    let mut previous: Vec<usize> = (0..n).map(|i| i.wrapping_sub(1)).collect();
    let mut alive = vec![true; n];
    let distance = |open: &[MergedPeak], left: usize, right: usize| open[right].start_0 - open[left].start_0;
    // smallest distance between starts = largest overlap; the index breaks ties to the left
    let mut heap = BinaryHeap::new();
    for left in 1..n {
        heap.push(Reverse((distance(open, left - 1, left), left - 1, left)));
    }
    while let Some(Reverse((d, left, right))) = heap.pop() {
        let stale = !alive[left] || !alive[right] || next[left] != right || distance(open, left, right) != d;
        if stale {
            continue;
        }
        if d + merge_overlap_bp > window_bp {
            break;
        }
        let absorbed = std::mem::take(&mut open[right].tasks);
        let midpoint = |start: u64| (2 * start + window_bp) / 2;
        let (a, b) = (midpoint(open[left].start_0), midpoint(open[right].start_0));
        let (wa, wb) = (1 + open[left].tasks.len() as u64, 1 + absorbed.len() as u64);
        // ⌊(a·wa + b·wb) / (wa + wb) + ½⌋
        let merged = (2 * (a * wa + b * wb) + wa + wb) / (2 * (wa + wb));
        open[left].start_0 = place(merged);
        open[left].tasks.extend(absorbed);
        open[left].tasks.sort_unstable();
        open[left].tasks.dedup();
        alive[right] = false;
        let after = next[right];
        next[left] = after;
        if after < n {
            previous[after] = left;
            heap.push(Reverse((distance(open, left, after), left, after)));
        }
        let before = previous[left];
        if before < n {
            heap.push(Reverse((distance(open, before, left), before, left)));
        }
    }
    let kept = open.drain(..).zip(alive).filter(|(_, alive)| *alive).map(|(window, _)| window);
    out.extend(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn starts(windows: &[MergedPeak]) -> Vec<(u64, Vec<u32>)> {
        windows.iter().map(|w| (w.start_0, w.tasks.clone())).collect()
    }

    #[test]
    fn peaks_far_apart_are_centred() {
        let windows = merge_peaks(&[(5000, 5101, 0), (1000, 1200, 1)], 10_000, 600, 200);
        assert_eq!(starts(&windows), [(800, vec![1]), (4750, vec![0])]);
    }

    #[test]
    fn contig_ends_are_respected() {
        let windows = merge_peaks(&[(0, 100, 0), (9_950, 10_000, 0)], 10_000, 600, 200);
        assert_eq!(starts(&windows), [(0, vec![0]), (9_400, vec![0])]);
        assert!(merge_peaks(&[(0, 100, 0)], 599, 600, 200).is_empty());
    }

    #[test]
    fn the_midpoint_is_weighted_by_tasks() {
        // midpoints 1000 (task 0), 1001 (task 1), 1301 (task 2):
        // 1000 and 1001 first: 1000.5 → 1001, weight 3; then with 1301 (weight 2): (3003 + 2602) / 5 = 1121
        let windows = merge_peaks(&[(990, 1010, 0), (991, 1011, 1), (1291, 1311, 2)], 10_000, 600, 200);
        assert_eq!(starts(&windows), [(1121 - 300, vec![0, 1, 2])]);
    }

    #[test]
    fn small_overlaps_stay_apart() {
        // overlap 200 exactly does not open a stretch, 201 does
        assert_eq!(merge_peaks(&[(1000, 1000, 0), (1400, 1400, 0)], 10_000, 600, 200).len(), 2);
        assert_eq!(merge_peaks(&[(1000, 1000, 0), (1399, 1399, 0)], 10_000, 600, 200).len(), 1);
    }

    /// The published loop, written down plainly: find the largest overlap by a scan, merge, repeat.
    fn reference(peaks: &[(u64, u64, u32)], contig: u64, size: u64, overlap: u64) -> Vec<(u64, Vec<u32>)> {
        let place = |mid: u64| mid.saturating_sub(size / 2).min(contig - size);
        let mut sorted: Vec<(u64, u32)> = peaks.iter().map(|p| ((p.0 + p.1) / 2, p.2)).collect();
        sorted.sort_unstable();
        let mut out = Vec::new();
        let mut open: Vec<(u64, Vec<u32>)> = Vec::new();
        let close = |open: &mut Vec<(u64, Vec<u32>)>, out: &mut Vec<(u64, Vec<u32>)>| {
            while open.len() > 1 {
                let overlaps: Vec<i64> = open.windows(2).map(|w| (w[0].0 + size) as i64 - w[1].0 as i64).collect();
                let best = *overlaps.iter().max().unwrap();
                if best < overlap as i64 {
                    break;
                }
                let i = overlaps.iter().position(|&o| o == best).unwrap();
                let (b, tb) = open.remove(i + 1);
                let (a, ta) = open[i].clone();
                let (ma, mb) = ((a + a + size) / 2, (b + b + size) / 2);
                let (wa, wb) = ((1 + ta.len()) as f64, (1 + tb.len()) as f64);
                let mid = (0.5 + (ma as f64 * wa + mb as f64 * wb) / (wa + wb)).floor() as u64;
                let mut tasks = [ta, tb].concat();
                tasks.sort_unstable();
                tasks.dedup();
                open[i] = (place(mid), tasks);
            }
            out.append(open);
        };
        for (mid, task) in sorted {
            let start = place(mid);
            if open.last().is_some_and(|l| l.0 + size <= start + overlap) {
                close(&mut open, &mut out);
            }
            open.push((start, vec![task]));
        }
        close(&mut open, &mut out);
        out
    }

    proptest! {
        #[test]
        fn the_heap_agrees_with_the_published_loop(
            peaks in proptest::collection::vec((0u64..4000, 1u64..300, 0u32..4), 1..60),
        ) {
            let peaks: Vec<_> = peaks.into_iter().map(|(s, l, t)| (s, s + l, t)).collect();
            let found = merge_peaks(&peaks, 4400, 300, 100);
            prop_assert_eq!(starts(&found), reference(&peaks, 4400, 300, 100));
        }
    }
}
