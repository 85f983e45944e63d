//! Where an axis has its ticks, and what they say.

use super::number::{fixed, grouped};

/// The step 1, 2 or 5 × 10^k that cuts `span` in at most `most` pieces.
fn nice_step(span: f64, most: usize) -> f64 {
    let raw = span / most.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    // The factor guards against 0.9999… of a step.
    let steps = [1.0, 2.0, 5.0, 10.0].map(|m| m * power);
    steps.into_iter().find(|step| *step >= raw * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// Multiples of a nice step inside [low, high]; about `most` of them, never more than `most + 1`.
pub(crate) fn nice(low: f64, high: f64, most: usize) -> Vec<f64> {
    if !(low.is_finite() && high.is_finite() && high > low) {
        return vec![low];
    }
    let step = nice_step(high - low, most);
    let slack = 1e-9 * (high - low) / step;
    let first = (low / step - slack).ceil() as i64;
    let last = (high / step + slack).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Ticks for a log(1 + value) axis on [low, high]: 0 and 1, 2, 5 × 10^k, or fewer per decade, at least `gap` apart, where the
/// whole axis has length 1. An axis that spans little is as good as linear and gets [`nice`] ticks.
pub(crate) fn log1p(low: f64, high: f64, gap: f64) -> Vec<f64> {
    let low = low.max(0.0);
    let span = high.ln_1p() - low.ln_1p();
    let at = |v: f64| (v.ln_1p() - low.ln_1p()) / span;
    if high < 4.0 || span < 1.5 {
        return nice(low, high, (1.0 / gap) as usize);
    }
    let decades = high.log10().ceil() as i32;
    let candidates = |mantissas: &[f64]| -> Vec<f64> {
        let powers = (0..=decades).flat_map(|k| mantissas.iter().map(move |m| m * 10f64.powi(k)));
        std::iter::once(0.0).chain(powers).filter(|v| *v >= low && *v <= high * (1.0 + 1e-9)).collect()
    };
    let fits = |ticks: &[f64]| ticks.windows(2).all(|w| at(w[1]) - at(w[0]) >= gap);
    let sets = [&[1.0, 2.0, 5.0][..], &[1.0, 3.0], &[1.0]].map(candidates);
    if let Some(ticks) = sets.iter().find(|ticks| fits(ticks)) {
        return ticks.clone();
    }
    let mut kept: Vec<f64> = Vec::new();
    for tick in &sets[2] {
        if kept.last().is_none_or(|last| at(*tick) - at(*last) >= gap) {
            kept.push(*tick);
        }
    }
    kept
}

/// Ticks for a logarithmic axis on [low, high], both above 0: 1, 2, 5 × 10^k, or fewer per decade, at most `most` where that can be; each
/// with its label. An axis within one decade gets its ends.
pub(crate) fn log(low: f64, high: f64, most: usize) -> Vec<(f64, String)> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let values = |mantissas: &[f64], every: i32| -> Vec<f64> {
        let powers = decades.clone().filter(|k| k % every == 0);
        let all = powers.flat_map(|k| mantissas.iter().map(move |m| format!("{m}e{k}").parse().unwrap_or(f64::NAN)));
        all.filter(|v| *v >= low * (1.0 - 1e-9) && *v <= high * (1.0 + 1e-9)).collect()
    };
    let sets = [(&[1.0, 2.0, 5.0][..], 1), (&[1.0, 3.0], 1), (&[1.0], 1), (&[1.0], 2), (&[1.0], 5)];
    let found = sets.iter().map(|(mantissas, every)| values(mantissas, *every)).find(|v| v.len() <= most);
    let ticks = found.filter(|v| v.len() > 1).unwrap_or_else(|| vec![low, high]);
    let label = |v: f64| match v {
        v if (1e-3..1e5).contains(&v) => format!("{v}"),
        v => format!("{v:e}").replace('-', "−"),
    };
    ticks.into_iter().map(|v| (v, label(v))).collect()
}

/// Labels for ticks: as many decimals as writing them takes, scientific where plain digits would be too many.
pub(crate) fn labels(ticks: &[f64]) -> Vec<String> {
    let step = ticks.windows(2).map(|w| (w[1] - w[0]).abs()).fold(f64::INFINITY, f64::min);
    let largest = ticks.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    if largest >= 1e7 || (largest > 0.0 && largest < 1e-3) {
        let short =
            |v: &f64| if *v == 0.0 { "0".into() } else { format!("{v:.1e}").replace(".0e", "e").replace('-', "−") };
        return ticks.iter().map(short).collect();
    }
    let written = |decimals: &usize| {
        let scale = 10f64.powi(*decimals as i32);
        ticks.iter().all(|v| (v * scale - (v * scale).round()).abs() < 1e-6 * scale * step)
    };
    let decimals = if step.is_finite() && step > 0.0 { (0..6).find(written).unwrap_or(6) } else { 2 };
    ticks.iter().map(|v| fixed(*v, decimals)).collect()
}

/// Labels for positions along a contig: every base written out, `12,345,600`.
pub(crate) fn position_labels(ticks: &[f64]) -> Vec<String> {
    ticks.iter().map(|v| grouped(v.max(0.0).round() as u64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: &[f64], b: &[f64]) {
        assert!(a.len() == b.len() && a.iter().zip(b).all(|(x, y)| (x - y).abs() < 1e-9), "{a:?} is not {b:?}");
    }

    #[test]
    fn steps_are_one_two_five() {
        close(&nice(0.0, 1.0, 5), &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        close(&nice(0.0, 10.0, 4), &[0.0, 5.0, 10.0]);
        close(&nice(-0.31, 0.62, 5), &[-0.2, 0.0, 0.2, 0.4, 0.6]);
        close(&nice(12_344_800.0, 12_346_848.0, 5), &[12_345_000.0, 12_345_500.0, 12_346_000.0, 12_346_500.0]);
        close(&nice(3.0, 3.0, 5), &[3.0]);
        for most in 1..12 {
            for (low, high) in [(0.0, 0.73), (-13.0, 999.0), (1e-6, 3e-6), (0.1, 0.7)] {
                let ticks = nice(low, high, most);
                assert!(ticks.len() <= most + 1 && ticks.iter().all(|t| (low - 1e-9..=high + 1e-9).contains(t)));
            }
        }
    }

    #[test]
    fn labels_have_the_decimals_of_the_step() {
        assert_eq!(labels(&nice(0.0, 1.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&nice(0.0, 100.0, 5)), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(&[-0.25, 0.0, 0.25]), ["−0.25", "0.00", "0.25"]);
        assert_eq!(labels(&[0.0, 2e-4]), ["0", "2e−4"]);
        assert_eq!(position_labels(&[12_345_600.0]), ["12,345,600"]);
    }

    #[test]
    fn log_axes_have_round_numbers() {
        let labels = |low, high| log(low, high, 8).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(1e-4, 1e-2), ["1e−4", "2e−4", "5e−4", "0.001", "0.002", "0.005", "0.01"]);
        assert_eq!(labels(1e-5, 0.1), ["1e−5", "1e−4", "0.001", "0.01", "0.1"]);
        assert_eq!(labels(6.0, 8.0), ["6", "8"]);
    }

    #[test]
    fn log1p_axes_thin_out() {
        close(&log1p(0.0, 120.0, 0.08), &[0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0]);
        // ln 2 / ln 121 = 0.1445 of the axis lie between 0 and 1, and again between 1 and 3.
        close(&log1p(0.0, 120.0, 0.14), &[0.0, 1.0, 3.0, 10.0, 30.0, 100.0]);
        close(&log1p(0.0, 120.0, 0.15), &[0.0, 10.0, 100.0]);
        close(&log1p(0.0, 2.0, 0.2), &[0.0, 0.5, 1.0, 1.5, 2.0]);
        let ticks = log1p(0.0, 1e6, 0.05);
        assert!(ticks.contains(&0.0) && ticks.contains(&1e6));
    }
}
