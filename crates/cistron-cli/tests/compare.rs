//! `cistron report --compare`: the leaderboard of finished runs.

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{cistron, small_study, stderr, tsv};

/// Makes the runs `a` and `b` of two networks on the same data.
fn two_runs(dir: &Path) {
    small_study(dir, 1);
    let study = fs::read_to_string(dir.join("small.toml")).unwrap();
    let other =
        study.replace("preset = \"residualbind-32\"\nwidth_factor = 0.02", "preset = \"cnn\"\nwidth_factor = 0.05");
    assert_ne!(study, other);
    fs::write(dir.join("other.toml"), other).unwrap();
    for (file, run) in [("small.toml", "a"), ("other.toml", "b")] {
        let output = cistron(&["-q", "evaluate", file, "--out", run], dir);
        assert!(output.status.success(), "{}", stderr(&output));
    }
}

fn generalisation(dir: &Path, run: &str) -> Value {
    serde_json::from_slice(&fs::read(dir.join(run).join("evaluation/generalisation.json")).unwrap()).unwrap()
}

/// A hand-written evaluation: the networks' variation scores, and the ridge's in `a` only.
fn write_robustness(dir: &Path, run: &str, scores: &[(&str, f64)]) {
    let rows: Vec<Value> = scores
        .iter()
        .map(|(model, score)| {
            json!({ "model": model, "task": "mean over tasks", "metric": "variation_score", "value": score,
                    "low": score - 0.01, "high": score + 0.01, "windows": 10, "reason": null })
        })
        .collect();
    let text = json!({ "rows": rows, "options": { "shifts": 20 } }).to_string();
    fs::write(dir.join(run).join("evaluation/robustness.json"), text).unwrap();
}

#[test]
fn two_runs_side_by_side() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    two_runs(dir);

    // Without robustness the page says so.
    let args = ["-q", "report", "--compare", "a", "b", "--out", "board", "--bootstrap-replicates", "100"];
    let plain = cistron(&args, dir);
    assert!(plain.status.success(), "{}", stderr(&plain));
    let html = fs::read_to_string(dir.join("board/leaderboard.html")).unwrap();
    assert!(html.contains("No figure: it needs two models or more") && !html.contains("src=\"http"));
    assert!(!dir.join("board/figures/performance_robustness.svg").exists());

    write_robustness(dir, "a", &[("residualbind-32", 0.3), ("ridge (GC + dinucleotides)", 0.1), ("gone", 0.5)]);
    write_robustness(dir, "b", &[("cnn", 0.2)]);
    let output = cistron(&args, dir);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("robustness of the run a: gone is not among the models"), "{}", stderr(&output));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("robustness variation_score") && said.contains("board/leaderboard.html"), "{said}");

    let rows = tsv(&dir.join("board/leaderboard.tsv"));
    let find = |model: &str, metric: &str| {
        rows.iter().find(|r| r["model"] == model && r["metric"] == metric).unwrap_or_else(|| panic!("{model} {metric}"))
    };
    // The same numbers as each run's own, for the seed and the number of replicates are the same.
    let mut compared = 0;
    for (run, model) in [("a", "residualbind-32"), ("b", "cnn"), ("b", "ridge (GC + dinucleotides)")] {
        for row in generalisation(dir, run)["rows"].as_array().unwrap() {
            if row["model"] == model && row["task"] == "mean over tasks" {
                let found = find(model, row["metric"].as_str().unwrap());
                for key in ["value", "low", "high"] {
                    assert_eq!(found[key].parse::<f64>().ok(), row[key].as_f64(), "{model} {} {key}", row["metric"]);
                }
                assert!(found["run"].split(", ").any(|r| r == run));
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 3 * 8);

    // Baselines enter once, and ranks add up.
    let ranked: Vec<_> = rows.iter().filter(|r| r["metric"] == "mse").collect();
    assert_eq!(ranked.len(), 4);
    let sum = |key: &str| ranked.iter().map(|r| r[key].parse::<f64>().unwrap()).sum::<f64>();
    assert!((sum("mean_rank") - 10.0).abs() < 1e-9 && (sum("share_first") - 1.0).abs() < 1e-9);
    assert_eq!(find("constant mean", "mse")["run"], "a, b");

    // What the runs stored elsewhere, and what they did not.
    let score = find("cnn", "variation_score");
    assert_eq!((score["criterion"].as_str(), score["value"].as_str()), ("robustness", "0.2"));
    let missing = find("constant mean", "variation_score");
    assert_eq!(missing["value"], "");
    assert!(missing["reason"].contains("not worked out"), "{}", missing["reason"]);
    // A constant has no correlation, so it is not in the comparison of performance and robustness.
    assert_eq!(find("constant mean", "mse")["pareto"], "");
    // The ridge varies least, whatever the accuracy of the others.
    assert_eq!(find("ridge (GC + dinucleotides)", "mse")["pareto"], "1");
    let svg = fs::read_to_string(dir.join("board/figures/performance_robustness.svg")).unwrap();
    assert!(svg.contains(">cnn</text>"), "{svg}");
    assert!(dir.join("board/tables/differences.tsv").is_file());

    // The same model name in two runs carries the run.
    assert!(cistron(&["-q", "evaluate", "small.toml", "--out", "again"], dir).status.success());
    let twice = cistron(&["-q", "report", "--compare", "a", "again", "--out", "twice"], dir);
    assert!(twice.status.success(), "{}", stderr(&twice));
    let names: Vec<String> = tsv(&dir.join("twice/leaderboard.tsv")).into_iter().map(|r| r["model"].clone()).collect();
    assert!(names.iter().any(|n| n == "a/residualbind-32") && names.iter().any(|n| n == "again/residualbind-32"));

    runs_that_do_not_fit(dir);
}

/// Runs with bins of 32 and 64 bp, in bins of 64 bp.
fn in_wider_bins(dir: &Path) {
    assert!(cistron(&["-q", "evaluate", "bins.toml", "--out", "bins"], dir).status.success());
    let wide = |bin_bp: &str| {
        let args = ["-q", "report", "--compare", "a", "bins", "--out", "wide", "--bootstrap-replicates", "100"];
        cistron(&[&args[..], &["--bin-bp", bin_bp]].concat(), dir)
    };
    let refused = wide("96");
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("96 must be a multiple of the bins of the run bins (64 bp)"),
        "{}",
        stderr(&refused)
    );
    let output = wide("64");
    assert!(output.status.success(), "{}", stderr(&output));
    let rows = tsv(&dir.join("wide/leaderboard.tsv"));
    let value = |model: &str, metric: &str| {
        let row = rows.iter().find(|r| r["model"] == model && r["metric"] == metric);
        row.unwrap_or_else(|| panic!("{model} {metric}"))["value"].parse::<f64>().unwrap()
    };
    // The run in bins of 64 bp has its own numbers; the mean of a constant is that constant in any bins.
    for row in generalisation(dir, "bins")["rows"].as_array().unwrap() {
        if row["model"] == "residualbind-32" && row["task"] == "mean over tasks" {
            let metric = row["metric"].as_str().unwrap();
            assert_eq!(Some(value("bins/residualbind-32", metric)), row["value"].as_f64(), "{metric}");
        }
    }
    let html = fs::read_to_string(dir.join("wide/leaderboard.html")).unwrap();
    assert!(html.contains("Predictions of the run a were averaged from bins of 32 bp to 64 bp."));
    let own = value("bins/constant mean", "mse");
    assert!((value("a/constant mean", "mse") / own - 1.0).abs() < 1e-4);
}

