//! A plain peak caller for coverage, so that a study can begin with a bigWig alone.

use std::io::Write;
use std::path::Path;

use cistron_core::AtomicFile;
use cistron_genome::{BigWig, Contig};
use serde::{Deserialize, Serialize};

use crate::DataError;

/// How peaks are called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeakCallOptions {
    /// Width of the sliding sum in bp.
    pub window_bp: usize,
    /// Width of the local background in bp.
    pub local_bp: usize,
    /// Least −log10 p.
    pub min_log10_p: f64,
    /// Stretches closer than this are one peak.
    pub gap_bp: usize,
    /// Shorter peaks are dropped.
    pub min_length_bp: usize,
}

impl Default for PeakCallOptions {
    fn default() -> Self {
        Self { window_bp: 150, local_bp: 10_000, min_log10_p: 5.0, gap_bp: 50, min_length_bp: 150 }
    }
}

/// A called peak; 0-based half-open.
#[derive(Debug, Clone, PartialEq)]
pub struct CalledPeak {
    /// First base.
    pub start_0: u64,
    /// One past the last base.
    pub end_0: u64,
    /// Base with the highest sliding sum.
    pub summit_0: u64,
    /// Sliding sum at the summit ÷ background.
    pub fold: f64,
    /// −log10 p at the summit.
    pub log10_p: f64,
}

/// Calls peaks on one contig. At each base the sum of coverage over `window_bp` is compared with a Poisson law whose mean is the
/// larger of the contig's and the local background (the idea of MACS; Zhang et al. 2008); bases above the threshold are joined
/// over gaps. `mean` is the mean coverage per base of the whole track.
pub fn call_peaks(coverage: &[f32], mean: f64, options: &PeakCallOptions) -> Vec<CalledPeak> {
    let mut running = Vec::with_capacity(coverage.len() + 1);
    let mut total = 0.0f64;
    running.push(0.0);
    for value in coverage {
        total += f64::from(*value);
        running.push(total);
    }
    let sum = |centre: usize, width: usize| {
        let (start, end) = (centre.saturating_sub(width / 2), (centre + width.div_ceil(2)).min(coverage.len()));
        (running[end] - running[start], end - start)
    };
    let mut peaks: Vec<CalledPeak> = Vec::new();
    for base in 0..coverage.len() {
        let (count, width) = sum(base, options.window_bp);
        let (local, local_width) = sum(base, options.local_bp);
        let expected = (mean.max(local / local_width as f64) * width as f64).max(1e-9);
        if count <= expected {
            continue;
        }
        let log10_p = poisson_log10_tail(count.floor() as u64, expected);
        if log10_p < options.min_log10_p {
            continue;
        }
        let (base, fold) = (base as u64, count / expected);
        match peaks.last_mut() {
            Some(peak) if base <= peak.end_0 + options.gap_bp as u64 => {
                peak.end_0 = base + 1;
                if log10_p > peak.log10_p {
                    (peak.summit_0, peak.fold, peak.log10_p) = (base, fold, log10_p);
                }
            }
            _ => peaks.push(CalledPeak { start_0: base, end_0: base + 1, summit_0: base, fold, log10_p }),
        }
    }
    peaks.retain(|p| p.end_0 - p.start_0 >= options.min_length_bp as u64);
    peaks
}

/// −log10 P(X ≥ count) of a Poisson law, by summing the tail in the logarithm.
fn poisson_log10_tail(count: u64, mean: f64) -> f64 {
    if count == 0 {
        return 0.0;
    }
    let k = count as f64;
    // ln of the first term; Stirling's series is exact to 1e-10 from 10 on.
    let ln_factorial = if count < 10 {
        (1..=count).map(|i| (i as f64).ln()).sum::<f64>()
    } else {
        k * k.ln() - k + 0.5 * (std::f64::consts::TAU * k).ln() + 1.0 / (12.0 * k) - 1.0 / (360.0 * k.powi(3))
    };
    let first = k * mean.ln() - mean - ln_factorial;
    let (mut ratio, mut sum, mut i) = (1.0, 1.0, k);
    while ratio > 1e-12 * sum {
        i += 1.0;
        ratio *= mean / i;
        sum += ratio;
    }
    -(first + sum.ln()) / std::f64::consts::LN_10
}

