/// Whether a higher value of a metric is better. `None` for a name that is not known, and for `scaling_factor`, which is best in the
/// middle (at 1).
///
/// Suffixes that say where a metric was taken (`…_at_128_bp`, `…_smoothed_96_bp`, `…_above_4`, `…_on_peaks`, `…_on_all`) or from which predictions
/// of variants (`…_standard`, `…_robust`) do not change its direction.
pub fn higher_is_better(metric: &str) -> Option<bool> {
    const PLACES: [&str; 7] = ["_at_", "_smoothed_", "_above_", "_on_peaks", "_on_all", "_standard", "_robust"];
    let plain = PLACES.iter().filter_map(|place| metric.find(place)).min().map_or(metric, |end| &metric[..end]);
    match plain {
        "pearson_whole_chromosome"
        | "spearman_whole_chromosome"
        | "pearson_per_sequence"
        | "spearman_per_sequence"
        | "pearson"
        | "spearman"
        | "r_squared"
        | "auroc"
        | "average_precision"
        | "average_precision_trapezoid"
        | "direction_auroc"
        | "direction_accuracy"
        | "significance_auroc"
        | "significance_average_precision" => Some(true),
        "mse"
        | "mse_scaled"
        | "poisson_nll"
        | "jensen_shannon_distance_base2"
        | "binary_cross_entropy"
        | "expected_calibration_error"
        | "variation_score" => Some(false),
        _ => None,
    }
}
