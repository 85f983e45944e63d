//! GOPHER's further evaluations and variant effects through the command, on a small simulated genome.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{cistron, decompressed, shared, small_study, stderr, tsv};

/// The small study with a model at a coarser bin, a binary one, and every evaluation.
fn gopher_study(dir: &Path) {
    small_study(dir, 1);
    let mut study = fs::read_to_string(dir.join("small.toml")).unwrap();
    for n in [1, 2] {
        let signal = format!("bigwig = \"genome/cell-type-{n}.bw\"");
        study = study.replace(&signal, &format!("{signal}, peaks = \"genome/cell-type-{n}.narrowPeak\""));
    }
    study += r#"
[[model]]
name = "coarse"
preset = "residualbind-32"
width_factor = 0.02
bin_bp = 128
[model.train]
loss = "mse-pearson"
loss_weights = [1.0, 2.0]
augment = []
select = { coverage_above = 0.5 }

[[model]]
name = "binary"
preset = "residual-binary"
target = "binary"
width_factor = 0.02

[[evaluate]]
kind = "robustness"
crops = 4
max_windows = 8
bootstrap_replicates = 100

[[evaluate]]
kind = "resolution"
bootstrap_replicates = 100

[[evaluate]]
kind = "test-selection"
coverage_above = [0.0, 1e9]
bootstrap_replicates = 100

[[evaluate]]
kind = "conversion"
bootstrap_replicates = 100
"#;
    fs::write(dir.join("gopher.toml"), study).unwrap();
}

fn evaluation(dir: &Path, kind: &str) -> Value {
    serde_json::from_slice(&fs::read(dir.join("run/evaluation").join(kind)).unwrap()).unwrap()
}

/// The value of a model's mean over tasks; null when undefined.
fn value(evaluation: &Value, model: &str, metric: &str) -> Option<Value> {
    let rows = evaluation["rows"].as_array().unwrap();
    let is = |r: &&Value| r["model"] == model && r["metric"] == metric && r["task"] == "mean over tasks";
    rows.iter().find(is).map(|r| r["value"].clone())
}

#[test]
fn evaluations_and_variants_of_one_study() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    gopher_study(dir);
    let run = cistron(&["-q", "run", "gopher.toml", "--out", "run"], dir);
    assert!(run.status.success(), "{}", stderr(&run));

    // At the dataset's bin the resolution evaluation repeats the headline.
    let headline = evaluation(dir, "generalisation.json");
    let resolution = evaluation(dir, "resolution.json");
    let r = "pearson_whole_chromosome";
    let own = value(&headline, "residualbind-32", r).unwrap().as_f64().unwrap();
    let same = value(&resolution, "residualbind-32", &format!("{r}_at_32_bp")).unwrap().as_f64().unwrap();
    assert!((own - same).abs() < 1e-9, "{own} {same}");
    assert_eq!(value(&resolution, "coarse", &format!("{r}_at_32_bp")), None, "finer than the model's own bin");
    assert!(value(&resolution, "coarse", &format!("{r}_at_128_bp")).unwrap().is_f64());
    let factor = |metric: &str| value(&resolution, "residualbind-32", metric).unwrap().as_f64().unwrap();
    assert!(factor("mse_scaled_at_32_bp") > 0.0 && factor("scaling_factor_at_32_bp") > 0.0);

    // The binary model enters with its logit as coverage; quantitative ones are scored as peaks.
    let conversion = evaluation(dir, "conversion.json");
    for model in ["residualbind-32", "coarse", "binary"] {
        let auroc = value(&conversion, model, "auroc_on_all").unwrap().as_f64().unwrap();
        assert!((0.0..=1.0).contains(&auroc), "{model}: {auroc}");
        let score = value(&evaluation(dir, "robustness.json"), model, "variation_score").unwrap().as_f64().unwrap();
        assert!((0.0..5.0).contains(&score), "{model}: {score}");
    }
    let selection = evaluation(dir, "test-selection.json");
    assert!(value(&selection, "coarse", "pearson_per_sequence_above_0").unwrap().is_f64());
    // A threshold that leaves no window is null with a reason, and said.
    assert_eq!(value(&selection, "coarse", "pearson_per_sequence_above_1000000000"), Some(Value::Null));
    assert!(selection["notes"][0].as_str().unwrap().contains("no test window is left"), "{selection}");
    let page = fs::read_to_string(dir.join("run/report.html")).unwrap();
    for title in ["Robustness to shifts", "Resolution and scaling", "Test-set selection", "Task conversion"] {
        assert!(page.contains(title), "{title}");
    }

    // Other data under the same model are refused, not silently taken over.
    let text = fs::read_to_string(dir.join("gopher.toml")).unwrap();
    fs::write(dir.join("other.toml"), text.replace("coverage_above = 0.5", "coverage_above = 0.6")).unwrap();
    let other = cistron(&["-q", "train", "other.toml", "--out", "run"], dir);
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("data.select.coverage_above was 0.5"), "{}", stderr(&other));
    fs::write(dir.join("none.toml"), text.replace("coverage_above = 0.5", "coverage_above = 1e9")).unwrap();
    let none = cistron(&["-q", "train", "none.toml", "--out", "fresh"], dir);
    assert_eq!(none.status.code(), Some(2));
    assert!(stderr(&none).contains("train.select leaves none of the"), "{}", stderr(&none));

    score_variants(dir);
    benchmark(dir);
    linked(dir);
}

