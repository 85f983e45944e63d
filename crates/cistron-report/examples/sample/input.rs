//! An invented run with every part of a report, for looking at and for tests.

use cistron_core::{DifferenceRow, Interval, MetricRow};
use cistron_report::{
    AxisScale, Curve, CurveFamily, Density, HeadlineMetric, LearningCurve, ModelInfo, ModelKind, Outcome, ReportInput,
    Scatter, SummaryTable, TrackExample, TrackPrediction, Verdict,
};

#[path = "sections.rs"]
mod sections;

/// (name, kind, quality in [0, 1])
const MODELS: [(&str, ModelKind, f64); 6] = [
    ("residualbind-32", ModelKind::Network, 0.78),
    ("cnn", ModelKind::Network, 0.70),
    ("cnn exponential, seed 2", ModelKind::Network, 0.685),
    ("published model", ModelKind::Precomputed, 0.74),
    ("constant mean", ModelKind::Baseline, 0.0),
    ("ridge GC + dinucleotides", ModelKind::Baseline, 0.31),
];
const TASKS: [&str; 4] = ["ATAC cut sites", "PolII", "MNase", "RNA plus strand"];
const BINS: usize = 64;

/// SplitMix64 (Steele et al. 2014): the sample is the same on every machine.
struct Random(u64);

impl Random {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

/// The whole input.
pub fn sample() -> ReportInput {
    let mut random = Random(7);
    let metrics = metrics(&mut random);
    let differences = differences(&metrics);
    ReportInput {
        sections: sections::sections(),
        title: "Yeast accessibility (sample)".into(),
        subtitle: "Invented numbers: this page shows what a report looks like".into(),
        generated: "2026-11-21 06:30 UTC".into(),
        summary_sentences: vec![
            "Three networks were trained on 8,412 windows of 2,048 bp of sacCer3 to predict four tracks in bins of 32 bp.".into(),
            "They are compared on 1,204 windows of chrVIII, which no model saw, with a published model's predictions and with two \
             trivial baselines: the training mean, and a ridge regression on GC and dinucleotide content."
                .into(),
        ],
        verdicts: verdicts(),
        warnings: vec![
            "12 of 1,216 test windows have no prediction from published model and are left out for all models".into(),
            "PolII: 38 % of the test windows have no signal at all; per-sequence correlations leave them out".into(),
        ],
        headline_metrics: vec![
            HeadlineMetric::new("pearson_whole_chromosome", "Pearson r, whole chromosome", true),
            HeadlineMetric::new("spearman_whole_chromosome", "Spearman ρ, whole chromosome", true),
            HeadlineMetric::new("poisson_nll", "Poisson NLL", false),
        ],
        models: models(),
        learning_curves: learning_curves(&mut random),
        densities: densities(&mut random),
        scatters: scatters(&mut random),
        curves: curves(),
        tracks: tracks(&mut random),
        data_summary: data_summary(),
        resolved_study: "[study]\nname = \"yeast-accessibility\"\nseed = 7\n\n[dataset]\nkind = \"coverage\"\nwindow_bp = 3072\ninput_bp = 2048\nbin_bp = 32\n".into(),
        manifest: "{\n  \"cistron\": \"0.1.0\",\n  \"seed\": 7,\n  \"genome\": { \"path\": \"sacCer3.fa.gz\", \"blake3\": \"8f1c…\" }\n}\n".into(),
        provenance: [
            ("cistron", "0.1.0"),
            ("seed", "7"),
            ("device", "cpu, 2 threads"),
            ("wall time", "3 min 41 s"),
            ("peak memory", "612 MB"),
            ("dataset", "blake3 8f1c02be77aa"),
        ]
        .map(|(k, v)| (k.to_owned(), v.to_owned()))
        .to_vec(),
        metrics,
        differences,
    }
}

fn row(model: &str, task: &str, metric: &str, value: Option<(f64, f64)>, reason: Option<&str>) -> MetricRow {
    MetricRow {
        model: model.into(),
        task: task.into(),
        metric: metric.into(),
        value: value.map(|v| v.0),
        low: value.map(|v| v.0 - v.1),
        high: value.map(|v| v.0 + v.1 * 0.95),
        windows: 1204,
        reason: reason.map(str::to_owned),
    }
}

fn metrics(random: &mut Random) -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for (model, kind, quality) in MODELS {
        let constant = kind == ModelKind::Baseline && quality == 0.0;
        for (i, task) in TASKS.iter().copied().chain([MetricRow::MEAN_OVER_TASKS]).enumerate() {
            let shift = if i < TASKS.len() { 0.07 * random.normal() - 0.04 * i as f64 } else { -0.06 };
            let r = (quality + shift).clamp(0.02, 0.97);
            for (metric, factor) in [("pearson_whole_chromosome", 1.0), ("spearman_whole_chromosome", 0.86)] {
                let value = (!constant).then_some((r * factor, 0.028));
                rows.push(row(model, task, metric, value, constant.then_some("the predictions do not vary")));
            }
            rows.push(row(model, task, "poisson_nll", Some((1.9 - 1.3 * (quality + shift), 0.09)), None));
        }
    }
    rows
}

