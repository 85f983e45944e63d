//! How wide a text will be, so that labels can be placed and cut before anything is drawn.

/// Advance widths of ASCII 32–126 in 1/1000 em, Roboto Regular (from the font's `hmtx` table).
const REGULAR: [u16; 95] = [
    248, 258, 320, 616, 562, 732, 622, 175, 342, 348, 431, 567, 197, 276, 264, 413, 562, 562, 562, 562, 562, 562, 562,
    562, 562, 562, 242, 211, 508, 549, 523, 473, 898, 652, 623, 651, 656, 568, 553, 681, 713, 272, 552, 627, 539, 873,
    713, 688, 631, 688, 616, 594, 597, 648, 637, 887, 627, 601, 599, 265, 411, 265, 418, 451, 309, 544, 562, 523, 564,
    530, 348, 562, 551, 243, 239, 507, 243, 877, 552, 570, 562, 568, 339, 516, 327, 551, 484, 751, 496, 473, 496, 338,
    244, 338, 680,
];
/// The same, Roboto Bold, relative to Regular on running text.
const BOLD_FACTOR: f64 = 1.02;
/// Width assumed for every other character.
const OTHER: u16 = 600;

/// Width in pixels of a text at a font size.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let advance = |c: char| match (c as usize).checked_sub(32) {
        Some(index) if index < REGULAR.len() => REGULAR[index],
        _ => OTHER,
    };
    let units: f64 = text.chars().map(|c| f64::from(advance(c))).sum();
    units / 1000.0 * size * if bold { BOLD_FACTOR } else { 1.0 }
}

/// The text, cut with an ellipsis where it is wider than `max_width` pixels.
pub(crate) fn fit(text: &str, size: f64, bold: bool, max_width: f64) -> String {
    if width(text, size, bold) <= max_width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut = format!("{}…", kept.iter().collect::<String>().trim_end());
        if width(&cut, size, bold) <= max_width {
            return cut;
        }
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_tabular_and_long_names_are_cut() {
        assert!((width("1111", 10.0, false) - width("0000", 10.0, false)).abs() < 1e-9);
        assert_eq!(fit("short", 10.0, false, 100.0), "short");
        let cut = fit("a_very_long_model_name_indeed", 10.0, false, 60.0);
        assert!(cut.ends_with('…') && width(&cut, 10.0, false) <= 60.0 && cut.len() > 6);
    }
}
