//! `cistron motif`: toys with known answers, real data where present, and bad input.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use cistron_core::npy::NpyWriter;
use support::{cistron, decompressed, shared, small_study, stderr};

const JASPAR: &str = ">M1 toy\nA [ 50 50 0 0 0 0 ]\nC [ 0 0 50 0 0 0 ]\nG [ 0 0 0 50 50 50 ]\nT [ 0 0 0 0 0 0 ]\n";

#[test]
fn sites_are_found_on_both_strands_and_formats_agree() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("m.jaspar"), JASPAR).unwrap();
    // Lower case and ambiguity letters are sequence; a site with an N is none.
    fs::write(dir.path().join("s.fa"), ">one note\nTTAACGGGTT\nCCCGTTRAACGNGG\n>two\nttaacgggtt\n").unwrap();
    let scan = |motifs: &str| {
        let output = cistron(
            &["-q", "motif", "scan", "--motifs", motifs, "--sequences", "s.fa", "--p-value", "3e-4"],
            dir.path(),
        );
        assert!(output.status.success(), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let table = scan("m.jaspar");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|l| l.split('\t').collect()).collect();
    let places: Vec<[&str; 5]> = rows.iter().map(|r| [r[0], r[1], r[2], r[3], r[5]]).collect();
    let expected = [["one", "2", "8", "M1", "+"], ["one", "10", "16", "M1", "-"], ["two", "2", "8", "M1", "+"]];
    assert_eq!(places, expected, "{table}");
    // One of 4^6 sequences; three hits of 2 · (24 − 5 + 10 − 5) tests.
    assert!(rows.iter().all(|r| r[7] == "0.000244140625" && r[8] == "0.00390625"), "{table}");

    for format in ["meme", "homer", "transfac", "jaspar"] {
        let converted = cistron(&["motif", "convert", "m.jaspar", "--to", format, "--out", "converted"], dir.path());
        assert!(converted.status.success(), "{}", stderr(&converted));
        let again = scan("converted");
        let places =
            |t: &str| t.lines().map(|l| l.split('\t').take(3).map(str::to_owned).collect()).collect::<Vec<Vec<_>>>();
        assert_eq!(places(&again), places(&table), "{format}");
    }
}

#[test]
fn bad_input_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("m.jaspar", JASPAR);
    write("short.jaspar", ">M1 toy\nA [ 1 2 ]\nC [ 1 ]\nG [ 1 2 ]\nT [ 1 2 ]\n");
    write("zero.jaspar", ">M1 toy\nA [ 0 ]\nC [ 0 ]\nG [ 0 ]\nT [ 0 ]\n");
    write("s.fa", ">one\nACGTACGTACGT\n");
    write("bad.fa", ">one\nACGT!\n");
    write("empty.fa", "");
    write("short.fa", ">one\nACG\n");
    write("s.bed", "one\t0\t5\n");
    for (motifs, fasta, p, part) in [
        ("none.jaspar", "s.fa", "1e-4", "none.jaspar: cannot read the motifs"),
        ("short.jaspar", "s.fa", "1e-4", "short.jaspar: line 1: the rows of matrix M1 differ in length"),
        ("zero.jaspar", "s.fa", "1e-4", "column 1 has no counts"),
        ("s.fa", "s.fa", "1e-4", "s.fa: line 1: matrix one has 1 rows"),
        ("m.jaspar", "bad.fa", "1e-4", "bad.fa"),
        ("m.jaspar", "empty.fa", "1e-4", "empty.fa"),
        ("m.jaspar", "s.fa", "0", "--p-value: lies in (0, 1]"),
        ("m.jaspar", "short.fa", "1e-4", "motif M1 has 6 positions, and every sequence is shorter"),
        ("m.jaspar", "s.bed", "1e-4", "add --genome FASTA"),
    ] {
        let output = cistron(&["motif", "scan", "--motifs", motifs, "--sequences", fasta, "--p-value", p], dir.path());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(part), "{part}: {}", stderr(&output));
    }
}

fn table(text: &str) -> Vec<Vec<String>> {
    text.lines().skip(1).map(|l| l.split('\t').map(str::to_owned).collect()).collect()
}

