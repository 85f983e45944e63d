use cistron_data::{Dataset, Split};

use crate::fixture::{Folder, letters, names, reverse_complement};

const SIZES: [(&str, u64); 3] = [("chr1", 1050), ("chr2", 500), ("chr3", 500)];

const STUDY: &str = r#"
    kind = "coverage"
    window_bp = 100
    input_bp = 80
    bin_bp = 10
    tracks = [ { name = "a", bigwig = "a.bw", peaks = "a.bed" }, { name = "b", bigwig = "b.bw", peaks = "b.bed" } ]
    split = { by = "contig", valid = ["chr2"], test = ["chr3"] }
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    let mut chr1 = letters(1, 1050);
    chr1[700..760].fill(b'N'); // window 7 is 60 % N
    chr1[800..850].fill(b'n'); // window 8 is 50 % N: stays
    folder.genome(&[("chr1", chr1), ("chr2", letters(2, 500)), ("chr3", letters(3, 500))]);
    folder.bigwig(
        "a.bw",
        &SIZES,
        &[
            ("chr1", 120, 130, 3.0),    // window 1 stays
            ("chr1", 310, 320, 2.0),    // equal to the threshold: window 3 goes
            ("chr1", 400, 401, 9.0),    // window 4 touches the exclusion
            ("chr1", 700, 900, 4.0),    // windows 7 (too much N) and 8
            ("chr1", 1000, 1050, 50.0), // the incomplete window at the end
            ("chr2", 0, 100, 2.5),
            ("chr3", 499, 500, 8.0),
        ],
    );
    track_b(&folder, &[("chr1", 555, 556, 5.0)]); // any track: window 5 stays
    folder.write("a.bed", "chr1\t100\t130\nchr1\t540\t640\nchr3\t0\t10\n");
    folder.write("b.bed", "chr1\t550\t560\n");
    folder.write("exclude.bed", "chr1\t499\t500\n");
    folder
}

/// Track b, with a little signal on chr2 and chr3 so that the file holds these contigs.
fn track_b(folder: &Folder, values: &[(&str, u32, u32, f32)]) {
    let mut all = values.to_vec();
    all.extend([("chr2", 450, 451, 0.5), ("chr3", 100, 101, 0.5)]);
    folder.bigwig("b.bw", &SIZES, &all);
}

#[test]
fn windows_signal_labels_and_splits_are_as_defined() {
    let folder = folder();
    let dataset = folder.build(STUDY).unwrap();
    let expected = ["chr1:100-200", "chr1:500-600", "chr1:800-900", "chr2:0-100", "chr3:400-500"];
    assert_eq!(names(&dataset), expected);
    let splits: Vec<Split> = dataset.windows().map(|w| w.split).collect();
    assert_eq!(splits, [Split::Train, Split::Train, Split::Train, Split::Valid, Split::Test]);
    let signal = dataset.signal(0).unwrap();
    assert_eq!(signal.dim(), (2, 100));
    let expected: Vec<f32> = (0..100).map(|i| if (20..30).contains(&i) { 3.0 } else { 0.0 }).collect();
    assert_eq!(signal.row(0).to_vec(), expected);
    assert_eq!(signal.row(1).sum(), 0.0);
    assert_eq!(dataset.signal(1).unwrap()[[1, 55]], 5.0);
    assert_eq!(dataset.codes(3), &cistron_core::alphabet::encode(&letters(2, 500)[..100]).unwrap()[..]);
    // labels: ≥ half of the peak (or of the region) in the central 80 bp of the window
    // chr1:110-190 and peak a 100-130: 20 of 30 → 1; chr1:510-590: a 540-640: 50 of 80 (shorter: region) → 1, b 550-560 → 1
    // chr3:410-490: none
    let labels: Vec<&[f32]> = (0..5).map(|i| dataset.labels(i).unwrap()).collect();
    assert_eq!(labels, [&[1.0, 0.0], &[1.0, 1.0], &[0.0, 0.0], &[0.0, 0.0], &[0.0, 0.0]]);
    assert_eq!(
        (dataset.track_maxima(1).unwrap(), dataset.track_means(1).unwrap()),
        (&[0.0, 5.0][..], &[0.0, 0.05][..])
    );
    assert_eq!(dataset.window(2).n_share, 0.5);
    let manifest = dataset.manifest();
    assert_eq!(manifest.splits[0].positives, Some(vec![2, 1]));
    assert_eq!(manifest.inputs.len(), 6);
    dataset.verify().unwrap();
    let inspection = cistron_data::inspect(&dataset);
    assert_eq!(inspection.splits[0].windows, 3);
    assert_eq!(inspection.splits[0].windows_with_n, 1);
    let quantiles = inspection.splits[0].coverage[0].window_max.unwrap();
    assert_eq!((quantiles.min, quantiles.median, quantiles.max), (0.0, 3.0, 4.0));
    let shown = inspection.to_string();
    assert!(shown.contains("5 windows of 100 bp") && shown.contains("max signal"), "{shown}");
}