fn differences(metrics: &[MetricRow]) -> Vec<DifferenceRow> {
    let mut rows = Vec::new();
    for (i, (a, ..)) in MODELS.iter().enumerate() {
        for (b, ..) in &MODELS[i + 1..] {
            for metric in ["pearson_whole_chromosome", "spearman_whole_chromosome", "poisson_nll"] {
                for task in TASKS.iter().copied().chain([MetricRow::MEAN_OVER_TASKS]) {
                    let find = |m: &str| metrics.iter().find(|r| r.model == m && r.task == task && r.metric == metric);
                    let difference =
                        find(a).and_then(|r| r.value).zip(find(b).and_then(|r| r.value)).map(|(x, y)| x - y);
                    rows.push(DifferenceRow {
                        model_a: (*a).into(),
                        model_b: (*b).into(),
                        task: task.into(),
                        metric: metric.into(),
                        difference,
                        low: difference.map(|d| d - 0.03),
                        high: difference.map(|d| d + 0.028),
                        reason: difference
                            .is_none()
                            .then(|| "undefined for constant mean: the predictions do not vary".into()),
                    });
                }
            }
        }
    }
    rows
}

fn verdicts() -> Vec<Verdict> {
    let verdict = |text: &str, outcome| Verdict { text: text.into(), outcome };
    vec![
        verdict(
            "residualbind-32 beats ridge GC + dinucleotides: Pearson r over the whole chromosome higher by 0.47 [0.44, 0.50].",
            Outcome::Beats,
        ),
        verdict(
            "residualbind-32 beats constant mean: Poisson NLL lower by 1.01 [0.98, 1.04] (a constant has no correlation).",
            Outcome::Beats,
        ),
        verdict(
            "cnn is not distinguishable from published model: Pearson r differs by −0.02 [−0.05, 0.01].",
            Outcome::NotDistinguishable,
        ),
        verdict(
            "cnn exponential, seed 2 loses to published model: Pearson r lower by 0.06 [0.03, 0.08].",
            Outcome::Loses,
        ),
        verdict("PolII with fewer than 20 windows: no metric is defined for both models.", Outcome::Unknown),
    ]
}

fn models() -> Vec<ModelInfo> {
    let info = |(i, (name, kind, _)): (usize, &(&str, ModelKind, f64))| ModelInfo {
        description: [
            "residualbind-32, widths × 0.25, Poisson loss",
            "cnn, widths × 0.25, Poisson loss",
            "cnn with exponential first layer, Poisson loss",
            "bigWig files of the authors",
            "training mean of each task",
            "ridge on GC and 16 dinucleotide frequencies, λ by generalised cross-validation",
        ][i]
            .into(),
        parameters: [Some(1_254_321), Some(842_104), Some(842_104), None, Some(4), Some(72)][i],
        train_seconds: [Some(143.2), Some(61.0), Some(58.4), None, Some(0.04), Some(1.9)][i],
        predict_seconds: [Some(4.1), Some(1.6), Some(1.6), Some(0.3), Some(0.01), Some(0.2)][i],
        device: (*kind == ModelKind::Network).then(|| "cpu, 2 threads".into()),
        ..ModelInfo::new(*name, *kind)
    };
    MODELS.iter().enumerate().map(info).collect()
}

