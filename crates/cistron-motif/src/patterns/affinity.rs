//! Similarities as probabilities that are adapted to local density, as in t-SNE (van der Maaten and Hinton 2008).

use cistron_stats::spearman;
use rayon::prelude::*;

use super::gapped_kmers::{Neighbours, Row};

/// A weighted graph: for each node, its neighbours with larger numbers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Graph {
    pub(super) nodes: usize,
    pub(super) edges: Vec<(u32, u32, f64)>,
}

/// Edges lighter than this share of each end's heaviest are left out: their sum is negligible, their number is not. (A thing in thin
/// surroundings has only light edges, and keeps them.)
const LIGHTEST: f64 = 1e-3;

/// Things whose coarse and fine similarities rank their neighbours alike (Spearman above `least`).
pub(super) fn correlated(coarse: &Neighbours, fine: &Neighbours, least: f64) -> Vec<usize> {
    let agrees = |(coarse, fine): (&Row, &Row)| {
        let both = fine.iter().zip(coarse).filter(|(f, _)| f.1 != 0.0);
        let (x, y): (Vec<f32>, Vec<f32>) = both.map(|(f, c)| (f.1, c.1)).unzip();
        spearman::spearman(&x, &y).is_ok_and(|r| r > least)
    };
    let keep: Vec<bool> = coarse.rows.par_iter().zip(&fine.rows).map(agrees).collect();
    (0..keep.len()).filter(|i| keep[*i]).collect()
}

/// The graph of probabilities. A similarity s in (0, 1) is the distance ln(2 / s − 1), the mean of both directions where both are
/// known; a thing's probabilities fall exponentially with distance so that their perplexity is as wanted; an edge's weight is the
/// geometric mean of its ends' probabilities.
pub(super) fn density_adapted(similarities: Neighbours, perplexity: f64) -> Graph {
    let n = similarities.rows.len();
    let distance = |s: f32| (2.0 / f64::from(s.max(1e-7)) - 1.0).ln().max(0.0) as f32;
    // Distances both ways, sorted by neighbour.
    let mut rows: Vec<Vec<(u32, f32)>> = similarities.rows;
    rows.par_iter_mut().for_each(|r| {
        r.iter_mut().for_each(|e| e.1 = distance(e.1));
        r.sort_unstable_by_key(|e| e.0);
    });
    let mut back: Vec<Vec<(u32, f32)>> = vec![Vec::new(); n];
    for (i, row) in rows.iter().enumerate() {
        for (j, d) in row {
            back[*j as usize].push((i as u32, *d));
        }
    }
    rows.par_iter_mut().zip(back).for_each(|(row, back)| *row = merged(row, &back));
    // The width of each thing's surroundings, and the sum of its weights (with its own of 1).
    let scales: Vec<(f64, f64)> = rows.par_iter().map(|row| scale(row, perplexity)).collect();
    let weight = |i: usize, d: f32| (-f64::from(d) / scales[i].0).exp() / scales[i].1;
    let edge = |i: usize, (j, d): (u32, f32)| (weight(i, d) * weight(j as usize, d)).sqrt();
    let heaviest: Vec<f64> =
        rows.par_iter().enumerate().map(|(i, row)| row.iter().map(|e| edge(i, *e)).fold(0.0, f64::max)).collect();
    let kept = |(i, row): (usize, &Vec<(u32, f32)>)| -> Vec<(u32, u32, f64)> {
        let after = row.iter().filter(|(j, _)| *j as usize > i).map(|e| (i as u32, e.0, edge(i, *e)));
        after.filter(|(_, j, w)| *w > 0.0 && *w > LIGHTEST * heaviest[i].min(heaviest[*j as usize])).collect()
    };
    let edges: Vec<Vec<(u32, u32, f64)>> = rows.par_iter().enumerate().map(kept).collect();
    Graph { nodes: n, edges: edges.into_iter().flatten().collect() }
}

/// Two sorted rows as one; the mean where both have an entry.
fn merged(a: &[(u32, f32)], b: &[(u32, f32)]) -> Vec<(u32, f32)> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut i, mut j) = (0, 0);
    loop {
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x.0 == y.0 => {
                out.push((x.0, (x.1 + y.1) / 2.0));
                (i, j) = (i + 1, j + 1);
            }
            (Some(x), y) if y.is_none_or(|y| x.0 < y.0) => {
                out.push(*x);
                i += 1;
            }
            (_, Some(y)) => {
                out.push(*y);
                j += 1;
            }
            _ => return out,
        }
    }
}

/// The β at which the weights exp(−d / β) have the perplexity, by halving, and the sum of the weights plus 1.
fn scale(row: &[(u32, f32)], perplexity: f64) -> (f64, f64) {
    if row.is_empty() {
        return (1.0, 1.0);
    }
    let least = row.iter().map(|(_, d)| f64::from(*d)).fold(f64::INFINITY, f64::min);
    let wanted = perplexity.min(row.len() as f64).ln();
    let entropy = |beta: f64| {
        // ln Σ w + Σ w d / β / Σ w, with distances from the nearest.
        let (mut sum, mut moment) = (0.0, 0.0);
        for (_, d) in row {
            let x = (f64::from(*d) - least) / beta;
            let w = (-x).exp();
            sum += w;
            moment += w * x;
        }
        sum.ln() + moment / sum
    };
    let (mut low, mut high) = (1e-4, 1e4);
    for _ in 0..50 {
        let middle = f64::sqrt(low * high);
        if entropy(middle) > wanted {
            high = middle
        } else {
            low = middle
        }
        if high / low < 1.0 + 1e-6 {
            break;
        }
    }
    let beta = f64::sqrt(low * high);
    (beta, 1.0 + row.iter().map(|(_, d)| (-f64::from(*d) / beta).exp()).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_perplexity_is_as_wanted() {
        let row: Vec<(u32, f32)> = (0..200).map(|i| (i, 0.02 * i as f32)).collect();
        for perplexity in [3.0, 10.0, 60.0] {
            let (beta, total) = scale(&row, perplexity);
            let weights: Vec<f64> = row.iter().map(|(_, d)| (-f64::from(*d) / beta).exp()).collect();
            let sum: f64 = weights.iter().sum();
            let entropy: f64 = weights.iter().map(|w| w / sum).map(|p| if p > 0.0 { -p * p.ln() } else { 0.0 }).sum();
            assert!((entropy.exp() / perplexity - 1.0).abs() < 1e-3, "{perplexity} {}", entropy.exp());
            assert!((total - 1.0 - sum).abs() < 1e-9);
        }
    }

    #[test]
    fn two_groups_stay_apart() {
        // Alike within 0..4 and 4..8, hardly across.
        let similarity = |i: usize, j: usize| if i / 4 == j / 4 { 0.8 } else { 0.01 };
        let rows = (0..8).map(|i| (0..8).filter(|j| *j != i).map(|j| (j as u32, similarity(i, j))).collect()).collect();
        let graph = density_adapted(Neighbours { rows }, 3.0);
        let weight =
            |across: bool| graph.edges.iter().filter(|(a, b, _)| (a / 4 != b / 4) == across).map(|e| e.2).sum::<f64>();
        assert!(weight(false) > 50.0 * weight(true), "{graph:?}");
        assert_eq!(
            merged(&[(1, 1.0), (4, 2.0)], &[(0, 5.0), (4, 4.0), (9, 1.0)]),
            [(0, 5.0), (1, 1.0), (4, 3.0), (9, 1.0)]
        );
    }
}
