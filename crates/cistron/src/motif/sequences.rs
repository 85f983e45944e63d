use std::collections::HashMap;
use std::path::Path;

use cistron_core::{Interval, Stream, alphabet, keyed_rng, kmer_shuffle};
use cistron_genome::{FastaRecord, GenomeError, read_fasta, read_peaks};
use rand::RngExt;

use super::arrays::read_one_hot;
use crate::CistronError;

/// Sequences as codes, with where they lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sequences {
    /// Name of a sequence, or contig that it is part of.
    pub contigs: Vec<String>,
    /// Place of its first base on that contig, 0-based; 0 for sequences of a FASTA.
    pub starts_0: Vec<u64>,
    /// Codes.
    pub codes: Vec<Vec<u8>>,
}

impl Sequences {
    /// The codes.
    pub fn borrowed(&self) -> Vec<&[u8]> {
        self.codes.iter().map(Vec::as_slice).collect()
    }

    /// Number of sequences.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    fn push(&mut self, contig: String, start_0: u64, codes: Vec<u8>) {
        self.contigs.push(contig);
        self.starts_0.push(start_0);
        self.codes.push(codes);
    }

    /// A FASTA; with `label`, only the records of that name (files whose headers are labels).
    fn fasta(path: &Path, label: Option<&str>) -> Result<Self, CistronError> {
        let mut out = Self::default();
        for record in coded(path, |name| label.is_none_or(|l| l == name))? {
            let (name, codes) = record?;
            out.push(name, 0, codes);
        }
        if out.is_empty() {
            let label = label.map(|l| format!(" named {l:?}")).unwrap_or_default();
            return Err(CistronError::input(path.display().to_string(), format!("holds no sequence{label}")));
        }
        Ok(out)
    }

    /// The places of a BED in a genome; with a width, that many bases around each summit or middle. Places that run over an end of their
    /// contig are cut.
    fn bed(bed: &Path, genome: &Path, width: Option<u64>) -> Result<Self, CistronError> {
        let peaks = read_peaks(bed)?;
        if peaks.is_empty() {
            return Err(CistronError::input(bed.display().to_string(), "holds no interval"));
        }
        let wanted: std::collections::HashSet<&str> = peaks.iter().map(|p| p.interval.contig.as_str()).collect();
        let contigs = coded(genome, |name| wanted.contains(name))?.collect::<Result<HashMap<_, _>, _>>()?;
        let mut out = Self::default();
        for peak in &peaks {
            let Interval { contig, start_0, end_0 } = &peak.interval;
            let codes = contigs.get(contig).ok_or_else(|| {
                let place = format!("{}:{}", bed.display(), peak.line);
                CistronError::input(
                    place,
                    format!("contig {contig:?} is not in {}; use the names of that genome", genome.display()),
                )
            })?;
            let length = codes.len() as u64;
            if *end_0 > length {
                let place = format!("{}:{}", bed.display(), peak.line);
                return Err(CistronError::input(
                    place,
                    format!("{contig}:{start_0}-{end_0} ends beyond the contig's {length} bp"),
                ));
            }
            let (from, to) = match width {
                None => (*start_0, *end_0),
                Some(width) => {
                    let middle = peak.summit_0.unwrap_or_else(|| peak.interval.centre_0());
                    let from = middle.saturating_sub(width / 2);
                    (from, (from + width).min(length))
                }
            };
            out.push(contig.clone(), from, codes[from as usize..to as usize].to_vec());
        }
        Ok(out)
    }
}

/// Names and codes of the wanted records of a FASTA.
fn coded<'a>(
    path: &'a Path,
    wanted: impl Fn(&str) -> bool + 'a,
) -> Result<impl Iterator<Item = Result<(String, Vec<u8>), CistronError>> + 'a, CistronError> {
    let wanted = move |record: &Result<FastaRecord, GenomeError>| record.as_ref().map_or(true, |r| wanted(&r.name));
    Ok(read_fasta(path)?.filter(wanted).map(move |record| {
        let record = record?;
        let mut codes = vec![0; record.letters.len()];
        alphabet::encode_lossy(&record.letters, &mut codes).map_err(|bad| {
            let place = format!("{}:{}", path.display(), record.line);
            CistronError::input(place, format!("sequence {:?}: {bad}", record.name))
        })?;
        Ok((record.name, codes))
    }))
}

