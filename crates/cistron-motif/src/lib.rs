//! Motifs without any model: position weight matrices, their sites, and a dozen JASPAR matrices for simulations.

mod embedded;
mod jaspar;
mod pwm;

pub use embedded::embedded_motifs;
pub use jaspar::{JasparError, parse_jaspar};
pub use pwm::{Pwm, Site};
