use cistron_core::alphabet::complement;

/// Identity of a sequence and its reverse complement: 128 bits of BLAKE3.
pub type CanonicalHash = u128;

/// Hash of the lexicographically smaller of the codes and their reverse complement, so that both strands of one
/// sequence are equal. N is its own complement.
pub fn canonical_hash(codes: &[u8]) -> CanonicalHash {
    let reverse = codes.iter().rev().map(|&c| complement(c));
    let forward_is_smaller = codes.iter().copied().le(reverse);
    let hash = if forward_is_smaller {
        blake3::hash(codes)
    } else {
        let mut strand = codes.to_vec();
        cistron_core::alphabet::reverse_complement(&mut strand);
        blake3::hash(&strand)
    };
    let mut first = [0; 16];
    first.copy_from_slice(&hash.as_bytes()[..16]);
    u128::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::alphabet::{encode, reverse_complement};
    use proptest::prelude::*;

    #[test]
    fn different_sequences_differ() {
        let hash = |s: &[u8]| canonical_hash(&encode(s).unwrap());
        assert_eq!(hash(b"AACG"), hash(b"CGTT"));
        assert_ne!(hash(b"AACG"), hash(b"GCAA"));
        assert_ne!(hash(b"AACG"), hash(b"AACGN"));
    }

    proptest! {
        #[test]
        fn both_strands_are_one(codes in proptest::collection::vec(0u8..5, 0..80)) {
            let mut other = codes.clone();
            reverse_complement(&mut other);
            prop_assert_eq!(canonical_hash(&codes), canonical_hash(&other));
        }
    }
}