/// Substitution, insertion, deletion, several and symbolic alleles, and alleles that do not match, on the simulated genome.
fn score_variants(dir: &Path) {
    let genome = fs::read_to_string(dir.join("genome/genome.fa")).unwrap();
    let mut lines = genome.lines();
    let contig = lines.next().unwrap()[1..].split_whitespace().next().unwrap().to_owned();
    let sequence: String = lines.take_while(|l| !l.starts_with('>')).collect();
    let base = |position_1: usize| sequence[position_1 - 1..position_1].to_uppercase();
    let other = |b: &str| if b == "A" { "C" } else { "A" };
    let (at, wrong) = (3000, 3100);
    let (b, w) = (base(at), base(wrong));
    let third = ["A", "C", "G", "T"].into_iter().find(|x| *x != b && *x != other(&b)).unwrap();
    let vcf = format!(
        "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\n{contig}\t{at}\tsnv\t{b}\t{},{third}\n{contig}\t{at}\tins\t{b}\t{b}GGG\n\
         {contig}\t{at}\tdel\t{b}{}\t{b}\n{contig}\t{wrong}\tswap\t{}\t{w}\n{contig}\t{at}\tsym\t{b}\t<DEL>\n\
         none\t5\tmissing\tA\tC\n",
        other(&b),
        base(at + 1),
        other(&w),
    );
    fs::write(dir.join("v.vcf"), vcf).unwrap();
    let args = |mismatch: &'static str, out: &'static str| {
        vec![
            "-q",
            "variants",
            "score",
            "v.vcf",
            "--model",
            "a=run/models/residualbind-32",
            "--model",
            "b=run/models/binary",
            "--genome",
            "genome/genome.fa",
            "--on-mismatch",
            mismatch,
            "--shifts",
            "3",
            "--null",
            "matched",
            "--null-size",
            "20",
            "--out",
            out,
        ]
    };
    let stop = cistron(&args("error", "stop"), dir);
    assert_eq!(stop.status.code(), Some(2));
    assert!(
        stderr(&stop).contains("1 of 7 reference alleles") && stderr(&stop).contains("line 6"),
        "{}",
        stderr(&stop)
    );
    let done = cistron(&args("swap", "effects"), dir);
    assert!(done.status.success(), "{}", stderr(&done));
    let rows = tsv(&dir.join("effects/effects.tsv"));
    let find = |model: &str, id: &str, task: &str| -> Vec<&BTreeMap<String, String>> {
        rows.iter().filter(|r| r["model"] == model && r["id"] == id && r["task"] == task).collect()
    };
    let mean = "mean over tasks";
    assert_eq!(find("a", "snv", mean).len(), 2, "two alternative alleles");
    for id in ["ins", "del", "swap"] {
        let row = find("a", id, mean)[0];
        let number = |column: &str| row[column].parse::<f64>().unwrap_or_else(|_| panic!("{id} {column}: {row:?}"));
        let ratio = (number("alternative_prediction") / number("reference_prediction")).log2();
        assert!((number("log2_ratio") - ratio).abs() < 1e-9);
        assert!(row["robust_log2_ratio"].parse::<f64>().is_ok() && number("p_value") > 0.0 && number("p_value") <= 1.0);
        assert!(row["logit_difference"].is_empty());
    }
    assert_eq!(find("a", "swap", mean)[0]["status"], "swapped");
    assert!(
        find("a", "sym", mean)[0]["status"].contains("symbolic") && find("a", "sym", mean)[0]["log2_ratio"].is_empty()
    );
    assert!(find("a", "missing", mean)[0]["status"].starts_with("no contig"));
    assert!(find("b", "snv", mean)[0]["logit_difference"].parse::<f64>().is_ok());
    assert!(!fs::metadata(dir.join("effects/effects.parquet")).unwrap().is_dir());
}

