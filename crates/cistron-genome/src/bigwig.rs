use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bigtools::utils::file::reopen::ReopenableFile;
use bigtools::{BBIReadError, BigWigRead, CachedBBIFileRead};

use crate::error::some_names;
use crate::{Contig, GenomeError};

const MAGIC: u32 = 0x888F_FC26;

/// A bigWig file, read at base resolution. One handle serves one thread; open several for more.
pub struct BigWig {
    path: PathBuf,
    reader: BigWigRead<CachedBBIFileRead<ReopenableFile>>,
    contigs: Vec<Contig>,
    allow_negative: bool,
}

impl BigWig {
    /// Opens a bigWig.
    ///
    /// # Errors
    /// A missing or empty file, one that is no bigWig, or a truncated one.
    pub fn open(path: &Path) -> Result<Self, GenomeError> {
        check_header(path)?;
        let file = File::open(path).map_err(GenomeError::io(path))?;
        let reader = BigWigRead::open(ReopenableFile { path: path.to_owned(), file })
            .map_err(|error| GenomeError::file(path, format!("the bigWig cannot be read: {error}")))?
            .cached();
        let contigs: Vec<Contig> =
            reader.chroms().iter().map(|c| Contig { name: c.name.clone(), length_bp: u64::from(c.length) }).collect();
        if contigs.is_empty() {
            return Err(GenomeError::file(path, "the bigWig has no contigs: was it written from empty input?"));
        }
        Ok(Self { path: path.to_owned(), reader, contigs, allow_negative: false })
    }

    /// The contigs that the file states.
    pub fn contigs(&self) -> &[Contig] {
        &self.contigs
    }

    /// Whether negative values may stand in the file (an error otherwise).
    #[must_use]
    pub fn allow_negative(mut self, yes: bool) -> Self {
        self.allow_negative = yes;
        self
    }

    /// Fills `out` with the value of each base from `start_0` on; bases without a value are 0.
    ///
    /// # Errors
    /// [`GenomeError::NoContig`], [`GenomeError::PastEnd`], [`GenomeError::BadValue`] for NaN, infinite or (unless
    /// allowed) negative values, and damaged files.
    pub fn values(&mut self, contig: &str, start_0: u64, out: &mut [f32]) -> Result<(), GenomeError> {
        let end_0 = start_0 + out.len() as u64;
        let Some(known) = self.contigs.iter().find(|c| c.name == contig) else {
            return Err(GenomeError::NoContig {
                path: self.path.clone(),
                contig: contig.to_owned(),
                known: some_names(self.contigs.iter().map(|c| c.name.as_str())),
            });
        };
        if end_0 > known.length_bp {
            return Err(GenomeError::PastEnd {
                path: self.path.clone(),
                contig: contig.to_owned(),
                start_0,
                end_0,
                length_bp: known.length_bp,
            });
        }
        out.fill(0.0);
        if out.is_empty() {
            return Ok(());
        }
        // Contig lengths are u32 in the format, so that the casts hold.
        let damaged =
            |error: BBIReadError| GenomeError::file(&self.path, format!("damaged near {contig}:{start_0}: {error}"));
        let intervals = self.reader.get_interval(contig, start_0 as u32, end_0 as u32).map_err(damaged)?;
        for interval in intervals {
            let interval = interval.map_err(damaged)?;
            let from = u64::from(interval.start).max(start_0);
            let to = u64::from(interval.end).min(end_0);
            if !(interval.value.is_finite() && (self.allow_negative || interval.value >= 0.0)) {
                return Err(GenomeError::BadValue {
                    path: self.path.clone(),
                    contig: contig.to_owned(),
                    position_0: from,
                    message: format!("coverage is {}", interval.value),
                    advice: if interval.value.is_finite() { ", or set allow_negative = true on it" } else { "" },
                });
            }
            if from < to {
                out[(from - start_0) as usize..(to - start_0) as usize].fill(interval.value);
            }
        }
        Ok(())
    }
}

