//! NumPy arrays of other programs: `.npy` and `.npz`, any number type.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use cistron_motif::AttributionMaps;

use crate::CistronError;

/// Numbers with their shape.
struct Numbers {
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// The array of a `.npy`, or `arr_0` (or the only array) of a `.npz`.
fn read_array(path: &Path) -> Result<Numbers, CistronError> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    if path.extension().is_some_and(|e| e == "npz") {
        let file = File::open(path).map_err(|e| CistronError::input(&shown, format!("cannot read the array: {e}")))?;
        let bad = |e: zip::result::ZipError| CistronError::input(&shown, format!("is not a .npz file: {e}"));
        let mut archive = zip::ZipArchive::new(file).map_err(bad)?;
        let names: Vec<String> = archive.file_names().filter_map(|n| n.ok().map(|n| n.into_owned())).collect();
        let name = match names.iter().find(|n| *n == "arr_0.npy") {
            Some(name) => name.clone(),
            None if names.len() == 1 => names[0].clone(),
            None => return Err(CistronError::input(shown, format!("holds {} arrays and none is arr_0", names.len()))),
        };
        archive.by_name(&name).map_err(bad)?.read_to_end(&mut bytes).map_err(CistronError::io(path))?;
    } else {
        let mut file =
            File::open(path).map_err(|e| CistronError::input(&shown, format!("cannot read the array: {e}")))?;
        file.read_to_end(&mut bytes).map_err(CistronError::io(path))?;
    }
    parse(&bytes).map_err(|message| CistronError::input(shown, message))
}

fn parse(bytes: &[u8]) -> Result<Numbers, String> {
    let cut = "the .npy data are cut off";
    if !bytes.starts_with(b"\x93NUMPY") {
        return Err("is not a .npy file".into());
    }
    let major = *bytes.get(6).ok_or(cut)?;
    let (from, length) = match major {
        1 => (10, usize::from(u16::from_le_bytes(bytes.get(8..10).ok_or(cut)?.try_into().map_err(|_| cut)?))),
        _ => (12, u32::from_le_bytes(bytes.get(8..12).ok_or(cut)?.try_into().map_err(|_| cut)?) as usize),
    };
    let header = String::from_utf8_lossy(bytes.get(from..from + length).ok_or(cut)?).into_owned();
    let field = |key: &str| header.split_once(&format!("'{key}':")).map(|(_, rest)| rest.trim_start());
    if field("fortran_order").is_none_or(|f| !f.starts_with("False")) {
        return Err("is in Fortran order; save numpy.ascontiguousarray of it".into());
    }
    let shape =
        field("shape").and_then(|s| s.strip_prefix('(')).and_then(|s| s.split_once(')')).ok_or("has no shape")?;
    let shape: Result<Vec<usize>, _> =
        shape.0.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::parse).collect();
    let shape = shape.map_err(|_| "has no shape")?;
    let descr = field("descr").and_then(|d| d.split('\'').nth(1)).ok_or("has no type")?.to_owned();
    let data = &bytes[from + length..];
    macro_rules! numbers {
        ($t:ty, $of:expr) => {{
            let (chunks, _) = data.as_chunks::<{ size_of::<$t>() }>();
            let of: fn($t) -> f32 = $of;
            chunks.iter().map(|c| of(<$t>::from_le_bytes(*c))).collect::<Vec<f32>>()
        }};
    }
    let values = match descr.as_str() {
        "<f4" => numbers!(f32, |v| v),
        "<f8" => numbers!(f64, |v| v as f32),
        "<f2" => numbers!(u16, half),
        "|u1" | "|b1" => numbers!(u8, f32::from),
        "|i1" => numbers!(i8, f32::from),
        "<i2" => numbers!(i16, f32::from),
        "<i4" => numbers!(i32, |v| v as f32),
        "<i8" => numbers!(i64, |v| v as f32),
        other => return Err(format!("holds numbers of type {other:?}, which is not read; save it as float32")),
    };
    if values.len() != shape.iter().product::<usize>() {
        return Err(format!(
            "has {} numbers where its header asks for {}",
            values.len(),
            shape.iter().product::<usize>()
        ));
    }
    Ok(Numbers { shape, values })
}

