use std::fmt::Write as _;
use std::path::Path;

use cistron_core::Reporter;
use cistron_data::simulate::{SimulateOptions, SimulatedGenome, simulate_genome};

use crate::{CistronError, DeviceChoice, RunOptions, RunSummary, Stage, Study, run};

/// The study of the demo over a simulated genome: three cell types, coverage in 32 bp bins, the last two contigs held out.
pub fn demo_study(genome: &SimulatedGenome, contigs: usize) -> String {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut tracks = String::new();
    for track in &genome.tracks {
        // Writing to a string cannot fail.
        write!(
            tracks,
            "\n[[dataset.tracks]]\nname = \"{}\"\nbigwig = \"genome/{}\"\npeaks = \"genome/{}\"\nnormalise = [\"scale-by-mean\"]\n",
            track.name,
            name(&track.bigwig),
            name(&track.peaks)
        )
        .unwrap_or_default();
    }
    format!(
        r#"# The study of `cistron demo`: change it and run it again with `cistron run`.
[study]
name = "demo"
seed = 7
description = "Simulated genome with a dozen JASPAR motifs (genome/truth.tsv lists every planted site), three cell types, coverage in 32 bp bins. The last contig is the test, the one before decides when training stops."

[genome]
fasta = "genome/genome.fa"
chrom_sizes = "genome/genome.sizes"

[dataset]
kind = "coverage"
target = "profile"
window_bp = 1536
input_bp = 1024
bin_bp = 32
select = {{ coverage_above = 0.0 }}
split = {{ by = "contig", valid = ["chr{valid}"], test = ["chr{contigs}"] }}
{tracks}
[[model]]
preset = "residualbind-32"
width_factor = 0.125

[train]
epochs = 10
batch_size = 16
learning_rate = 0.003
patience = 4
"#,
        valid = contigs - 1,
    )
}

/// Simulates a genome into `out/genome`, then runs the whole main job on it in `out`.
///
/// # Errors
/// As [`run`].
pub fn demo(out: &Path, device: DeviceChoice, reporter: &dyn Reporter) -> Result<RunSummary, CistronError> {
    let options = SimulateOptions::default();
    let genome = simulate_genome(&options, &out.join("genome"), reporter)?;
    let text = demo_study(&genome, options.contigs);
    let path = out.join("demo.toml");
    cistron_core::AtomicFile::write(&path, text.as_bytes()).map_err(CistronError::io(&path))?;
    let study = Study::read(&path)?;
    run(
        &study,
        &RunOptions { out: out.to_owned(), device, fresh: false, until: Stage::Report, dataset: None },
        reporter,
    )
}
