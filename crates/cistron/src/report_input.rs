//! From what a run found to what the report shows.

pub(crate) mod headline;

use cistron_core::{CurveFamily, Interval};
use cistron_data::{Dataset, Inspection, Quantiles, inspect};
use cistron_eval::GeneralisationReport;
use cistron_eval::generalisation as found;
use cistron_report::{
    Curve, Density, LearningCurve, ModelInfo, ModelKind, ReportInput, Scatter, SummaryTable, TrackExample,
    TrackPrediction, Verdict,
};

use self::headline::headline_metrics;
use crate::Study;
use crate::baselines::{CONSTANT, KMER_RIDGE, RIDGE};
use crate::study::ModelSource;
use crate::train::TrainedNetwork;

/// Everything that the report of one run shows.
pub(crate) fn report_input(
    study: &Study,
    dataset: &Dataset,
    trained: &[TrainedNetwork],
    report: &GeneralisationReport,
    (warnings, resolved, manifest): (Vec<String>, String, String),
    provenance: Vec<(String, String)>,
) -> ReportInput {
    let target = &report.target;
    let inspection = inspect(dataset);
    ReportInput {
        title: study.study.name.clone(),
        subtitle: study.study.description.clone(),
        generated: provenance.iter().find(|p| p.0 == "written").map(|p| p.1.clone()).unwrap_or_default(),
        summary_sentences: vec![format!(
            "{} and {} were compared on {} that no model saw in training, for {}. Intervals are 95 % bootstrap intervals over test \
             windows; differences are paired.",
            counted(report.models.iter().filter(|m| !is_baseline(m)).count(), "model"),
            counted(report.models.iter().filter(|m| is_baseline(m)).count(), "trivial baseline"),
            counted(report.windows as usize, "test window"),
            counted(target.tasks.len(), "task")
        )],
        verdicts: report.verdicts.iter().map(|v| Verdict { text: v.text.clone(), outcome: v.outcome }).collect(),
        warnings,
        metrics: report.rows.clone(),
        differences: report.differences.clone(),
        headline_metrics: headline_metrics(target.kind),
        models: report.models.iter().map(|name| model_info(name, study, trained)).collect(),
        learning_curves: trained.iter().map(learning_curve).collect(),
        densities: report
            .densities
            .iter()
            .map(|d| Density {
                unit: format!("coverage per {} bp bin", target.bin_bp),
                ..Density::from_log1p_bins(&d.model, &d.task, d.max, d.counts.clone())
            })
            .collect(),
        scatters: report
            .scatters
            .iter()
            .map(|s| Scatter {
                model: s.model.clone(),
                task: s.task.clone(),
                points: s.points.clone(),
                unit: s.task.clone(),
            })
            .collect(),
        curves: report.curves.iter().map(|c| curve(c, report)).collect(),
        tracks: report.tracks.iter().map(|t| track(t, target.bin_bp)).collect(),
        data_summary: data_tables(&inspection),
        sections: Vec::new(),
        resolved_study: resolved,
        manifest,
        provenance,
    }
}

/// `1 task`, `3 tasks`.
pub(crate) fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

pub(crate) fn is_baseline(name: &str) -> bool {
    [CONSTANT, RIDGE, KMER_RIDGE].contains(&name)
}

fn model_info(name: &str, study: &Study, trained: &[TrainedNetwork]) -> ModelInfo {
    if let Some(network) = trained.iter().find(|t| t.name == name) {
        let (config, report) = (&network.config, &network.report);
        return ModelInfo {
            description: format!("preset {}, width × {}", config.preset, config.width_factor),
            parameters: Some(report.parameters as u64),
            train_seconds: Some(report.seconds),
            device: Some(report.device.clone()),
            ..ModelInfo::new(name, ModelKind::Network)
        };
    }
    if is_baseline(name) {
        let description = match name {
            CONSTANT => "each task's training mean, whatever the sequence",
            RIDGE => "ridge regression on GC share and dinucleotide frequencies",
            _ => "ridge regression on 6-mer frequencies",
        };
        return ModelInfo { description: description.into(), ..ModelInfo::new(name, ModelKind::Baseline) };
    }
    if let Some(ModelSource::Checkpoint(path)) = study.model.iter().find(|m| m.name == name).map(|m| &m.source) {
        return ModelInfo {
            description: format!("trained earlier: {path}"),
            ..ModelInfo::new(name, ModelKind::Network)
        };
    }
    ModelInfo { description: "predictions made elsewhere".into(), ..ModelInfo::new(name, ModelKind::Precomputed) }
}