/// A number of 16 bits (IEEE 754 binary16).
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
    match exponent {
        0 => sign * mantissa * 2.0f32.powi(-24),
        31 => {
            if mantissa == 0.0 {
                sign * f32::INFINITY
            } else {
                f32::NAN
            }
        }
        e => sign * (1.0 + mantissa / 1024.0) * 2.0f32.powi(e - 15),
    }
}

/// Four values per position of sequences of one length: `[sequences, 4, length]` or `[sequences, length, 4]`.
fn read_positions(path: &Path) -> Result<(usize, Vec<[f32; 4]>), CistronError> {
    let Numbers { shape, values } = read_array(path)?;
    let fail = || {
        let message = format!("has the shape {shape:?}; [sequences, 4, length] or [sequences, length, 4] is expected");
        CistronError::input(path.display().to_string(), message)
    };
    let [sequences, first, second] = shape[..] else { return Err(fail()) };
    if first == 4 {
        let mut out = vec![[0.0; 4]; sequences * second];
        for (rows, out) in values.chunks_exact(4 * second.max(1)).zip(out.chunks_exact_mut(second.max(1))) {
            for (base, row) in rows.chunks_exact(second).enumerate() {
                out.iter_mut().zip(row).for_each(|(o, v)| o[base] = *v);
            }
        }
        Ok((second, out))
    } else if second == 4 {
        Ok((first, values.as_chunks::<4>().0.to_vec()))
    } else {
        Err(fail())
    }
}

/// Codes of a one-hot array, with the length of a sequence. Positions where no base, or more than one, stands are N.
///
/// # Errors
/// A file that cannot be read, or is no array of four values per position.
pub fn read_one_hot(path: &Path) -> Result<(usize, Vec<u8>), CistronError> {
    let (length, positions) = read_positions(path)?;
    let code = |p: &[f32; 4]| {
        let mut ones = (0..4).filter(|b| p[*b] == 1.0);
        match (ones.next(), ones.next(), p.iter().filter(|v| **v != 0.0).count()) {
            (Some(b), None, 1) => b as u8,
            _ => cistron_core::alphabet::N,
        }
    };
    let codes: Vec<u8> = positions.iter().map(code).collect();
    if length == 0 || codes.iter().all(|c| *c > 3) {
        return Err(CistronError::input(
            path.display().to_string(),
            "holds no one-hot base: every position is 0, or none is 1",
        ));
    }
    Ok((length, codes))
}

/// Attribution maps from a one-hot array and hypothetical contributions of the same shape.
///
/// # Errors
/// Files that cannot be read or do not fit together; contributions that are NaN (with the sequence and position) or all 0.
pub fn read_maps(one_hot: &Path, contributions: &Path) -> Result<AttributionMaps, CistronError> {
    let (length, codes) = read_one_hot(one_hot)?;
    let (other, values) = read_positions(contributions)?;
    let shown = contributions.display().to_string();
    if other != length || values.len() != codes.len() {
        let (n, m) = (codes.len() / length, values.len() / other.max(1));
        let message =
            format!("holds {m} maps of {other} positions, {} holds {n} sequences of {length}", one_hot.display());
        return Err(CistronError::input(shown, message));
    }
    AttributionMaps::new(length, codes, values).map_err(|e| CistronError::input(shown, e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_type() {
        assert_eq!([0x3c00, 0xc000, 0x3555, 0x0001].map(half), [1.0, -2.0, 0.333_251_95, 5.960_464_5e-8]);
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
        let file = |descr: &str, data: &[u8]| {
            let dict = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (2,), }}\n");
            let mut out = b"\x93NUMPY\x01\x00".to_vec();
            out.extend((dict.len() as u16).to_le_bytes());
            out.extend(dict.as_bytes());
            out.extend(data);
            out
        };
        let values = |descr: &str, data: &[u8]| parse(&file(descr, data)).map(|n| n.values);
        assert_eq!(values("|i1", &[1, 255]).unwrap(), [1.0, -1.0]);
        assert_eq!(values("<f8", &[1.5f64.to_le_bytes(), 2.0f64.to_le_bytes()].concat()).unwrap(), [1.5, 2.0]);
        assert_eq!(values("<f2", &[0, 0x3c, 0, 0xc0]).unwrap(), [1.0, -2.0]);
        assert!(values("<c8", &[0; 16]).unwrap_err().contains("save it as float32"));
        assert!(values("<f4", &[0; 4]).unwrap_err().contains("1 numbers where its header asks for 2"));
    }
}