#[test]
fn the_result_does_not_depend_on_threads() {
    let folder = folder();
    let hashes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let out = folder.path(&format!("out{threads}"));
        pool.install(|| cistron_data::build(&folder.options(STUDY), &out, &cistron_core::SilentReporter)).unwrap()
    };
    let (one, three) = (hashes(1), hashes(3));
    assert_eq!(one.arrays, three.arrays);
    assert_eq!(one, three);
}

#[test]
fn an_equal_dataset_is_kept_and_a_changed_one_rebuilt() {
    let folder = folder();
    let (first, notes) = folder.build_noted(STUDY);
    let first = first.unwrap();
    assert!(notes.is_empty());
    let (second, notes) = folder.build_noted(STUDY);
    assert_eq!(second.unwrap(), first);
    assert!(notes[0].contains("up to date"), "{notes:?}");
    // bins and normalisation are applied while reading: nothing to rebuild, but the manifest follows
    let other = STUDY
        .replace("bin_bp = 10", "bin_bp = 20")
        .replace("name = \"a\",", "name = \"a\", normalise = [\"scale-by-mean\"],");
    let (third, notes) = folder.build_noted(&other);
    let third = third.unwrap();
    assert!(notes[0].contains("up to date"));
    assert_eq!(third.config.dataset.bin_bp, Some(20));
    // mean over the three training windows: 10 × 3, 0, 100 × 4 of 300 positions
    assert!((third.transforms[0].mean.unwrap() - 430.0 / 300.0).abs() < 1e-6, "{:?}", third.transforms);
    assert_eq!(Dataset::open(folder.path("out")).unwrap().source_options(0).bin_bp, 20);
    let lower = format!("{STUDY}\nselect = {{ coverage_above = 1.5 }}");
    let (fourth, notes) = folder.build_noted(&lower);
    assert_eq!(fourth.unwrap().windows, 6);
    assert!(notes.is_empty());
    // a changed input
    folder.write("b.bed", "chr1\t150\t160\n");
    let (fifth, notes) = folder.build_noted(&lower);
    assert!(notes.is_empty());
    assert_eq!(fifth.unwrap().splits[0].positives, Some(vec![2, 1]));
    // a damaged array
    let path = folder.path("out/signal.npy");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
    let error = Dataset::open(folder.path("out")).unwrap_err().to_string();
    assert!(error.contains("signal.npy") && error.contains("build the dataset again"), "{error}");
    let (sixth, notes) = folder.build_noted(&lower);
    assert!(notes.is_empty() && sixth.is_ok());
    Dataset::open(folder.path("out")).unwrap().verify().unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let error = Dataset::open(folder.path("out")).unwrap().verify().unwrap_err().to_string();
    assert!(error.contains("content changed"), "{error}");
}

#[test]
fn the_rest_of_a_killed_build_is_cleared() {
    let folder = folder();
    std::fs::create_dir(folder.path("out.partial")).unwrap();
    folder.write("out.partial/signal.npy", "half");
    assert!(Dataset::open(folder.path("out")).unwrap_err().to_string().contains("build it first"));
    assert_eq!(folder.build(STUDY).unwrap().len(), 5);
    assert!(!folder.path("out.partial").exists());
}

#[test]
fn another_format_version_is_named_and_rebuilt() {
    let folder = folder();
    folder.build(STUDY).unwrap();
    let path = folder.path("out/manifest.json");
    let text = std::fs::read_to_string(&path).unwrap().replace("\"format_version\": 1", "\"format_version\": 99");
    std::fs::write(&path, text).unwrap();
    let error = Dataset::open(folder.path("out")).unwrap_err().to_string();
    assert!(error.contains("format version 99"), "{error}");
    assert_eq!(folder.build(STUDY).unwrap().len(), 5);
}

