//! Real data where present (see `shared/data/README.md`); each prints `skipped` otherwise.

use std::time::Instant;

use cistron_core::SilentReporter;
use cistron_data::{BuildOptions, Dataset, DatasetConfig, GenomeConfig, Split, build, check, inspect};

use crate::fixture::{Folder, shared};

fn built(name: &str, genome: Option<GenomeConfig>, dataset: &str) -> Dataset {
    let folder = Folder::new();
    let dataset: DatasetConfig = toml::from_str(dataset).unwrap();
    let options =
        BuildOptions { genome, dataset, seed: 7, base_dir: folder.dir.path().into(), cache_dir: folder.path("cache") };
    assert_eq!(check(&options), []);
    let start = Instant::now();
    build(&options, &folder.path("out"), &SilentReporter).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let dataset = Dataset::open(folder.path("out")).unwrap();
    eprintln!("{name}: built in {seconds:.2} s\n{}", inspect(&dataset));
    dataset
}

fn yeast() -> Option<GenomeConfig> {
    let fasta = shared("B_genome_tracks/sacCer3_nuclear.fa.gz")?;
    let sizes = shared("B_genome_tracks/sacCer3_nuclear.chrom.sizes")?;
    Some(GenomeConfig {
        fasta: fasta.display().to_string(),
        chrom_sizes: Some(sizes.display().to_string()),
        exclude: Vec::new(),
    })
}

fn counts(dataset: &Dataset) -> [usize; 3] {
    Split::ALL.map(|s| dataset.rows_of(s).len())
}

#[test]
fn yeast_atac_coverage() {
    let (Some(genome), Some(bigwig)) = (yeast(), shared("B_genome_tracks/atac_SRR1822137_cutsites_sacCer3.bw")) else {
        return;
    };
    let text = format!(
        "kind = \"coverage\"\ntracks = [ {{ name = \"ATAC\", bigwig = {bigwig:?} }} ]\nsplit = {{ by = \"contig\", valid = [\"chrIX\"], test = [\"chrVIII\"] }}"
    );
    let dataset = built("yeast ATAC coverage", Some(genome), &text);
    // golden: pyBigWig 0.3.29, `max(bw.values(c, i * 3072, (i + 1) * 3072)) > 2`, and the sums over those windows
    assert_eq!(counts(&dataset), [2085, 83, 107]);
    let sum = |split| -> f64 {
        let rows = dataset.rows_of(split);
        rows.iter().map(|&r| dataset.signal(r as usize).unwrap().iter().map(|&v| f64::from(v)).sum::<f64>()).sum()
    };
    assert_eq!((sum(Split::Valid), sum(Split::Test)), (17650.0, 23250.0));
}

/// The narrowPeak file beside the yeast bigWig holds peaks of chr22 only: the pre-flight must say so.
#[test]
fn peaks_of_another_organism_are_refused() {
    let (Some(genome), Some(peaks)) =
        (yeast(), shared("B_genome_tracks/atac_SRR1822137_macs3_frag_peaks.narrowPeak.gz"))
    else {
        return;
    };
    let folder = Folder::new();
    let study = format!(
        "kind = \"peaks\"\ntarget = \"binary\"\ntracks = [ {{ name = \"ATAC\", peaks = {peaks:?} }} ]\nsplit = {{ valid = [\"chrIX\"], test = [\"chrVIII\"] }}"
    );
    let mut options = folder.options(&study);
    options.genome = Some(genome);
    let problems = check(&options);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("chr22"), "{problems:?}");
}

#[test]
fn yeast_chip_exo_peaks_with_matched_negatives() {
    use std::io::{BufRead, BufReader, Write};
    let (Some(genome), Some(all)) =
        (yeast(), shared("B_genome_tracks/rossi2021_chipexo_peaks_shared_factors_sacCer3.bed.gz"))
    else {
        return;
    };
    let folder = Folder::new();
    let factors = ["Reb1", "Rap1"];
    for factor in factors {
        let reader = BufReader::new(flate2::read::MultiGzDecoder::new(std::fs::File::open(&all).unwrap()));
        let mut out = std::fs::File::create(folder.path(&format!("{factor}.bed"))).unwrap();
        for line in reader.lines().map(Result::unwrap) {
            if line.split('\t').nth(3) == Some(factor) {
                writeln!(out, "{line}").unwrap();
            }
        }
    }
    let tracks = factors.map(|f| format!("{{ name = \"{f}\", peaks = {:?} }}", folder.path(&format!("{f}.bed"))));
    let text = format!(
        "kind = \"peaks\"\ntarget = \"binary\"\nwindow_bp = 200\ntracks = [ {} ]\nnegatives = {{ ratio = 1.0, match_gc = true }}\nsplit = {{ valid = [\"chrIX\", \"chrX\"], test = [\"chrVIII\", \"chrVII\"] }}",
        tracks.join(", ")
    );
    let dataset = built("yeast Reb1, Rap1", Some(genome), &text);
    let positives = (0..dataset.len()).filter(|&i| dataset.labels(i).unwrap().contains(&1.0)).count();
    assert!((dataset.len() as f64 / positives as f64 - 2.0).abs() < 0.02, "{positives} of {}", dataset.len());
    // published check: the motif of Reb1 (TTACCCG) is within ±25 bp of 37 % of its peaks, and hardly anywhere else
    let holds = |i: usize| {
        let letters = String::from_utf8(cistron_core::alphabet::decode(&dataset.codes(i)[75..126])).unwrap();
        letters.contains("TTACCCG") || letters.contains("CGGGTAA")
    };
    let share = |label: f32, task: usize| {
        let rows: Vec<usize> = (0..dataset.len()).filter(|&i| dataset.labels(i).unwrap()[task] == label).collect();
        rows.iter().filter(|&&i| holds(i)).count() as f64 / rows.len() as f64
    };
    assert!(share(1.0, 0) > 0.2 && share(0.0, 0) < 0.02, "{} {}", share(1.0, 0), share(0.0, 0));
}