fn run(args: &[&str], dir: &Path) -> String {
    let output = cistron(args, dir);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Numbers that look random.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn letters(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| b"ACGT"[self.below(4) as usize]).collect()
    }
}

#[test]
fn places_of_a_bed_are_those_of_the_genome() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("m.jaspar"), JASPAR).unwrap();
    fs::write(dir.path().join("g.fa"), ">c\nTTTTTTTTTTAACGGGTTTTCCCGTTTTTT\n").unwrap();
    fs::write(dir.path().join("r.bed"), "c\t5\t28\n").unwrap();
    let scan = [
        "-q",
        "motif",
        "scan",
        "--motifs",
        "m.jaspar",
        "--sequences",
        "r.bed",
        "--genome",
        "g.fa",
        "--p-value",
        "3e-4",
    ];
    let rows = table(&run(&scan, dir.path()));
    let places: Vec<(&str, &str, &str, &str)> =
        rows.iter().map(|r| (r[0].as_str(), r[1].as_str(), r[2].as_str(), r[5].as_str())).collect();
    assert_eq!(places, [("c", "10", "16", "+"), ("c", "20", "26", "-")]);
    let bed = [&scan[..], &["--out", "h.bed"]].concat();
    run(&bed, dir.path());
    assert_eq!(
        fs::read_to_string(dir.path().join("h.bed")).unwrap(),
        "c\t10\t16\ttoy\t361\t+\nc\t20\t26\ttoy\t361\t-\n"
    );
    run(&[&scan[..], &["--out", "h.parquet"]].concat(), dir.path());
    assert!(fs::read(dir.path().join("h.parquet")).unwrap().starts_with(b"PAR1"));
    // Called against given: one of two is right.
    fs::write(dir.path().join("given.bed"), "c\t9\t15\ttoy\nc\t0\t4\ttoy\n").unwrap();
    let report = run(&["-q", "motif", "overlap", "--called", "h.bed", "--given", "given.bed"], dir.path());
    assert_eq!(table(&report)[0][..5], ["all", "2", "2", "0.5", "0.5"]);
    // A background from the sequence changes the p-values; a file of it gives the same as its order.
    let with = |more: &[&str]| run(&[&scan[..], more].concat(), dir.path());
    let background = run(&["-q", "motif", "background", "--sequences", "g.fa", "--order", "1"], dir.path());
    fs::write(dir.path().join("b.txt"), &background).unwrap();
    assert!(background.lines().count() == 22 && with(&["--background", "b.txt"]) != with(&[]));
    let missing = cistron(&[&scan[..8], &["m.jaspar"]].concat(), dir.path());
    assert_eq!(missing.status.code(), Some(2), "{}", stderr(&missing));
}

/// Positives with GATAAGATC or its other strand in half of them.
fn planted(dir: &Path) {
    let mut numbers = Numbers(3);
    let (mut positives, mut negatives) = (String::new(), String::new());
    for i in 0..400 {
        let mut letters = numbers.letters(100);
        negatives += &format!(">n{i}\n{}\n", String::from_utf8(numbers.letters(100)).unwrap());
        if i % 2 == 0 {
            let site: &[u8] = if i % 4 == 0 { b"CGATAAGATC" } else { b"GATCTTATCG" };
            letters[30..40].copy_from_slice(site);
        }
        positives += &format!(">p{i}\n{}\n", String::from_utf8(letters).unwrap());
    }
    fs::write(dir.join("p.fa"), positives).unwrap();
    fs::write(dir.join("n.fa"), negatives).unwrap();
    // The site, and one that is not there.
    let rows = |site: &str, id: &str| {
        let row = |base: char| site.chars().map(|c| if c == base { " 90" } else { " 3" }).collect::<String>();
        format!(">{id} {id}\nA [{} ]\nC [{} ]\nG [{} ]\nT [{} ]\n", row('A'), row('C'), row('G'), row('T'))
    };
    fs::write(dir.join("two.jaspar"), rows("CGATAAGATC", "there") + &rows("TGACTCAGCA", "absent")).unwrap();
}

