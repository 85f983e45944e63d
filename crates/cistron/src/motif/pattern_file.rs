//! Patterns as HDF5 in the layout of tfmodisco-lite 2 and 3, which its report and Fi-NeMo read.

use std::path::Path;

use cistron_motif::{AttributionMaps, Pattern, PatternSeqlet};
use rust_hdf5::types::HBool;
use rust_hdf5::{H5File, H5Group};

use crate::CistronError;

/// Writes `pos_patterns/pattern_0/…` and `neg_patterns/pattern_0/…`: `sequence`, `contrib_scores`, `hypothetical_contribs` (`[positions, 4]`)
/// and `seqlets` with places and arrays; `subpattern_0/…` within. The attribute `window_size` is the maps' length.
///
/// # Errors
/// Any error of writing; nothing half-written has the final name.
pub fn write_pattern_file(
    path: &Path,
    maps: &AttributionMaps,
    positive: &[Pattern],
    negative: &[Pattern],
) -> Result<(), CistronError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let written = write(&partial, maps, positive, negative)
        .map_err(|e| e.to_string())
        .and_then(|()| std::fs::rename(&partial, path).map_err(|e| e.to_string()));
    written.map_err(|message| {
        let _ = std::fs::remove_file(&partial);
        CistronError::input(path.display().to_string(), format!("cannot be written: {message}"))
    })
}

fn write(
    path: &Path,
    maps: &AttributionMaps,
    positive: &[Pattern],
    negative: &[Pattern],
) -> Result<(), rust_hdf5::Hdf5Error> {
    let file = H5File::create(path)?;
    file.set_attr_numeric("window_size", &(maps.length() as i64))?;
    for (name, patterns) in [("pos_patterns", positive), ("neg_patterns", negative)] {
        if patterns.is_empty() {
            continue;
        }
        let group = file.create_group(name)?;
        for (i, pattern) in patterns.iter().enumerate() {
            write_pattern(&group.create_group(&format!("pattern_{i}"))?, maps, pattern)?;
        }
    }
    file.close()
}

fn write_pattern(group: &H5Group, maps: &AttributionMaps, pattern: &Pattern) -> Result<(), rust_hdf5::Hdf5Error> {
    let matrix = |group: &H5Group, name: &str, values: &[[f64; 4]]| {
        group.new_dataset::<f64>().shape([values.len(), 4]).create(name)?.write_raw(values.as_flattened())
    };
    matrix(group, "sequence", &pattern.sequence)?;
    matrix(group, "contrib_scores", &pattern.contributions)?;
    matrix(group, "hypothetical_contribs", &pattern.hypothetical)?;
    let seqlets = group.create_group("seqlets")?;
    let n = pattern.seqlets.len();
    let whole =
        |name: &str, values: &[i64]| seqlets.new_dataset::<i64>().shape([values.len()]).create(name)?.write_raw(values);
    whole("n_seqlets", &[n as i64])?;
    let all = |of: fn(&PatternSeqlet) -> usize| pattern.seqlets.iter().map(|s| of(s) as i64).collect::<Vec<_>>();
    whole("example_idx", &all(|s| s.example))?;
    whole("start", &all(|s| s.start_0))?;
    whole("end", &all(|s| s.end_0))?;
    let reverse: Vec<HBool> = pattern.seqlets.iter().map(|s| s.reverse.into()).collect();
    seqlets.new_dataset::<HBool>().shape([n]).create("is_revcomp")?.write_raw(&reverse)?;
    let mut arrays: [Vec<f32>; 3] = [(); 3].map(|()| Vec::with_capacity(n * pattern.len() * 4));
    for seqlet in &pattern.seqlets {
        for (out, array) in arrays.iter_mut().zip(seqlet.arrays(maps)) {
            out.extend(array.as_flattened().iter().map(|v| *v as f32));
        }
    }
    for (name, values) in ["sequence", "contrib_scores", "hypothetical_contribs"].into_iter().zip(arrays) {
        seqlets.new_dataset::<f32>().shape([n, pattern.len(), 4]).create(name)?.write_raw(&values)?;
    }
    for (i, part) in pattern.subpatterns.iter().enumerate() {
        write_pattern(&group.create_group(&format!("subpattern_{i}"))?, maps, part)?;
    }
    Ok(())
}
