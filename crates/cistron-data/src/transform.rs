use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One step of a track's normalisation, applied to the binned signal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// ln(1 + y).
    Log1p,
    /// y ÷ the mean of the training windows (of the values that reach this step).
    ScaleByMean,
    /// min(y, value), and max(−value, ·) where negative signal is allowed.
    Clip(f32),
}

impl FromStr for Transform {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "log1p" => Ok(Self::Log1p),
            "scale-by-mean" => Ok(Self::ScaleByMean),
            other => {
                let Some(value) = other.strip_prefix("clip=") else {
                    return Err(format!(
                        "{text:?} is not a transform; use \"log1p\", \"scale-by-mean\" or \"clip=VALUE\""
                    ));
                };
                match value.trim().parse::<f32>() {
                    Ok(value) if value > 0.0 && value.is_finite() => Ok(Self::Clip(value)),
                    _ => Err(format!("{text:?}: clip needs a positive number, e.g. \"clip=32\"")),
                }
            }
        }
    }
}

/// The transforms of one track, in order, with the mean that `scale-by-mean` divides by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrackTransform {
    /// The steps, applied in this order to each bin.
    pub steps: Vec<Transform>,
    /// Mean over the training windows of what reaches [`Transform::ScaleByMean`]; `None` until it is known.
    pub mean: Option<f64>,
}

impl TrackTransform {
    /// Whether nothing happens.
    pub fn is_identity(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether the mean is needed but not known.
    pub fn needs_mean(&self) -> bool {
        self.mean.is_none() && self.steps.contains(&Transform::ScaleByMean)
    }

    /// The steps before `scale-by-mean`.
    pub(crate) fn before_scaling(&self) -> &[Transform] {
        let end = self.steps.iter().position(|s| *s == Transform::ScaleByMean).unwrap_or(self.steps.len());
        &self.steps[..end]
    }

    /// Applies all steps in place; an unknown mean counts as 1.
    pub fn apply(&self, values: &mut [f32]) {
        apply_steps(&self.steps, self.mean.unwrap_or(1.0) as f32, values);
    }

    /// Takes the steps back, last first, e.g. to write predictions on the scale of the bigWig. What `clip` cut off stays
    /// cut.
    pub fn invert(&self, values: &mut [f32]) {
        let mean = self.mean.unwrap_or(1.0) as f32;
        for step in self.steps.iter().rev() {
            match step {
                Transform::Log1p => values.iter_mut().for_each(|v| *v = v.exp_m1()),
                Transform::ScaleByMean => values.iter_mut().for_each(|v| *v *= mean),
                Transform::Clip(_) => {}
            }
        }
    }
}

pub(crate) fn apply_steps(steps: &[Transform], mean: f32, values: &mut [f32]) {
    for step in steps {
        match *step {
            Transform::Log1p => values.iter_mut().for_each(|v| *v = v.ln_1p()),
            Transform::ScaleByMean => values.iter_mut().for_each(|v| *v /= mean),
            Transform::Clip(limit) => values.iter_mut().for_each(|v| *v = v.clamp(-limit, limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_apply_in_order_and_invert() {
        let steps = ["scale-by-mean", "log1p"].map(|s| s.parse().unwrap()).to_vec();
        let transform = TrackTransform { steps, mean: Some(2.0) };
        let mut values = [0.0, 2.0, 6.0];
        transform.apply(&mut values);
        let expected = [0.0, 2.0f32.ln(), 4.0f32.ln()];
        assert!(values.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{values:?}");
        transform.invert(&mut values);
        assert!(values.iter().zip([0.0, 2.0, 6.0]).all(|(a, b)| (a - b).abs() < 1e-5), "{values:?}");
    }

    #[test]
    fn clip_and_bad_names() {
        let mut values = [1.0, 50.0];
        TrackTransform { steps: vec!["clip=32".parse().unwrap()], mean: None }.apply(&mut values);
        assert_eq!(values, [1.0, 32.0]);
        assert!("sqrt".parse::<Transform>().unwrap_err().contains("not a transform"));
        assert!("clip=-1".parse::<Transform>().unwrap_err().contains("positive"));
    }
}
