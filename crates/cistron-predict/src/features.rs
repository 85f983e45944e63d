//! Sequence composition as numbers.

/// GC share and the 16 dinucleotide frequencies.
pub(crate) const COMPOSITION: usize = 17;

/// Composition of windows of one sequence in constant time each, from running counts.
pub(crate) struct CompositionCounts {
    /// Running counts at each position: G or C, any known base, then the 16 pairs that *begin* before it.
    running: Vec<[u32; 18]>,
}

impl CompositionCounts {
    pub(crate) fn new(codes: &[u8]) -> Self {
        let mut running = Vec::with_capacity(codes.len() + 1);
        let mut counts = [0u32; 18];
        running.push(counts);
        for (i, &code) in codes.iter().enumerate() {
            counts[0] += u32::from(code == 1 || code == 2);
            counts[1] += u32::from(code < 4);
            if let Some(&next) = codes.get(i + 1)
                && code < 4
                && next < 4
            {
                counts[2 + usize::from(4 * code + next)] += 1;
            }
            running.push(counts);
        }
        Self { running }
    }

    /// GC share of known bases and frequencies of the 16 pairs without N, in `[start, end)`; all 0 where nothing is known.
    pub(crate) fn window(&self, start: usize, end: usize) -> [f64; COMPOSITION] {
        let mut out = [0.0; COMPOSITION];
        if end <= start {
            return out;
        }
        let (low, high) = (&self.running[start], &self.running[end]);
        let bases = f64::from(high[1] - low[1]);
        if bases > 0.0 {
            out[0] = f64::from(high[0] - low[0]) / bases;
        }
        // The pair that begins at the last base ends outside the window.
        let inner = &self.running[end - 1];
        let pairs: f64 = (2..18).map(|i| f64::from(inner[i] - low[i])).sum();
        if pairs > 0.0 {
            for i in 0..16 {
                out[1 + i] = f64::from(inner[2 + i] - low[2 + i]) / pairs;
            }
        }
        out
    }
}

/// Canonical k-mers: a k-mer and its reverse complement share a column.
#[derive(Debug, Clone)]
pub(crate) struct KmerColumns {
    k: usize,
    column: Vec<u32>,
    columns: usize,
}

impl KmerColumns {
    pub(crate) fn new(k: usize) -> Self {
        let count = 1usize << (2 * k);
        let mut column = vec![u32::MAX; count];
        let mut columns = 0;
        for kmer in 0..count {
            if column[kmer] == u32::MAX {
                let reverse = (0..k).fold(0, |rc, i| (rc << 2) | (3 - ((kmer >> (2 * i)) & 3)));
                column[kmer] = columns;
                column[reverse] = columns;
                columns += 1;
            }
        }
        Self { k, column, columns: columns as usize }
    }

    pub(crate) fn len(&self) -> usize {
        self.columns
    }

    /// Square roots of the k-mer frequencies (windows with N left out): roots make rare and frequent k-mers weigh alike.
    pub(crate) fn frequencies(&self, codes: &[u8]) -> Vec<f64> {
        let mut counts = vec![0.0f64; self.columns];
        let mask = (1usize << (2 * self.k)) - 1;
        let (mut kmer, mut known, mut total) = (0usize, 0, 0.0);
        for &code in codes {
            if code > 3 {
                known = 0;
                continue;
            }
            kmer = ((kmer << 2) | usize::from(code)) & mask;
            known += 1;
            if known >= self.k {
                counts[self.column[kmer] as usize] += 1.0;
                total += 1.0;
            }
        }
        if total > 0.0 {
            counts.iter_mut().for_each(|c| *c = (*c / total).sqrt());
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composition_by_hand() {
        // A C G T N A
        let counts = CompositionCounts::new(&[0, 1, 2, 3, 4, 0]);
        let whole = counts.window(0, 6);
        assert!((whole[0] - 2.0 / 5.0).abs() < 1e-12);
        let third = 1.0 / 3.0;
        assert_eq!((whole[1 + 1], whole[1 + 4 + 2], whole[1 + 8 + 3]), (third, third, third));
        let part = counts.window(1, 3);
        assert_eq!((part[0], part[1 + 4 + 2]), (1.0, 1.0));
        assert_eq!(counts.window(4, 5), [0.0; COMPOSITION]);
    }

    #[test]
    fn a_kmer_and_its_reverse_complement_share_a_column() {
        let columns = KmerColumns::new(6);
        assert_eq!(columns.len(), 2080);
        let forward = columns.frequencies(&[0, 0, 0, 1, 2, 3, 3]);
        let mut reverse = [0, 0, 0, 1, 2, 3, 3];
        cistron_core::alphabet::reverse_complement(&mut reverse);
        assert_eq!(forward, columns.frequencies(&reverse));
        assert!((forward.iter().map(|f| f * f).sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(columns.frequencies(&[0, 1, 4, 1, 0, 1]).iter().all(|f| *f == 0.0));
    }
}