#[test]
fn yeast_tracks_with_other_names_need_the_mapping() {
    let Some(genome) = yeast() else { return };
    let tracks: Vec<_> = ["MNase", "PolII"]
        .iter()
        .filter_map(|n| Some((n, shared(&format!("B_genome_tracks/tidyCoverage_{n}.chrII_IV_XVI.sacCer3.bw"))?)))
        .collect();
    if tracks.len() < 2 {
        return;
    }
    let text = |contigs: &str| {
        let tracks: Vec<String> =
            tracks.iter().map(|(n, p)| format!("{{ name = \"{n}\", bigwig = {p:?}, {contigs} }}")).collect();
        format!(
            "kind = \"coverage\"\nselect = {{ coverage_above = 0.0 }}\ntracks = [{}]\nsplit = {{ valid = 0.2, test = [\"chrXVI\"] }}",
            tracks.join(", ")
        )
    };
    let folder = Folder::new();
    let mut options = folder.options(&text("allow_negative = true"));
    options.genome = Some(genome.clone());
    let problems = check(&options);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].help.as_ref().is_some_and(|h| h.contains("\"II\" = \"chrII\"")), "{problems:?}");
    let mapped =
        text("allow_negative = true, contigs = { \"II\" = \"chrII\", \"IV\" = \"chrIV\", \"XVI\" = \"chrXVI\" }");
    let dataset = built(
        "yeast MNase, PolII",
        Some(genome),
        &mapped.replace("split = { valid", "split = { by = \"contig\", valid"),
    );
    let warnings = &dataset.manifest().warnings;
    assert!(warnings[0].contains("lacks 13 contig(s)"), "{warnings:?}");
    assert!(dataset.windows().all(|w| ["chrII", "chrIV", "chrXVI"].contains(&w.interval.unwrap().contig.as_str())));
}

#[test]
fn vaishnav_promoters() {
    let Some(path) = shared("C_mpra/vaishnav_native_complex.tsv.gz") else { return };
    let text = format!(
        "kind = \"table\"\ntable = {{ files = [ {{ path = {path:?} }} ], sequence = \"sequence\", values = [\"measured\"] }}\nsplit = {{ by = \"fraction\", valid = 0.1, test = 0.2 }}"
    );
    let dataset = built("Vaishnav native, complex", None, &text);
    assert_eq!(dataset.len() as u64 + dataset.manifest().duplicates, 3733);
    let [train, valid, test] = counts(&dataset);
    assert_eq!(
        (valid, test),
        ((dataset.len() as f64 * 0.1).round() as usize, (dataset.len() as f64 * 0.2).round() as usize)
    );
    assert_eq!(train + valid + test, dataset.len());
}

#[test]
fn deepstarr_files_overlap() {
    let (Some(train), Some(val)) =
        (shared("C_mpra/deepstarr_sample_train.tsv.gz"), shared("C_mpra/deepstarr_sample_val.tsv.gz"))
    else {
        return;
    };
    let text = format!(
        "kind = \"table\"\ntable = {{ files = [ {{ path = {train:?}, split = \"train\" }}, {{ path = {val:?}, split = \"valid\" }} ], sequence = \"Sequence\", values = [\"Dev_log2_enrichment\", \"Hk_log2_enrichment\"], name = \"ID\" }}\nsplit = {{ by = \"file\", test = 0.2 }}"
    );
    let dataset = built("DeepSTARR sample", None, &text);
    let warnings = &dataset.manifest().warnings;
    assert!(warnings.iter().any(|w| w.contains("train windows repeat a valid window")), "{warnings:?}");
    assert_eq!(dataset.manifest().window_bp, 249);
}

#[test]
fn fastsk_has_one_shared_sequence_in_jund() {
    let (Some(train), Some(test)) = (
        shared("E_chip_classification/fastsk_JUND.train.fasta.gz"),
        shared("E_chip_classification/fastsk_JUND.test.fasta.gz"),
    ) else {
        return;
    };
    let text = format!(
        "kind = \"fasta\"\nfasta = {{ files = [ {{ path = {train:?}, split = \"train\", label_from_header = true }}, {{ path = {test:?}, split = \"test\", label_from_header = true }} ] }}\nsplit = {{ by = \"file\", valid = 0.1 }}"
    );
    let dataset = built("FastSK JUND", None, &text);
    let warnings = &dataset.manifest().warnings;
    assert!(warnings.iter().any(|w| w.contains("train windows repeat a test window")), "{warnings:?}");
    assert!((1985..=2000).contains(&counts(&dataset)[2]));
}
