use cistron_core::TargetKind;
use cistron_eval::generalisation::metric_label;
use cistron_eval::higher_is_better;
use cistron_report::HeadlineMetric;

/// The metrics that the report puts forward for a kind of target, most important first.
pub(crate) fn headline_metrics(kind: TargetKind) -> Vec<HeadlineMetric> {
    let shown: &[&str] = match kind {
        TargetKind::Profile => &[
            "pearson_whole_chromosome",
            "pearson_per_sequence",
            "spearman_whole_chromosome",
            "jensen_shannon_distance_base2",
            "poisson_nll",
        ],
        TargetKind::Scalar => &["pearson", "spearman", "mse"],
        TargetKind::Binary => &["auroc", "average_precision", "expected_calibration_error", "binary_cross_entropy"],
    };
    let headline = |metric: &&str| Some(HeadlineMetric::new(*metric, metric_label(metric), higher_is_better(metric)?));
    shown.iter().filter_map(headline).collect()
}
