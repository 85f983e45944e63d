use std::collections::BTreeMap;
use std::path::Path;

use cistron_core::{Stream, alphabet, keyed_rng, kmer_shuffle};
use serde::{Deserialize, Serialize};

use crate::error::some_names;
use crate::fasta::read_fasta;
use crate::{Contig, ContigMap, Genome, GenomeError};

/// What stands where a window reaches past the known sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Padding {
    /// N, an unknown base.
    #[default]
    N,
    /// Shuffles of the known piece that keep its dinucleotides, one after the other, always the same ones.
    Shuffle,
}

/// The sequence that variants change: a genome, or pieces of one whose places are known.
#[derive(Debug)]
pub enum Reference {
    /// A whole genome.
    Genome(Genome),
    /// Pieces: FASTA records whose header names a place, `>NAME contig:start-end` (1-based, both ends included).
    Pieces(Vec<Piece>),
}

/// A piece of a genome.
#[derive(Debug)]
pub struct Piece {
    name: String,
    contig: String,
    start_0: u64,
    codes: Vec<u8>,
}

/// A known stretch of a contig.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'a> {
    /// Name of the piece, or of the contig.
    pub name: &'a str,
    /// Position of its first base on the contig, 0-based.
    pub start_0: u64,
    /// Base codes.
    pub codes: &'a [u8],
}

impl Segment<'_> {
    /// Base at a position of the contig.
    pub fn base(&self, position_0: u64) -> Option<u8> {
        position_0.checked_sub(self.start_0).and_then(|at| self.codes.get(at as usize)).copied()
    }
}

/// Seed of the shuffles of [`Padding::Shuffle`].
const PADDING_SEED: u64 = 1;

impl Reference {
    /// Pieces from a FASTA whose headers name places.
    ///
    /// # Errors
    /// A header without a place, a place of another length than the sequence, letters that are no bases.
    pub fn pieces(path: &Path) -> Result<Self, GenomeError> {
        let mut pieces = Vec::new();
        for record in read_fasta(path)? {
            let record = record?;
            let place = record.description.split_whitespace().find_map(place).or_else(|| place(&record.name));
            let Some((contig, start_1, end_1)) = place else {
                let message = format!("record {:?} has no place: write >NAME contig:start-end (1-based)", record.name);
                return Err(GenomeError::line(path, record.line, message));
            };
            if end_1 + 1 - start_1 != record.letters.len() as u64 {
                let message = format!(
                    "record {:?} has {} bases and a place of {}",
                    record.name,
                    record.letters.len(),
                    end_1 + 1 - start_1
                );
                return Err(GenomeError::line(path, record.line, message));
            }
            let mut codes = vec![0; record.letters.len()];
            alphabet::encode_lossy(&record.letters, &mut codes)
                .map_err(|bad| GenomeError::line(path, record.line, format!("record {:?}: {bad}", record.name)))?;
            pieces.push(Piece { name: record.name, contig, start_0: start_1 - 1, codes });
        }
        Ok(Self::Pieces(pieces))
    }

    /// How the contig names of a file become those of the reference, by `chr` prefixes and the like.
    pub fn contig_map<'a>(&self, names: impl Iterator<Item = &'a str>) -> ContigMap {
        let contig = |name: &str| Contig { name: name.to_owned(), length_bp: 0 };
        let own: Vec<Contig> = match self {
            Self::Genome(genome) => genome.contigs().to_vec(),
            Self::Pieces(pieces) => pieces.iter().map(|p| contig(&p.contig)).collect(),
        };
        let mut foreign: Vec<Contig> = names.map(contig).collect();
        foreign.sort_by(|a, b| a.name.cmp(&b.name));
        foreign.dedup();
        ContigMap::from_pairs(ContigMap::suggest(&own, &foreign).unwrap_or_default())
    }

    /// The known stretch around a position.
    ///
    /// # Errors
    /// Why there is none: no such contig, past its end, in no piece.
    pub fn segment(&self, contig: &str, position_0: u64) -> Result<Segment<'_>, String> {
        match self {
            Self::Genome(genome) => {
                let known = || some_names(genome.contigs().iter().map(|c| c.name.as_str()));
                let at = genome.contigs().iter().find(|c| c.name == contig);
                let name = &at.ok_or_else(|| format!("no contig {contig:?}; there are {}", known()))?.name;
                let codes = genome.contig_codes(name).map_err(|e| e.to_string())?;
                if position_0 >= codes.len() as u64 {
                    return Err(format!("past the end of {contig} ({} bp)", codes.len()));
                }
                Ok(Segment { name, start_0: 0, codes })
            }
            Self::Pieces(pieces) => {
                let inside = |p: &&Piece| {
                    p.contig == contig && (p.start_0..p.start_0 + p.codes.len() as u64).contains(&position_0)
                };
                let piece = pieces.iter().find(inside).ok_or_else(|| {
                    let known = || some_names(pieces.iter().map(|p| p.contig.as_str()));
                    match pieces.iter().any(|p| p.contig == contig) {
                        true => format!("in none of the pieces of {contig}"),
                        false => format!("no piece of contig {contig:?}; there are some of {}", known()),
                    }
                })?;
                Ok(Segment { name: &piece.name, start_0: piece.start_0, codes: &piece.codes })
            }
        }
    }
}

