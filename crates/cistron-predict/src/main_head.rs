use cistron_core::{HeadSpec, OutputKind, PredictorSpec, TargetKind, TargetSpec};

/// The spec of a predictor whose single head `main` answers `target` on its natural scale.
pub(crate) fn spec_for(name: &str, target: &TargetSpec, input_bp: Option<usize>) -> PredictorSpec {
    let kind = match target.kind {
        TargetKind::Profile => OutputKind::Counts,
        TargetKind::Scalar => OutputKind::Scalar,
        TargetKind::Binary => OutputKind::Logits,
    };
    PredictorSpec {
        name: name.to_owned(),
        input_bp,
        heads: vec![HeadSpec {
            name: "main".into(),
            kind,
            tasks: target.tasks.clone(),
            bins: target.bins,
            bin_bp: target.bin_bp,
        }],
    }
}
