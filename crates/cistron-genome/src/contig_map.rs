use std::collections::{BTreeMap, BTreeSet};

use crate::Contig;

/// How the contig names of a track or peak file become those of the FASTA. Names that are not listed stay as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContigMap {
    to_genome: BTreeMap<String, String>,
    to_foreign: BTreeMap<String, String>,
}

impl ContigMap {
    /// Every name stays as it is.
    pub fn identity() -> Self {
        Self::default()
    }

    /// Names in the foreign file → names in the FASTA.
    pub fn from_pairs(pairs: BTreeMap<String, String>) -> Self {
        let to_foreign = pairs.iter().map(|(foreign, genome)| (genome.clone(), foreign.clone())).collect();
        Self { to_genome: pairs, to_foreign }
    }

    /// The FASTA's name for a foreign one.
    pub fn to_genome<'a>(&'a self, foreign: &'a str) -> &'a str {
        self.to_genome.get(foreign).map_or(foreign, String::as_str)
    }

    /// The foreign name for one of the FASTA.
    pub fn to_foreign<'a>(&'a self, genome: &'a str) -> &'a str {
        self.to_foreign.get(genome).map_or(genome, String::as_str)
    }

    /// A mapping that makes the names meet, when they differ only in a `chr` prefix, in Roman against Arabic numbers, or in
    /// the name of the mitochondrion (M, MT, Mito). Only names that are not in the FASTA already are mapped; `None` when no
    /// name can be.
    pub fn suggest(genome: &[Contig], foreign: &[Contig]) -> Option<BTreeMap<String, String>> {
        let names: BTreeSet<&str> = genome.iter().map(|c| c.name.as_str()).collect();
        // In yeast "X" is ten, in mammals it is a sex chromosome: names are read as Roman where one side is all numbers
        // and the other has II.
        let roman = |contigs: &[Contig]| contigs.iter().any(|c| matches!(bare(&c.name), "II" | "IV"));
        let convert = roman(genome) != roman(foreign);
        let key = |name: &str, is_roman: bool| {
            let bare = bare(name);
            match bare.to_ascii_uppercase().as_str() {
                "M" | "MT" | "MITO" => "M".to_owned(),
                _ if convert && is_roman => from_roman(bare).map_or_else(|| bare.to_owned(), |n| n.to_string()),
                _ => bare.to_owned(),
            }
        };
        let by_key: BTreeMap<String, &str> =
            genome.iter().map(|c| (key(&c.name, roman(genome)), c.name.as_str())).collect();
        let map: BTreeMap<String, String> = foreign
            .iter()
            .filter(|c| !names.contains(c.name.as_str()))
            .filter_map(|c| Some((c.name.clone(), (*by_key.get(&key(&c.name, roman(foreign)))?).to_owned())))
            .collect();
        (!map.is_empty()).then_some(map)
    }
}

fn bare(name: &str) -> &str {
    ["chr", "Chr", "CHR"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name)
}

fn from_roman(text: &str) -> Option<u32> {
    let digit = |c| {
        Some(match c {
            'I' => 1,
            'V' => 5,
            'X' => 10,
            'L' => 50,
            _ => return None,
        })
    };
    let digits: Vec<u32> = text.chars().map(digit).collect::<Option<_>>()?;
    let value = digits.iter().enumerate().fold(0i64, |sum, (i, &d)| {
        let subtract = digits.get(i + 1).is_some_and(|&next| next > d);
        if subtract { sum - i64::from(d) } else { sum + i64::from(d) }
    });
    u32::try_from(value).ok().filter(|v| *v > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contigs(names: &[&str]) -> Vec<Contig> {
        names.iter().map(|n| Contig { name: (*n).into(), length_bp: 100 }).collect()
    }

    fn suggested(genome: &[&str], foreign: &[&str]) -> Vec<(String, String)> {
        ContigMap::suggest(&contigs(genome), &contigs(foreign)).into_iter().flatten().collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect()
    }

    #[test]
    fn the_usual_differences_are_bridged() {
        assert_eq!(
            suggested(&["chr1", "chrX", "chrM"], &["1", "X", "MT"]),
            pairs(&[("1", "chr1"), ("MT", "chrM"), ("X", "chrX")])
        );
        assert_eq!(suggested(&["chrII", "chrX"], &["II", "X"]), pairs(&[("II", "chrII"), ("X", "chrX")]));
        assert_eq!(
            suggested(&["chrII", "chrX", "chrIX"], &["2", "10", "9"]),
            pairs(&[("10", "chrX"), ("2", "chrII"), ("9", "chrIX")])
        );
        assert_eq!(suggested(&["1", "2"], &["chrI", "chrII"]), pairs(&[("chrI", "1"), ("chrII", "2")]));
        assert!(suggested(&["chr1"], &["scaffold_9"]).is_empty());
        assert!(suggested(&["chr1"], &["chr1"]).is_empty());
    }

    #[test]
    fn maps_both_ways() {
        let map = ContigMap::from_pairs([("II".to_owned(), "chrII".to_owned())].into());
        assert_eq!((map.to_genome("II"), map.to_foreign("chrII"), map.to_genome("x")), ("chrII", "II", "x"));
    }

    #[test]
    fn roman_numbers() {
        let values = ["I", "IV", "IX", "XIV", "XVI", "Q"].map(from_roman);
        assert_eq!(values, [Some(1), Some(4), Some(9), Some(14), Some(16), None]);
    }
}
