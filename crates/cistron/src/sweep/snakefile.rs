//! A Snakefile that runs a sweep's shards.

use std::path::Path;

use super::Shard;
use crate::CistronError;

/// The text of a Snakefile: one job a shard, then one that merges. Paths start from the folder that Snakemake is started in.
///
/// `--config cistron=PATH device=gpu:0 threads=4` chooses the command, the device and the threads of a shard.
///
/// # Errors
/// Paths that cannot stand in a Snakefile.
pub fn snakefile(sweep: &Path, study: &Path, out: &Path, shards: usize) -> Result<String, CistronError> {
    if shards == 0 {
        return Err(CistronError::input("--shards", "must be at least 1"));
    }
    let (sweep, study, out) = (literal(sweep)?, literal(study)?, literal(out)?);
    let done = Shard::done_pattern("{i}", shards);
    Ok(format!(
        r#"# Written by `cistron sweep plan`. Run it with:
#   snakemake -s THIS_FILE --cores 4
# and, where they differ from what stands below,
#   --config cistron=/path/to/cistron device=gpu:0 threads=4
CISTRON = config.get("cistron", "cistron")
DEVICE = config.get("device", "cpu")
THREADS = int(config.get("threads", 1))
SWEEP = {sweep}
STUDY = {study}
OUT = {out}

rule merge:
    input:
        expand(OUT + "/shards/{done}", i=range(1, {shards} + 1)),
    output:
        OUT + "/sweep.tsv",
        OUT + "/report.html",
    shell:
        "{{CISTRON:q}} sweep merge {{OUT:q}}"

rule shard:
    input:
        SWEEP,
        STUDY,
    output:
        OUT + "/shards/{done}",
    wildcard_constraints:
        i=r"\d+",
    threads: THREADS
    shell:
        "RAYON_NUM_THREADS={{threads}} {{CISTRON:q}} sweep run {{SWEEP:q}} --out {{OUT:q}}"
        " --shard {{wildcards.i}}/{shards} --device {{DEVICE:q}}"
"#
    ))
}

/// A path as a Python string.
fn literal(path: &Path) -> Result<String, CistronError> {
    match path.to_str() {
        // Braces are wildcards to Snakemake.
        Some(text) if !text.contains(['{', '}', '\n']) => {
            Ok(format!("\"{}\"", text.trim_end_matches('/').replace('\\', "\\\\").replace('"', "\\\"")))
        }
        _ => Err(CistronError::input(
            path.display().to_string(),
            "cannot stand in a Snakefile: no braces, plain Unicode",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_and_braces_refused() {
        let text = snakefile(Path::new("a \"b\".toml"), Path::new("s.toml"), Path::new("out/"), 3).unwrap();
        assert!(text.contains(r#"SWEEP = "a \"b\".toml""#) && text.contains("OUT = \"out\"\n"), "{text}");
        assert!(text.contains("/shards/{i}-of-3.done\"") && text.contains("--shard {wildcards.i}/3"), "{text}");
        assert!(snakefile(Path::new("{x}"), Path::new("s"), Path::new("o"), 1).is_err());
        assert!(snakefile(Path::new("x"), Path::new("s"), Path::new("o"), 0).is_err());
    }
}
