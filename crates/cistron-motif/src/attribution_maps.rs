/// What every base of every sequence contributes to a model's output, and what the other three bases would.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributionMaps {
    length: usize,
    /// Codes, sequence after sequence.
    codes: Vec<u8>,
    /// Hypothetical contributions of A, C, G, T at each position.
    hypothetical: Vec<[f32; 4]>,
}

/// The maps cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadMaps(String);

impl AttributionMaps {
    /// From codes and hypothetical contributions (A, C, G, T per position) of sequences of one length, sequence after sequence.
    ///
    /// # Errors
    /// Lengths that do not fit together, a contribution that is NaN or infinite (with sequence and position), maps that are 0
    /// everywhere.
    pub fn new(length: usize, codes: Vec<u8>, hypothetical: Vec<[f32; 4]>) -> Result<Self, BadMaps> {
        let fail = |message: String| Err(BadMaps(message));
        if length == 0 || codes.is_empty() || !codes.len().is_multiple_of(length) || codes.len() != hypothetical.len() {
            let (codes, values) = (codes.len(), hypothetical.len());
            return fail(format!(
                "{codes} bases and {values} positions of contributions do not make sequences of {length} bases"
            ));
        }
        if let Some(bad) = hypothetical.iter().position(|c| c.iter().any(|v| !v.is_finite())) {
            return fail(format!(
                "sequence {}, position {}: the contribution is not a number; remove the sequence or compute its attributions again",
                bad / length + 1,
                bad % length + 1
            ));
        }
        if hypothetical.iter().all(|c| c.iter().all(|v| *v == 0.0)) {
            return fail("every contribution is 0: nothing can be found in these maps".into());
        }
        Ok(Self { length, codes, hypothetical })
    }

    /// The central positions of every sequence.
    ///
    /// # Errors
    /// When every contribution there is 0.
    pub fn centre(&self, window: usize) -> Result<Self, BadMaps> {
        let from = (self.length - window.min(self.length)) / 2;
        let window = window.min(self.length);
        let codes = (0..self.len()).flat_map(|e| self.codes(e)[from..from + window].iter().copied()).collect();
        let values = (0..self.len()).flat_map(|e| self.hypothetical(e)[from..from + window].iter().copied()).collect();
        Self::new(window, codes, values)
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.codes.len() / self.length
    }

    /// Never: there is at least one sequence.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// Bases of each sequence.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Codes of a sequence.
    pub fn codes(&self, example: usize) -> &[u8] {
        &self.codes[example * self.length..(example + 1) * self.length]
    }

    /// Hypothetical contributions of A, C, G, T along a sequence.
    pub fn hypothetical(&self, example: usize) -> &[[f32; 4]] {
        &self.hypothetical[example * self.length..(example + 1) * self.length]
    }

    /// What the bases that are there contribute, along a sequence; 0 at N.
    pub fn contributions(&self, example: usize) -> impl Iterator<Item = f32> + '_ {
        let here = |(code, values): (&u8, &[f32; 4])| values.get(usize::from(*code)).copied().unwrap_or(0.0);
        self.codes(example).iter().zip(self.hypothetical(example)).map(here)
    }

    /// Sums of the first 0, 1, 2, … contributions of a sequence: a stretch's sum is the difference of two.
    pub(crate) fn cumulative(&self, example: usize) -> Vec<f64> {
        let mut total = 0.0;
        let sums = self.contributions(example).map(|v| {
            total += f64::from(v);
            total
        });
        std::iter::once(0.0).chain(sums).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_that_is_there_contributes() {
        let maps = AttributionMaps::new(2, vec![0, 3, 4, 1], vec![[1.0, 2.0, 3.0, 4.0]; 4]).unwrap();
        assert_eq!((maps.len(), maps.length()), (2, 2));
        assert_eq!(maps.contributions(0).collect::<Vec<_>>(), [1.0, 4.0]);
        assert_eq!(maps.contributions(1).collect::<Vec<_>>(), [0.0, 2.0]);
        let long = AttributionMaps::new(4, vec![0, 1, 2, 3], vec![[1.0; 4]; 4]).unwrap();
        assert_eq!(long.centre(2).unwrap().codes(0), [1, 2]);
        assert_eq!(long.centre(9).unwrap(), long);
    }

    #[test]
    fn bad_maps_are_explained() {
        let error =
            |length, codes: Vec<u8>, values| AttributionMaps::new(length, codes, values).unwrap_err().to_string();
        assert!(error(2, vec![0; 3], vec![[1.0; 4]; 3]).contains("do not make sequences of 2"));
        let mut values = vec![[1.0; 4]; 4];
        values[3][1] = f32::NAN;
        assert!(error(2, vec![0; 4], values).starts_with("sequence 2, position 2: the contribution is not a number"));
        assert!(error(2, vec![0; 4], vec![[0.0; 4]; 4]).starts_with("every contribution is 0"));
    }
}
