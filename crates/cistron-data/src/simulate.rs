//! A simulated genome whose signal follows from its sequence by a known rule, written as the files a real study has: FASTA,
//! one bigWig and one narrowPeak per cell type, chromosome sizes, and the planted truth.
//!
//! The rule: every place that fits a motif well (planted or by chance) adds its weight in a cell type to the log-rate around it
//! (a bell of 70 bp); GATA1 and FOS::JUN close to each other add more than the sum; REST lowers the rate. Counts are Poisson.
//! GC content differs between regions and raises the background a little, as it does in real assays: a baseline on
//! composition sees something, but not much.

mod grammar;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use cistron_core::{AtomicFile, Reporter, StagedDir, Stream, alphabet, keyed_rng};
use cistron_genome::{Contig, write_bigwig};
use cistron_motif::{Pwm, embedded_motifs};
use rand::{Rng, RngExt};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use self::grammar::Grammar;
use crate::DataError;
use crate::peak_calling::{PeakCallOptions, call_peaks_to_file};

/// What to simulate. The defaults are those of `cistron demo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SimulateOptions {
    /// Everything derives from this number.
    pub seed: u64,
    /// Number of contigs, named `chr1` and on.
    pub contigs: usize,
    /// Length of each contig in bp.
    pub contig_bp: usize,
    /// Number of cell types; each has its own weights for the motifs.
    pub cell_types: usize,
    /// One element is planted about every so many bp.
    pub element_every_bp: usize,
    /// Rate of counts per base where no motif is near.
    pub background_rate: f64,
}

impl Default for SimulateOptions {
    fn default() -> Self {
        Self { seed: 1, contigs: 6, contig_bp: 400_000, cell_types: 3, element_every_bp: 800, background_rate: 0.2 }
    }
}

/// A cell type's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedTrack {
    /// Name of the cell type.
    pub name: String,
    /// Counts at base resolution.
    pub bigwig: PathBuf,
    /// Peaks called on the counts.
    pub peaks: PathBuf,
}

/// The files of a simulated genome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedGenome {
    /// The sequence.
    pub fasta: PathBuf,
    /// Names and lengths of the contigs.
    pub chrom_sizes: PathBuf,
    /// Planted motif instances: contig, start_0, end_0, motif, strand, element.
    pub truth: PathBuf,
    /// One per cell type.
    pub tracks: Vec<SimulatedTrack>,
}

/// One planted motif instance.
struct Planted {
    start_0: usize,
    end_0: usize,
    motif: usize,
    reverse: bool,
    element: usize,
}

/// Simulates a genome into `out_dir`, replacing what was there.
///
/// # Errors
/// Options that leave no room for elements, a full disk.
pub fn simulate_genome(
    options: &SimulateOptions,
    out_dir: &Path,
    reporter: &dyn Reporter,
) -> Result<SimulatedGenome, DataError> {
    if options.contigs == 0 || options.cell_types == 0 || options.contig_bp < 10_000 || options.element_every_bp < 600 {
        return Err(DataError::Options {
            message: "a simulation needs at least one contig of 10,000 bp, one cell type, and 600 bp between elements"
                .into(),
        });
    }
    let motifs = embedded_motifs();
    let grammar = Grammar::new(&motifs, options.cell_types, options.seed);
    let staged = StagedDir::create(out_dir).map_err(DataError::io(out_dir))?;
    let dir = staged.path();
    let contigs: Vec<Contig> = (0..options.contigs)
        .map(|c| Contig { name: format!("chr{}", c + 1), length_bp: options.contig_bp as u64 })
        .collect();
    let task = reporter.start("simulate", 2 + options.cell_types as u64);
    let sequences: Vec<(Vec<u8>, Vec<Planted>)> =
        (0..options.contigs).into_par_iter().map(|contig| sequence(options, &motifs, contig)).collect();
    write_sequence(dir, &contigs, &motifs, &sequences)?;
    task.set_position(1);
    let rates: Vec<Vec<Vec<f32>>> =
        sequences.par_iter().map(|(codes, _)| grammar.rates(&motifs, codes, options.background_rate)).collect();
    task.set_position(2);
    let names: Vec<String> = (0..options.cell_types).map(|c| format!("cell-type-{}", c + 1)).collect();
    for (cell, name) in names.iter().enumerate() {
        let counts: Vec<Vec<f32>> = (0..options.contigs)
            .into_par_iter()
            .map(|contig| {
                let mut rng = keyed_rng(options.seed, Stream::Simulate, 1000 + cell as u64, contig as u64);
                rates[contig][cell].iter().map(|rate| poisson(&mut rng, f64::from(*rate))).collect()
            })
            .collect();
        let bigwig = dir.join(format!("{name}.bw"));
        let names: Vec<String> = contigs.iter().map(|c| c.name.clone()).collect();
        let runs = counts.into_iter().zip(names).flat_map(|(values, contig)| runs(&contig, &values));
        write_bigwig(&bigwig, &contigs, runs.collect::<Vec<_>>().into_iter())?;
        call_peaks_to_file(&bigwig, &dir.join(format!("{name}.narrowPeak")), &PeakCallOptions::default())?;
        task.set_position(3 + cell as u64);
    }
    task.finish("");
    staged.commit().map_err(DataError::io(out_dir))?;
    Ok(SimulatedGenome {
        fasta: out_dir.join("genome.fa"),
        chrom_sizes: out_dir.join("genome.sizes"),
        truth: out_dir.join("truth.tsv"),
        tracks: names
            .into_iter()
            .map(|name| SimulatedTrack {
                bigwig: out_dir.join(format!("{name}.bw")),
                peaks: out_dir.join(format!("{name}.narrowPeak")),
                name,
            })
            .collect(),
    })
}