fn learning_curve(network: &TrainedNetwork) -> LearningCurve {
    let history = &network.report.history;
    LearningCurve {
        model: network.name.clone(),
        epochs: history.iter().map(|e| e.epoch).collect(),
        train_loss: history.iter().map(|e| Some(e.train_loss)).collect(),
        valid_loss: history.iter().map(|e| Some(e.valid_loss)).collect(),
        valid_metric: history.iter().map(|e| e.valid_metric).collect(),
        metric_name: history.first().map(|e| found::metric_label(&e.metric).to_owned()).unwrap_or_default(),
        loss_name: "loss".into(),
        best_epoch: Some(network.report.best_epoch),
    }
}

fn curve(curve: &found::Curve, report: &GeneralisationReport) -> Curve {
    let metric = match curve.family {
        CurveFamily::Roc => "auroc",
        CurveFamily::PrecisionRecall => "average_precision",
        CurveFamily::Reliability => "expected_calibration_error",
    };
    let row = report.rows.iter().find(|r| r.model == curve.model && r.task == curve.task && r.metric == metric);
    Curve {
        family: curve.family,
        model: curve.model.clone(),
        task: curve.task.clone(),
        points: curve.points.clone(),
        score: row.and_then(|r| r.value),
    }
}

fn track(track: &found::TrackExample, bin_bp: usize) -> TrackExample {
    let length = (track.observed.len() * bin_bp) as u64;
    TrackExample {
        label: track.label.clone(),
        window: track.window.clone(),
        interval: track.contig.as_ref().map(|c| Interval::new(c.clone(), track.start_0, track.start_0 + length)),
        bin_bp: bin_bp as u64,
        task: track.task.clone(),
        observed: track.observed.clone(),
        predictions: track
            .predictions
            .iter()
            .filter(|(model, _)| model != CONSTANT)
            .map(|(model, values)| TrackPrediction::new(model, values.clone(), &track.observed))
            .collect(),
        pearson: Some(track.pearson),
    }
}

fn data_tables(inspection: &Inspection) -> Vec<SummaryTable> {
    let share = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format!("{v:.3}"));
    let columns = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let mut tables = vec![SummaryTable {
        title: "Splits".into(),
        note: format!(
            "{} windows of {} bp; {} repeat the sequence of another window.",
            inspection.windows, inspection.window_bp, inspection.duplicates
        ),
        columns: columns(&["split", "windows", "mean GC", "mean share of N", "windows with N"]),
        rows: inspection
            .splits
            .iter()
            .map(|s| {
                let name = s.split.name().to_owned();
                vec![name, s.windows.to_string(), share(s.gc_mean), share(s.n_share_mean), s.windows_with_n.to_string()]
            })
            .collect(),
    }];
    let labels: Vec<Vec<String>> = inspection
        .splits
        .iter()
        .flat_map(|s| {
            s.labels.iter().map(|l| {
                let share = l.positives as f64 / (l.positives + l.negatives).max(1) as f64;
                let split = s.split.name().to_owned();
                vec![split, l.task.clone(), l.positives.to_string(), l.negatives.to_string(), format!("{share:.3}")]
            })
        })
        .collect();
    if !labels.is_empty() {
        tables.push(SummaryTable {
            title: "Class balance".into(),
            note: String::new(),
            columns: columns(&["split", "task", "positives", "negatives", "share of positives"]),
            rows: labels,
        });
    }
    let row = |split: &str, task: &str, what: &str, q: &Option<Quantiles>| {
        let q = q.as_ref()?;
        let numbers = [q.min, q.q05, q.q25, q.median, q.q75, q.q95, q.max].map(|v| format!("{v:.3}"));
        Some([split.to_owned(), task.to_owned(), what.to_owned()].into_iter().chain(numbers).collect::<Vec<_>>())
    };
    let mut quantiles = Vec::new();
    for split in &inspection.splits {
        for track in &split.coverage {
            let name = split.split.name();
            quantiles.extend(row(name, &track.task, "mean of window", &track.window_mean));
            quantiles.extend(row(name, &track.task, "max of window", &track.window_max));
            quantiles.extend(row(name, &track.task, "value", &track.value));
        }
    }
    if !quantiles.is_empty() {
        tables.push(SummaryTable {
            title: "Signal".into(),
            note: "Quantiles over windows, before any normalisation.".into(),
            columns: columns(&["split", "task", "what", "min", "5 %", "25 %", "median", "75 %", "95 %", "max"]),
            rows: quantiles,
        });
    }
    tables
}
