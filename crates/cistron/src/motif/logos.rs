use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cistron_motif::{Logo, Motif, MotifMatch, aligned_logos_svg, logo_svg};
use cistron_report::png_from_svg;

use super::output::write_bytes;
use crate::CistronError;

/// How pictures are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogoFormat {
    /// Vectors.
    Svg,
    /// Pixels, two per unit.
    Png,
}

impl FromStr for LogoFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "svg" => Ok(Self::Svg),
            "png" => Ok(Self::Png),
            _ => Err(format!("{text:?} is neither svg nor png")),
        }
    }
}

fn write(dir: &Path, name: &str, svg: &str, format: LogoFormat) -> Result<PathBuf, CistronError> {
    // Names of motifs may hold anything.
    let safe: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    let (extension, bytes) = match format {
        LogoFormat::Svg => ("svg", svg.as_bytes().to_vec()),
        LogoFormat::Png => ("png", png_from_svg(name, svg)?),
    };
    let path = dir.join(format!("{safe}.{extension}"));
    write_bytes(Some(&path), &bytes)?;
    Ok(path)
}

/// A logo of each motif, named after its identifier.
///
/// # Errors
/// Any error of drawing or writing.
pub fn write_logos(motifs: &[Motif], dir: &Path, format: LogoFormat) -> Result<Vec<PathBuf>, CistronError> {
    fs::create_dir_all(dir).map_err(CistronError::io(dir))?;
    motifs.iter().map(|m| write(dir, &m.id, &logo_svg(&Logo::information(m)), format)).collect()
}

/// The logo of each query over that of its best match, aligned; queries without a match below the q-value get none.
///
/// # Errors
/// Any error of drawing or writing.
pub fn write_match_logos(
    queries: &[Motif],
    targets: &[Motif],
    matches: &[Vec<MotifMatch>],
    q_value: f64,
    dir: &Path,
    format: LogoFormat,
) -> Result<Vec<PathBuf>, CistronError> {
    fs::create_dir_all(dir).map_err(CistronError::io(dir))?;
    let mut paths = Vec::new();
    for (query, matches) in queries.iter().zip(matches) {
        let best = MotifMatch::best(matches).filter(|m| m.q_value <= q_value);
        let Some(best) = best else { continue };
        let (above, target) = (Logo::information(query), Logo::information(&targets[best.target]));
        let mut below = if best.reverse { target.reverse_complement() } else { target };
        below.title =
            format!("{}  q = {:.2e}{}", below.title, best.q_value, if best.reverse { ", other strand" } else { "" });
        let svg = aligned_logos_svg(&[(&above, best.offset), (&below, 0)]);
        paths.push(write(dir, &format!("{}__{}", query.id, targets[best.target].id), &svg, format)?);
    }
    Ok(paths)
}
