use std::fmt::Write as _;

use crate::formats::FormatError;

/// The largest order of a [`Background`].
pub const LARGEST_ORDER: usize = 3;

/// What random sequence looks like: a Markov chain of order 0 to 3 over A, C, G, T, the same on both strands.
#[derive(Debug, Clone, PartialEq)]
pub struct Background {
    order: usize,
    /// Probability of every word of `order` letters (4^order; the last letter changes fastest).
    contexts: Vec<f64>,
    /// Probability of A, C, G, T after each context.
    next: Vec<[f64; 4]>,
    base: [f64; 4],
}

impl Default for Background {
    fn default() -> Self {
        Self::uniform()
    }
}

impl Background {
    /// Equal base frequencies.
    pub fn uniform() -> Self {
        Self { order: 0, contexts: vec![1.0], next: vec![[0.25; 4]], base: [0.25; 4] }
    }

    /// Independent bases of these frequencies, averaged with those of the other strand.
    ///
    /// # Errors
    /// Frequencies that are not positive, or do not sum to 1 within 0.01.
    pub fn independent(frequencies: [f64; 4]) -> Result<Self, String> {
        Self::from_words(0, &frequencies)
    }

    /// From sequences (codes), both strands counted, one count added for every word so that none has probability 0. Words with an N
    /// are left out.
    ///
    /// # Panics
    /// If `order` is above [`LARGEST_ORDER`].
    pub fn from_sequences<'a>(sequences: impl IntoIterator<Item = &'a [u8]>, order: usize) -> Self {
        assert!(order <= LARGEST_ORDER, "a background has order 0 to 3");
        let words = 4usize.pow(order as u32 + 1);
        let mut counts = vec![1.0f64; words];
        for codes in sequences {
            let (mut word, mut known) = (0, 0);
            for &code in codes {
                if code > 3 {
                    known = 0;
                    continue;
                }
                word = (word * 4 + usize::from(code)) % words;
                known += 1;
                if known > order {
                    counts[word] += 1.0;
                }
            }
        }
        let total: f64 = counts.iter().sum();
        Self::from_probabilities(order, counts.into_iter().map(|c| c / total).collect())
    }

    fn from_words(order: usize, words: &[f64]) -> Result<Self, String> {
        if let Some(bad) = words.iter().find(|p| !(p.is_finite() && **p > 0.0)) {
            return Err(format!("every word needs a probability above 0, not {bad}"));
        }
        let total: f64 = words.iter().sum();
        if (total - 1.0).abs() > 0.01 {
            return Err(format!("the probabilities of the words of {} letters sum to {total:.4}, not to 1", order + 1));
        }
        Ok(Self::from_probabilities(order, words.iter().map(|p| p / total).collect()))
    }

    /// Of the words of `order` + 1 letters; averages the strands.
    fn from_probabilities(order: usize, words: Vec<f64>) -> Self {
        let length = order + 1;
        let words: Vec<f64> =
            (0..words.len()).map(|w| (words[w] + words[reverse_complement(w, length)]) / 2.0).collect();
        let contexts: Vec<f64> = words.chunks_exact(4).map(|c| c.iter().sum()).collect();
        let next = words.chunks_exact(4).map(|c| [0, 1, 2, 3].map(|b| c[b] / c.iter().sum::<f64>())).collect();
        let last = [0, 1, 2, 3].map(|b| words.iter().skip(b).step_by(4).sum::<f64>());
        let base = [0, 1, 2, 3].map(|b| (last[b] + last[3 - b]) / 2.0);
        Self { order, contexts, next, base }
    }

    /// Reads MEME's background format: lines of a word and its probability, `#` begins a comment. The longest words that are all
    /// there (1 to 4 letters) give the order.
    ///
    /// # Errors
    /// A line that is not a word and a probability; a word that is missing; probabilities that do not sum to 1.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        let mut tables: [Vec<Option<f64>>; LARGEST_ORDER + 1] = [1, 2, 3, 4].map(|n| vec![None; 4usize.pow(n)]);
        let mut longest = None;
        for (line, text) in text.lines().enumerate() {
            let fail = |message: String| FormatError { line: line + 1, message };
            let text = text.split('#').next().unwrap_or("").trim();
            if text.is_empty() {
                continue;
            }
            let fields: Vec<&str> = text.split_whitespace().collect();
            let [word, probability] = fields[..] else {
                return Err(fail(format!("expected a word and its probability, not {text:?}")));
            };
            let codes = cistron_core::alphabet::encode(word.as_bytes()).ok().filter(|c| c.iter().all(|b| *b < 4));
            let Some(codes) = codes else { return Err(fail(format!("{word:?} is no word of A, C, G and T"))) };
            let probability = probability.parse().map_err(|_| fail(format!("{probability:?} is no probability")))?;
            if codes.len() > LARGEST_ORDER + 1 {
                continue; // longer words than are used
            }
            let index = codes.iter().fold(0, |w, c| w * 4 + usize::from(*c));
            tables[codes.len() - 1][index] = Some(probability);
            longest = longest.max(Some((codes.len(), line + 1)));
        }
        let Some((length, line)) = longest else {
            return Err(FormatError { line: 1, message: "the file holds no background".into() });
        };
        let words: Option<Vec<f64>> = tables[length - 1].iter().copied().collect();
        let words = words.ok_or(FormatError { line, message: format!("a word of {length} letters is missing") })?;
        Self::from_words(length - 1, &words).map_err(|message| FormatError { line, message })
    }

    /// MEME's background format, with the words of every length up to the order + 1.
    pub fn write(&self) -> String {
        let mut text = String::new();
        for order in 0..=self.order {
            let _ = writeln!(text, "# order {order}");
            for word in 0..4usize.pow(order as u32 + 1) {
                let letters: String =
                    (0..=order).rev().map(|i| char::from(b"ACGT"[word / 4usize.pow(i as u32) % 4])).collect();
                let _ = writeln!(text, "{letters} {:.6e}", self.word(word, order + 1));
            }
        }
        text
    }

    /// Probability of a word of at most `order` + 1 letters.
    fn word(&self, word: usize, length: usize) -> f64 {
        let longer = 4usize.pow((self.order + 1 - length) as u32);
        (word * longer..(word + 1) * longer).map(|w| self.contexts[w / 4] * self.next[w / 4][w % 4]).sum()
    }

    /// Letters that the next letter depends on.
    pub fn order(&self) -> usize {
        self.order
    }

    /// Frequencies of A, C, G, T.
    pub fn frequencies(&self) -> [f64; 4] {
        self.base
    }

    /// Probability of each context of [`Background::order`] letters.
    pub(crate) fn contexts(&self) -> &[f64] {
        &self.contexts
    }

    /// Probability of A, C, G, T after each context.
    pub(crate) fn next(&self) -> &[[f64; 4]] {
        &self.next
    }
}

