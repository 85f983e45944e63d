//! Sequence variants: what they are, their files, and the sequence around them.

mod file;
mod haplotype;
mod reference;

pub use file::{VariantFile, VariantLine, read_variants};
pub use haplotype::Haplotypes;
pub use reference::{Padding, Reference, Segment};

/// A substitution, insertion or deletion. Alleles are base codes on the forward strand without a shared first or last base, so
/// that one of them is empty for an insertion or a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Contig, as in the reference.
    pub contig: String,
    /// First changed position, 0-based; for an insertion the position before which it stands.
    pub position_0: u64,
    /// Bases that are replaced.
    pub reference: Vec<u8>,
    /// What replaces them.
    pub alternative: Vec<u8>,
}

impl Variant {
    /// The variant without the bases that its alleles share, and, when one allele is then empty, shifted as far left as the same
    /// change can be written (Tan, Abecasis and Kang 2015). `base` gives the reference at a position; `None` ends the shift.
    #[must_use]
    pub fn normalised(mut self, base: impl Fn(u64) -> Option<u8>) -> Self {
        loop {
            while let (Some(a), Some(b)) = (self.reference.last(), self.alternative.last()) {
                if a != b {
                    break;
                }
                self.reference.pop();
                self.alternative.pop();
            }
            // A pure insertion or deletion moves left while the base before it is its last base.
            let moving = match (self.reference.is_empty(), self.alternative.is_empty()) {
                (true, false) => &mut self.alternative,
                (false, true) => &mut self.reference,
                _ => break,
            };
            let Some(before) = self.position_0.checked_sub(1).and_then(&base) else { break };
            if moving.last() != Some(&before) {
                break;
            }
            moving.rotate_right(1);
            self.position_0 -= 1;
        }
        let shared = self.reference.iter().zip(&self.alternative).take_while(|(a, b)| a == b).count();
        self.reference.drain(..shared);
        self.alternative.drain(..shared);
        self.position_0 += shared as u64;
        self
    }

    /// Whether one base replaces another.
    pub fn is_substitution(&self) -> bool {
        self.reference.len() == 1 && self.alternative.len() == 1
    }

    /// `substitution`, `insertion`, `deletion` or `replacement` (of several bases by others).
    pub fn kind(&self) -> &'static str {
        match (self.reference.len(), self.alternative.len()) {
            (1, 1) => "substitution",
            (0, _) => "insertion",
            (_, 0) => "deletion",
            _ => "replacement",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::alphabet;

    fn normal(sequence: &str, position_0: u64, reference: &str, alternative: &str) -> (u64, String, String) {
        let codes = alphabet::encode(sequence.as_bytes()).unwrap();
        let encode = |text: &str| alphabet::encode(text.as_bytes()).unwrap();
        let (reference, alternative) = (encode(reference), encode(alternative));
        let variant = Variant { contig: "a".into(), position_0, reference, alternative };
        let normal = variant.normalised(|at| codes.get(at as usize).copied());
        let letters = |codes: &[u8]| String::from_utf8(alphabet::decode(codes)).unwrap();
        (normal.position_0, letters(&normal.reference), letters(&normal.alternative))
    }

    #[test]
    fn shared_bases_go_and_indels_move_left() {
        let is =
            |position, reference: &str, alternative: &str| (position, reference.to_owned(), alternative.to_owned());
        assert_eq!(normal("GATTACA", 1, "A", "C"), is(1, "A", "C"));
        // As VCF writes a deletion of one T: anchored before it.
        assert_eq!(normal("GATTACA", 2, "TT", "T"), is(2, "T", ""));
        assert_eq!(normal("GATTACA", 3, "T", ""), is(2, "T", ""));
        // The unit of a repeat can be written anywhere in it (Tan et al., figure 1: GGGCACACACAGGG).
        for (at, reference, alternative) in [(9, "CA", ""), (4, "ACA", "A"), (2, "GCA", "G"), (6, "ACACA", "ACA")] {
            let found = normal("GGGCACACACAGGG", at, reference, alternative);
            assert_eq!(found, is(3, "CA", ""), "{at} {reference}");
        }
        assert_eq!(normal("GATTACA", 4, "", "TT"), is(2, "", "TT"));
        assert_eq!(normal("AAAA", 3, "A", ""), is(0, "A", ""));
        // Several bases by others.
        assert_eq!(normal("GATTACA", 1, "ATTA", "AGGA"), is(2, "TT", "GG"));
    }
}
