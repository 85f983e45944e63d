use super::text;
use super::ticks;
use crate::AxisScale;

/// Maps values to pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    kind: AxisScale,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

/// A tick with its pixel and its label.
#[derive(Debug, Clone)]
pub(crate) struct Tick {
    pub at: f64,
    pub label: String,
}

impl Scale {
    /// `low` falls on pixel `from`, `high` on pixel `to`; an empty range is widened.
    pub(crate) fn new(kind: AxisScale, (low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let (low, high) = match (low.is_finite() && high.is_finite(), high > low) {
            (true, true) => (low, high),
            (true, false) => (low - 0.5 * low.abs().max(1.0), low + 0.5 * low.abs().max(1.0)),
            (false, _) => (0.0, 1.0),
        };
        let low = if kind == AxisScale::Log1p { low.max(0.0) } else { low };
        Self { kind, low, high, from, to }
    }

    /// A linear scale.
    pub(crate) fn linear(range: (f64, f64), pixels: (f64, f64)) -> Self {
        Self::new(AxisScale::Linear, range, pixels)
    }

    /// The pixel of a value; values outside the range fall outside the pixels.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let t = |v: f64| match self.kind {
            AxisScale::Linear => v,
            AxisScale::Log1p => v.max(0.0).ln_1p(),
        };
        let share = (t(value) - t(self.low)) / (t(self.high) - t(self.low));
        self.from + share * (self.to - self.from)
    }

    /// The pixel of a value, kept inside the range.
    pub(crate) fn clamped(&self, value: f64) -> f64 {
        self.at(value.clamp(self.low, self.high))
    }

    /// First and last value.
    pub(crate) fn range(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    fn length(&self) -> f64 {
        (self.to - self.from).abs()
    }

    fn place(&self, values: &[f64], labels: Vec<String>) -> Vec<Tick> {
        values.iter().zip(labels).map(|(v, label)| Tick { at: self.at(*v), label }).collect()
    }

    fn labelled(&self, most: usize) -> Vec<Tick> {
        let values = match self.kind {
            AxisScale::Linear => ticks::nice(self.low, self.high, most),
            AxisScale::Log1p => ticks::log1p(self.low, self.high, 1.0 / most as f64),
        };
        let labels = match self.kind {
            // 0, 1, 10 … are written with the decimals that each needs.
            AxisScale::Log1p if self.high >= 4.0 => {
                values.iter().map(|v| ticks::labels(&[0.0, v.max(1.0)])[1].clone()).collect::<Vec<_>>()
            }
            _ => ticks::labels(&values),
        };
        let labels = match self.kind {
            AxisScale::Log1p if values.first() == Some(&0.0) && self.high >= 4.0 => {
                std::iter::once("0".to_owned()).chain(labels.into_iter().skip(1)).collect()
            }
            _ => labels,
        };
        self.place(&values, labels)
    }

    /// As many ticks as fit without touching labels, for an axis along x with labels of `size` px.
    pub(crate) fn x_ticks(&self, size: f64) -> Vec<Tick> {
        self.fitting(size, |scale, most| scale.labelled(most))
    }

    /// The same with positions on a contig, every base written out.
    pub(crate) fn position_ticks(&self, size: f64) -> Vec<Tick> {
        self.fitting(size, |scale, most| {
            let values = ticks::nice(scale.low, scale.high, most);
            let whole: Vec<f64> = values.into_iter().filter(|v| v.fract().abs() < 1e-6).collect();
            let labels = ticks::position_labels(&whole);
            scale.place(&whole, labels)
        })
    }

    /// Ticks for an axis along y, about one every 34 px.
    pub(crate) fn y_ticks(&self) -> Vec<Tick> {
        self.labelled(((self.length() / 34.0) as usize).max(2))
    }

    fn fitting(&self, size: f64, make: impl Fn(&Self, usize) -> Vec<Tick>) -> Vec<Tick> {
        let mut most = ((self.length() / 40.0) as usize).clamp(2, 12);
        loop {
            let ticks = make(self, most);
            let clear = |w: &[Tick]| {
                let half = |t: &Tick| text::width(&t.label, size, false) / 2.0;
                (w[1].at - w[0].at).abs() >= half(&w[0]) + half(&w[1]) + 0.9 * size
            };
            if most <= 1 || ticks.windows(2).all(clear) {
                return ticks;
            }
            most -= 1;
        }
    }
}

/// The smallest range that holds all finite values; `None` without any.
pub(crate) fn range_of(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((low, high)) => Some((f64::min(low, v), f64::max(high, v))),
    })
}

/// A range widened by a share of its span on both sides.
pub(crate) fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let pad = (high - low) * share;
    (low - pad, high + pad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_land_on_pixels() {
        let scale = Scale::linear((0.0, 2.0), (100.0, 0.0));
        assert_eq!([0.0, 1.0, 2.0].map(|v| scale.at(v)), [100.0, 50.0, 0.0]);
        let log = Scale::new(AxisScale::Log1p, (0.0, 99.0), (0.0, 100.0));
        assert!((log.at(9.0) - 50.0).abs() < 1e-9);
        assert!(Scale::linear((3.0, 3.0), (0.0, 10.0)).at(3.0).is_finite());
    }

    #[test]
    fn ticks_keep_clear_of_each_other() {
        let scale = Scale::linear((12_344_800.0, 12_346_848.0), (0.0, 300.0));
        let ticks = scale.position_ticks(11.0);
        assert!(ticks.len() >= 2);
        assert!(ticks.windows(2).all(|w| w[1].at - w[0].at > text::width("12,345,000", 11.0, false)));
        let log = Scale::new(AxisScale::Log1p, (0.0, 1500.0), (0.0, 220.0)).x_ticks(11.0);
        assert_eq!(log[0].label, "0");
        assert_eq!(log.last().unwrap().label, "1,000");
    }
}