/// Background with regional GC content and elements of two to six motif instances.
fn sequence(options: &SimulateOptions, motifs: &[Pwm], contig: usize) -> (Vec<u8>, Vec<Planted>) {
    let mut rng = keyed_rng(options.seed, Stream::Simulate, 0, contig as u64);
    let mut codes = Vec::with_capacity(options.contig_bp);
    let mut gc = 0.42;
    for base in 0..options.contig_bp {
        if base % 5_000 == 0 {
            gc = 0.34 + 0.16 * rng.random::<f64>();
        }
        let strong = rng.random::<f64>() < gc;
        let first = rng.random::<bool>();
        codes.push(match (strong, first) {
            (true, true) => 1,
            (true, false) => 2,
            (false, true) => 0,
            (false, false) => 3,
        });
    }
    let mut planted = Vec::new();
    let slots = options.contig_bp / options.element_every_bp;
    for slot in 0..slots {
        let room = options.element_every_bp - 400;
        let centre = slot * options.element_every_bp + 200 + rng.random_range(0..room as u64) as usize;
        let sites = rng.random_range(2..=6u32);
        let mut taken: Vec<(usize, usize)> = Vec::new();
        for _ in 0..sites {
            let motif = rng.random_range(0..motifs.len() as u64) as usize;
            let mut site = motifs[motif].sample(&mut rng);
            let reverse = rng.random::<bool>();
            if reverse {
                alphabet::reverse_complement(&mut site);
            }
            let start = centre - 100 + rng.random_range(0..200 - site.len() as u64) as usize;
            let end = start + site.len();
            if taken.iter().any(|&(s, e)| start < e && s < end) {
                continue;
            }
            taken.push((start, end));
            codes[start..end].copy_from_slice(&site);
            planted.push(Planted { start_0: start, end_0: end, motif, reverse, element: slot });
        }
    }
    planted.sort_by_key(|p| p.start_0);
    (codes, planted)
}

fn write_sequence(
    dir: &Path,
    contigs: &[Contig],
    motifs: &[Pwm],
    sequences: &[(Vec<u8>, Vec<Planted>)],
) -> Result<(), DataError> {
    let path = dir.join("genome.fa");
    let mut fasta = AtomicFile::create(&path).map_err(DataError::io(&path))?;
    let mut sizes = String::new();
    let mut truth = String::from("contig\tstart_0\tend_0\tmotif\tname\tstrand\telement\n");
    for (contig, (codes, planted)) in contigs.iter().zip(sequences) {
        writeln!(fasta, ">{}", contig.name).map_err(DataError::io(&path))?;
        for line in codes.chunks(60) {
            fasta
                .write_all(&alphabet::decode(line))
                .and_then(|()| fasta.write_all(b"\n"))
                .map_err(DataError::io(&path))?;
        }
        // Writing to a string cannot fail.
        writeln!(sizes, "{}\t{}", contig.name, contig.length_bp).unwrap_or_default();
        for p in planted {
            let motif = &motifs[p.motif];
            let strand = if p.reverse { '-' } else { '+' };
            let (start, end) = (p.start_0, p.end_0);
            writeln!(truth, "{}\t{start}\t{end}\t{}\t{}\t{strand}\t{}", contig.name, motif.id, motif.name, p.element)
                .unwrap_or_default();
        }
    }
    fasta.commit().map_err(DataError::io(&path))?;
    for (name, text) in [("genome.sizes", sizes), ("truth.tsv", truth)] {
        let path = dir.join(name);
        AtomicFile::write(&path, text.as_bytes()).map_err(DataError::io(&path))?;
    }
    Ok(())
}

