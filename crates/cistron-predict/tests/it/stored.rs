use std::collections::BTreeMap;

use cistron_core::npy::NpyWriter;
use cistron_core::{Interval, Predictor, TargetKind};
use cistron_genome::{Contig, ContigMap, write_bigwig};
use cistron_predict::{BigWigPredictor, ConstantMean, EnsembleMean, NpyPredictor, TableKey, TablePredictor};
use ndarray::{Array3, array};

use crate::toy::Toy;

#[test]
fn tables_are_found_by_sequence_or_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.tsv");
    std::fs::write(&path, "seq\tname\tmean\nacg\tw1\t1.5\nTTTT\tw0\tNA\nACG\tw9\t1.5\n").unwrap();
    let toy = Toy::new(TargetKind::Scalar, array![[3, 3, 3, 3], [4, 0, 1, 2], [0, 0, 0, 0]], Array3::zeros((3, 1, 1)));
    let open = |key_column: &str, key| {
        TablePredictor::open("p", std::slice::from_ref(&path), key_column, key, &["mean".into()], &toy.target)
    };
    for predictor in [open("seq", TableKey::Sequence).unwrap(), open("name", TableKey::Name).unwrap()] {
        let out = predictor.predict(&toy.batch()).unwrap().heads.remove(0);
        assert!(out[[0, 0, 0]].is_nan() && out[[2, 0, 0]].is_nan());
        assert_eq!(out[[1, 0, 0]], 1.5);
    }
    let message = open("sequence", TableKey::Sequence).err().unwrap().to_string();
    assert!(message.contains("no column \"sequence\"; the columns are seq, name, mean"), "{message}");
    std::fs::write(&path, "seq\tname\tmean\nacg\tw1\t1.5\nACG\tw2\t1.6\n").unwrap();
    let message = open("seq", TableKey::Sequence).err().unwrap().to_string();
    assert!(message.contains("row 3: the key \"ACG\" stood before with other predictions"), "{message}");
    std::fs::write(&path, "seq\tname\tmean\nacg\tw1\thigh\n").unwrap();
    assert!(open("seq", TableKey::Sequence).err().unwrap().to_string().contains("line 2, column \"mean\": \"high\""));
}

#[test]
fn arrays_are_found_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let (npy, names) = (dir.path().join("p.npy"), dir.path().join("names.txt"));
    let writer = NpyWriter::<f32>::create(&npy, &[2, 1, 2]).unwrap();
    writer.write_rows(0, &[1.0, 2.0, 3.0, 4.0]).unwrap();
    writer.finish().unwrap();
    std::fs::write(&names, "w2\nw0\n").unwrap();
    let toy = Toy::new(TargetKind::Profile, array![[0, 1], [1, 2], [2, 3]], Array3::zeros((3, 1, 2)));
    let out =
        NpyPredictor::open("p", &npy, &names, &toy.target).unwrap().predict(&toy.batch()).unwrap().heads.remove(0);
    assert_eq!((out[[0, 0, 0]], out[[2, 0, 1]]), (3.0, 2.0));
    assert!(out[[1, 0, 0]].is_nan());
    let message = |text: &str| {
        std::fs::write(&names, text).unwrap();
        NpyPredictor::open("p", &npy, &names, &toy.target).err().unwrap().to_string()
    };
    assert!(message("w2\n").contains("has 1 names for the 2 rows"));
    assert!(message("w2\nw2\n").contains("stands twice"));
    let other = Toy::new(TargetKind::Profile, array![[0, 1, 2]], Array3::zeros((1, 1, 3)));
    assert!(NpyPredictor::open("p", &npy, &names, &other.target).err().unwrap().to_string().contains("3 bins"));
}

#[test]
fn bigwigs_are_averaged_into_bins() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("p.bw");
    let contigs = [Contig { name: "1".into(), length_bp: 100 }];
    write_bigwig(&path, &contigs, vec![("1".to_owned(), 11, 12, 4.0), ("1".to_owned(), 12, 14, 1.0)].into_iter())
        .unwrap();
    let mut toy = Toy::new(TargetKind::Profile, array![[0, 1, 2, 3]], Array3::zeros((1, 1, 2)));
    let map = ContigMap::from_pairs(BTreeMap::from([("1".to_owned(), "chr1".to_owned())]));
    let predictor = BigWigPredictor::open("p", &[(path.clone(), map)], &toy.target).unwrap();
    assert!(predictor.predict(&toy.batch()).unwrap_err().to_string().contains("no place there"));
    toy.windows[0].interval = Some(Interval::new("chr1", 10, 14));
    let out = predictor.predict(&toy.batch()).unwrap().heads.remove(0);
    assert_eq!(out, array![[[2.0, 1.0]]]);
    let none = BigWigPredictor::open("p", &[], &toy.target).err().unwrap().to_string();
    assert!(none.contains("0 bigWig file(s) for 1 task(s)"), "{none}");
}

#[test]
fn an_ensemble_is_the_mean_of_its_members() {
    let toy = |value| Toy::new(TargetKind::Scalar, array![[0, 1]], Array3::from_elem((1, 1, 1), value));
    let member = |value| -> Box<dyn Predictor> { Box::new(ConstantMean::fit("m", &toy(value), 1).unwrap()) };
    let ensemble = EnsembleMean::new("e", vec![member(1.0), member(4.0)]).unwrap();
    assert_eq!(ensemble.predict(&toy(0.0).batch()).unwrap().heads[0][[0, 0, 0]], 2.5);
    assert!(EnsembleMean::new("e", Vec::new()).is_err());
}
