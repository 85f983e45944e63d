use crate::Pwm;

/// A motif as a database gives it: counts of A, C, G, T at each position. Frequencies count as counts of `sites` sites.
#[derive(Debug, Clone, PartialEq)]
pub struct Motif {
    /// Identifier in its database.
    pub id: String,
    /// Name of the factor; may be empty.
    pub name: String,
    counts: Vec<[f64; 4]>,
}

/// Why a matrix is no motif.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MotifError {
    /// There are no positions.
    #[error("the matrix has no positions")]
    Empty,
    /// A column cannot be counts.
    #[error("column {column} {problem}")]
    Column {
        /// 1-based position.
        column: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
}

impl Motif {
    /// A motif from counts.
    ///
    /// # Errors
    /// No positions; a column with a negative or infinite count, or that sums to 0.
    pub fn from_counts(
        id: impl Into<String>,
        name: impl Into<String>,
        counts: Vec<[f64; 4]>,
    ) -> Result<Self, MotifError> {
        if counts.is_empty() {
            return Err(MotifError::Empty);
        }
        for (i, column) in counts.iter().enumerate() {
            let problem = if column.iter().any(|c| !c.is_finite() || *c < 0.0) {
                Some("holds a negative number or no number")
            } else if column.iter().sum::<f64>() <= 0.0 {
                Some("has no counts")
            } else {
                None
            };
            if let Some(problem) = problem {
                return Err(MotifError::Column { column: i + 1, problem });
            }
        }
        Ok(Self { id: id.into(), name: name.into(), counts })
    }

    /// A motif from frequencies, as if seen in so many sites.
    ///
    /// # Errors
    /// As [`Motif::from_counts`]; a column that does not sum to 1 within 0.02 (published files are rounded).
    pub fn from_frequencies(
        id: impl Into<String>,
        name: impl Into<String>,
        frequencies: Vec<[f64; 4]>,
        sites: f64,
    ) -> Result<Self, MotifError> {
        for (i, column) in frequencies.iter().enumerate() {
            if (column.iter().sum::<f64>() - 1.0).abs() > 0.02 {
                return Err(MotifError::Column { column: i + 1, problem: "does not sum to 1" });
            }
        }
        Self::from_counts(id, name, frequencies.into_iter().map(|c| c.map(|p| p * sites)).collect())
    }

    /// Counts of A, C, G, T per position.
    pub fn counts(&self) -> &[[f64; 4]] {
        &self.counts
    }

    /// Number of positions.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Never: a motif has at least one position.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Sites behind the motif: the mean of the columns' sums.
    pub fn sites(&self) -> f64 {
        self.counts.iter().flatten().sum::<f64>() / self.counts.len() as f64
    }

    /// Frequencies of A, C, G, T per position, without any pseudocount.
    pub fn frequencies(&self) -> Vec<[f64; 4]> {
        let share = |c: &[f64; 4]| {
            let total: f64 = c.iter().sum();
            c.map(|v| v / total)
        };
        self.counts.iter().map(share).collect()
    }

    /// The motif read on the other strand.
    #[must_use]
    pub fn reverse_complement(&self) -> Self {
        Self { counts: other_strand(&self.counts), ..self.clone() }
    }

    /// The name, or the identifier where there is none.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    /// Information content per position in bits: Σ p log2 (p / background), with 0 log 0 = 0.
    pub fn information_bits(&self, background: [f64; 4]) -> Vec<f64> {
        let bits = |column: [f64; 4]| {
            column.iter().zip(background).map(|(p, b)| if *p > 0.0 { p * (p / b).log2() } else { 0.0 }).sum()
        };
        self.frequencies().into_iter().map(bits).collect()
    }

    /// Without the positions at either end whose information content is below `bits` (against equal frequencies); at least the most
    /// informative position stays.
    #[must_use]
    pub fn trimmed(&self, bits: f64) -> Self {
        let information = self.information_bits([0.25; 4]);
        let informative = |i: &usize| information[*i] >= bits;
        let most = (0..self.len()).max_by(|a, b| information[*a].total_cmp(&information[*b])).unwrap_or(0);
        let first = (0..self.len()).find(informative).unwrap_or(most);
        let last = (0..self.len()).rev().find(informative).unwrap_or(most);
        Self { counts: self.counts[first..=last].to_vec(), ..self.clone() }
    }

    /// Probabilities with `pseudocount` sites of the background added: (count + pseudocount · b) / (sum + pseudocount).
    pub fn pwm(&self, pseudocount: f64, background: [f64; 4]) -> Pwm {
        let column = |c: &[f64; 4]| {
            let total: f64 = c.iter().sum();
            [0, 1, 2, 3].map(|b| (c[b] + pseudocount * background[b]) / (total + pseudocount))
        };
        Pwm::new(self.id.clone(), self.name.clone(), self.counts.iter().map(column).collect())
    }
}

/// Values of A, C, G, T per position, as they read on the other strand.
pub(crate) fn other_strand<T: Copy>(columns: &[[T; 4]]) -> Vec<[T; 4]> {
    columns.iter().rev().map(|[a, c, g, t]| [*t, *g, *c, *a]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        let motif =
            Motif::from_counts("M", "m", vec![[2.0, 2.0, 2.0, 2.0], [8.0, 0.0, 0.0, 0.0], [4.0, 0.0, 4.0, 0.0]]);
        let motif = motif.unwrap();
        assert_eq!((motif.len(), motif.sites()), (3, 8.0));
        assert_eq!(motif.information_bits([0.25; 4]), [0.0, 2.0, 1.0]);
        assert_eq!(motif.information_bits([0.5, 0.1, 0.2, 0.2])[1], 1.0);
        assert_eq!(motif.frequencies()[2], [0.5, 0.0, 0.5, 0.0]);
        let other = motif.reverse_complement();
        assert_eq!(other.counts()[0], [0.0, 4.0, 0.0, 4.0]);
        assert_eq!(other.reverse_complement(), motif);
        assert_eq!(motif.trimmed(0.5).counts(), &motif.counts()[1..]);
        assert_eq!(motif.trimmed(5.0).counts(), &motif.counts()[1..2]);
        let pwm = motif.pwm(2.0, [0.25; 4]);
        assert!((pwm.columns()[1][0] - 0.85).abs() < 1e-12 && (pwm.columns()[1][3] - 0.05).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_motif_says_which_column() {
        let counts = |c: Vec<[f64; 4]>| Motif::from_counts("M", "", c).unwrap_err().to_string();
        assert_eq!(counts(vec![]), "the matrix has no positions");
        assert_eq!(counts(vec![[1.0; 4], [0.0; 4]]), "column 2 has no counts");
        assert_eq!(counts(vec![[1.0, -1.0, 1.0, 1.0]]), "column 1 holds a negative number or no number");
        let wrong = Motif::from_frequencies("M", "", vec![[0.25; 4], [0.5, 0.2, 0.2, 0.2]], 20.0);
        assert_eq!(wrong.unwrap_err().to_string(), "column 2 does not sum to 1");
    }
}
