//! viridis (S. van der Walt and N. Smith, matplotlib, CC0): even to the eye, readable in grey and by colour-blind readers.

/// Eleven stops of matplotlib 3.9 `viridis`, evenly spaced.
const STOPS: [[u8; 3]; 11] = [
    [68, 1, 84],
    [72, 36, 117],
    [65, 68, 135],
    [53, 95, 141],
    [42, 120, 142],
    [33, 145, 140],
    [34, 168, 132],
    [68, 191, 112],
    [122, 209, 81],
    [189, 223, 38],
    [253, 231, 37],
];

/// The colour of a share in [0, 1].
pub(crate) fn viridis(share: f64) -> String {
    let place = share.clamp(0.0, 1.0) * (STOPS.len() - 1) as f64;
    let left = (place as usize).min(STOPS.len() - 2);
    let t = place - left as f64;
    let mix = |i: usize| (f64::from(STOPS[left][i]) * (1.0 - t) + f64::from(STOPS[left + 1][i]) * t).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(0), mix(1), mix(2))
}

/// The colour of a share in [−1, 1]: blue, white at 0, red (the ends of ColorBrewer's RdBu, Apache License 2.0).
pub(crate) fn blue_white_red(share: f64) -> String {
    let end: [u8; 3] = if share < 0.0 { [33, 102, 172] } else { [178, 24, 43] };
    let t = share.abs().min(1.0);
    let [r, g, b] = end.map(|c| (255.0 * (1.0 - t) + f64::from(c) * t).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middle() {
        assert_eq!([-1.0, 0.0, 1.0].map(blue_white_red), ["#2166ac", "#ffffff", "#b2182b"]);
        assert_eq!([0.0, 0.5, 1.0].map(viridis), ["#440154", "#21918c", "#fde725"]);
    }
}
