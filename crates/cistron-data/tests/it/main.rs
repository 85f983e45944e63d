//! End-to-end tests: datasets built from tiny files with known answers, and from real data where present.

mod check;
mod coverage;
mod fixture;
mod peaks;
mod real_data;
mod sequences;
mod source;
