//! The DNA alphabet as codes: A = 0, C = 1, G = 2, T = 3, N (unknown) = 4.
//!
//! Lower case is read as upper case. `U` is read as T. Other IUPAC letters and everything else are
//! errors in [`encode`]; genome readers that must accept them use [`encode_lossy`], which maps every
//! IUPAC ambiguity letter to N.

/// The code of an unknown base.
pub const N: u8 = 4;

/// Marks bytes that are not nucleotides in the lookup tables.
const BAD: u8 = u8::MAX;

const STRICT: [u8; 256] = table(b"");
const LOSSY: [u8; 256] = table(b"RYSWKMBDHVryswkmbdhv");

const fn table(ambiguous: &[u8]) -> [u8; 256] {
    let mut codes = [BAD; 256];
    let letters = b"AaCcGgTtNn";
    let mut i = 0;
    while i < letters.len() {
        codes[letters[i] as usize] = (i / 2) as u8;
        i += 1;
    }
    codes[b'U' as usize] = 3;
    codes[b'u' as usize] = 3;
    let mut j = 0;
    while j < ambiguous.len() {
        codes[ambiguous[j] as usize] = N;
        j += 1;
    }
    codes
}

/// A letter that is not part of the alphabet, with its 0-based position in the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("letter {:?} at position {} is not one of A, C, G, T, N", char::from(*letter), position_0 + 1)]
pub struct BadLetter {
    /// The offending byte.
    pub letter: u8,
    /// Its 0-based position.
    pub position_0: usize,
}

/// Encodes letters as codes; only A, C, G, T, U and N in either case are accepted.
///
/// # Errors
/// [`BadLetter`] at the first letter outside the alphabet.
pub fn encode(letters: &[u8]) -> Result<Vec<u8>, BadLetter> {
    let mut codes = vec![0; letters.len()];
    encode_with(&STRICT, letters, &mut codes)?;
    Ok(codes)
}

/// Encodes letters into `codes`, reading every IUPAC ambiguity letter as N.
///
/// # Errors
/// [`BadLetter`] at the first byte that is not an IUPAC nucleotide letter.
///
/// # Panics
/// If the two slices differ in length.
pub fn encode_lossy(letters: &[u8], codes: &mut [u8]) -> Result<(), BadLetter> {
    encode_with(&LOSSY, letters, codes)
}

fn encode_with(table: &[u8; 256], letters: &[u8], codes: &mut [u8]) -> Result<(), BadLetter> {
    assert_eq!(letters.len(), codes.len(), "one code per letter");
    let mut worst = 0;
    for (code, &letter) in codes.iter_mut().zip(letters) {
        *code = table[usize::from(letter)];
        worst = worst.max(*code);
    }
    if worst == BAD {
        let position_0 = codes.iter().position(|&c| c == BAD).unwrap_or(0);
        return Err(BadLetter { letter: letters[position_0], position_0 });
    }
    Ok(())
}

/// Letters of the codes, upper case; codes above 3 become N.
pub fn decode(codes: &[u8]) -> Vec<u8> {
    codes.iter().map(|&c| b"ACGTN"[usize::from(c.min(N))]).collect()
}

/// The code of the complementary base; N stays N.
pub const fn complement(code: u8) -> u8 {
    if code < 4 { 3 - code } else { N }
}

/// Reverse-complements codes in place.
pub fn reverse_complement(codes: &mut [u8]) {
    codes.reverse();
    for code in codes {
        *code = complement(*code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_codes_round_trip() {
        assert_eq!(encode(b"ACGTNacgtnUu").unwrap(), [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 3, 3]);
        assert_eq!(decode(&[0, 1, 2, 3, 4]), b"ACGTN");
    }

    #[test]
    fn bad_letters_are_named_with_their_place() {
        let error = encode(b"ACRT").unwrap_err();
        assert_eq!(error, BadLetter { letter: b'R', position_0: 2 });
        assert_eq!(error.to_string(), "letter 'R' at position 3 is not one of A, C, G, T, N");
        let mut codes = [9; 4];
        encode_lossy(b"ACRT", &mut codes).unwrap();
        assert_eq!(codes, [0, 1, 4, 3]);
        assert!(encode_lossy(b"AC>T", &mut codes).is_err());
    }

    #[test]
    fn reverse_complement_is_an_involution() {
        let mut codes = encode(b"AACGTN").unwrap();
        reverse_complement(&mut codes);
        assert_eq!(decode(&codes), b"NACGTT");
        reverse_complement(&mut codes);
        assert_eq!(decode(&codes), b"AACGTN");
    }
}