#[test]
fn planted_sites_are_enriched_discovered_and_matched() {
    let dir = tempfile::tempdir().unwrap();
    planted(dir.path());
    for negatives in [&["--negatives", "n.fa"][..], &[]] {
        let enrich =
            [&["-q", "motif", "enrich", "--motifs", "two.jaspar", "--positives", "p.fa"][..], negatives].concat();
        let rows = table(&run(&enrich, dir.path()));
        assert_eq!((rows[0][0].as_str(), rows[1][0].as_str()), ("there", "absent"));
        let q = |i: usize| rows[i][11].parse::<f64>().unwrap();
        assert!(q(0) < 1e-10 && q(1) > 0.01, "{rows:?}");
        // Half of the positives have it; 200 of them, drawn at random, are tested.
        let with: u32 = rows[0][3].parse().unwrap();
        assert!((80..=120).contains(&with) && rows[0][4] == "200", "{rows:?}");
    }
    let discover = [
        "-q",
        "motif",
        "discover",
        "--positives",
        "p.fa",
        "--motifs",
        "3",
        "--database",
        "two.jaspar",
        "--out",
        "found",
    ];
    run(&discover, dir.path());
    let rows = table(&fs::read_to_string(dir.path().join("found/motifs.tsv")).unwrap());
    let (q, width): (f64, usize) = (rows[0][15].parse().unwrap(), rows[0][2].parse().unwrap());
    assert!(rows[0][16] == "there" && q < 1e-4 && (8..=12).contains(&width), "{rows:?}");
    assert!(rows[1..].iter().all(|r| r[15].parse::<f64>().unwrap() > 0.01), "{rows:?}");
    assert!(dir.path().join("found/logos/motif_1.svg").is_file());
    let matched = [
        "-q",
        "motif",
        "match",
        "--motifs",
        "found/motifs.meme",
        "--database",
        "two.jaspar",
        "--logos",
        "l",
        "--logo-format",
        "png",
    ];
    let rows = table(&run(&matched, dir.path()));
    assert_eq!(rows[0][2], "there");
    let png = fs::read(dir.path().join("l/motif_1__there.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG"));
    run(&["-q", "motif", "logo", "two.jaspar", "--out", "logos"], dir.path());
    assert!(fs::read_to_string(dir.path().join("logos/absent.svg")).unwrap().contains("<svg"));
    // Too few to hold any out.
    fs::write(dir.path().join("few.fa"), ">a\nACGTACGTACGT\n>b\nACGTACGTACGT\n").unwrap();
    let few = cistron(&["motif", "discover", "--positives", "few.fa", "--out", "none"], dir.path());
    assert!(
        few.status.code() == Some(2) && stderr(&few).contains("2 positive sequences are too few"),
        "{}",
        stderr(&few)
    );
    assert!(!dir.path().join("none").exists());
    // A database that holds nothing alike: the best match is given with its q-value, and none counts.
    fs::write(dir.path().join("even.jaspar"), ">E e\nA [ 5 5 5 ]\nC [ 5 5 5 ]\nG [ 5 5 5 ]\nT [ 5 5 5 ]\n").unwrap();
    let none = cistron(&["motif", "match", "--motifs", "two.jaspar", "--database", "even.jaspar"], dir.path());
    assert!(none.status.success() && stderr(&none).contains("0 of 2 motifs have a match"), "{}", stderr(&none));
}