#[test]
fn contigs_that_a_bigwig_lacks_are_left_out() {
    let folder = folder();
    folder.bigwig("b.bw", &SIZES[..2], &[("chr1", 555, 556, 5.0), ("chr2", 450, 451, 0.5)]);
    let study = STUDY.replace("[\"chr3\"]", "0.4");
    let dataset = folder.build(&study).unwrap();
    assert!(!names(&dataset).iter().any(|n| n.starts_with("chr3")));
    let warnings = &dataset.manifest().warnings;
    assert!(warnings.iter().any(|w| w.contains("\"b\" lacks 1 contig(s) (chr3)")), "{warnings:?}");
    let error = {
        std::fs::remove_dir_all(folder.path("out")).unwrap();
        folder.error(STUDY)
    };
    assert!(error.contains("the test split is empty") && error.contains("chr3"), "{error}");
}

#[test]
fn names_of_another_file_are_mapped() {
    let folder = folder();
    folder.bigwig(
        "b.bw",
        &[("1", 1050), ("2", 500), ("3", 500)],
        &[("1", 555, 556, 5.0), ("2", 450, 451, 0.5), ("3", 100, 101, 0.5)],
    );
    let error = folder.error(STUDY);
    assert!(error.contains("b.bw") && error.contains("contigs = {"), "{error}");
    let study = STUDY.replace(
        "bigwig = \"b.bw\",",
        "bigwig = \"b.bw\", contigs = { \"1\" = \"chr1\", \"2\" = \"chr2\", \"3\" = \"chr3\" },",
    );
    assert_eq!(folder.build(&study).unwrap().signal(1).unwrap()[[1, 55]], 5.0);
}

#[test]
fn both_strands_of_one_sequence_are_not_on_two_sides() {
    let folder = folder();
    let chr2 = letters(2, 500);
    let mut chr3 = letters(3, 500);
    chr3[400..500].copy_from_slice(&reverse_complement(&chr2[..100]));
    let chr1 = [letters(1, 300), chr2[..100].to_vec(), letters(5, 650)].concat();
    folder.genome(&[("chr1", chr1), ("chr2", chr2), ("chr3", chr3)]);
    // chr1:300-400 (train) and chr2:0-100 (valid) repeat chr3:400-500 (test): valid would be empty
    let study = format!("{STUDY}\nselect = {{ coverage_above = 1.5 }}");
    let error = folder.error(&study);
    assert!(error.contains("the valid split is empty") && error.contains("repeat windows"), "{error}");
    track_b(&folder, &[("chr1", 555, 556, 5.0), ("chr2", 300, 301, 5.0)]);
    let dataset = folder.build(&study).unwrap();
    assert!(
        !names(&dataset).contains(&"chr1:300-400".to_owned()) && !names(&dataset).contains(&"chr2:0-100".to_owned())
    );
    assert_eq!(dataset.manifest().duplicates, 2);
    let warnings = dataset.manifest().warnings.join("\n");
    assert!(warnings.contains("1 of 5 train windows repeat a test window's sequence"), "{warnings}");
    assert!(warnings.contains("chr1:300-400 = chr3:400-500"), "{warnings}");
}

#[test]
fn bad_signal_and_empty_selection_say_where() {
    let folder = folder();
    track_b(&folder, &[("chr1", 555, 556, -5.0)]);
    let error = folder.error(STUDY);
    assert!(error.contains("b.bw") && error.contains("chr1") && error.contains("555"), "{error}");
    let allowed = STUDY.replace("bigwig = \"b.bw\",", "bigwig = \"b.bw\", allow_negative = true,");
    assert_eq!(folder.build(&allowed).unwrap().len(), 4);
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    let error = folder.error(&format!("{allowed}\nselect = {{ coverage_above = 1000 }}"));
    assert!(error.contains("lower dataset.select.coverage_above"), "{error}");
    let error = folder.error(&STUDY.replace("[\"chr3\"]", "[\"chrIII\"]"));
    assert!(error.contains("no contig \"chrIII\""), "{error}");
    folder.bigwig("b.bw", &[("chr1", 1000), ("chr2", 500), ("chr3", 500)], &[("chr1", 555, 556, 5.0)]);
    let error = folder.error(STUDY);
    assert!(error.contains("b.bw") && error.contains("chr1"), "{error}");
}

#[test]
fn log1p_then_scale_takes_the_mean_of_the_logarithm() {
    let folder = folder();
    let study = STUDY.replace("name = \"a\",", "name = \"a\", normalise = [\"log1p\", \"scale-by-mean\"],");
    let dataset = folder.build(&study).unwrap();
    // training windows in bins of 10: one bin of 3 in the first, none in the second, ten of 4 in the third
    let expected = (4f64.ln() + 10.0 * 5f64.ln()) / 30.0;
    assert!((dataset.manifest().transforms[0].mean.unwrap() - expected).abs() < 1e-6);
    assert_eq!(dataset.manifest().transforms[1].mean, None);
}
