//! Checks that need only names and lengths, made before any work.

use std::path::{Path, PathBuf};

use crate::error::some_names;
use crate::{Contig, ContigMap};

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// What does not fit, as a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Compares the contigs of a track or peak file (under `map`) with those of the genome.
///
/// Problems are: no name in common (with a mapping to add where one can be guessed), mapped names that one of the two does
/// not have, and, when the file states lengths (`lengths_known`), lengths that differ: another assembly. When it does not
/// (peaks), an end past the contig's end is the same problem. Contigs that only one side has are fine.
pub fn check_contigs(
    genome: &[Contig],
    foreign_file: &Path,
    foreign: &[Contig],
    lengths_known: bool,
    map: &ContigMap,
) -> Vec<Problem> {
    let problem = |message: String, help: Option<String>| Problem { file: foreign_file.to_owned(), message, help };
    let in_genome = |name: &str| genome.iter().find(|c| c.name == name);
    let matched: Vec<(&Contig, &Contig)> =
        foreign.iter().filter_map(|f| Some((f, in_genome(map.to_genome(&f.name))?))).collect();
    if matched.is_empty() {
        let message = format!(
            "no contig of the file is in the genome: the file has {}, the genome {}",
            some_names(foreign.iter().map(|c| c.name.as_str())),
            some_names(genome.iter().map(|c| c.name.as_str()))
        );
        let help = match ContigMap::suggest(genome, foreign) {
            Some(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(f, g)| format!("{f:?} = {g:?}")).collect();
                format!("add to the track: contigs = {{ {} }}", pairs.join(", "))
            }
            None => {
                "is it of another species or assembly? otherwise map its names: contigs = { \"THEIRS\" = \"OURS\" }"
                    .into()
            }
        };
        return vec![problem(message, Some(help))];
    }
    let mut problems = Vec::new();
    for (theirs, ours) in matched {
        let differs =
            if lengths_known { theirs.length_bp != ours.length_bp } else { theirs.length_bp > ours.length_bp };
        if differs {
            let what = if lengths_known { "has" } else { "reaches" };
            problems.push(problem(
                format!(
                    "contig {:?} {what} {} bp here but {} bp in the genome: another assembly?",
                    theirs.name, theirs.length_bp, ours.length_bp
                ),
                Some("use a file that was made on the same assembly as the FASTA".into()),
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contigs(pairs: &[(&str, u64)]) -> Vec<Contig> {
        pairs.iter().map(|(n, l)| Contig { name: (*n).into(), length_bp: *l }).collect()
    }

    #[test]
    fn names_that_never_meet_come_with_a_mapping() {
        let genome = contigs(&[("chrII", 100), ("chrIV", 200)]);
        let foreign = contigs(&[("II", 100), ("IV", 200)]);
        let found = check_contigs(&genome, Path::new("t.bw"), &foreign, true, &ContigMap::identity());
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("the file has II, IV, the genome chrII, chrIV"));
        let help = found[0].help.as_deref().unwrap();
        assert!(help.contains(r#"contigs = { "II" = "chrII", "IV" = "chrIV" }"#), "{help}");
        let map = ContigMap::from_pairs([("II", "chrII"), ("IV", "chrIV")].map(|(a, b)| (a.into(), b.into())).into());
        assert!(check_contigs(&genome, Path::new("t.bw"), &foreign, true, &map).is_empty());
    }

    #[test]
    fn other_assemblies_show_in_the_lengths() {
        let genome = contigs(&[("a", 100), ("b", 200)]);
        let check = |foreign: &[(&str, u64)], known| {
            check_contigs(&genome, Path::new("t"), &contigs(foreign), known, &ContigMap::identity())
        };
        assert!(check(&[("a", 99)], true)[0].message.contains("has 99 bp here but 100 bp in the genome"));
        assert!(check(&[("a", 99), ("zz", 5)], false).is_empty());
        assert!(check(&[("b", 201)], false)[0].message.contains("reaches 201 bp"));
        assert!(check(&[("q", 5)], true)[0].help.as_deref().unwrap().contains("another species"));
    }
}