fn learning_curves(random: &mut Random) -> Vec<LearningCurve> {
    let networks = MODELS.iter().filter(|(_, kind, _)| *kind == ModelKind::Network);
    networks
        .enumerate()
        .map(|(i, (name, _, quality))| {
            let epochs = 14 + 5 * i as u64;
            let best = epochs - 6;
            let at = |e: u64, speed: f64| (-(e as f64) / speed).exp();
            let noise: Vec<f64> = (0..epochs).map(|_| 0.012 * random.normal()).collect();
            let valid = |e: u64| {
                1.25 - 0.35 * quality + 0.9 * at(e, 2.2) + 0.012 * e.saturating_sub(best) as f64 + noise[e as usize - 1]
            };
            LearningCurve {
                model: (*name).into(),
                epochs: (1..=epochs).collect(),
                train_loss: (1..=epochs)
                    .map(|e| Some(1.2 - 0.4 * quality + 1.1 * at(e, 2.8) - 0.012 * e as f64))
                    .collect(),
                valid_loss: (1..=epochs).map(|e| Some(valid(e))).collect(),
                valid_metric: (1..=epochs)
                    .map(|e| Some(quality * (1.0 - at(e, 2.4)) + noise[e as usize - 1]))
                    .collect(),
                metric_name: "Pearson r".into(),
                loss_name: "Poisson NLL".into(),
                best_epoch: Some(best),
            }
        })
        .collect()
}

fn densities(random: &mut Random) -> Vec<Density> {
    let max = 180f64.ln_1p();
    let mut out = Vec::new();
    for task in &TASKS[..2] {
        for (model, _, quality) in MODELS {
            let mut counts = vec![vec![0u64; BINS]; BINS];
            for _ in 0..60_000 {
                let signal = (1.0 + 1.1 * random.normal()).max(0.0) + if random.unit() < 0.08 { 2.0 } else { 0.0 };
                let predicted = quality * signal + (1.0 - quality) * 1.1 + 0.35 * quality * random.normal();
                let bin = |v: f64| ((v.max(0.0) / max * BINS as f64) as usize).min(BINS - 1);
                counts[bin(signal)][bin(predicted)] += 1;
            }
            let unit = "coverage per 32 bp bin".into();
            out.push(Density { unit, ..Density::from_log1p_bins(model, *task, max, counts) });
        }
    }
    assert!(out.iter().all(|d| d.scale == AxisScale::Log1p));
    out
}

fn scatters(random: &mut Random) -> Vec<Scatter> {
    MODELS
        .iter()
        .map(|(model, _, quality)| Scatter {
            model: (*model).into(),
            task: "expression".into(),
            points: (0..1500)
                .map(|_| {
                    let observed = 9.0 + 2.2 * random.normal();
                    let noise = if *quality > 0.0 { (1.0 - quality) * 1.6 * random.normal() } else { 0.0 };
                    (9.0 + quality * (observed - 9.0) + noise, observed)
                })
                .collect(),
            unit: "log expression".into(),
        })
        .collect()
}

fn curves() -> Vec<Curve> {
    let mut out = Vec::new();
    for (model, _, quality) in MODELS {
        let grid: Vec<f64> = (0..=200).map(|i| f64::from(i) / 200.0).collect();
        // Binormal-like: tpr = fpr^(1 − quality) has the area 1 / (2 − quality).
        let roc: Vec<(f64, f64)> = grid.iter().map(|x| (*x, x.powf(1.0 - quality))).collect();
        let recall = |x: f64| x.powf(1.0 - quality);
        let precision: Vec<(f64, f64)> =
            grid.iter().skip(1).map(|x| (recall(*x), 0.3 * recall(*x) / (0.3 * recall(*x) + 0.7 * x))).collect();
        let bend = 0.25 * (1.0 - quality);
        let reliability: Vec<(f64, f64)> = if quality == 0.0 {
            vec![(0.3, 0.3)]
        } else {
            (0..10)
                .map(|i| 0.05 + 0.1 * f64::from(i))
                .map(|p| (p, (p + bend * (3.0 * p).sin() * (0.5 - p)).clamp(0.0, 1.0)))
                .collect()
        };
        for (family, points, score) in [
            (CurveFamily::Roc, roc, 1.0 / (2.0 - quality)),
            (CurveFamily::PrecisionRecall, precision, 0.3 + 0.6 * quality),
            (CurveFamily::Reliability, reliability, 0.08 * (1.0 - quality)),
        ] {
            out.push(Curve { family, model: model.into(), task: "ATAC peak".into(), points, score: Some(score) });
        }
    }
    out
}