/// Contig, first and last position, 1-based.
fn place(text: &str) -> Option<(String, u64, u64)> {
    let (contig, range) = text.rsplit_once(':')?;
    let (start, end) = range.split_once('-')?;
    let (start, end) = (start.parse::<u64>().ok()?, end.parse::<u64>().ok()?);
    (start >= 1 && start <= end && !contig.is_empty()).then(|| (contig.to_owned(), start, end))
}

/// Shuffles of a segment that stand beyond its ends, made when they are needed. Copy 0 follows the end, copy −1 goes before the start.
#[derive(Debug, Default)]
pub(super) struct Beyond {
    copies: BTreeMap<(String, i64), Vec<u8>>,
}

impl Beyond {
    /// The base at `offset` from the start of the segment, outside of it.
    pub(super) fn base(&mut self, segment: &Segment<'_>, offset: i64, padding: Padding) -> u8 {
        if padding == Padding::N || segment.codes.is_empty() {
            return alphabet::N;
        }
        let length = segment.codes.len() as i64;
        let copy = offset.div_euclid(length);
        let codes = self.copies.entry((segment.name.to_owned(), copy)).or_insert_with(|| {
            let mut rng = keyed_rng(PADDING_SEED, Stream::Padding, copy as u64, segment.start_0);
            kmer_shuffle(segment.codes, 2, &mut rng)
        });
        codes[offset.rem_euclid(length) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Result<Reference, GenomeError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Reference::pieces(file.path())
    }

    #[test]
    fn pieces_know_their_places() {
        let reference = pieces(">one chr2:11-14\nACGT\n>chr2:21-22\nTT\n").unwrap();
        let segment = reference.segment("chr2", 12).unwrap();
        assert_eq!((segment.name, segment.start_0, segment.base(12), segment.base(9)), ("one", 10, Some(2), None));
        assert!(reference.segment("chr2", 20).is_ok());
        assert_eq!(reference.segment("chr2", 14).unwrap_err(), "in none of the pieces of chr2");
        assert!(reference.segment("2", 12).unwrap_err().starts_with("no piece of contig \"2\""));
        assert_eq!(reference.contig_map(["2"].into_iter()).to_genome("2"), "chr2");
        assert!(pieces(">one\nACGT\n").unwrap_err().to_string().contains("has no place"));
        assert!(pieces(">one chr2:11-15\nACGT\n").unwrap_err().to_string().contains("4 bases and a place of 5"));
    }

    #[test]
    fn padding_is_n_or_a_shuffle_that_stays() {
        let reference = pieces(">one chr2:11-18\nACGTTTGA\n").unwrap();
        let segment = reference.segment("chr2", 12).unwrap();
        let mut beyond = Beyond::default();
        assert_eq!(beyond.base(&segment, -1, Padding::N), alphabet::N);
        let copy: Vec<u8> = (-8..0).map(|o| beyond.base(&segment, o, Padding::Shuffle)).collect();
        let mut sorted = copy.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 0, 1, 2, 2, 3, 3, 3]);
        let again: Vec<u8> = (-8..0).map(|o| Beyond::default().base(&segment, o, Padding::Shuffle)).collect();
        assert_eq!(copy, again);
    }
}
