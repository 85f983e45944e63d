/// Which points are on the Pareto front: no other one is at least as good in both values and better in one. `higher` says for each of
/// the two values whether higher is better.
pub(super) fn on_front(points: &[(f64, f64)], higher: (bool, bool)) -> Vec<bool> {
    let gain = |own: f64, other: f64, higher: bool| if higher { other - own } else { own - other };
    let beaten = |own: &(f64, f64)| {
        points.iter().any(|other| {
            let (x, y) = (gain(own.0, other.0, higher.0), gain(own.1, other.1, higher.1));
            x >= 0.0 && y >= 0.0 && (x > 0.0 || y > 0.0)
        })
    };
    points.iter().map(|point| !beaten(point)).collect()
}

#[cfg(test)]
mod tests {
    use super::on_front;

    #[test]
    fn fronts_by_hand() {
        // Pearson up, variation down: (0.8, 0.3) and (0.6, 0.1) stand, (0.6, 0.2) and (0.7, 0.4) are beaten.
        let points = [(0.8, 0.3), (0.6, 0.1), (0.6, 0.2), (0.7, 0.4)];
        assert_eq!(on_front(&points, (true, false)), [true, true, false, false]);
        assert_eq!(on_front(&points, (true, true)), [true, false, false, true]);
        // Equal models do not beat each other.
        assert_eq!(on_front(&[(1.0, 1.0), (1.0, 1.0)], (true, false)), [true, true]);
        assert!(on_front(&[], (true, false)).is_empty());
    }
}