/// Runs of equal, non-zero values.
fn runs(contig: &str, values: &[f32]) -> Vec<(String, u32, u32, f32)> {
    let mut out = Vec::new();
    let mut start = 0;
    for run in values.chunk_by(|a, b| a == b) {
        if run[0] != 0.0 {
            out.push((contig.to_owned(), start as u32, (start + run.len()) as u32, run[0]));
        }
        start += run.len();
    }
    out
}

/// A Poisson number by multiplying uniform numbers (Knuth); the rates here are far below 100.
fn poisson(rng: &mut impl Rng, rate: f64) -> f32 {
    let limit = (-rate).exp();
    let mut product: f64 = rng.random();
    let mut count = 0.0;
    while product > limit {
        product *= rng.random::<f64>();
        count += 1.0;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use cistron_core::{Interval, SilentReporter};
    use cistron_genome::{BigWig, Genome, IntervalSet, read_peaks};

    fn small() -> SimulateOptions {
        SimulateOptions { contigs: 2, contig_bp: 60_000, cell_types: 2, ..SimulateOptions::default() }
    }

    #[test]
    fn the_files_agree_with_the_truth_and_with_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let simulated = simulate_genome(&small(), &dir.path().join("a"), &SilentReporter).unwrap();
        let genome = Genome::open(&simulated.fasta, &dir.path().join("cache")).unwrap();
        let motifs = embedded_motifs();
        let truth = std::fs::read_to_string(&simulated.truth).unwrap();
        let (mut good, mut all) = (0, 0);
        for line in truth.lines().skip(1) {
            let c: Vec<&str> = line.split('\t').collect();
            let place = Interval::new(c[0], c[1].parse().unwrap(), c[2].parse().unwrap());
            let motif = motifs.iter().find(|m| m.id == c[3]).unwrap();
            good += usize::from(motif.score(genome.codes(&place).unwrap(), c[5] == "-") > 0.0);
            all += 1;
        }
        assert!(all > 100 && good * 100 > all * 97, "{good} of {all} planted sites fit their motif");

        let mut coverage = vec![0.0; 60_000];
        BigWig::open(&simulated.tracks[0].bigwig).unwrap().values("chr1", 0, &mut coverage).unwrap();
        let peaks = read_peaks(&simulated.tracks[0].peaks).unwrap();
        let in_peaks = IntervalSet::from_intervals(peaks.into_iter().map(|p| p.interval));
        let (mut inside, mut outside) = ((0.0, 0.0), (0.0, 0.0));
        for (base, value) in coverage.iter().enumerate() {
            let at = Interval::new("chr1", base as u64, base as u64 + 1);
            let side = if in_peaks.overlaps(&at) { &mut inside } else { &mut outside };
            side.0 += f64::from(*value);
            side.1 += 1.0;
        }
        assert!(inside.1 > 1000.0 && inside.0 / inside.1 > 4.0 * outside.0 / outside.1, "{inside:?} {outside:?}");
    }

    #[test]
    fn the_seed_decides_everything() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = |name: &str, seed| {
            let options = SimulateOptions { seed, ..small() };
            let simulated = simulate_genome(&options, &dir.path().join(name), &SilentReporter).unwrap();
            [simulated.fasta, simulated.tracks[1].bigwig.clone(), simulated.tracks[1].peaks.clone()]
                .map(|p| std::fs::read(p).unwrap())
        };
        let first = bytes("a", 5);
        assert_eq!(first, bytes("b", 5));
        assert_ne!(first[0], bytes("c", 6)[0]);
    }

    #[test]
    fn poisson_numbers_have_their_mean_and_variance() {
        let mut rng = keyed_rng(3, Stream::Simulate, 9, 9);
        let values: Vec<f64> = (0..20_000).map(|_| f64::from(poisson(&mut rng, 2.5))).collect();
        let mean = values.iter().sum::<f64>() / 20_000.0;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!((mean - 2.5).abs() < 0.05 && (variance - 2.5).abs() < 0.1, "{mean} {variance}");
    }

    #[test]
    fn options_without_room_are_refused() {
        let options = SimulateOptions { element_every_bp: 100, ..small() };
        let message = simulate_genome(&options, Path::new("/nowhere/x"), &SilentReporter).unwrap_err().to_string();
        assert!(message.contains("600 bp between elements"), "{message}");
    }
}
