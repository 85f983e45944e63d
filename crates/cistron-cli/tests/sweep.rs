//! Sweeps through the command: all at once, killed and resumed, in shards, by halving, and by Snakemake where there is one.

#![cfg(unix)]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{cistron, small_study, stderr};

const GRID: &str = r#"
[sweep]
study = "small.toml"
name = "rates and losses"
method = "grid"
metric = "valid_metric"
[[parameter]]
key = "train.learning_rate"
values = [0.001, 0.01]
[[parameter]]
key = "train.loss"
values = ["poisson", "mse"]
"#;

fn quietly(args: &[&str], dir: &Path) -> String {
    let output = cistron(&[&["-q"], args].concat(), dir);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The table without its seconds.
fn table(dir: &Path, out: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(dir.join(out).join("sweep.tsv")).unwrap();
    let mut rows: Vec<Vec<String>> = text.lines().map(|l| l.split('\t').map(str::to_owned).collect()).collect();
    let seconds = rows[0].iter().position(|head| head == "seconds").unwrap();
    rows.iter_mut().for_each(|row| drop(row.remove(seconds)));
    rows
}

#[test]
fn a_grid_resumes_and_its_shards_equal_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    small_study(dir, 2);
    fs::write(dir.join("grid.toml"), GRID).unwrap();

    // Killed once the first trial is recorded, then run to the end.
    let mut child = Command::new(env!("CARGO_BIN_EXE_cistron"))
        .args(["-q", "sweep", "run", "grid.toml", "--out", "whole"])
        .current_dir(dir)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let first = dir.join("whole/trials/000/trial.json");
    let begin = Instant::now();
    while !first.exists() {
        assert!(child.try_wait().unwrap().is_none() && begin.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let partial = quietly(&["sweep", "merge", "whole"], dir);
    assert!(partial.contains("of 4 trials") && partial.contains("missing"), "{partial}");
    let written = fs::metadata(&first).unwrap().modified().unwrap();
    let said = quietly(&["sweep", "run", "grid.toml", "--out", "whole"], dir);
    assert!(said.starts_with("4 of 4 trials\nBest: trial "), "{said}");
    assert_eq!(fs::metadata(&first).unwrap().modified().unwrap(), written, "the finished trial was run again");
    let whole = table(dir, "whole");
    assert_eq!(whole[0], ["trial", "train.learning_rate", "train.loss", "score", "epochs", "status", "reason"]);
    assert_eq!(whole[2][..3], ["1", "0.001", "mse"]);
    assert!(whole[1..].iter().all(|row| row[3].parse::<f64>().is_ok() && row[4] == "2" && row[5] == "finished"));
    let page = fs::read_to_string(dir.join("whole/report.html")).unwrap();
    assert!(page.contains("figure-parallel_coordinates") && page.contains("figure-importance"));
    assert_eq!(fs::read_dir(dir.join("whole/datasets")).unwrap().count(), 1, "trials share their dataset");

    // A trial is a run of its own, with the same numbers as the whole study would give.
    let study = fs::read_to_string(dir.join("small.toml")).unwrap();
    fs::write(dir.join("one.toml"), study.replace("[train]", "[train]\nlearning_rate = 0.001\nloss = \"mse\""))
        .unwrap();
    quietly(&["train", "one.toml", "--out", "one"], dir);
    assert_eq!(support::weights(dir, "one"), support::weights(dir, "whole/trials/001"));

    // Two shards give the same table.
    let said = quietly(&["sweep", "run", "grid.toml", "--out", "parts", "--shard", "2/2"], dir);
    assert!(said.starts_with("Shard 2/2: 2 finished"), "{said}");
    assert!(!dir.join("parts/trials/000").exists() && dir.join("parts/shards/2-of-2.done").exists());
    quietly(&["sweep", "run", "grid.toml", "--out", "parts", "--shard", "1/2"], dir);
    quietly(&["sweep", "merge", "parts"], dir);
    assert_eq!(table(dir, "parts"), whole);

    // Another sweep does not go into the same directory, and says why.
    fs::write(dir.join("other.toml"), GRID.replace("0.01]", "0.02]")).unwrap();
    let other = cistron(&["sweep", "run", "other.toml", "--out", "whole"], dir);
    assert_eq!(other.status.code(), Some(2));
    assert!(stderr(&other).contains("was 0.01 and is now 0.02"), "{}", stderr(&other));
}

#[test]
fn halving_promotes_the_better_half_and_outlives_divergence() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    small_study(dir, 2);
    let sweep = "[sweep]\nstudy = 'small.toml'\nname = 'halving'\nmethod = 'asha'\ntrials = 4\n[asha]\nmax_epochs = 2\nreduction = 2\n\
                 [[parameter]]\nkey = 'train.learning_rate'\nmin = 1e-5\nmax = 1e-1\nscale = 'log'\n";
    fs::write(dir.join("asha.toml"), sweep).unwrap();
    quietly(&["sweep", "run", "asha.toml", "--out", "a"], dir);
    let rows = table(dir, "a");
    let with = |status: &str| rows[1..].iter().filter(|row| row[4] == status).collect::<Vec<_>>();
    let (finished, stopped) = (with("finished"), with("stopped"));
    assert_eq!((finished.len(), stopped.len()), (2, 2), "{rows:?}");
    assert!(finished.iter().all(|row| row[3] == "2") && stopped.iter().all(|row| row[3] == "1"));
    let first_rung = |trial: &str| {
        let path = dir.join(format!("a/trials/{:03}/trial.json", trial.parse::<usize>().unwrap()));
        let record: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        record["rungs"][0]["score"].as_f64().unwrap()
    };
    let worst = finished.iter().map(|row| first_rung(&row[0])).fold(f64::MIN, f64::max);
    assert!(stopped.iter().all(|row| first_rung(&row[0]) >= worst));
    // Going on with what is finished changes nothing.
    quietly(&["sweep", "run", "asha.toml", "--out", "a"], dir);
    assert_eq!(table(dir, "a"), rows);

    // Loss weights that overflow: the trial fails with its reason, the sweep goes on.
    let study = fs::read_to_string(dir.join("small.toml")).unwrap();
    fs::write(dir.join("small.toml"), study.replace("[train]", "[train]\nloss = \"mse-pearson\"")).unwrap();
    let sweep = "[sweep]\nstudy = 'small.toml'\nname = 'x'\nmethod = 'grid'\nmetric = 'valid_metric'\n[[parameter]]\n\
                 key = 'train.loss_weights'\nvalues = [[1e39, 1.0], [1.0, 1.0]]\n";
    fs::write(dir.join("weights.toml"), sweep).unwrap();
    let said = quietly(&["sweep", "run", "weights.toml", "--out", "w"], dir);
    assert!(said.contains("1 failed") && said.contains("Best: trial 1"), "{said}");
    let rows = table(dir, "w");
    assert!(rows[1][4] == "failed" && rows[1][5].contains("loss became"), "{rows:?}");
}

#[test]
fn mistakes_are_told_before_any_training() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    small_study(dir, 1);
    let fails = |sweep: &str, parts: &[&str]| {
        fs::write(dir.join("s.toml"), sweep).unwrap();
        let output = cistron(&["sweep", "run", "s.toml", "--out", "x"], dir);
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        parts.iter().for_each(|part| assert!(stderr(&output).contains(part), "{part} is not in {}", stderr(&output)));
        assert!(!dir.join("x/trials").exists());
    };
    let grid = |key: &str, values: &str| {
        format!(
            "[sweep]\nstudy = 'small.toml'\nname = 'x'\nmethod = 'grid'\n[[parameter]]\nkey = '{key}'\nvalues = {values}\n"
        )
    };
    fails(
        &grid("train.learning_rat", "[0.1]"),
        &["trial 0 (train.learning_rat = 0.1)", "did you mean `learning_rate`"],
    );
    fails(&grid("model.3.width_factor", "[0.1]"), &["model is a list of 1"]);
    fails(&grid("train.loss", "['mse', 'poisson']"), &["s.toml: sweep.metric", "valid_metric"]);
    fails(&grid("train.batch_size", "[8, 0]"), &["trial 1 (train.batch_size = 0)", "batch_size"]);
    let output = cistron(&["sweep", "merge", "nowhere"], dir);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is no sweep here"), "{}", stderr(&output));
}

#[test]
fn snakemake_runs_the_shards() {
    let Some(snakemake) = std::env::var_os("CISTRON_SNAKEMAKE") else {
        println!("skipped: set CISTRON_SNAKEMAKE to the snakemake executable");
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    small_study(dir, 1);
    fs::write(dir.join("grid.toml"), GRID).unwrap();
    quietly(&["sweep", "plan", "grid.toml", "--shards", "2", "--snakemake", "Snakefile", "--out", "out"], dir);
    let output = Command::new(snakemake)
        .args(["-s", "Snakefile", "--cores", "2", "--config"])
        .arg(format!("cistron={}", env!("CARGO_BIN_EXE_cistron")))
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(table(dir, "out").len(), 5);
}
