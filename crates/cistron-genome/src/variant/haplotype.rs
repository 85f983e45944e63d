use super::reference::Beyond;
use super::{Padding, Segment, Variant};

/// Windows around variants with either allele in place.
#[derive(Debug, Default)]
pub struct Haplotypes {
    beyond: Beyond,
}

/// A window with the reference and with the alternative allele; base codes.
pub type Pair = (Vec<u8>, Vec<u8>);

impl Haplotypes {
    /// The window of `length` bases in which the variant's first base stands at `length / 2 − shift`, with the reference and with the
    /// alternative allele. Both begin at the same position of the contig; what an insertion pushes out, or a deletion draws in, happens
    /// at the right end. What lies beyond the segment is padded.
    pub fn window(
        &mut self,
        segment: &Segment<'_>,
        variant: &Variant,
        length: usize,
        shift: i64,
        padding: Padding,
    ) -> Pair {
        // Places are offsets from the start of the segment.
        let at = variant.position_0 as i64 - segment.start_0 as i64;
        let start = at - (length / 2) as i64 + shift;
        let mut with = |allele: &[u8]| {
            let before = start..at.max(start);
            let after = at + variant.reference.len() as i64;
            let mut codes: Vec<u8> = Vec::with_capacity(length);
            codes.extend(before.map(|offset| self.base(segment, offset, padding)));
            codes.extend(allele.iter().take(length - codes.len()));
            let rest = (length - codes.len()) as i64;
            codes.extend((after..after + rest).map(|offset| self.base(segment, offset, padding)));
            codes
        };
        (with(&variant.reference), with(&variant.alternative))
    }

    fn base(&mut self, segment: &Segment<'_>, offset: i64, padding: Padding) -> u8 {
        match usize::try_from(offset).ok().and_then(|at| segment.codes.get(at)) {
            Some(code) => *code,
            None => self.beyond.base(segment, offset, padding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::alphabet;

    fn windows(position_0: u64, reference: &str, alternative: &str, shift: i64) -> (String, String) {
        let codes = alphabet::encode(b"ACGTACGTAC").unwrap();
        let segment = Segment { name: "a", start_0: 100, codes: &codes };
        let encode = |text: &str| alphabet::encode(text.as_bytes()).unwrap();
        let (reference, alternative) = (encode(reference), encode(alternative));
        let variant = Variant { contig: "a".into(), position_0, reference, alternative };
        let (a, b) = Haplotypes::default().window(&segment, &variant, 6, shift, Padding::N);
        let letters = |codes: &[u8]| String::from_utf8(alphabet::decode(codes)).unwrap();
        (letters(&a), letters(&b))
    }

    #[test]
    fn substitutions_insertions_deletions_and_edges() {
        let is = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(windows(104, "A", "T", 0), is("CGTACG", "CGTTCG"));
        assert_eq!(windows(104, "A", "T", 1), is("GTACGT", "GTTCGT"));
        assert_eq!(windows(104, "A", "T", -2), is("NACGTA", "NACGTT"));
        assert_eq!(windows(104, "", "GG", 0), is("CGTACG", "CGTGGA"));
        assert_eq!(windows(104, "AC", "", 0), is("CGTACG", "CGTGTA"));
        assert_eq!(windows(109, "C", "G", 0), is("GTACNN", "GTAGNN"));
        // An allele longer than the rest of the window is cut.
        assert_eq!(windows(104, "", "GGGGGGG", 0), is("CGTACG", "CGTGGG"));
    }
}
