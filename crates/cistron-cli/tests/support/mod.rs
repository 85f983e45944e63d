//! What the tests of the command share.

#![allow(dead_code)] // each test binary uses its own part

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub fn cistron(args: &[&str], dir: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cistron")).args(args).current_dir(dir).output().expect("cistron runs")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Simulates a genome and writes a quick study over it.
pub fn small_study(dir: &Path, epochs: u32) {
    let simulated = cistron(
        &["-q", "simulate", "--out", "genome", "--contigs", "3", "--contig-bp", "40000", "--cell-types", "2"],
        dir,
    );
    assert!(simulated.status.success(), "{}", stderr(&simulated));
    let study = format!(
        r#"
[study]
name = "small"
[genome]
fasta = "genome/genome.fa"
[dataset]
kind = "coverage"
window_bp = 512
input_bp = 384
bin_bp = 32
select = {{ coverage_above = 0.0 }}
split = {{ by = "contig", valid = ["chr2"], test = ["chr3"] }}
tracks = [
  {{ name = "one", bigwig = "genome/cell-type-1.bw" }},
  {{ name = "two", bigwig = "genome/cell-type-2.bw" }},
]
[[model]]
preset = "residualbind-32"
width_factor = 0.02
[train]
epochs = {epochs}
batch_size = 16
[[evaluate]]
kind = "generalisation"
bootstrap_replicates = 100
"#
    );
    fs::write(dir.join("small.toml"), study).unwrap();
}

pub fn weights(dir: &Path, run: &str) -> String {
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join(run).join("manifest.json")).unwrap()).unwrap();
    manifest["models"][0]["weights_blake3"].as_str().unwrap().to_owned()
}

/// Rows of a TSV by column name.
pub fn tsv(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|l| l.split('\t').map(str::to_owned).collect::<Vec<_>>());
    let names = lines.next().unwrap();
    lines.map(|cells| names.iter().cloned().zip(cells).collect()).collect()
}

/// Shared data beside the checkout, when there are any.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CISTRON_SHARED_DATA").map(PathBuf::from);
    let root = root.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"));
    let found = root.join(path);
    if found.exists() {
        return Some(found);
    }
    eprintln!("skipped: {} is not there", found.display());
    None
}

/// What a gzip file holds.
pub fn decompressed(path: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut out).unwrap();
    out
}