/// Sequences of a FASTA (`label` picks records by name), of a BED in a genome, or of a one-hot array (`.npy` or `.npz`): told apart
/// by the file's name and whether a genome is given.
///
/// # Errors
/// A file that is missing, empty or wrong, with the line.
pub fn read_motif_sequences(
    path: &Path,
    genome: Option<&Path>,
    width: Option<u64>,
    label: Option<&str>,
) -> Result<Sequences, CistronError> {
    if let Some(genome) = genome {
        return Sequences::bed(path, genome, width);
    }
    let name = path.to_string_lossy();
    if name.ends_with(".bed") || name.ends_with(".bed.gz") || name.ends_with("Peak") || name.ends_with("Peak.gz") {
        return Err(CistronError::input(name, "a BED needs the genome that it lies on: add --genome FASTA"));
    }
    if name.ends_with(".npy") || name.ends_with(".npz") {
        let (length, codes) = read_one_hot(path)?;
        let mut out = Sequences::default();
        for (i, codes) in codes.chunks_exact(length).enumerate() {
            out.push(format!("sequence_{i}"), 0, codes.to_vec());
        }
        return Ok(out);
    }
    Sequences::fasta(path, label)
}

/// Each sequence shuffled so that the counts of its words of `k` letters stay.
pub fn shuffled(sequences: &Sequences, k: usize, seed: u64) -> Sequences {
    let codes = sequences.codes.iter().enumerate();
    let codes = codes.map(|(i, c)| kmer_shuffle(c, k, &mut keyed_rng(seed, Stream::Negatives, i as u64, 1))).collect();
    Sequences { codes, ..sequences.clone() }
}

/// Attempts to find a place of the right GC share before the nearest so far is taken.
const ATTEMPTS: usize = 500;

/// For each sequence a random place of the genome of the same length whose GC share is the same within 2 % (or the nearest of 500 random
/// places), that holds no N and does not overlap any of the sequences.
///
/// # Errors
/// A genome that cannot be read, or that has no contig as long as the sequences.
pub fn gc_matched(sequences: &Sequences, genome: &Path, seed: u64) -> Result<Sequences, CistronError> {
    let contigs: HashMap<_, _> = coded(genome, |_| true)?.collect::<Result<_, _>>()?;
    let mut names: Vec<&String> = contigs.keys().collect();
    names.sort();
    let gc = |codes: &[u8]| {
        let known = codes.iter().filter(|c| **c < 4).count().max(1);
        codes.iter().filter(|c| matches!(c, 1 | 2)).count() as f64 / known as f64
    };
    let mut taken: HashMap<&str, Vec<(u64, u64)>> = HashMap::new();
    for ((contig, start), codes) in sequences.contigs.iter().zip(&sequences.starts_0).zip(&sequences.codes) {
        taken.entry(contig).or_default().push((*start, start + codes.len() as u64));
    }
    let mut out = Sequences::default();
    for (i, own) in sequences.codes.iter().enumerate() {
        let mut rng = keyed_rng(seed, Stream::Negatives, i as u64, 2);
        let roomy: Vec<&String> = names.iter().copied().filter(|n| contigs[*n].len() > own.len()).collect();
        let total: u64 = roomy.iter().map(|n| (contigs[*n].len() - own.len()) as u64).sum();
        if total == 0 {
            return Err(CistronError::input(
                genome.display().to_string(),
                format!("no contig is longer than {} bp", own.len()),
            ));
        }
        let wanted = gc(own);
        let mut best: Option<(f64, &String, usize)> = None;
        for _ in 0..ATTEMPTS {
            let mut at = rng.random_range(0..total);
            let mut name = roomy[0];
            for candidate in &roomy {
                let places = (contigs[*candidate].len() - own.len()) as u64;
                name = candidate;
                if at < places {
                    break;
                }
                at -= places;
            }
            let start = at as usize;
            let place = &contigs[name][start..start + own.len()];
            let (from, to) = (start as u64, (start + own.len()) as u64);
            let overlaps = taken.get(name.as_str()).is_some_and(|t| t.iter().any(|(s, e)| *s < to && from < *e));
            if overlaps || place.contains(&alphabet::N) {
                continue;
            }
            let off = (gc(place) - wanted).abs();
            if best.is_none_or(|b| off < b.0) {
                best = Some((off, name, start));
            }
            if off <= 0.02 {
                break;
            }
        }
        let Some((_, name, start)) = best else {
            return Err(CistronError::input(
                genome.display().to_string(),
                "no place without N lies outside the sequences",
            ));
        };
        out.push(name.clone(), start as u64, contigs[name][start..start + own.len()].to_vec());
    }
    Ok(out)
}
