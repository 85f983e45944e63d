//! Communities of a weighted graph by the Leiden algorithm (Traag, Waltman and van Eck 2019), maximising modularity.

use leiden_rs::{GraphDataBuilder, Leiden, LeidenConfig};
use rayon::prelude::*;

use super::affinity::Graph;

/// Rounds of moving, refining and joining, at most.
const MOST_ROUNDS: usize = 20;

/// The community of each node, numbered from 0 by falling size: the best of some random starts.
pub(super) fn communities(graph: &Graph, runs: u64, seed: u64) -> Vec<usize> {
    let single: Vec<usize> = (0..graph.nodes).collect();
    if graph.edges.is_empty() {
        return single;
    }
    let mut builder = GraphDataBuilder::new(graph.nodes);
    for (a, b, weight) in &graph.edges {
        if builder.add_edge(*a as usize, *b as usize, *weight).is_err() {
            return single;
        }
    }
    let Ok(data) = builder.build() else { return single };
    let run = |i: u64| {
        let mut config = LeidenConfig { max_iterations: MOST_ROUNDS, ..LeidenConfig::default() };
        // One thread a run: the runs are what is parallel, and a run then repeats.
        config.parallel_local_moving_threshold = Some(usize::MAX);
        config.parallel_aggregation_threshold = Some(usize::MAX);
        // A thing with light edges only gains next to nothing by joining its neighbours, but belongs to them.
        config.epsilon = 1e-30;
        config.seed = Some(seed.wrapping_mul(1000).wrapping_add(i));
        Leiden::new(config).run(&data).ok().map(|o| (o.quality, i, o.partition))
    };
    let found: Vec<_> = (0..runs.max(1)).into_par_iter().filter_map(run).collect();
    let best = found.into_iter().max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    let Some((_, _, partition)) = best else { return single };
    by_size(partition.as_slice())
}

/// Things by their community, in their order.
pub(super) fn grouped<T: Copy>(things: &[T], members: &[usize]) -> Vec<Vec<T>> {
    let mut groups = vec![Vec::new(); members.iter().max().map_or(0, |m| m + 1)];
    for (thing, member) in things.iter().zip(members) {
        groups[*member].push(*thing);
    }
    groups
}

/// Communities numbered anew, the largest first; of equals the one with the first node.
fn by_size(members: &[usize]) -> Vec<usize> {
    let count = members.iter().max().map_or(0, |m| m + 1);
    let mut sizes = vec![(0usize, usize::MAX); count];
    for (node, community) in members.iter().enumerate() {
        sizes[*community].0 += 1;
        sizes[*community].1 = sizes[*community].1.min(node);
    }
    let mut order: Vec<usize> = (0..count).filter(|c| sizes[*c].0 > 0).collect();
    order.sort_by_key(|c| (std::cmp::Reverse(sizes[*c].0), sizes[*c].1));
    let mut number = vec![0; count];
    for (new, old) in order.into_iter().enumerate() {
        number[old] = new;
    }
    members.iter().map(|m| number[*m]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cliques_are_two_communities() {
        let mut edges = Vec::new();
        for (from, to) in [(0u32, 6u32), (6, 10)] {
            for a in from..to {
                edges.extend((a + 1..to).map(|b| (a, b, 1.0)));
            }
        }
        edges.push((5, 6, 0.1));
        let graph = Graph { nodes: 11, edges };
        let found = communities(&graph, 3, 1);
        assert_eq!(found, [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
        assert_eq!(found, communities(&graph, 3, 1));
        assert_eq!(communities(&Graph { nodes: 2, edges: vec![] }, 3, 1), [0, 1]);
        assert_eq!(by_size(&[3, 1, 1, 0]), [1, 0, 0, 2]);
    }
}
