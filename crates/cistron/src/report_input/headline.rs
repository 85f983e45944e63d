use cistron_core::TargetKind;
use cistron_eval::generalisation::metric_label;
use cistron_report::HeadlineMetric;

/// The metrics that the report puts forward for a kind of target, most important first.
pub(super) fn headline_metrics(kind: TargetKind) -> Vec<HeadlineMetric> {
    let shown: &[(&str, bool)] = match kind {
        TargetKind::Profile => &[
            ("pearson_whole_chromosome", true),
            ("pearson_per_sequence", true),
            ("spearman_whole_chromosome", true),
            ("jensen_shannon_distance_base2", false),
            ("poisson_nll", false),
        ],
        TargetKind::Scalar => &[("pearson", true), ("spearman", true), ("mse", false)],
        TargetKind::Binary => &[
            ("auroc", true),
            ("average_precision", true),
            ("expected_calibration_error", false),
            ("binary_cross_entropy", false),
        ],
    };
    shown.iter().map(|(metric, higher)| HeadlineMetric::new(*metric, metric_label(metric), *higher)).collect()
}
