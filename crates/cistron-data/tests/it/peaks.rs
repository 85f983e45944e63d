use std::collections::BTreeMap;

use cistron_data::Split;

use crate::fixture::{Folder, letters, names};

const STUDY: &str = r#"
    kind = "peaks"
    target = "binary"
    window_bp = 600
    tracks = [ { name = "a", peaks = "a.narrowPeak" }, { name = "b", peaks = "b.bed" } ]
    split = { valid = ["chr2"], test = ["chr3"] }
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.genome(&[
        ("chr1", letters(1, 60_000)),
        ("chr2", letters(2, 30_000)),
        ("chr3", letters(3, 30_000)),
        ("tiny", letters(4, 500)),
    ]);
    let narrow = |contig: &str, start: u64, end: u64| format!("{contig}\t{start}\t{end}\tp\t100\t.\t5\t4\t3\t10\n");
    folder.write(
        "a.narrowPeak",
        [
            narrow("chr1", 10, 50),    // at the start: window 0-600
            narrow("chr1", 990, 1010), // merges with b's 991-1011 and a's own 1291-1311
            narrow("chr1", 1291, 1311),
            narrow("chr2", 5_000, 5_101),   // midpoint 5050
            narrow("chr3", 29_900, 30_000), // at the end: 29400-30000
            narrow("tiny", 0, 100),         // contig shorter than a window
            narrow("chrUn", 0, 100),        // not in the FASTA
        ]
        .concat(),
    );
    folder.write("b.bed", "chr1\t991\t1011\nchr1\t40000\t40100\nchr2\t9000\t9100\n");
    folder
}

#[test]
fn merged_windows_and_labels() {
    let folder = folder();
    let dataset = folder.build(STUDY).unwrap();
    // 1000 (a) and 1001 (b): 1000.5 → 1001, weight 3; 1301 (a) weight 2: (3003 + 2602) / 5 = 1121
    let expected = [
        ("chr1:0-600", [1.0, 0.0]),
        ("chr1:821-1421", [1.0, 1.0]),
        ("chr1:39750-40350", [0.0, 1.0]),
        ("chr2:4750-5350", [1.0, 0.0]),
        ("chr2:8750-9350", [0.0, 1.0]),
        ("chr3:29400-30000", [1.0, 0.0]),
    ];
    assert_eq!(names(&dataset), expected.map(|e| e.0));
    for (i, (_, labels)) in expected.iter().enumerate() {
        assert_eq!(dataset.labels(i).unwrap(), labels);
    }
    assert!(dataset.signal(0).is_none());
    let warnings = &dataset.manifest().warnings;
    assert!(warnings.iter().any(|w| w.contains("1 of 7 peaks of track \"a\"") && w.contains("chrUn")), "{warnings:?}");
}

#[test]
fn peak_sets_can_hold_signal_too() {
    let folder = folder();
    let sizes = [("chr1", 60_000), ("chr2", 30_000), ("chr3", 30_000), ("tiny", 500)];
    folder.bigwig(
        "a.bw",
        &sizes,
        &[("chr1", 0, 600, 1.5), ("chr1", 5000, 5001, 9.0), ("chr2", 0, 1, 1.0), ("chr3", 0, 1, 1.0)],
    );
    let study = r#"
        kind = "peaks"
        window_bp = 600
        input_bp = 512
        tracks = [ { name = "a", peaks = "a.narrowPeak", bigwig = "a.bw" } ]
        split = { valid = ["chr2"], test = ["chr3"] }
    "#;
    let dataset = folder.build(study).unwrap();
    assert_eq!(dataset.signal(0).unwrap().sum(), 900.0);
    assert_eq!((dataset.signal(1).unwrap().sum(), dataset.labels(1).unwrap()[0]), (0.0, 1.0));
    assert_eq!(dataset.manifest().input_bp, 512);
}

