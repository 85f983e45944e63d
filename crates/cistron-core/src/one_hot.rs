use serde::{Deserialize, Serialize};

/// How an unknown base (N) is written into a one-hot tensor.
///
/// Tools disagree (0 in some, 0.25 in others); ours is [`NEncoding::Zero`] unless asked otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NEncoding {
    /// All four channels are 0.
    #[default]
    Zero,
    /// All four channels are 0.25.
    Quarter,
}

/// Writes codes (`[length]`, A C G T N = 0 … 4) as dense one-hot `[4, length]` of `f32`.
///
/// # Panics
/// If `out` is not `4 × codes.len()` long.
pub fn one_hot_f32(codes: &[u8], n: NEncoding, out: &mut [f32]) {
    assert_eq!(out.len(), 4 * codes.len(), "one-hot output is [4, length]");
    if codes.is_empty() {
        return;
    }
    let unknown = match n {
        NEncoding::Zero => 0.0,
        NEncoding::Quarter => 0.25,
    };
    for (channel, row) in out.chunks_exact_mut(codes.len()).enumerate() {
        let channel = channel as u8;
        for (value, &code) in row.iter_mut().zip(codes) {
            *value = if code == channel {
                1.0
            } else if code > 3 {
                unknown
            } else {
                0.0
            };
        }
    }
}

/// Writes codes as dense one-hot `[4, length]` of `u8` (N is all zeros).
///
/// # Panics
/// If `out` is not `4 × codes.len()` long.
pub fn one_hot_u8(codes: &[u8], out: &mut [u8]) {
    assert_eq!(out.len(), 4 * codes.len(), "one-hot output is [4, length]");
    if codes.is_empty() {
        return;
    }
    for (channel, row) in out.chunks_exact_mut(codes.len()).enumerate() {
        let channel = channel as u8;
        for (value, &code) in row.iter_mut().zip(codes) {
            *value = u8::from(code == channel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_column() {
        let mut out = [9.0; 20];
        one_hot_f32(&[0, 1, 2, 3, 4], NEncoding::Quarter, &mut out);
        #[rustfmt::skip]
        assert_eq!(out, [
            1.0, 0.0, 0.0, 0.0, 0.25,
            0.0, 1.0, 0.0, 0.0, 0.25,
            0.0, 0.0, 1.0, 0.0, 0.25,
            0.0, 0.0, 0.0, 1.0, 0.25,
        ]);
        one_hot_f32(&[4], NEncoding::Zero, &mut out[..4]);
        assert_eq!(out[..4], [0.0; 4]);
        let mut bytes = [9; 8];
        one_hot_u8(&[4, 2], &mut bytes);
        assert_eq!(bytes, [0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
