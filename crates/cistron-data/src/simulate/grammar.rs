use cistron_core::{Stream, keyed_rng};
use cistron_motif::Pwm;
use rand::RngExt;

/// Share of a motif's best score from which on a place counts as a site.
const SITE_SHARE: f64 = 0.8;
/// Reach of a site: standard deviation of the bell around it, in bp.
const REACH_BP: f64 = 70.0;
/// Sites of the synergistic pair that are this close add [`SYNERGY`].
const PAIR_BP: f64 = 80.0;
const SYNERGY: f64 = 1.2;
/// Largest and smallest sum of weights at a base.
const CEILING: f64 = 3.6;
const FLOOR: f64 = -2.0;

/// What each motif does in each cell type.
pub(super) struct Grammar {
    /// `[cell type][motif]`
    weights: Vec<Vec<f64>>,
    /// Indices of the two motifs that work together.
    pair: Option<(usize, usize)>,
}

impl Grammar {
    /// REST represses everywhere, CTCF and SP1 activate everywhere; every other motif activates in one cell type and does
    /// little in the others.
    pub(super) fn new(motifs: &[Pwm], cell_types: usize, seed: u64) -> Self {
        let place = |name: &str| motifs.iter().position(|m| m.name.eq_ignore_ascii_case(name));
        let mut rng = keyed_rng(seed, Stream::Simulate, 2000, 0);
        let weights = (0..cell_types)
            .map(|cell| {
                motifs
                    .iter()
                    .enumerate()
                    .map(|(index, motif)| {
                        let varied = 0.8 + 0.4 * rng.random::<f64>();
                        varied
                            * match motif.name.as_str() {
                                "REST" => -2.0,
                                "CTCF" | "SP1" => 1.8,
                                _ if index % cell_types == cell => 2.5,
                                _ => 0.2,
                            }
                    })
                    .collect()
            })
            .collect();
        Self { weights, pair: place("GATA1").zip(place("FOS::JUN")) }
    }

    /// Expected counts `[cell type][base]` of a contig.
    pub(super) fn rates(&self, motifs: &[Pwm], codes: &[u8], background: f64) -> Vec<Vec<f32>> {
        // (centre, motif, how well it fits in [0, 1])
        let mut sites: Vec<(f64, usize, f64)> = Vec::new();
        for (index, motif) in motifs.iter().enumerate() {
            let best = motif.best_score();
            for site in motif.scan(codes, SITE_SHARE * best) {
                let fit = (site.score / best - SITE_SHARE) / (1.0 - SITE_SHARE);
                sites.push((site.start_0 as f64 + motif.len() as f64 / 2.0, index, 0.5 + 0.5 * fit));
            }
        }
        sites.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let pairs = self.pair_centres(&sites);
        let gc = regional_gc(codes);
        self.weights
            .iter()
            .map(|weights| {
                let mut log_rate = vec![0.0f64; codes.len()];
                for &(centre, motif, fit) in &sites {
                    add_bell(&mut log_rate, centre, weights[motif] * fit);
                }
                for &centre in &pairs {
                    add_bell(&mut log_rate, centre, SYNERGY);
                }
                let rate = |(sum, gc): (&f64, &f64)| {
                    (background * (1.0 + 4.0 * (gc - 0.42)) * sum.clamp(FLOOR, CEILING).exp()) as f32
                };
                log_rate.iter().zip(&gc).map(rate).collect()
            })
            .collect()
    }

    fn pair_centres(&self, sites: &[(f64, usize, f64)]) -> Vec<f64> {
        let Some((first, second)) = self.pair else { return Vec::new() };
        let of = |motif: usize| sites.iter().filter(move |s| s.1 == motif).map(|s| s.0);
        let mut centres = Vec::new();
        for a in of(first) {
            let close = of(second).filter(|b| (a - b).abs() <= PAIR_BP);
            if let Some(b) = close.min_by(|x, y| (a - x).abs().total_cmp(&(a - y).abs())) {
                centres.push((a + b) / 2.0);
            }
        }
        centres
    }
}

fn add_bell(log_rate: &mut [f64], centre: f64, height: f64) {
    let reach = 4.0 * REACH_BP;
    let start = (centre - reach).max(0.0) as usize;
    let end = ((centre + reach) as usize + 1).min(log_rate.len());
    for (base, value) in log_rate[start..end].iter_mut().enumerate() {
        let distance = (start + base) as f64 + 0.5 - centre;
        *value += height * (-0.5 * (distance / REACH_BP).powi(2)).exp();
    }
}

/// GC share of the 2 kb around each base.
fn regional_gc(codes: &[u8]) -> Vec<f64> {
    let mut running = vec![0u32];
    for code in codes {
        running.push(running[running.len() - 1] + u32::from(*code == 1 || *code == 2));
    }
    (0..codes.len())
        .map(|base| {
            let (start, end) = (base.saturating_sub(1000), (base + 1000).min(codes.len()));
            f64::from(running[end] - running[start]) / (end - start) as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_raises_the_rate_around_it_by_its_weight() {
        let sure = |base: usize| std::array::from_fn(|b| if b == base { 0.97 } else { 0.01 });
        let motif = Pwm::new("T", "toy", [0, 1, 0, 1, 0, 1, 1, 0].map(sure).to_vec());
        let mut codes = vec![3u8; 4000];
        codes[2000..2008].copy_from_slice(&[0, 1, 0, 1, 0, 1, 1, 0]);
        let grammar = Grammar { weights: vec![vec![1.5], vec![-1.0]], pair: None };
        let rates = grammar.rates(&[motif], &codes, 0.1);
        let ratio = |cell: usize, base: usize| f64::from(rates[cell][base] / rates[cell][base - 1500]);
        assert!((ratio(0, 2004).ln() - 1.5).abs() < 0.05, "{}", ratio(0, 2004).ln());
        assert!((ratio(1, 2004).ln() + 1.0).abs() < 0.05);
        assert!((ratio(0, 2074).ln() - 1.5 * (-0.5f64).exp()).abs() < 0.05);
    }

    #[test]
    fn close_pairs_add_more_than_their_sum() {
        let grammar = Grammar { weights: vec![vec![0.0, 0.0]], pair: Some((0, 1)) };
        assert_eq!(grammar.pair_centres(&[(100.0, 0, 1.0), (140.0, 1, 1.0), (500.0, 0, 1.0)]), [120.0]);
    }
}