/// Maps in which GATAAGATC or TGACTCAG contributes, as `[sequences, 4, length]`.
fn maps(dir: &Path, sequences: usize, value: impl Fn(f32) -> f32) {
    let length = 150;
    let mut numbers = Numbers(5);
    let (mut one_hot, mut hypothetical) = (vec![0u8; sequences * 4 * length], vec![0f32; sequences * 4 * length]);
    for s in 0..sequences {
        let mut letters = numbers.letters(length);
        let site: &[u8] = if s % 2 == 0 { b"AGATAAGATC" } else { b"TGACTCAGCC" };
        let at = 60 + numbers.below(20) as usize;
        letters[at..at + 10].copy_from_slice(site);
        for (i, letter) in letters.iter().enumerate() {
            let base = b"ACGT".iter().position(|l| l == letter).unwrap();
            one_hot[(s * 4 + base) * length + i] = 1;
            for b in 0..4 {
                let noise = numbers.below(1000) as f32 / 1000.0 - 0.5;
                let site = if (at..at + 10).contains(&i) { if b == base { 0.5 } else { -0.2 } } else { 0.0 };
                hypothetical[(s * 4 + b) * length + i] = value(site + 0.02 * noise);
            }
        }
    }
    let shape = [sequences as u64, 4, length as u64];
    let writer = NpyWriter::<u8>::create(&dir.join("ohe.npy"), &shape).unwrap();
    writer.write_rows(0, &one_hot).unwrap();
    writer.finish().unwrap();
    let writer = NpyWriter::<f32>::create(&dir.join("hyp.npy"), &shape).unwrap();
    writer.write_rows(0, &hypothetical).unwrap();
    writer.finish().unwrap();
}

#[test]
fn attribution_maps_become_seqlets_and_patterns() {
    let dir = tempfile::tempdir().unwrap();
    maps(dir.path(), 400, |v| v);
    let input = ["--sequences", "ohe.npy", "--attributions", "hyp.npy"];
    let seqlets = run(&[&["-q", "motif", "seqlets"], &input[..], &["--method", "fixed"]].concat(), dir.path());
    // Ten bases of 0.5 each: every sequence has one seqlet with the whole site.
    let whole: Vec<String> =
        table(&seqlets).into_iter().filter(|s| s[3].parse::<f64>().unwrap() > 4.5).map(|s| s[0].clone()).collect();
    assert_eq!(whole, (0..400).map(|e| e.to_string()).collect::<Vec<_>>());
    let recursive = run(&[&["-q", "motif", "seqlets"], &input[..]].concat(), dir.path());
    assert!(table(&recursive).len() >= 300);
    let output = cistron(&[&["motif", "patterns"], &input[..], &["--out", "found"]].concat(), dir.path());
    let told = stderr(&output);
    assert!(
        output.status.success() && told.contains("no negative patterns: 0 seqlets are fewer than the 100"),
        "{told}"
    );
    let meme = fs::read_to_string(dir.path().join("found/patterns.meme")).unwrap();
    assert_eq!(meme.matches("MOTIF ").count(), 2, "{meme}");
    let hits = table(&fs::read_to_string(dir.path().join("found/hits.tsv")).unwrap());
    let within =
        hits.iter().filter(|h| h[1].parse::<u32>().unwrap() >= 56 && h[2].parse::<u32>().unwrap() <= 94).count();
    assert!((350..=420).contains(&hits.len()) && within == hits.len(), "{} {within}", hits.len());
    let page = fs::read_to_string(dir.path().join("found/report.html")).unwrap();
    assert!(
        page.contains("Positive: 2 patterns") && !page.contains("http://")
            || page.matches("http").count() == page.matches("http://www.w3.org/2000/svg").count()
    );
    assert!(fs::read(dir.path().join("found/patterns.h5")).unwrap().starts_with(b"\x89HDF\r\n"));
}

#[test]
fn maps_of_zeros_and_of_nan_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    for (value, part) in
        [(0.0, "every contribution is 0"), (f32::NAN, "sequence 1, position 1: the contribution is not a number")]
    {
        maps(dir.path(), 30, |_| value);
        let args = ["motif", "patterns", "--sequences", "ohe.npy", "--attributions", "hyp.npy", "--out", "found"];
        let output = cistron(&args, dir.path());
        assert!(output.status.code() == Some(2) && stderr(&output).contains(part), "{}", stderr(&output));
        assert!(!dir.path().join("found").exists());
    }
    // Few sequences: an empty result that says why.
    maps(dir.path(), 30, |v| v);
    let args = ["motif", "patterns", "--sequences", "ohe.npy", "--attributions", "hyp.npy", "--out", "found"];
    let output = cistron(&args, dir.path());
    assert!(
        output.status.success() && stderr(&output).contains("fewer than the 100 that patterns need"),
        "{}",
        stderr(&output)
    );
    assert!(fs::read_to_string(dir.path().join("found/report.html")).unwrap().contains("fewer than the 100"));
}

