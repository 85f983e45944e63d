use cistron_motif::*;
use std::time::Instant;
fn main() {
    let m = formats::parse_motifs(&std::fs::read_to_string("/tmp/m5/v.meme").unwrap()).unwrap();
    let fa = std::fs::read_to_string("/tmp/m5/s10.fa").unwrap();
    let seqs: Vec<Vec<u8>> = fa
        .split('>')
        .skip(1)
        .map(|r| {
            let (_, s) = r.split_once('\n').unwrap();
            let l: Vec<u8> = s.bytes().filter(|b| *b != b'\n').collect();
            let mut c = vec![0; l.len()];
            cistron_core::alphabet::encode_lossy(&l, &mut c).unwrap();
            c
        })
        .collect();
    let b: Vec<&[u8]> = seqs.iter().map(Vec::as_slice).collect();
    for _ in 0..2 {
        let t = Instant::now();
        let p: Vec<Pwm> = m.iter().map(|m| m.pwm(0.1, [0.25; 4])).collect();
        let h = scan_sequences(&p, &b, &ScanOptions::default());
        println!("scan {:?} {}", t.elapsed(), h.iter().map(Vec::len).sum::<usize>());
        let t = Instant::now();
        let db = MotifDatabase::new(&m, SimilarityOptions::default());
        let r = db.compare_all(&m);
        println!("match {:?} {}", t.elapsed(), r.iter().flatten().filter(|x| x.p_value < 1e-3).count());
    }
}