#[test]
fn negatives_hold_no_peak_and_follow_gc_contig_by_contig() {
    let folder = Folder::new();
    // chr1: AT-rich in the first half, GC-rich in the second; all peaks in the GC-rich half
    let rich = |seed, n| letters(seed, n).into_iter().map(|b| if b == b'A' { b'G' } else { b }).collect::<Vec<_>>();
    let poor = |seed, n| letters(seed, n).into_iter().map(|b| if b == b'G' { b'A' } else { b }).collect::<Vec<_>>();
    let contig = |seed| [poor(seed, 40_000), rich(seed + 10, 40_000)].concat();
    folder.genome(&[("chr1", contig(1)), ("chr2", contig(2)), ("chr3", contig(3))]);
    let mut bed = String::new();
    for (contig, n) in [("chr1", 20), ("chr2", 10), ("chr3", 11)] {
        for i in 0..n {
            bed.push_str(&format!("{contig}\t{}\t{}\n", 41_000 + i * 1500, 41_100 + i * 1500));
        }
    }
    folder.write("a.bed", &bed);
    folder.write("exclude.bed", "chr1\t70000\t80000\n");
    let study = |match_gc: bool| {
        format!(
            r#"
            kind = "peaks"
            target = "binary"
            window_bp = 200
            tracks = [ {{ name = "a", peaks = "a.bed" }} ]
            negatives = {{ ratio = 1.0, match_gc = {match_gc} }}
            split = {{ valid = ["chr2"], test = ["chr3"] }}
            "#
        )
    };
    let peaks: Vec<(String, u64, u64)> = bed
        .lines()
        .map(|l| {
            let f: Vec<&str> = l.split('\t').collect();
            (f[0].to_owned(), f[1].parse().unwrap(), f[2].parse().unwrap())
        })
        .collect();
    for match_gc in [true, false] {
        let dataset = folder.build(&study(match_gc)).unwrap();
        let mut counts: BTreeMap<Split, [u32; 2]> = BTreeMap::new();
        let mut gc = [0.0f64; 2];
        let mut last: Option<(String, u64)> = None;
        for (i, window) in dataset.windows().enumerate() {
            let label = dataset.labels(i).unwrap()[0];
            let interval = window.interval.unwrap();
            counts.entry(window.split).or_default()[label as usize] += 1;
            gc[label as usize] += f64::from(window.gc);
            assert!(!(interval.contig == "chr1" && interval.end_0 > 70_000), "{interval} is excluded");
            if label == 0.0 {
                assert!(
                    peaks
                        .iter()
                        .all(|(c, s, e)| *c != interval.contig || *e <= interval.start_0 || *s >= interval.end_0)
                );
                if let Some((contig, end)) = &last {
                    assert!(*contig != interval.contig || *end <= interval.start_0, "negatives overlap");
                }
                last = Some((interval.contig, interval.end_0));
            }
        }
        let expected = [(Split::Train, 20), (Split::Valid, 10), (Split::Test, 11)];
        // three peaks of chr1 lie in the excluded part or touch it
        for (split, n) in expected {
            let found = counts[&split];
            assert_eq!(found[0], found[1], "{split}");
            assert!(split == Split::Train || found[1] == n);
        }
        let n = dataset.len() as f64 / 2.0;
        let difference = (gc[1] - gc[0]).abs() / n;
        if match_gc {
            assert!(difference < 0.02, "{difference}");
        } else {
            assert!(difference > 0.05, "{difference}");
        }
        std::fs::remove_dir_all(folder.path("out")).unwrap();
    }
}

#[test]
fn bad_peaks_name_file_and_line() {
    let folder = folder();
    folder.write("b.bed", "chr1\t991\t1011\nchr2\t29950\t30050\n");
    let error = folder.error(STUDY);
    assert!(error.contains("b.bed:2") && error.contains("past the end of chr2"), "{error}");
    folder.write("b.bed", "chr1\t991\t1011\nchr2\t500\t400\n");
    let error = folder.error(STUDY);
    assert!(error.contains("b.bed:2"), "{error}");
    folder.write("b.bed", "1\t991\t1011\n2\t500\t600\n");
    let error = folder.error(STUDY);
    assert!(error.contains("b.bed") && error.contains("contigs = {"), "{error}");
}
