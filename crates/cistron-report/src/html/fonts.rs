//! The page's fonts as CSS with the font files inside, so that nothing is fetched.

const REGULAR: &[u8] = include_bytes!("../../assets/Roboto-Regular.woff2");
const BOLD: &[u8] = include_bytes!("../../assets/Roboto-Bold.woff2");
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for i in 0..4 {
            let sextet = ((word >> (18 - 6 * i)) & 63) as usize;
            out.push(if i <= chunk.len() { char::from(ALPHABET[sextet]) } else { '=' });
        }
    }
    out
}

/// `@font-face` rules for Roboto, regular and bold.
pub(super) fn css() -> String {
    let face = |bytes: &[u8], weight: u32| {
        format!(
            "@font-face{{font-family:Roboto;font-weight:{weight};src:url(data:font/woff2;base64,{}) format(\"woff2\")}}",
            base64(bytes)
        )
    };
    format!("{}\n{}", face(REGULAR, 400), face(BOLD, 700))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_rfc_4648() {
        let cases = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        assert!(cases.iter().all(|(plain, coded)| base64(plain.as_bytes()) == *coded));
    }
}
