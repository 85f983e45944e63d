use cistron_core::{BatchSource, Pass, TargetBatch, TargetKind, alphabet};
use cistron_data::{Dataset, Split};

use crate::fixture::{Folder, letters};

/// 40 training windows of 60 bp, input 40, bins of 8; the signal at position p of chr1 is p mod 251 + 1.
fn dataset(folder: &Folder) -> Dataset {
    let lengths = [("chr1", 2400usize), ("chr2", 600), ("chr3", 600)];
    folder.genome(&lengths.map(|(n, l)| (n, letters(l as u64 + n.len() as u64 + u64::from(n.as_bytes()[3]), l))));
    let values: Vec<(&str, u32, u32, f32)> =
        lengths.iter().flat_map(|&(n, l)| (0..l as u32).map(move |p| (n, p, p + 1, (p % 251 + 1) as f32))).collect();
    folder.bigwig("a.bw", &lengths.map(|(n, l)| (n, l as u64)), &values);
    folder.write("a.bed", "chr1\t60\t120\n");
    folder
        .build(
            r#"
            kind = "coverage"
            window_bp = 60
            input_bp = 40
            bin_bp = 8
            tracks = [ { name = "a", bigwig = "a.bw", peaks = "a.bed" } ]
            split = { valid = ["chr2"], test = ["chr3"] }
            "#,
        )
        .unwrap()
}

fn signal(position: u64) -> f32 {
    (position % 251 + 1) as f32
}

fn all(source: &dyn BatchSource, pass: Pass, size: usize) -> Vec<TargetBatch> {
    source.batches(pass, size).map(Result::unwrap).collect()
}

#[test]
fn evaluation_is_the_centre_in_stored_order() {
    let folder = Folder::new();
    let dataset = dataset(&folder);
    let source = dataset.source(Split::Train, &dataset.source_options(1)).unwrap();
    assert_eq!((source.samples(), source.target().bins, source.target().bin_bp), (40, 5, 8));
    let batches = all(&source, Pass::Evaluate, 16);
    assert_eq!(batches.iter().map(|b| b.sequences.len()).collect::<Vec<_>>(), [16, 16, 8]);
    let window = &batches[1].sequences.windows[2];
    assert_eq!(window.name, "chr1:1080-1140");
    let interval = window.interval.clone().unwrap();
    assert_eq!(interval.to_string(), "chr1:1090-1130");
    assert_eq!(batches[1].sequences.codes.row(2).to_vec(), dataset.codes(18)[10..50]);
    for bin in 0..5u64 {
        let mean = (0..8).map(|i| signal(1090 + bin * 8 + i)).sum::<f32>() / 8.0;
        assert!((batches[1].targets[[2, 0, bin as usize]] - mean).abs() < 1e-4);
    }
}

#[test]
fn training_is_shuffled_cropped_and_turned_by_sample() {
    let folder = Folder::new();
    let dataset = dataset(&folder);
    let mut options = dataset.source_options(5);
    (options.reverse_complement, options.random_shift) = (true, true);
    let source = dataset.source(Split::Train, &options).unwrap();
    let genome = alphabet::encode(&letters(2400 + 4 + u64::from(b'1'), 2400)).unwrap();
    let (mut reversed, mut offsets, mut total) = (0, [0u32; 21], 0);
    for epoch in 0..30 {
        let batches = all(&source, Pass::Train { epoch }, 10);
        assert_eq!(batches.len(), 4);
        let mut names: Vec<String> = Vec::new();
        for batch in &batches {
            for (row, window) in batch.sequences.windows.iter().enumerate() {
                names.push(window.name.clone());
                let interval = window.interval.clone().unwrap();
                let (start, end) = (interval.start_0, interval.end_0);
                let stored: u64 = window.name["chr1:".len()..].split('-').next().unwrap().parse().unwrap();
                offsets[(start - stored) as usize] += 1;
                let codes = batch.sequences.codes.row(row).to_vec();
                let forward = &genome[start as usize..end as usize];
                let turned = codes != forward;
                if turned {
                    let mut other = forward.to_vec();
                    alphabet::reverse_complement(&mut other);
                    assert_eq!(codes, other);
                    reversed += 1;
                }
                total += 1;
                for bin in 0..5u64 {
                    let at = if turned { 4 - bin } else { bin };
                    let mean = (0..8).map(|i| signal(start + at * 8 + i)).sum::<f32>() / 8.0;
                    assert!((batch.targets[[row, 0, bin as usize]] - mean).abs() < 1e-4);
                }
            }
        }
        let order = names.clone();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 40, "every window once");
        let again: Vec<String> = all(&source, Pass::Train { epoch }, 8)
            .iter()
            .flat_map(|b| b.sequences.windows.iter().map(|w| w.name.clone()))
            .collect();
        assert_eq!(again, order, "the batch size does not change the order");
    }
    // 1,200 fair coins: 600 ± 5 standard deviations (17.3); offsets 0 … 20 each 57 ± 5 × 7.4
    assert!((514..686).contains(&reversed), "{reversed}");
    assert!(offsets.iter().all(|&n| (20..95).contains(&n)), "{offsets:?}");
    assert_eq!(total, 1200);
}