/// Two elements of the simulated genome; the "measured" effects of one are another table's scores, so that their correlation is 1.
fn benchmark(dir: &Path) {
    let genome = fs::read_to_string(dir.join("genome/genome.fa")).unwrap();
    let sequence: String = genome.lines().skip(1).take_while(|l| !l.starts_with('>')).collect();
    let (mut fasta, mut measured, mut scores) = (
        String::new(),
        "chrom\tpos\tref\talt\telement\tValue\n".to_owned(),
        "chrom\tpos\tref\talt\tscore\n".to_owned(),
    );
    for (name, start) in [("E1", 2000usize), ("E2", 4000)] {
        let piece = &sequence[start..start + 40];
        fasta += &format!(">{name} chrZ:{}-{}\n{piece}\n", start + 1, start + 40);
        for (i, base) in piece.to_uppercase().chars().enumerate() {
            let alternative = if base == 'A' { 'C' } else { 'A' };
            let value = (i * i % 13) as f64 / 7.0;
            let measure = if name == "E2" { "NA".to_owned() } else { value.to_string() };
            measured += &format!("Z\t{}\t{base}\t{alternative}\t{name}\t{measure}\n", start + 1 + i);
            scores += &format!("chrZ\t{}\t{base}\t{alternative}\t{value}\n", start + 1 + i);
        }
    }
    fs::write(dir.join("pieces.fa"), fasta).unwrap();
    fs::write(dir.join("measured.tsv"), &measured).unwrap();
    fs::write(dir.join("scores.tsv"), scores).unwrap();
    let args = [
        "-q",
        "variants",
        "benchmark",
        "measured.tsv",
        "--model",
        "net=run/models/residualbind-32",
        "--scores",
        "oracle=scores.tsv",
        "--pieces",
        "pieces.fa",
        "--shifts",
        "2",
        "--padding",
        "shuffle",
        "--bootstrap-replicates",
        "100",
        "--out",
        "bench",
        "--run",
        "run",
    ];
    let done = cistron(&args, dir);
    assert!(done.status.success(), "{}", stderr(&done));
    let report: Value = serde_json::from_slice(&fs::read(dir.join("bench/benchmark.json")).unwrap()).unwrap();
    let row = |model: &str, task: &str, metric: &str| -> Value {
        let rows = report["rows"].as_array().unwrap();
        rows.iter().find(|r| r["model"] == model && r["task"] == task && r["metric"] == metric).unwrap().clone()
    };
    let oracle = row("oracle", "E1", "pearson_standard");
    assert!((oracle["value"].as_f64().unwrap() - 1.0).abs() < 1e-9 && oracle["windows"] == 40, "{oracle}");
    assert!(row("net", "mean over elements", "pearson_robust")["value"].is_f64());
    let empty = row("net", "E2", "pearson_standard");
    assert!(empty["value"].is_null() && empty["reason"].as_str().unwrap().contains("no variant"), "{empty}");
    let kept = value(&evaluation(dir, "variants.json"), "net", "pearson_standard").unwrap();
    assert_eq!(kept, row("net", "mean over elements", "pearson_standard")["value"]);
    let page = fs::read_to_string(dir.join("bench/report.html")).unwrap();
    assert!(page.contains("E1: measured and predicted effects") && page.contains("Gain of robust predictions"));

    let task = cistron(&[&args[..], &["--task", "nowhere"]].concat(), dir);
    assert_eq!(task.status.code(), Some(2));
    assert!(stderr(&task).contains("has no task \"nowhere\"; it has"), "{}", stderr(&task));
    let missing = cistron(&[&args[..], &["--model", "gone=nowhere"]].concat(), dir);
    assert_eq!(missing.status.code(), Some(2));
    let said = stderr(&missing);
    assert_eq!(said.matches("no model.json").count(), 1, "a cause is told once: {said}");
    other_tasks(dir, &args);
}