fn tracks(random: &mut Random) -> Vec<TrackExample> {
    let mut out = Vec::new();
    for (label, start, sharpness, agreement) in
        [("best", 245_128, 1.0, 0.97), ("median", 412_544, 0.7, 0.75), ("worst", 1_012_345_728, 0.4, 0.1)]
    {
        let peaks: Vec<(f64, f64, f64)> = (0..4)
            .map(|_| (random.unit() * 2048.0, 40.0 + 90.0 * random.unit(), 8.0 * random.unit() * sharpness))
            .collect();
        let shape = |x: f64| peaks.iter().map(|(c, w, h)| h * (-((x - c) / w).powi(2) / 2.0).exp()).sum::<f64>();
        let bins = if label == "median" { 2048 } else { 64 };
        let width = 2048 / bins;
        let centres: Vec<f64> = (0..bins).map(|b| (b as f64 + 0.5) * width as f64).collect();
        let observed: Vec<f32> = centres
            .iter()
            .map(|x| ((shape(*x) + 0.4).max(0.0) * (1.0 + 0.25 * random.normal()).max(0.0)) as f32)
            .collect();
        let predictions = MODELS
            .iter()
            .map(|(model, _, quality)| {
                let share = quality * agreement;
                let wrong = |x: f64| shape((x * 1.7 + 700.0) % 2048.0);
                let values = centres.iter().map(|x| {
                    (share * shape(*x) + (quality - share).max(0.0) * wrong(*x) + 0.5 + (1.0 - quality) * 0.6) as f32
                });
                TrackPrediction::new(*model, values.collect(), &observed)
            })
            .collect();
        out.push(TrackExample {
            label: label.into(),
            window: format!("chrVIII_{start}"),
            interval: Some(Interval::new("chrVIII", start, start + 2048)),
            bin_bp: width as u64,
            task: TASKS[0].into(),
            observed,
            predictions,
            pearson: Some(agreement),
        });
    }
    out
}

fn data_summary() -> Vec<SummaryTable> {
    let strings = |rows: &[&[&str]]| rows.iter().map(|r| r.iter().map(|c| (*c).to_owned()).collect()).collect();
    vec![
        SummaryTable {
            title: "Windows".into(),
            note: "Split by chromosome: test chrVIII, validation chrIX.".into(),
            columns: ["split", "windows", "GC", "share of N", "bases"].map(str::to_owned).to_vec(),
            rows: strings(&[
                &["train", "8,412", "38.3 %", "0.0 %", "25,841,664"],
                &["valid", "612", "38.9 %", "0.0 %", "1,880,064"],
                &["test", "1,204", "38.5 %", "0.1 %", "3,698,688"],
            ]),
        },
        SummaryTable {
            title: "Coverage per base, quantiles over training windows".into(),
            note: String::new(),
            columns: ["task", "25 %", "50 %", "75 %", "99 %", "max"].map(str::to_owned).to_vec(),
            rows: strings(&[
                &["ATAC cut sites", "0.00", "0.41", "1.30", "21.2", "184"],
                &["PolII", "0.00", "0.12", "0.88", "9.1", "61"],
                &["MNase", "0.31", "0.90", "1.72", "6.6", "23"],
                &["RNA plus strand", "0.00", "0.00", "0.40", "55.0", "1,902"],
            ]),
        },
    ]
}