#[test]
fn passes_repeat_bit_for_bit_and_depend_on_the_seed() {
    let folder = Folder::new();
    let dataset = dataset(&folder);
    let run = |seed, epoch| {
        let mut options = dataset.source_options(seed);
        (options.reverse_complement, options.random_shift) = (true, true);
        let source = dataset.source(Split::Train, &options).unwrap();
        all(&source, Pass::Train { epoch }, 7).into_iter().map(|b| (b.sequences, b.targets)).collect::<Vec<_>>()
    };
    assert_eq!(run(1, 0), run(1, 0));
    assert_ne!(run(1, 0), run(1, 1));
    assert_ne!(run(1, 0), run(2, 0));
    assert_eq!(run(1, 0).len(), 5, "the last, smaller batch is dropped");
}

#[test]
fn one_small_batch_is_kept_and_walks_can_be_left_early() {
    let folder = Folder::new();
    let dataset = dataset(&folder);
    let source = dataset.source(Split::Test, &dataset.source_options(0)).unwrap();
    let batches = all(&source, Pass::Train { epoch: 0 }, 64);
    assert_eq!((batches.len(), batches[0].sequences.len()), (1, 10));
    let mut walk = source.batches(Pass::Evaluate, 1);
    assert!(walk.next().is_some());
    drop(walk);
    let none = dataset.source_of_rows(Vec::new(), &dataset.source_options(0)).unwrap();
    assert_eq!(all(&none, Pass::Evaluate, 4).len() + all(&none, Pass::Train { epoch: 0 }, 4).len(), 0);
}

#[test]
fn labels_and_transforms() {
    let folder = Folder::new();
    let dataset = dataset(&folder);
    let mut options = dataset.source_options(0);
    options.target = TargetKind::Binary;
    let source = dataset.source(Split::Train, &options).unwrap();
    assert_eq!((source.target().bins, source.target().bin_bp), (1, 40));
    let batch = &all(&source, Pass::Evaluate, 40)[0];
    let labels: Vec<f32> = batch.targets.iter().copied().collect();
    assert_eq!(labels.iter().sum::<f32>(), 1.0);
    assert_eq!(labels[1], 1.0);
    let mut options = dataset.source_options(0);
    options.transforms[0].steps = vec!["log1p".parse().unwrap()];
    let logs = &all(&dataset.source(Split::Test, &options).unwrap(), Pass::Evaluate, 1)[0];
    let raw = &all(&dataset.source(Split::Test, &dataset.source_options(0)).unwrap(), Pass::Evaluate, 1)[0];
    assert_eq!(logs.targets, raw.targets.mapv(f32::ln_1p));
}

#[test]
fn options_that_do_not_fit_say_what_to_change() {
    let folder = Folder::new();
    let dataset = dataset(&folder);
    let error = |change: &dyn Fn(&mut cistron_data::SourceOptions)| {
        let mut options = dataset.source_options(0);
        change(&mut options);
        dataset.source(Split::Train, &options).unwrap_err().to_string()
    };
    assert!(error(&|o| o.input_bp = 61).contains("stored window_bp = 60"));
    assert!(error(&|o| o.bin_bp = 7).contains("does not divide"));
    assert!(error(&|o| o.target = TargetKind::Scalar).contains("dataset.target = \"scalar\""));
    assert!(error(&|o| o.transforms[0].steps = vec!["scale-by-mean".parse().unwrap()]).contains("mean that scales"));
}

