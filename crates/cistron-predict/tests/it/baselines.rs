use std::path::PathBuf;

use cistron_core::{Predictor, Stream, TargetKind, alphabet, keyed_rng};
use cistron_genome::read_fasta;
use cistron_predict::{ConstantMean, Ridge, RidgeFeatures};
use cistron_stats::PearsonSums;
use cistron_stats::auroc::auroc;
use ndarray::{Array2, Array3};
use rand::RngExt;

use crate::toy::Toy;

fn random_codes(rows: usize, length: usize) -> Array2<u8> {
    let mut rng = keyed_rng(1, Stream::Simulate, 0, 0);
    let shares: Vec<f64> = (0..rows).map(|_| rng.random::<f64>()).collect();
    // GC content differs from row to row, so that there is something to learn.
    Array2::from_shape_fn((rows, length), |(row, _)| {
        let gc = rng.random::<f64>() < shares[row];
        let second = rng.random::<bool>();
        match (gc, second) {
            (true, true) => 1,
            (true, false) => 2,
            (false, true) => 0,
            (false, false) => 3,
        }
    })
}

#[test]
fn the_constant_is_the_mean_or_the_log_odds() {
    let codes = random_codes(4, 8);
    let mut targets = Array3::zeros((4, 1, 2));
    targets[[0, 0, 0]] = 6.0;
    targets[[3, 0, 1]] = f32::NAN;
    let toy = Toy::new(TargetKind::Profile, codes.clone(), targets);
    let fit = ConstantMean::fit("constant mean", &toy, 3).unwrap();
    let out = fit.predict(&toy.batch()).unwrap().heads.remove(0);
    assert!(out.iter().all(|v| (*v - 6.0 / 7.0).abs() < 1e-6));
    let labels = Array3::from_shape_vec((4, 1, 1), vec![1.0, 0.0, 0.0, 0.0]).unwrap();
    let toy = Toy::new(TargetKind::Binary, codes, labels);
    let out = ConstantMean::fit("c", &toy, 3).unwrap().predict(&toy.batch()).unwrap().heads.remove(0);
    assert!((out[[2, 0, 0]] - (1.5f32 / 3.5).ln()).abs() < 1e-6);
}

#[test]
fn ridge_learns_gc_and_survives_saving() {
    let codes = random_codes(300, 100);
    let gc: Vec<f32> = codes.outer_iter().map(|r| r.iter().filter(|c| **c == 1 || **c == 2).count() as f32).collect();
    let targets = Array3::from_shape_fn((300, 1, 1), |(i, _, _)| 3.0 + 0.5 * gc[i]);
    let toy = Toy::new(TargetKind::Scalar, codes, targets.clone());
    let fit = Ridge::fit("ridge", &toy, RidgeFeatures::GcDinucleotide, 64).unwrap();
    let path = tempfile::tempdir().unwrap().path().join("ridge.json");
    fit.save(&path).unwrap();
    let again = Ridge::load(&path).unwrap();
    assert_eq!(again, fit);
    let out = again.predict(&toy.batch()).unwrap().heads.remove(0);
    assert!(out.iter().zip(&targets).all(|(a, b)| (a - b).abs() < 0.01));
}

#[test]
fn ridge_on_profiles_follows_the_local_composition() {
    let codes = random_codes(40, 512);
    let targets = Array3::from_shape_fn((40, 1, 16), |(i, _, bin)| {
        let bases = (32 * bin).saturating_sub(64)..(32 * bin + 96).min(512);
        let length = bases.len() as f32;
        10.0 * bases.filter(|&p| codes[[i, p]] == 1).count() as f32 / length
    });
    let toy = Toy::new(TargetKind::Profile, codes, targets.clone());
    let fit = Ridge::fit("ridge", &toy, RidgeFeatures::GcDinucleotide, 7).unwrap();
    let out = fit.predict(&toy.batch()).unwrap().heads.remove(0);
    let sums = PearsonSums::of(out.as_slice().unwrap(), targets.as_slice().unwrap());
    assert!(sums.pearson().unwrap() > 0.95, "{:?}", sums.pearson());
    assert!(out.iter().all(|v| *v > 0.0));
    let kmers = Ridge::fit("k", &toy, RidgeFeatures::Kmer(6), 7);
    assert!(kmers.unwrap_err().to_string().contains("profiles use GC and dinucleotides"));
}

fn shared_data() -> Option<PathBuf> {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let root = std::env::var_os("CISTRON_SHARED_DATA").map_or_else(|| PathBuf::from(fallback), PathBuf::from);
    root.is_dir().then_some(root)
}

/// A FastSK set (label = header), cut or padded to 100 bp.
fn fastsk(path: PathBuf) -> Toy {
    let records: Vec<_> = read_fasta(&path).unwrap().map(Result::unwrap).collect();
    let codes = Array2::from_shape_fn((records.len(), 100), |(i, j)| {
        records[i].letters.get(j).map_or(alphabet::N, |l| alphabet::encode(&[*l]).unwrap()[0])
    });
    let labels = Array3::from_shape_fn((records.len(), 1, 1), |(i, _, _)| records[i].name.parse().unwrap());
    Toy::new(TargetKind::Binary, codes, labels)
}

#[test]
fn six_mer_ridge_reaches_the_known_floor_on_real_sets() {
    let Some(data) = shared_data() else {
        eprintln!("skipped: no shared data");
        return;
    };
    // AUROC of 6-mer ridge as noted in the README of the data sets
    for (factor, floor) in [("CTCF", 0.893), ("EP300", 0.968), ("JUND", 0.946)] {
        let set = |part: &str| fastsk(data.join(format!("E_chip_classification/fastsk_{factor}.{part}.fasta.gz")));
        let (train, test) = (set("train"), set("test"));
        let fit = Ridge::fit("ridge (6-mers)", &train, RidgeFeatures::Kmer(6), 256).unwrap();
        let scores: Vec<f32> = fit.predict(&test.batch()).unwrap().heads[0].iter().copied().collect();
        let labels: Vec<bool> = test.targets.iter().map(|l| *l > 0.5).collect();
        let area = auroc(&scores, &labels).unwrap();
        eprintln!("{factor}: {area:.3} (floor {floor})");
        assert!(area > floor - 0.03, "{factor}: AUROC {area}");
        let mean = scores.iter().map(|z| 1.0 / (1.0 + (-z).exp())).sum::<f32>() / scores.len() as f32;
        assert!((mean - 0.5).abs() < 0.08, "calibrated: mean probability {mean}");
    }
}
