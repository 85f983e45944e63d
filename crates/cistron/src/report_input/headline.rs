use cistron_core::TargetKind;
use cistron_report::HeadlineMetric;

/// The metrics that the report puts forward for a kind of target, most important first.
pub(super) fn headline_metrics(kind: TargetKind) -> Vec<HeadlineMetric> {
    match kind {
        TargetKind::Profile => vec![
            HeadlineMetric::new("pearson_whole_chromosome", "Pearson r, whole chromosome", true),
            HeadlineMetric::new("pearson_per_sequence", "Pearson r, per sequence", true),
            HeadlineMetric::new("spearman_whole_chromosome", "Spearman ρ, whole chromosome", true),
            HeadlineMetric::new("jensen_shannon_distance_base2", "Jensen–Shannon distance (base 2)", false),
            HeadlineMetric::new("poisson_nll", "Poisson NLL", false),
        ],
        TargetKind::Scalar => vec![
            HeadlineMetric::new("pearson", "Pearson r", true),
            HeadlineMetric::new("spearman", "Spearman ρ", true),
            HeadlineMetric::new("mse", "Mean squared error", false),
        ],
        TargetKind::Binary => vec![
            HeadlineMetric::new("auroc", "AUROC", true),
            HeadlineMetric::new("average_precision", "Average precision", true),
            HeadlineMetric::new("expected_calibration_error", "Calibration error", false),
            HeadlineMetric::new("binary_cross_entropy", "Cross-entropy", false),
        ],
    }
}
