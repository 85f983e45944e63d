use crate::Undefined;

/// Labels sorted by score once, so that curves and their areas under any weights cost one walk.
///
/// Used for AUROC and average precision, and for their bootstrap: a resample is a weight per sample.
#[derive(Debug, Clone)]
pub struct RankedLabels {
    /// Sample indices by falling score.
    order: Vec<u32>,
    /// Whether the sample at this place of `order` has the same score as the next one.
    tied: Vec<bool>,
    labels: Vec<bool>,
}

impl RankedLabels {
    /// Sorts samples by score, highest first. Scores must not be NaN.
    pub fn new(scores: &[f32], labels: &[bool]) -> Self {
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]));
        let tied = order.iter().zip(order.iter().skip(1)).map(|(&a, &b)| scores[a as usize] == scores[b as usize]);
        let tied = tied.chain([false]).collect();
        Self { order, tied, labels: labels.to_vec() }
    }

    /// Walks over groups of equal score, highest first: `step(positives, negatives)` of the group, by weight.
    fn walk(&self, weight: impl Fn(usize) -> f64, mut step: impl FnMut(f64, f64)) {
        let (mut positives, mut negatives) = (0.0, 0.0);
        for (&index, &tied) in self.order.iter().zip(&self.tied) {
            let index = index as usize;
            if self.labels[index] {
                positives += weight(index);
            } else {
                negatives += weight(index);
            }
            if !tied {
                step(positives, negatives);
                (positives, negatives) = (0.0, 0.0);
            }
        }
    }

    /// Weighted share of positive-negative pairs in which the positive scores higher; a tie counts one half.
    ///
    /// # Errors
    /// [`Undefined`] without positives or without negatives.
    pub fn auroc(&self, weight: impl Fn(usize) -> f64) -> Result<f64, Undefined> {
        let (mut area, mut positives, mut negatives) = (0.0, 0.0, 0.0);
        self.walk(weight, |p, n| {
            area += n * (positives + 0.5 * p);
            positives += p;
            negatives += n;
        });
        both(positives, negatives)?;
        Ok(area / (positives * negatives))
    }

    /// Average precision: Σ (recall step) × precision over distinct scores, without interpolation.
    ///
    /// # Errors
    /// [`Undefined`] without positives or without negatives.
    pub fn average_precision(&self, weight: impl Fn(usize) -> f64) -> Result<f64, Undefined> {
        let (mut sum, mut positives, mut negatives) = (0.0, 0.0, 0.0);
        self.walk(weight, |p, n| {
            positives += p;
            negatives += n;
            if p > 0.0 {
                sum += p * positives / (positives + negatives);
            }
        });
        both(positives, negatives)?;
        Ok(sum / positives)
    }

    /// Points (false positive rate, true positive rate) and (recall, precision) after each distinct score, thinned to at
    /// most `most` points each.
    ///
    /// # Errors
    /// [`Undefined`] without positives or without negatives.
    #[allow(clippy::type_complexity)]
    pub fn curves(&self, most: usize) -> Result<(Vec<(f64, f64)>, Vec<(f64, f64)>), Undefined> {
        let total = self.labels.iter().filter(|l| **l).count() as f64;
        let rest = self.labels.len() as f64 - total;
        both(total, rest)?;
        let (mut roc, mut recall) = (vec![(0.0, 0.0)], Vec::new());
        let (mut positives, mut negatives) = (0.0, 0.0);
        self.walk(
            |_| 1.0,
            |p, n| {
                positives += p;
                negatives += n;
                roc.push((negatives / rest, positives / total));
                recall.push((positives / total, positives / (positives + negatives)));
            },
        );
        Ok((thin(roc, most), thin(recall, most)))
    }
}

fn both(positives: f64, negatives: f64) -> Result<(), Undefined> {
    if positives <= 0.0 {
        Err(Undefined::NoPositives)
    } else if negatives <= 0.0 {
        Err(Undefined::NoNegatives)
    } else {
        Ok(())
    }
}

/// Evenly chosen points, the first and the last among them.
fn thin(points: Vec<(f64, f64)>, most: usize) -> Vec<(f64, f64)> {
    if points.len() <= most || most < 2 {
        return points;
    }
    let last = points.len() - 1;
    (0..most).map(|i| points[i * last / (most - 1)]).collect()
}