/// Magic, and offsets that must lie inside the file: what a truncated copy loses first.
fn check_header(path: &Path) -> Result<(), GenomeError> {
    let mut file = File::open(path).map_err(GenomeError::io(path))?;
    let size = file.metadata().map_err(GenomeError::io(path))?.len();
    if size == 0 {
        return Err(GenomeError::file(path, "the file is empty"));
    }
    let mut head = Vec::new();
    file.by_ref().take(4096).read_to_end(&mut head).map_err(GenomeError::io(path))?;
    let big = head.starts_with(&MAGIC.to_be_bytes());
    if !big && !head.starts_with(&MAGIC.to_le_bytes()) {
        return Err(GenomeError::file(path, "not a bigWig file: its first bytes are not a bigWig's"));
    }
    let truncated =
        || GenomeError::file(path, format!("the bigWig is truncated ({size} bytes); copy or download it again"));
    let long = |at: usize| -> Option<u64> {
        let bytes: [u8; 8] = head.get(at..at + 8)?.try_into().ok()?;
        Some(if big { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    };
    let short = |at: usize| -> Option<u16> {
        let bytes: [u8; 2] = head.get(at..at + 2)?.try_into().ok()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let zooms = usize::from(short(6).ok_or_else(truncated)?);
    // Offsets of the contig tree, the data and the index, then data and index of each zoom level.
    let places = [8, 16, 24].into_iter().chain((0..zooms).flat_map(|z| [64 + 24 * z + 8, 64 + 24 * z + 16]));
    for place in places {
        if long(place).ok_or_else(truncated)? >= size {
            return Err(truncated());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write_bigwig;

    fn sample(dir: &Path, values: &[(&str, u32, u32, f32)]) -> PathBuf {
        let path = dir.join("t.bw");
        let contigs = [("chr1", 1000), ("chr2", 500)].map(|(n, l)| Contig { name: n.into(), length_bp: l });
        let owned: Vec<_> = values.iter().map(|&(c, s, e, v)| (c.to_owned(), s, e, v)).collect();
        write_bigwig(&path, &contigs, owned.into_iter()).unwrap();
        path
    }

    #[test]
    fn values_come_back_and_gaps_are_zero() {
        let dir = tempfile::tempdir().unwrap();
        let path = sample(dir.path(), &[("chr1", 10, 12, 2.5), ("chr1", 14, 15, 1.0), ("chr2", 0, 500, 3.0)]);
        let mut bigwig = BigWig::open(&path).unwrap();
        assert_eq!(bigwig.contigs()[0], Contig { name: "chr1".into(), length_bp: 1000 });
        let mut out = [9.0; 7];
        bigwig.values("chr1", 9, &mut out).unwrap();
        assert_eq!(out, [0.0, 2.5, 2.5, 0.0, 0.0, 1.0, 0.0]);
        let mut all = vec![9.0; 500];
        bigwig.values("chr2", 0, &mut all).unwrap();
        assert!(all.iter().all(|v| *v == 3.0));
        let past = bigwig.values("chr2", 499, &mut [0.0; 2]).unwrap_err().to_string();
        assert!(past.contains("chr2:499-501 reaches past the end of chr2 (500 bp)"), "{past}");
        assert!(bigwig.values("2", 0, &mut [0.0]).unwrap_err().to_string().contains("it has chr1, chr2"));
    }

    #[test]
    fn values_that_are_no_coverage_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = sample(dir.path(), &[("chr1", 10, 12, -2.0), ("chr2", 7, 8, f32::NAN)]);
        let mut bigwig = BigWig::open(&path).unwrap();
        let mut out = [0.0; 20];
        let negative = bigwig.values("chr1", 0, &mut out).unwrap_err().to_string();
        assert!(negative.contains("coverage is -2 at chr1:10-11") && negative.contains("allow_negative"), "{negative}");
        assert!(bigwig.values("chr2", 0, &mut out).unwrap_err().to_string().contains("coverage is NaN at chr2:7-8"));
        let mut bigwig = bigwig.allow_negative(true);
        bigwig.values("chr1", 0, &mut out).unwrap();
        assert_eq!(out[10], -2.0);
        assert!(bigwig.values("chr2", 0, &mut out).is_err());
    }

    #[test]
    fn damaged_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = sample(dir.path(), &[("chr1", 10, 12, 2.5)]);
        let whole = std::fs::read(&path).unwrap();
        let message = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            BigWig::open(&path).err().unwrap().to_string()
        };
        assert!(message(b"").contains("empty"));
        assert!(message(b"track type=wiggle_0\n").contains("not a bigWig"));
        assert!(message(&whole[..20]).contains("truncated"));
        assert!(message(&whole[..whole.len() / 2]).contains("truncated"));
        assert!(BigWig::open(Path::new("/nowhere.bw")).err().unwrap().to_string().starts_with("/nowhere.bw: "));
    }
}