/// Calls peaks on every contig of a bigWig and writes them as narrowPeak (column 9, the q-value, is −1: not computed).
/// Returns the number of peaks.
///
/// # Errors
/// A bigWig that cannot be read, no peak at all, a full disk.
pub fn call_peaks_to_file(bigwig: &Path, out: &Path, options: &PeakCallOptions) -> Result<u64, DataError> {
    let mut track = BigWig::open(bigwig)?;
    let contigs: Vec<Contig> = track.contigs().to_vec();
    let mut coverage = Vec::new();
    let mut read = |contig: &Contig, coverage: &mut Vec<f32>| {
        coverage.resize(contig.length_bp as usize, 0.0);
        track.values(&contig.name, 0, coverage)
    };
    let (mut total, mut bases) = (0.0, 0.0);
    for contig in &contigs {
        read(contig, &mut coverage)?;
        total += coverage.iter().map(|v| f64::from(*v)).sum::<f64>();
        bases += coverage.len() as f64;
    }
    let mut file = AtomicFile::create(out).map_err(DataError::io(out))?;
    let mut count = 0;
    for contig in &contigs {
        read(contig, &mut coverage)?;
        for peak in call_peaks(&coverage, total / bases, options) {
            count += 1;
            writeln!(
                file,
                "{}\t{}\t{}\tpeak_{count}\t{}\t.\t{:.4}\t{:.4}\t-1\t{}",
                contig.name,
                peak.start_0,
                peak.end_0,
                (peak.log10_p * 10.0).min(1000.0) as u32,
                peak.fold,
                peak.log10_p,
                peak.summit_0 - peak.start_0
            )
            .map_err(DataError::io(out))?;
        }
    }
    if count == 0 {
        return Err(DataError::file(bigwig, "no peak passes the threshold; lower --min-log10-p"));
    }
    file.commit().map_err(DataError::io(out))?;
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_by_hand() {
        // P(X ≥ 1) = 1 − e^−1; P(X ≥ 2) = 1 − 2·e^−1 at mean 1
        assert!((poisson_log10_tail(1, 1.0) + (1.0 - (-1.0f64).exp()).log10()).abs() < 1e-9);
        assert!((poisson_log10_tail(2, 1.0) + (1.0 - 2.0 * (-1.0f64).exp()).log10()).abs() < 1e-9);
        // scipy.stats.poisson.logsf(29, 10) / −ln 10
        let direct: f64 = (30..200)
            .map(|k| {
                let ln: f64 = f64::from(k) * 10f64.ln() - 10.0 - (1..=k).map(|i| f64::from(i).ln()).sum::<f64>();
                ln.exp()
            })
            .sum();
        assert!((poisson_log10_tail(30, 10.0) + direct.log10()).abs() < 1e-8);
    }

    #[test]
    fn a_bump_on_a_flat_background_is_one_peak() {
        let mut coverage = vec![0.1f32; 20_000];
        for (i, value) in coverage[8_000..8_200].iter_mut().enumerate() {
            *value = 1.0 + (100.0 - (i as f32 - 100.0).abs()) / 50.0;
        }
        let peaks = call_peaks(&coverage, 0.1, &PeakCallOptions::default());
        assert_eq!(peaks.len(), 1, "{peaks:?}");
        assert!((8_080..8_120).contains(&peaks[0].summit_0), "{peaks:?}");
        assert!(peaks[0].start_0 > 7_900 && peaks[0].end_0 < 8_300);
        assert!(call_peaks(&vec![0.1; 20_000], 0.1, &PeakCallOptions::default()).is_empty());
    }
}
