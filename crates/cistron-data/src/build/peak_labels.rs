/// The peaks of one track on one contig, ready for overlap queries.
#[derive(Debug, Clone, Default)]
pub(super) struct ContigPeaks {
    /// (start, end), sorted.
    peaks: Vec<(u64, u64)>,
    longest: u64,
}

impl ContigPeaks {
    pub(super) fn new(mut peaks: Vec<(u64, u64)>) -> Self {
        peaks.sort_unstable();
        let longest = peaks.iter().map(|p| p.1 - p.0).max().unwrap_or(0);
        Self { peaks, longest }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.peaks.iter().copied()
    }

    /// Whether a peak shares at least half of its own length, or of the region's if that is shorter, with the region.
    pub(super) fn labels(&self, start: u64, end: u64) -> bool {
        self.near(start, end).any(|(s, e)| {
            let shared = e.min(end).saturating_sub(s.max(start));
            shared > 0 && 2 * shared >= (e - s).min(end - start)
        })
    }

    /// Whether any peak shares a base with the region.
    pub(super) fn touches(&self, start: u64, end: u64) -> bool {
        self.near(start, end).any(|(s, e)| s < end && start < e)
    }

    fn near(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, u64)> + '_ {
        let from = self.peaks.partition_point(|p| p.0 + self.longest <= start);
        self.peaks[from..].iter().copied().take_while(move |p| p.0 < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_peak_or_of_the_region() {
        let peaks = ContigPeaks::new(vec![(1000, 1100), (200, 300), (5000, 9000)]);
        assert!(peaks.labels(250, 800)); // 50 of 100
        assert!(!peaks.labels(251, 800)); // 49 of 100
        assert!(peaks.labels(800, 1050));
        assert!(!peaks.labels(300, 1000));
        assert!(peaks.labels(8900, 9100)); // 100 of the region's 200
        assert!(!peaks.labels(8901, 9101));
        assert!(peaks.touches(8999, 9100) && !peaks.touches(9000, 9100) && !peaks.touches(300, 1000));
        assert!(!ContigPeaks::default().labels(0, 10));
    }
}
