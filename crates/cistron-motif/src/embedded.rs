use crate::Pwm;
use crate::formats::parse_jaspar;

/// Sites of equal base frequencies added to each matrix, so that no probability is 0.
const PSEUDOCOUNT: f64 = 0.8;

/// Twelve vertebrate matrices of JASPAR 2024 CORE (CC BY 4.0; `data/README.md`): RUNX1, GATA1, SP1, TEAD1, ETS1, FOS::JUN,
/// CEBPA, HNF4A, REST, CTCF, FOXA1, SPI1.
pub fn embedded_motifs() -> Vec<Pwm> {
    let motifs = parse_jaspar(include_str!("../data/jaspar2024_dozen.jaspar")).unwrap_or_default();
    motifs.iter().map(|m| m.pwm(PSEUDOCOUNT, [0.25; 4])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_a_dozen_with_known_consensus() {
        let motifs = embedded_motifs();
        assert_eq!(motifs.len(), 12);
        let consensus = |name: &str| motifs.iter().find(|m| m.name == name).unwrap().consensus();
        // as the most probable letters of the same matrices in JASPAR's MEME file
        assert_eq!((consensus("GATA1").as_str(), consensus("FOS::JUN").as_str()), ("CTAATCT", "ATGAGTCAT"));
        assert!(motifs.iter().all(|m| m.information_bits() > 6.0));
    }
}