fn reverse_complement(mut word: usize, length: usize) -> usize {
    (0..length).fold(0, |other, _| {
        let base = word % 4;
        word /= 4;
        other * 4 + (3 - base)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_sequence() {
        // AAC: both strands AAC and GTT, order 1: AA, AC, TT, GT with a count of 1 added to each of 16 words.
        let background = Background::from_sequences([&[0u8, 0, 1, 4, 2][..]], 1);
        let p = |word: usize| background.word(word, 2);
        let counted = (1.0 + 0.5) / 18.0;
        for word in [0b0000, 0b0001, 0b1111, 0b1011] {
            assert!((p(word) - counted).abs() < 1e-12, "{word:04b} {}", p(word));
        }
        assert!((p(0b0110) - 1.0 / 18.0).abs() < 1e-12);
        assert!((background.frequencies().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!((background.frequencies()[0] - background.frequencies()[3]).abs() < 1e-12);
    }

    #[test]
    fn files_come_back() {
        let background = Background::from_sequences([&[0u8, 0, 1, 2, 3, 3, 2, 0, 1, 1, 1, 0][..]], 3);
        let back = Background::parse(&background.write()).unwrap();
        assert_eq!(back.order(), 3);
        for (a, b) in background.next().iter().flatten().zip(back.next().iter().flatten()) {
            assert!((a - b).abs() < 1e-5);
        }
        let order_0 = Background::parse("# c\nA 0.3\nC 0.2\nG 0.2\nT 0.3\n").unwrap();
        assert_eq!((order_0.order(), order_0.frequencies()), (0, [0.3, 0.2, 0.2, 0.3]));
        let skewed = Background::parse("A 0.4\nC 0.2\nG 0.2\nT 0.2\n").unwrap();
        assert!((skewed.frequencies()[0] - 0.3).abs() < 1e-12, "the strands are averaged");
        for (text, part) in [
            ("", "holds no background"),
            ("A 0.3\nC 0.2\n", "a word of 1 letters is missing"),
            ("A 0.3\nC 0.2\nG 0.2\nT 0.9\n", "sum to 1.6"),
            ("A 0.3 4\n", "line 1: expected a word"),
            ("X 0.3\n", "no word of A, C, G and T"),
            ("A 1.0\nC 0.0\nG 0.0\nT 0.0\n", "above 0"),
        ] {
            let error = Background::parse(text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