/// A model of other tasks is not compared by means over tasks unless that is asked for.
fn other_tasks(dir: &Path, args: &[&str]) {
    let (from, to) = (dir.join("run/models/residualbind-32/model"), dir.join("other"));
    fs::create_dir(&to).unwrap();
    for file in fs::read_dir(&from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    let spec = fs::read_to_string(to.join("model.json")).unwrap();
    fs::write(to.join("model.json"), spec.replacen("\"two\"", "\"three\"", 1)).unwrap();
    let args: Vec<&str> = args.iter().map(|a| if *a == "bench" { "bench-other" } else { a }).collect();
    let args = [&args[..], &["--model", "other=other"]].concat();
    let refused = cistron(&args, dir);
    assert_eq!(refused.status.code(), Some(2));
    let said = stderr(&refused);
    assert!(said.contains("only \"net\" has two, only \"other\" has three"), "{said}");
    assert!(
        said.contains("--task (one)") && said.contains("--own-tasks") && !dir.join("bench-other").exists(),
        "{said}"
    );
    for more in [&["--task", "one"][..], &["--own-tasks"]] {
        let done = cistron(&[&args[..], more].concat(), dir);
        assert!(done.status.success(), "{}", stderr(&done));
    }
}

/// Variants of the benchmark's first piece with effects that an "oracle" knows: its directions are all right, and significant effects are the large
/// ones.
fn linked(dir: &Path) {
    let measured = fs::read_to_string(dir.join("measured.tsv")).unwrap();
    let mut table = "chrom\tpos\tref\talt\tbeta\tfdr\tpreferred\n".to_owned();
    let mut scores = "chrom\tpos\tref\talt\tscore\n".to_owned();
    for (i, line) in measured.lines().skip(1).take(40).enumerate() {
        let variant = line.split('\t').take(4).collect::<Vec<_>>().join("\t");
        let beta = (i as f64 + 1.0) * if i % 3 == 0 { 0.1 } else { -0.1 };
        let allele = if i == 5 { "NA" } else { ["ref", "alt"][usize::from(beta > 0.0)] };
        table += &format!("{variant}\t{beta}\t{}\t{allele}\n", if i < 30 { 0.5 } else { 0.01 });
        scores += &format!("{variant}\t{}\n", 2.0 * beta);
    }
    fs::write(dir.join("linked.tsv"), &table).unwrap();
    fs::write(dir.join("linked_scores.tsv"), scores).unwrap();
    let args = |column: &'static str, out: &'static str| {
        let mut args = vec!["-q", "variants", "qtl", "linked.tsv", "--effect-column", column, "--pieces", "pieces.fa"];
        args.extend(["--model", "net=run/models/residualbind-32", "--scores", "oracle=linked_scores.tsv"]);
        args.extend(["--shifts", "2", "--bootstrap-replicates", "100", "--out", out]);
        args
    };
    let done = cistron(&[&args("beta", "qtl")[..], &["--significance-column", "fdr", "--run", "run"]].concat(), dir);
    assert!(done.status.success(), "{}", stderr(&done));
    let report: Value = serde_json::from_slice(&fs::read(dir.join("qtl/qtl.json")).unwrap()).unwrap();
    assert_eq!((&report["directed"], &report["classified"]), (&10.into(), &40.into()));
    for (metric, truth) in [
        ("direction_auroc_standard", 1.0),
        ("direction_accuracy_standard", 1.0),
        ("pearson_standard", 1.0),
        ("spearman_standard", 1.0),
        ("significance_auroc_standard", 1.0),
    ] {
        let found = report["rows"].as_array().unwrap().iter().find(|r| r["model"] == "oracle" && r["metric"] == metric);
        let value = found.unwrap()["value"].as_f64().unwrap();
        assert!((value - truth).abs() < 1e-9, "{metric}: {value}");
    }
    assert!(value(&evaluation(dir, "qtl.json"), "net", "direction_auroc_robust").is_some());
    let page = fs::read_to_string(dir.join("qtl/report.html")).unwrap();
    assert!(page.contains("robust − standard") && page.contains("10 variants that are significant"));
    assert!(fs::read_to_string(dir.join("qtl/effects.tsv")).unwrap().lines().next().unwrap().ends_with("significance"));

    let words = cistron(&args("preferred", "qtl-words"), dir);
    assert!(words.status.success(), "{}", stderr(&words));
    let report: Value = serde_json::from_slice(&fs::read(dir.join("qtl-words/qtl.json")).unwrap()).unwrap();
    assert_eq!((&report["directed"], &report["classified"]), (&39.into(), &Value::Null));
    let rows = report["rows"].as_array().unwrap();
    assert!(rows.iter().all(|r| r["metric"].as_str().unwrap().starts_with("direction")));

    fs::write(dir.join("linked.tsv"), table.replace("\tNA\n", "\tboth\n")).unwrap();
    let bad = cistron(&args("preferred", "qtl-bad"), dir);
    assert_eq!(bad.status.code(), Some(2));
    assert!(stderr(&bad).contains("linked.tsv:7: preferred: \"both\" is neither ref nor alt"), "{}", stderr(&bad));
}

/// UDACHA's allelic imbalance, lifted to hg19 where CTCF peaks give real sequence: the recipe of docs/variants.md.
#[test]
fn allelic_imbalance_on_real_sequence() {
    let (Some(peaks), Some(table)) =
        (shared("E_chip_classification/ctcf_demo.fa.gz"), shared("F_variants/udacha_HepG2_atac_asa_hg38.tsv.gz"))
    else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut pieces = String::new();
    for line in String::from_utf8(decompressed(&peaks)).unwrap().lines() {
        match line.strip_prefix('>') {
            None => pieces += line,
            Some(name) => {
                let (contig, range) = name.split_once(':').unwrap();
                let (start, end) = range.split_once('-').unwrap();
                pieces += &format!(">{name} {contig}:{}-{end}", start.parse::<u64>().unwrap() + 1);
            }
        }
        pieces += "\n";
    }
    fs::write(dir.join("ctcf.fa"), pieces).unwrap();
    let positions = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/udacha-hg19.tsv")).unwrap();
    let at: BTreeMap<(&str, &str), u64> = positions
        .lines()
        .filter(|l| l.starts_with("chr") && !l.starts_with("chrom"))
        .map(|l| l.split('\t').collect::<Vec<_>>())
        .map(|cells| ((cells[0], cells[1]), cells[2].parse().unwrap()))
        .collect();
    let text = String::from_utf8(decompressed(&table)).unwrap();
    let (mut lines, mut scores) = (String::new(), "chrom\tstart\tref\talt\tscore\n".to_owned());
    for (n, line) in text.lines().enumerate() {
        let mut cells: Vec<&str> = line.split('\t').collect();
        let (start, end);
        if n > 0 {
            let Some(&place) = at.get(&(cells[0], cells[1])) else { continue };
            (start, end) = (place.to_string(), (place + 1).to_string());
            // What UDACHA itself says of the alternative allele, as another tool's prediction.
            let size: f64 = cells[16].parse().unwrap();
            let score = if cells[15] == "alt" { size } else { -size };
            scores += &format!("{}\t{start}\t{}\t{}\t{score}\n", cells[0], cells[6], cells[7]);
            (cells[1], cells[2]) = (&start, &end);
        }
        lines += &(cells.join("\t") + "\n");
    }
    fs::write(dir.join("asa.tsv"), lines).unwrap();
    fs::write(dir.join("scores.tsv"), scores).unwrap();

    small_study(dir, 1);
    let run = cistron(&["-q", "train", "small.toml", "--out", "run"], dir);
    assert!(run.status.success(), "{}", stderr(&run));
    let mut args = vec!["variants", "qtl", "asa.tsv", "--effect-column", "pref_allele", "--pieces", "ctcf.fa"];
    args.extend(["--significance-column", "fdr_comb_pval", "--model", "net=run/models/residualbind-32"]);
    args.extend(["--scores", "udacha=scores.tsv", "--shifts", "0", "--bootstrap-replicates", "100", "--out", "asa"]);
    let strict = cistron(&args, dir);
    assert_eq!(strict.status.code(), Some(2));
    assert!(stderr(&strict).contains("3 of 1283"), "{}", stderr(&strict));
    let done = cistron(&[&args[..], &["--on-mismatch", "swap"]].concat(), dir);
    assert!(done.status.success(), "{}", stderr(&done));
    assert!(stderr(&done).contains("3 variants have the reference's base as their alternative allele"));
    let report: Value = serde_json::from_slice(&fs::read(dir.join("asa/qtl.json")).unwrap()).unwrap();
    assert_eq!((&report["directed"], &report["classified"]), (&25.into(), &1283.into()));
    let row = |model: &str, metric: &str| -> Value {
        let rows = report["rows"].as_array().unwrap();
        rows.iter().find(|r| r["model"] == model && r["metric"] == metric).unwrap()["value"].clone()
    };
    assert_eq!(row("udacha", "direction_auroc_standard"), 1.0);
    assert!(row("net", "direction_auroc_standard").is_f64() && row("net", "significance_auroc_standard").is_f64());
}