/// Not a test of a limit: prints the loader's speed (`--nocapture`).
#[test]
fn loader_speed() {
    let folder = Folder::new();
    folder.genome(&[("chr1", letters(1, 3_072_000)), ("chr2", letters(2, 4_000)), ("chr3", letters(3, 4_000))]);
    let sizes = [("chr1", 3_072_000), ("chr2", 4_000), ("chr3", 4_000)];
    let values: Vec<(&str, u32, u32, f32)> = sizes
        .iter()
        .flat_map(|&(n, l)| (0..l as u32 / 40).map(move |p| (n, p * 40, p * 40 + 40, (p % 17 + 3) as f32)))
        .collect();
    folder.bigwig("a.bw", &sizes, &values);
    let tracks: Vec<String> = (0..4).map(|i| format!("{{ name = \"t{i}\", bigwig = \"a.bw\" }}")).collect();
    let study = format!(
        "kind = \"coverage\"\ntracks = [{}]\nsplit = {{ valid = [\"chr2\"], test = [\"chr3\"] }}",
        tracks.join(", ")
    );
    let start = std::time::Instant::now();
    let dataset = folder.build(&study).unwrap();
    let build = start.elapsed();
    let mut options = dataset.source_options(5);
    (options.reverse_complement, options.random_shift) = (true, true);
    let source = dataset.source(Split::Train, &options).unwrap();
    let start = std::time::Instant::now();
    let mut samples = 0;
    for epoch in 0..10 {
        samples += source.batches(Pass::Train { epoch }, 64).map(|b| b.unwrap().sequences.len()).sum::<usize>();
    }
    let rate = samples as f64 / start.elapsed().as_secs_f64();
    eprintln!(
        "built {} windows × 4 tracks in {build:.2?}; loader {rate:.0} samples/s (2048 bp, 4 tracks)",
        dataset.len()
    );
    assert_eq!(samples, 10 * 960);
}

/// Peak memory of a build of 300 Mb × 2 tracks (2.4 GB of signal). Alone in its process:
/// `cargo test --release -p cistron-data --test it -- --ignored --nocapture memory`.
#[test]
#[ignore = "writes 3 GB"]
fn memory_does_not_grow_with_the_genome() {
    let folder = Folder::new();
    let lengths = [("chr1", 150_000_000u64), ("chr2", 100_000_000), ("chr3", 50_000_000)];
    let mut fasta = std::io::BufWriter::new(std::fs::File::create(folder.path("genome.fa")).unwrap());
    for (i, (name, length)) in lengths.iter().enumerate() {
        use std::io::Write;
        writeln!(fasta, ">{name}").unwrap();
        for block in 0..length / 1_000_000 {
            let block = letters(i as u64 * 1000 + block, 1_000_000);
            for line in block.chunks(60) {
                fasta.write_all(line).unwrap();
                fasta.write_all(b"\n").unwrap();
            }
        }
    }
    drop(fasta);
    let contigs: Vec<_> =
        lengths.iter().map(|&(n, length_bp)| cistron_genome::Contig { name: n.into(), length_bp }).collect();
    let values = lengths
        .into_iter()
        .flat_map(|(n, l)| (0..l as u32 / 25).map(move |p| (n.to_owned(), p * 25, p * 25 + 25, (p % 17 + 1) as f32)));
    cistron_genome::write_bigwig(&folder.path("a.bw"), &contigs, values).unwrap();
    let before = cistron_core::peak_memory_bytes().unwrap() >> 20;
    let study = "kind = \"coverage\"\ntracks = [ { name = \"a\", bigwig = \"a.bw\" }, { name = \"b\", bigwig = \"a.bw\" } ]\nsplit = { valid = [\"chr2\"], test = [\"chr3\"] }";
    let start = std::time::Instant::now();
    let options = folder.options(study);
    let manifest = cistron_data::build(&options, &folder.path("out"), &cistron_core::SilentReporter).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let peak = cistron_core::peak_memory_bytes().unwrap() >> 20;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let now: Vec<&str> = status.lines().filter(|l| l.starts_with("Rss")).collect();
    eprintln!(
        "{} windows × 2 tracks in {seconds:.1} s; peak {peak} MiB ({before} MiB before); now {now:?}",
        manifest.windows
    );
    assert!(peak < 250, "not the genome, nor the signal, stays in memory");
}
