use burn::tensor::{Device, Tensor, activation};
use serde::{Deserialize, Serialize};

use super::{Pass, Shape, Step};
use crate::kernels::{self, Then};
use crate::weights::WeightSlice;

/// An element-wise activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(x, 0).
    Relu,
    /// eˣ: makes first-layer filters more interpretable (Koo and Ploenzke 2021).
    Exponential,
    /// ln(1 + eˣ), which neither overflows nor loses its left tail: a network whose counts have become tiny still learns.
    Softplus,
    /// x · σ(x), also called swish (Elfwing et al. 2018).
    Silu,
    /// x · σ(1.702 x), the sigmoid approximation of the Gaussian error linear unit that Basenji uses (Hendrycks and Gimpel 2016).
    Gelu,
}

/// Factor inside the sigmoid of [`Activation::Gelu`].
const GELU_SLOPE: f64 = 1.702;
/// Where ln(1 + eˣ) − x, e⁻²⁰, is less than half the last bit of x in f32.
const SOFTPLUS_BEND: f64 = 20.0;

impl Step for Activation {
    fn output(&self, input: Shape) -> Result<Shape, String> {
        Ok(input)
    }

    fn describe(&self) -> String {
        match self {
            Self::Relu => "relu",
            Self::Exponential => "exponential",
            Self::Softplus => "softplus",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
        }
        .into()
    }

    fn forward(&self, x: Tensor<3>, _weights: WeightSlice<'_>, _pass: &mut Pass) -> Tensor<3> {
        self.apply(x)
    }
}

impl Activation {
    /// Of each value.
    pub(crate) fn apply(self, x: Tensor<3>) -> Tensor<3> {
        match self {
            Self::Relu => activation::relu(x),
            Self::Exponential => x.exp(),
            Self::Softplus => softplus(x),
            Self::Silu => silu(x),
            Self::Gelu => silu(x.mul_scalar(GELU_SLOPE)).div_scalar(GELU_SLOPE),
        }
    }

    /// What a device's own kernels compute along with what goes before the activation, if there is one: nothing where that is not ours.
    pub(crate) fn fused(activation: Option<Self>, device: &Device) -> Then {
        match activation {
            Some(Self::Relu) if kernels::serve(device) => Then::Relu,
            Some(Self::Silu) if kernels::serve(device) => Then::Silu,
            _ => Then::Nothing,
        }
    }

    /// What is left to do behind an operation that has done `fused`.
    pub(crate) fn left(activation: Option<Self>, fused: Then, x: Tensor<3>) -> Tensor<3> {
        match activation {
            Some(activation) if fused == Then::Nothing => activation.apply(x),
            _ => x,
        }
    }
}

fn silu(x: Tensor<3>) -> Tensor<3> {
    if kernels::serve(&x.device()) { kernels::silu(x) } else { activation::silu(x) }
}

/// x + y, with a ReLU behind if so.
pub(super) fn add(x: Tensor<3>, y: Tensor<3>, rectify: bool) -> Tensor<3> {
    match (kernels::serve(&x.device()), rectify) {
        (true, _) => kernels::add(x, y, rectify),
        (false, true) => activation::relu(x + y),
        (false, false) => x + y,
    }
}

/// ln(1 + eˣ). Above [`SOFTPLUS_BEND`] it is x to the last bit of an f32; below, ln_1p keeps the left tail, which −ln σ(−x) as computed by
/// burn rounds to 0 from x = −17 on.
pub(crate) fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    x.clone().clamp_max(SOFTPLUS_BEND).exp().log1p() + activation::relu(x.sub_scalar(SOFTPLUS_BEND))
}

#[cfg(test)]
mod tests {
    use super::super::{Block, testing::run};
    use super::*;
    use crate::weights::Weights;

    #[test]
    fn closed_forms_and_tails() {
        let input = Shape { channels: 1, positions: 5 };
        let x = vec![-90.0, -1.0, 0.0, 2.0, 90.0];
        let of = |a| run(&Block::Activation(a), 1, input, x.clone(), &mut Pass::evaluate()).1;
        assert_eq!(of(Activation::Relu), [0.0, 0.0, 0.0, 2.0, 90.0]);
        for (a, b) in of(Activation::Softplus).iter().zip([0.0, 0.313_261_7, std::f32::consts::LN_2, 2.126_928, 90.0]) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
        let e = of(Activation::Exponential);
        assert!((e[1] - 0.367_879_44).abs() < 1e-6 && (e[3] - 7.389_056).abs() < 1e-5);
    }

    #[test]
    fn silu_and_its_gradient() {
        use burn::tensor::Device;
        let x = Tensor::<3>::from_floats([[[-90.0, -1.0, 0.0, 2.0, 90.0]]], &Device::flex()).autodiff().require_grad();
        let y = Activation::Silu.forward(x.clone(), Weights { entries: Vec::new() }.slice(0..0), &mut Pass::evaluate());
        let gradient = x.grad(&y.clone().sum().backward()).unwrap().into_data().try_into_vec_as::<f32>().unwrap();
        let y = y.into_data().try_into_vec_as::<f32>().unwrap();
        for (a, b) in y.iter().zip([0.0, -0.268_941_4, 0.0, 1.761_594_2, 90.0]) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
        for (a, b) in gradient.iter().zip([0.0, 0.072_329_49, 0.5, 1.090_784_2, 1.0]) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }

    #[test]
    fn softplus_and_its_gradient_keep_the_left_tail() {
        use burn::tensor::Device;
        let points = [-80.0f32, -30.0, -17.0, -1.0, 0.0, 1.0, 14.5, 19.5, 20.5, 30.0, 90.0];
        let x = Tensor::<1>::from_floats(points, &Device::flex()).autodiff().require_grad();
        let y = softplus(x.clone());
        let gradient = x.grad(&y.clone().sum().backward()).unwrap().into_data().try_into_vec_as::<f32>().unwrap();
        let y = y.into_data().try_into_vec_as::<f32>().unwrap();
        for ((x, y), g) in points.iter().map(|&x| f64::from(x)).zip(y).zip(gradient) {
            let (value, slope) = (x.exp().ln_1p(), 1.0 / (1.0 + (-x).exp()));
            assert!((f64::from(y) / value - 1.0).abs() < 1e-6, "softplus({x}): {y} {value}");
            assert!((f64::from(g) / slope - 1.0).abs() < 1e-6, "slope at {x}: {g} {slope}");
        }
    }
}
