//! First-layer filters of a trained network as motifs.

use std::path::Path;

use cistron_core::SequenceBatch;
use cistron_motif::{
    FilterAlignments, FilterOptions, FilterReport, Motif, MotifDatabase, SimilarityOptions, compare_filters,
};
use cistron_nn::{DeviceChoice, NativePredictor};
use cistron_report::table::{Table, float, integer, text};
use ndarray::Array2;

use super::Sequences;
use crate::CistronError;

/// Filters, their motifs and their weight in the output.
#[derive(Debug, Clone)]
pub struct FilterRun {
    /// A motif per filter; none where nothing activates it or no position is informative.
    pub motifs: Vec<Option<Motif>>,
    /// Sequences aligned for each filter.
    pub sites: Vec<u32>,
    /// Mean over the sequences of Σ |activation × gradient of the mean output|, per filter.
    pub importance: Vec<f64>,
    /// Best matches in the database.
    pub report: FilterReport,
}

/// Sequences that go through the network at once.
const BATCH: usize = 64;

/// Aligns what activates each first-layer filter of a model directory (or run's model folder) over sequences of the network's input
/// length, compares the motifs with a database, and ranks the filters by activation × gradient.
///
/// # Errors
/// A model that cannot be loaded; sequences of another length.
pub fn filter_motifs(
    model: &Path,
    sequences: &Sequences,
    database: &[Motif],
    options: FilterOptions,
    q_threshold: f64,
    device: DeviceChoice,
) -> Result<FilterRun, CistronError> {
    let named = |source| CistronError::Network { model: model.display().to_string(), source };
    let predictor = NativePredictor::load(model, device).map_err(named)?;
    let input_bp = predictor.manifest().target.input_bp;
    if let Some(i) = sequences.codes.iter().position(|c| c.len() != input_bp) {
        let (name, found) = (&sequences.contigs[i], sequences.codes[i].len());
        return Err(CistronError::input(
            format!("sequence {} ({name})", i + 1),
            format!(
                "has {found} bp, the network takes {input_bp}; use --width {input_bp} with a BED, or cut the sequences"
            ),
        ));
    }
    let batch = |codes: &[Vec<u8>]| {
        let flat = codes.concat();
        Array2::from_shape_vec((codes.len(), input_bp), flat).map(SequenceBatch::anonymous)
    };
    let batches: Result<Vec<SequenceBatch>, _> = sequences.codes.chunks(BATCH).map(batch).collect();
    let batches = batches.map_err(|e| CistronError::input("sequences", e.to_string()))?;
    let mut alignments: Option<FilterAlignments> = None;
    for batch in &batches {
        let (filters, activations) = predictor.first_activations(batch).map_err(named)?;
        let alignments = alignments.get_or_insert_with(|| FilterAlignments::new(filters, options));
        activations.chunks_exact(filters * input_bp).for_each(|a| alignments.measure(a));
    }
    let Some(mut alignments) = alignments else { return Err(CistronError::input("sequences", "there are none")) };
    let mut importance = vec![0.0f64; alignments.sites().len()];
    for (batch, codes) in batches.iter().zip(sequences.codes.chunks(BATCH)) {
        let (filters, activations, weights) = predictor.first_activation_contributions(batch).map_err(named)?;
        for (codes, activations) in codes.iter().zip(activations.chunks_exact(filters * input_bp)) {
            alignments.collect(codes, activations);
        }
        for sequence in weights.chunks_exact(filters * input_bp) {
            for (sum, row) in importance.iter_mut().zip(sequence.chunks_exact(input_bp)) {
                *sum += row.iter().map(|v| f64::from(v.abs())).sum::<f64>();
            }
        }
    }
    importance.iter_mut().for_each(|v| *v /= sequences.len() as f64);
    let motifs = alignments.motifs();
    let report = compare_filters(&motifs, &MotifDatabase::new(database, SimilarityOptions::default()), q_threshold);
    Ok(FilterRun { sites: alignments.sites().to_vec(), motifs, importance, report })
}

impl FilterRun {
    /// The filters, most important first.
    pub fn table(&self, database: &[Motif]) -> Table {
        let mut rows: Vec<usize> = (0..self.motifs.len()).collect();
        rows.sort_by(|a, b| self.importance[*b].total_cmp(&self.importance[*a]));
        let best = |i: &usize| self.report.best[*i];
        let columns = vec![
            integer("filter", "index of the filter, 0-based", &rows, |i| Some(*i as u64)),
            float(
                "importance",
                "mean over sequences of the sum of |activation x gradient of the mean output|",
                &rows,
                |i| Some(self.importance[*i]),
            ),
            integer("sites", "sequences aligned", &rows, |i| Some(self.sites[*i].into())),
            integer("width", "positions of its motif; empty without one", &rows, |i| {
                self.motifs[*i].as_ref().map(|m| m.len() as u64)
            }),
            text("match", "identifier of the best match; empty without a motif", &rows, |i| {
                best(i).map(|m| database[m.target].id.as_str())
            }),
            text("match_name", "its name", &rows, |i| best(i).map(|m| database[m.target].name.as_str())),
            float("p_value", "its p-value", &rows, |i| best(i).map(|m| m.p_value)),
            float("q_value", "its q-value, over the database", &rows, |i| best(i).map(|m| m.q_value)),
        ];
        Table { name: "filters", columns }
    }
}