#[test]
fn filters_of_a_trained_network() {
    let dir = tempfile::tempdir().unwrap();
    small_study(dir.path(), 1);
    run(&["-q", "train", "small.toml", "--out", "run"], dir.path());
    fs::write(dir.path().join("places.bed"), "chr3\t1000\t1384\nchr3\t5000\t5384\nchr3\t9000\t9384\n").unwrap();
    planted(dir.path());
    let filters = |width: &str| {
        let args = [
            "motif",
            "filters",
            "run/models/residualbind-32",
            "--sequences",
            "places.bed",
            "--genome",
            "genome/genome.fa",
            "--width",
            width,
            "--database",
            "two.jaspar",
            "--out",
            "filters",
        ];
        cistron(&args, dir.path())
    };
    let output = filters("384");
    assert!(output.status.success() && stderr(&output).contains("hit ratio"), "{}", stderr(&output));
    let rows = table(&fs::read_to_string(dir.path().join("filters/filters.tsv")).unwrap());
    // 256 × 0.02 filters, in fours.
    assert_eq!(rows.len(), 4, "{rows:?}");
    let importance: Vec<f64> = rows.iter().map(|r| r[1].parse().unwrap()).collect();
    assert!(importance.windows(2).all(|w| w[0] >= w[1]) && importance[0] > 0.0, "{importance:?}");
    let wrong = filters("200");
    assert!(wrong.status.code() == Some(2) && stderr(&wrong).contains("the network takes 384"), "{}", stderr(&wrong));
}

#[test]
fn real_sets_name_their_motifs() {
    let dir = tempfile::tempdir().unwrap();
    let text = |p: PathBuf| p.to_str().unwrap().to_owned();
    let Some(jaspar) = shared("D_motifs/JASPAR2024_CORE_vertebrates_nr.jaspar.gz").map(text) else { return };
    let chip = |name: &str| shared(&format!("E_chip_classification/{name}")).map(text);
    // The strongest motif, and the q-value of the factor's own.
    let enriched = |sets: &[&str], own: &str| {
        let args = [&["-q", "motif", "enrich", "--motifs", &jaspar][..], sets].concat();
        let rows = table(&run(&args, dir.path()));
        let q_value = |row: &[String]| row[11].parse::<f64>().unwrap();
        assert!(q_value(&rows[0]) < 1e-20, "{:?}", rows[0]);
        let own = rows.iter().find(|row| row[1] == own).unwrap();
        assert!(q_value(own) < 0.01, "{own:?}");
        rows[0][1].clone()
    };
    if let Some(ctcf) = chip("ctcf_demo.fa.gz") {
        assert_eq!(enriched(&["--positives", &ctcf, "--most", "1000"], "CTCF"), "CTCF");
    }
    // Nanog binds with OCT4 and SOX2, whose joint motif is the strongest there.
    if let (Some(with), Some(without)) =
        (chip("nanog_h1esc_positives_train.fa.gz"), chip("nanog_h1esc_negatives_train.fa.gz"))
    {
        let name = enriched(&["--positives", &with, "--negatives", &without], "Nanog");
        assert!(["Pou5f1::Sox2", "POU2F1::SOX2"].contains(&name.as_str()), "{name}");
    }
    // lsgkm's example is called Nfe2; its sequences hold CACGTG (492 of 644 against 25), TGACTCA hardly (43 against 16).
    if let (Some(with), Some(without)) = (chip("lsgkm_Gm12878_Nfe2_tr.fa.gz"), chip("lsgkm_Gm12878_Nfe2_neg.tr.fa.gz"))
    {
        let name = enriched(&["--positives", &with, "--negatives", &without], "MAF::NFE2");
        let ebox = ["TFE3", "TFEC", "USF1", "USF2", "Arntl", "MITF", "TFEB"];
        assert!(ebox.contains(&name.as_str()), "{name}");
    }
    // The negatives of FastSK's JUND set hold fewer G and C: boxes of them are the strongest.
    if let Some(jund) = chip("fastsk_JUND.train.fasta.gz") {
        let labels = ["--positives", &jund, "--positive-label", "1", "--negative-label", "0"];
        let name = enriched(&labels, "FOSL1::JUND");
        assert!(name.starts_with("KLF") || name.starts_with("SP"), "{name}");
    }
}

