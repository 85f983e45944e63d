/// Whether a higher value of a metric is better. `None` for a name that is not known, and for `scaling_factor`, which is best in the
/// middle (at 1).
pub fn higher_is_better(metric: &str) -> Option<bool> {
    match metric {
        "pearson_whole_chromosome"
        | "spearman_whole_chromosome"
        | "pearson_per_sequence"
        | "spearman_per_sequence"
        | "pearson"
        | "spearman"
        | "r_squared"
        | "auroc"
        | "average_precision" => Some(true),
        "mse"
        | "poisson_nll"
        | "jensen_shannon_distance_base2"
        | "binary_cross_entropy"
        | "expected_calibration_error"
        | "variation_score" => Some(false),
        _ => None,
    }
}
