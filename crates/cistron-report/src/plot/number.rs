//! Numbers as people read them.

/// A whole number with thousands separators: `12,345,600`.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with fixed decimals, a real minus sign, thousands separators and no negative zero.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), None), |(w, f)| (w, Some(f)));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let zero = plain.bytes().all(|b| b == b'0' || b == b'.');
    let sign = if value < 0.0 && !zero { "−" } else { "" };
    fraction.map_or_else(|| format!("{sign}{whole}"), |f| format!("{sign}{whole}.{f}"))
}

/// Scientific notation with two digits after the point: `1.25e−6`.
fn scientific(value: f64) -> String {
    format!("{value:.2e}").replace('-', "−")
}

/// Decimals that suit a number without an interval: three, fewer for large ones.
fn plain_decimals(value: f64) -> usize {
    match value.abs() {
        v if v >= 1000.0 => 0,
        v if v >= 100.0 => 1,
        v if v >= 10.0 => 2,
        _ => 3,
    }
}

/// One number: `0.612`, `12,346`, `1.25e−6`.
pub(crate) fn plain(value: f64) -> String {
    if value != 0.0 && (value.abs() < 0.0005 || value.abs() >= 1e9) {
        return scientific(value);
    }
    fixed(value, plain_decimals(value))
}

/// A value with its interval, `0.612 [0.580, 0.644]`: decimals such that half the interval has about two digits.
pub(crate) fn with_interval(value: f64, interval: Option<(f64, f64)>) -> String {
    let Some((low, high)) = interval.filter(|(low, high)| low.is_finite() && high.is_finite()) else {
        return plain(value);
    };
    let largest = value.abs().max(low.abs()).max(high.abs());
    if largest != 0.0 && !(0.0005..1e9).contains(&largest) {
        return format!("{} [{}, {}]", scientific(value), scientific(low), scientific(high));
    }
    let half = (high - low) / 2.0;
    let wanted = if half > 0.0 { 1.0 - half.log10().floor() } else { plain_decimals(largest) as f64 };
    let decimals = wanted.clamp(0.0, 4.0) as usize;
    // A narrow interval may need more digits than usual, a wide one never fewer than it has meaning.
    let decimals = if decimals == 0 { 0 } else { decimals.min(plain_decimals(largest).max(1) + 1) };
    format!("{} [{}, {}]", fixed(value, decimals), fixed(low, decimals), fixed(high, decimals))
}

/// A duration: `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 13 min`.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() || s < 0.0 => "–".into(),
        s if s < 0.9995 => format!("{:.0} ms", s * 1000.0),
        s if s < 59.95 => format!("{s:.1} s"),
        s if s < 3599.5 => format!("{} min {:02} s", s.round() as u64 / 60, s.round() as u64 % 60),
        s => format!("{} h {:02} min", (s / 60.0).round() as u64 / 60, (s / 60.0).round() as u64 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grouping_and_signs() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(12_345_600), "12,345,600");
        assert_eq!(fixed(-1234.5, 1), "−1,234.5");
        assert_eq!(fixed(-0.0001, 2), "0.00");
    }

    #[test]
    fn values_with_intervals() {
        assert_eq!(with_interval(0.6123, Some((0.58, 0.644))), "0.612 [0.580, 0.644]");
        assert_eq!(with_interval(0.61234, Some((0.6118, 0.6129))), "0.6123 [0.6118, 0.6129]");
        assert_eq!(with_interval(-12.0, Some((-18.0, -6.0))), "−12.0 [−18.0, −6.0]");
        assert_eq!(with_interval(5200.0, Some((4000.0, 6400.0))), "5,200 [4,000, 6,400]");
        assert_eq!(with_interval(0.5, None), "0.500");
        assert_eq!(plain(1.25e-6), "1.25e−6");
        assert_eq!(plain(0.0), "0.000");
    }

    #[test]
    fn durations() {
        assert_eq!(duration(0.85), "850 ms");
        assert_eq!(duration(12.34), "12.3 s");
        assert_eq!(duration(245.0), "4 min 05 s");
        assert_eq!(duration(7980.0), "2 h 13 min");
    }
}