#[test]
fn yeast_chip_exo_gives_its_motifs() {
    let dir = tempfile::tempdir().unwrap();
    let tracks = |name: &str| shared(&format!("B_genome_tracks/{name}"));
    let Some(peaks) = tracks("rossi2021_chipexo_peaks_shared_factors_sacCer3.bed.gz") else { return };
    let Some(genome) = tracks("sacCer3_nuclear.fa.gz") else { return };
    let Some(sizes) = tracks("sacCer3_nuclear.chrom.sizes") else { return };
    let Some(motifs) = shared("D_motifs/SwissRegulon_s_cer.meme.gz") else { return };
    for (factor, names) in [("Reb1", &["REB1"][..]), ("Rap1", &["RAP1"]), ("Cbf1", &["CBF1", "RTG3", "TYE7"])] {
        let own = String::from_utf8(decompressed(&peaks)).unwrap();
        let own: String =
            own.lines().filter(|l| l.split('\t').nth(3) == Some(factor)).map(|l| format!("{l}\n")).collect();
        fs::write(dir.path().join("own.bed"), own).unwrap();
        let args = [
            "-q",
            "motif",
            "discover",
            "--positives",
            "own.bed",
            "--genome",
            genome.to_str().unwrap(),
            "--width",
            "50",
            "--gc-matched",
            "--motifs",
            "1",
            "--database",
            motifs.to_str().unwrap(),
            "--out",
            "found",
        ];
        run(&args, dir.path());
        let rows = table(&fs::read_to_string(dir.path().join("found/motifs.tsv")).unwrap());
        let number = |i: usize| rows[0][i].parse::<f64>().unwrap();
        // Sites in more than a third of the peaks held out, and in at most one in twenty random places.
        assert!(names.contains(&rows[0][16].as_str()) && number(15) < 0.01, "{rows:?}");
        assert!(number(9) / number(10) > 0.35 && number(11) / number(12) <= 0.05, "{rows:?}");
        // Where a scan finds it: in 37 % of the peaks or more, in less than 1 % of places anywhere.
        fs::write(dir.path().join("anywhere.bed"), anywhere(&sizes, 2000)).unwrap();
        let share = |places: &str| {
            let args = ["-q", "motif", "scan", "--motifs", "found/motifs.meme", "--sequences", places, "--width", "50"];
            let args = [&args[..], &["--genome", genome.to_str().unwrap()]].concat();
            let hits: Vec<(String, u64)> = table(&run(&args, dir.path()))
                .into_iter()
                .map(|row| (row[0].clone(), row[1].parse().unwrap()))
                .collect();
            let places = fs::read_to_string(dir.path().join(places)).unwrap();
            let with_hit = |place: &&str| {
                let mut fields = place.split('\t');
                let (contig, at) = (fields.next().unwrap(), fields.next().unwrap().parse::<u64>().unwrap());
                hits.iter().any(|(c, start)| c == contig && (at - 25..at + 25).contains(start))
            };
            places.lines().filter(with_hit).count() as f64 / places.lines().count() as f64
        };
        let (peaks, others) = (share("own.bed"), share("anywhere.bed"));
        assert!(peaks >= 0.37 && others < 0.01, "{factor}: {peaks} of peaks, {others} of other places");
    }
}

/// So many places of 1 bp spread over a genome at equal distances, as BED; `sizes` has a line for each contig.
fn anywhere(sizes: &Path, count: usize) -> String {
    let sizes = fs::read_to_string(sizes).unwrap();
    let contigs = || sizes.lines().map(|l| l.split_once('\t').unwrap()).map(|(name, n)| (name, n.parse().unwrap()));
    let step = contigs().map(|(_, length): (_, usize)| length).sum::<usize>() / count;
    let places = |(name, length): (&str, usize)| -> String {
        (step / 2..length - 30).step_by(step).map(|at| format!("{name}\t{at}\t{}\n", at + 1)).collect()
    };
    contigs().map(places).collect()
}
