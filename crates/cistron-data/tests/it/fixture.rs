//! Tiny genomes, tracks and tables.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use cistron_core::{Reporter, SilentReporter, Task};
use cistron_data::{BuildOptions, DataError, Dataset, DatasetConfig, GenomeConfig, Manifest, build};
use cistron_genome::{Contig, write_bigwig};

pub struct Folder {
    pub dir: tempfile::TempDir,
}

/// Remembers what it was told.
#[derive(Default)]
pub struct Notes {
    pub notes: Mutex<Vec<String>>,
    pub warnings: Mutex<Vec<String>>,
}

impl Reporter for Notes {
    fn start(&self, name: &str, total: u64) -> Box<dyn Task> {
        SilentReporter.start(name, total)
    }
    fn note(&self, message: &str) {
        self.notes.lock().unwrap().push(message.to_owned());
    }
    fn warn(&self, message: &str) {
        self.warnings.lock().unwrap().push(message.to_owned());
    }
}

/// Letters from a small generator (SplitMix64), the same on every machine.
pub fn letters(seed: u64, n: usize) -> Vec<u8> {
    let mut state = seed;
    (0..n)
        .map(|_| {
            state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            b"ACGT"[((z ^ (z >> 31)) >> 62) as usize]
        })
        .collect()
}

pub fn reverse_complement(letters: &[u8]) -> Vec<u8> {
    let mut codes = cistron_core::alphabet::encode(letters).unwrap();
    cistron_core::alphabet::reverse_complement(&mut codes);
    cistron_core::alphabet::decode(&codes)
}

impl Folder {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Writes `genome.fa` and returns nothing: studies name it.
    pub fn genome(&self, contigs: &[(&str, Vec<u8>)]) {
        let mut text = Vec::new();
        for (name, letters) in contigs {
            text.extend(format!(">{name} test\n").bytes());
            for line in letters.chunks(60) {
                text.extend(line);
                text.push(b'\n');
            }
        }
        self.write("genome.fa", text);
    }

    /// Writes a bigWig of (contig, start, end, value), sorted.
    pub fn bigwig(&self, name: &str, sizes: &[(&str, u64)], values: &[(&str, u32, u32, f32)]) {
        let contigs: Vec<Contig> =
            sizes.iter().map(|&(name, length_bp)| Contig { name: name.to_owned(), length_bp }).collect();
        let intervals = values.iter().map(|&(contig, start, end, value)| (contig.to_owned(), start, end, value));
        write_bigwig(&self.path(name), &contigs, intervals.collect::<Vec<_>>().into_iter()).unwrap();
    }

    /// Options of a `[dataset]` written as TOML, with `genome.fa` (and an exclusion file when given) as the genome.
    pub fn options(&self, dataset: &str) -> BuildOptions {
        let dataset: DatasetConfig = toml::from_str(dataset).unwrap();
        let exclude = if self.path("exclude.bed").exists() { vec!["exclude.bed".to_owned()] } else { Vec::new() };
        BuildOptions {
            genome: Some(GenomeConfig { fasta: "genome.fa".into(), chrom_sizes: None, exclude }),
            dataset,
            seed: 7,
            base_dir: self.dir.path().to_owned(),
            cache_dir: self.path("cache"),
        }
    }

    pub fn build(&self, dataset: &str) -> Result<Dataset, DataError> {
        build(&self.options(dataset), &self.path("out"), &SilentReporter)?;
        Dataset::open(self.path("out"))
    }

    pub fn build_noted(&self, dataset: &str) -> (Result<Manifest, DataError>, Vec<String>) {
        let notes = Notes::default();
        let result = build(&self.options(dataset), &self.path("out"), &notes);
        (result, notes.notes.into_inner().unwrap())
    }

    /// The error of a build that must fail; nothing may be left in the output folder.
    pub fn error(&self, dataset: &str) -> String {
        let out = self.path("out");
        let error = build(&self.options(dataset), &out, &SilentReporter).expect_err("the build must fail").to_string();
        assert!(!out.exists() && !self.path("out.partial").exists(), "something is left after: {error}");
        error
    }
}

pub fn names(dataset: &Dataset) -> Vec<String> {
    dataset.windows().map(|w| w.name).collect()
}

/// The shared real data, or `None` after saying that the test is skipped.
pub fn shared(file: &str) -> Option<PathBuf> {
    let root = std::env::var("CISTRON_SHARED_DATA")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = root.join(file);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not here", path.display());
    None
}