fn runs_that_do_not_fit(dir: &Path) {
    let refused = |runs: &[&str], parts: &[&str]| {
        let args = [&["-q", "report", "--compare"], runs, &["--out", "none"]].concat();
        let output = cistron(&args, dir);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        for part in parts {
            assert!(stderr(&output).contains(part), "{part} is missing from: {}", stderr(&output));
        }
        assert!(!dir.join("none").exists());
    };
    refused(
        &["a", "genome", "nowhere"],
        &[
            "genome: is no finished run: dataset/manifest.json is missing",
            "nowhere: there is no such directory",
            "cistron run",
        ],
    );
    refused(&["a", "./a"], &["./a: is the same directory as a"]);

    // Other bins, another test chromosome, one task less, another signal.
    let study = fs::read_to_string(dir.join("small.toml")).unwrap();
    let split = "valid = [\"chr2\"], test = [\"chr3\"]";
    let changes = [
        ("bins", "bin_bp = 32", "bin_bp = 64"),
        ("windows", split, "valid = [\"chr3\"], test = [\"chr2\"]"),
        ("tasks", "  { name = \"two\", bigwig = \"genome/cell-type-2.bw\" },\n", ""),
        (
            "signal",
            "{ name = \"two\", bigwig = \"genome/cell-type-2.bw\" }",
            "{ name = \"two\", bigwig = \"genome/cell-type-1.bw\" }",
        ),
    ];
    for (name, from, to) in changes {
        let changed = study.replace(from, to);
        assert_ne!(changed, study, "{name}");
        let file = format!("{name}.toml");
        fs::write(dir.join(&file), changed).unwrap();
        // A dataset and any evaluation make a finished run as far as the data are looked at.
        let built = cistron(&["-q", "data", "build", &file, "--out", name], dir);
        assert!(built.status.success(), "{}", stderr(&built));
        fs::create_dir_all(dir.join(name).join("evaluation")).unwrap();
        fs::copy(dir.join("a/evaluation/generalisation.json"), dir.join(name).join("evaluation/generalisation.json"))
            .unwrap();
    }
    refused(&["a", "bins"], &["bins: cannot be compared with a: its bins are of 64 bp (bin_bp), there of 32 bp"]);
    refused(
        &["a", "windows", "tasks"],
        &["windows: cannot be compared with a: ", "test windows", "its tasks are one, there one, two"],
    );
    in_wider_bins(dir);
    refused(&["a", "signal"], &["another signal or other values: task two in window chr3:"]);

    let inside = cistron(&["report", "--compare", "a", "again", "--out", "b"], dir);
    assert_eq!(inside.status.code(), Some(2));
    assert!(stderr(&inside).contains("b: is a run directory"), "{}", stderr(&inside));
    let neither = cistron(&["report"], dir);
    assert_eq!(neither.status.code(), Some(2));
    let both = cistron(&["report", "small.toml", "--compare", "a", "b", "--out", "x"], dir);
    assert!(stderr(&both).contains("cannot be used with"), "{}", stderr(&both));
    let nowhere = cistron(&["report", "--compare", "a", "b"], dir);
    assert!(stderr(&nowhere).contains("--out"), "{}", stderr(&nowhere));
}
