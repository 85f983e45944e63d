//! Minimal filtering F(n, r): n outputs of r taps with n + r − 1 products in the place of n · r (Winograd 1980; Toom–Cook).
//!
//! Outputs are coefficients of a product of polynomials, which is known from its values at n + r − 1 points: 0, pairs ±a, perhaps one more point c,
//! and ∞ (the highest coefficient). For the points a of M(t) = Π (t − a), taps w become W(a) = w(a) / M′(a), inputs d become
//! X(a) = Σ of the coefficients of M(t) / (t − a) times d, X(∞) = Σ of the coefficients of M times d, and outputs are
//! y_i = Σ over a of aⁱ · W(a) · X(a), and W(∞) · X(∞) more for the last. All of it is written with even and odd parts, which pairs share.

use cistron_core::wide;

/// Values that are transformed together.
pub(super) const LANES: usize = 16;
/// Most products of a tile.
pub(super) const MOST_POINTS: usize = 9;
/// Most outputs or taps of a tile.
const MOST: usize = 6;
/// Most pairs of points.
const MOST_PAIRS: usize = 3;

/// One way to filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    /// F(3, 3): 1.8 times fewer products.
    ThreeThree,
    /// F(6, 3): 2.25 times.
    SixThree,
    /// F(4, 4): 2.29 times.
    FourFour,
    /// F(5, 5): 2.78 times.
    FiveFive,
}

/// What a scheme is made of.
trait Points {
    const OUTPUTS: usize;
    const TAPS: usize;
    /// The points a of which ±a are evaluated.
    const PAIRS: &'static [f32];
    /// A further point.
    const ALONE: Option<f32>;
    const COUNT: usize = Self::OUTPUTS + Self::TAPS - 1;
    /// Coefficients of Π (t − a²) over all pairs, the lowest first.
    const ALL: [f32; MOST_PAIRS + 1] = coefficients(Self::PAIRS, MOST_PAIRS);
    /// The same without one of the pairs.
    const WITHOUT: [[f32; MOST_PAIRS + 1]; MOST_PAIRS] =
        [coefficients(Self::PAIRS, 0), coefficients(Self::PAIRS, 1), coefficients(Self::PAIRS, 2)];
}

/// Coefficients of Π (t − a²) over all pairs but one, the lowest first.
const fn coefficients(pairs: &[f32], without: usize) -> [f32; MOST_PAIRS + 1] {
    let mut out = [0.0; MOST_PAIRS + 1];
    out[0] = 1.0;
    let mut i = 0;
    while i < pairs.len() {
        if i != without {
            let mut j = MOST_PAIRS;
            while j > 0 {
                out[j] = out[j - 1] - pairs[i] * pairs[i] * out[j];
                j -= 1;
            }
            out[0] *= -pairs[i] * pairs[i];
        }
        i += 1;
    }
    out
}

struct ThreeThree;
impl Points for ThreeThree {
    const OUTPUTS: usize = 3;
    const TAPS: usize = 3;
    const PAIRS: &'static [f32] = &[1.0];
    const ALONE: Option<f32> = Some(2.0);
}

struct SixThree;
impl Points for SixThree {
    const OUTPUTS: usize = 6;
    const TAPS: usize = 3;
    const PAIRS: &'static [f32] = &[1.0, 2.0, 0.5];
    const ALONE: Option<f32> = None;
}

struct FourFour;
impl Points for FourFour {
    const OUTPUTS: usize = 4;
    const TAPS: usize = 4;
    const PAIRS: &'static [f32] = &[1.0, 0.5];
    const ALONE: Option<f32> = Some(2.0);
}

struct FiveFive;
impl Points for FiveFive {
    const OUTPUTS: usize = 5;
    const TAPS: usize = 5;
    const PAIRS: &'static [f32] = &[1.0, 1.5, 2.0 / 3.0];
    const ALONE: Option<f32> = Some(3.0);
}

/// X of the inputs of a tile.
#[inline(always)]
fn of_inputs<P: Points>(d: [f32; MOST_POINTS]) -> [f32; MOST_POINTS] {
    let pairs = P::PAIRS.len();
    let mut x = [0.0; MOST_POINTS];
    // With a further point c all other polynomials have the factor t − c.
    let mut u = d;
    if let Some(c) = P::ALONE {
        for j in 0..P::COUNT - 1 {
            u[j] = d[j + 1] - c * d[j];
        }
        let (mut sum, mut j) = (d[1] * P::ALL[0], 1);
        while j <= pairs {
            sum += P::ALL[j] * d[2 * j + 1];
            j += 1;
        }
        x[P::COUNT - 2] = sum;
    }
    let (mut zero, mut infinity, mut j) = (P::ALL[0] * u[0], P::ALL[0] * u[1], 1);
    while j <= pairs {
        zero += P::ALL[j] * u[2 * j];
        infinity += P::ALL[j] * u[2 * j + 1];
        j += 1;
    }
    x[0] = zero;
    x[P::COUNT - 1] = infinity;
    let mut i = 0;
    while i < pairs {
        let own = P::WITHOUT[i];
        let (mut even, mut odd, mut j) = (own[0] * u[2], own[0] * u[1], 1);
        while j < pairs {
            even += own[j] * u[2 * j + 2];
            odd += own[j] * u[2 * j + 1];
            j += 1;
        }
        odd *= P::PAIRS[i];
        x[1 + 2 * i] = even + odd;
        x[2 + 2 * i] = even - odd;
        i += 1;
    }
    x
}

/// The outputs of a tile from the sums of W · X.
#[inline(always)]
fn of_sums<P: Points>(m: [f32; MOST_POINTS]) -> [f32; MOST] {
    let mut y = [0.0; MOST];
    y[0] = m[0];
    let mut i = 0;
    while i < P::PAIRS.len() {
        let (sum, difference) = (m[1 + 2 * i] + m[2 + 2 * i], m[1 + 2 * i] - m[2 + 2 * i]);
        let (mut power, mut o) = (1.0, 0);
        while o < P::OUTPUTS {
            y[o] += power * if o % 2 == 0 { sum } else { difference };
            power *= P::PAIRS[i];
            o += 1;
        }
        i += 1;
    }
    if let Some(c) = P::ALONE {
        let (mut power, mut o) = (1.0, 0);
        while o < P::OUTPUTS {
            y[o] += power * m[P::COUNT - 2];
            power *= c;
            o += 1;
        }
    }
    y[P::OUTPUTS - 1] += m[P::COUNT - 1];
    y
}

/// The values of a polynomial of `N` coefficients at the points; what [`of_sums`] is the transpose of.
#[inline(always)]
fn at_points<P: Points, const N: usize>(g: [f32; MOST]) -> [f32; MOST_POINTS] {
    let mut x = [0.0; MOST_POINTS];
    x[0] = g[0];
    let mut i = 0;
    while i < P::PAIRS.len() {
        let a = P::PAIRS[i];
        let (mut even, mut odd, mut power, mut o) = (g[0], a * g[1], a * a, 2);
        while o < N {
            if o % 2 == 0 {
                even += power * g[o];
            } else {
                odd += power * g[o];
            }
            power *= a;
            o += 1;
        }
        x[1 + 2 * i] = even + odd;
        x[2 + 2 * i] = even - odd;
        i += 1;
    }
    if let Some(c) = P::ALONE {
        let (mut value, mut power, mut o) = (g[0], c, 1);
        while o < N {
            value += power * g[o];
            power *= c;
            o += 1;
        }
        x[P::COUNT - 2] = value;
    }
    x[P::COUNT - 1] = g[N - 1];
    x
}

/// 1 / M′ at the finite points, 1 at ∞.
fn weights<P: Points>() -> [f32; MOST_POINTS] {
    let finite: Vec<f64> = std::iter::once(0.0)
        .chain(P::PAIRS.iter().flat_map(|a| [f64::from(*a), -f64::from(*a)]))
        .chain(P::ALONE.map(f64::from))
        .collect();
    let mut out = [1.0; MOST_POINTS];
    for (k, a) in finite.iter().enumerate() {
        let slope: f64 = finite.iter().enumerate().filter(|(l, _)| *l != k).map(|(_, b)| a - b).product();
        out[k] = (1.0 / slope) as f32;
    }
    out
}

/// Transforms column by column from the rows of `from` to those of `to`, sixteen columns at a time.
#[inline(always)]
fn by_columns<const N: usize, const M: usize>(
    from: &[&[f32]],
    to: &mut [&mut [f32]],
    of: impl Fn([f32; N]) -> [f32; M],
) {
    let columns = to.first().map_or(0, |row| row.len());
    assert!(columns.is_multiple_of(LANES));
    for start in (0..columns).step_by(LANES) {
        let (mut before, mut after) = ([[0.0; LANES]; N], [[0.0; LANES]; M]);
        for (before, row) in before.iter_mut().zip(from) {
            before.copy_from_slice(&row[start..start + LANES]);
        }
        for lane in 0..LANES {
            let values = of(std::array::from_fn(|i| before[i][lane]));
            for (after, value) in after.iter_mut().zip(values) {
                after[lane] = value;
            }
        }
        for (after, row) in after.iter().zip(to.iter_mut()) {
            row[start..start + LANES].copy_from_slice(after);
        }
    }
}

/// Functions of a scheme that are compiled for wide registers.
macro_rules! compiled {
    ($points:ident, $inputs:ident, $sums:ident, $gradients:ident) => {
        wide! {
        fn $inputs(d: &[&[f32]], x: &mut [&mut [f32]]) {
            by_columns(d, x, of_inputs::<$points>);
        }
        }
        wide! {
        fn $sums(m: &[&[f32]], bias: f32, y: &mut [&mut [f32]]) {
            by_columns(m, y, |m| of_sums::<$points>(m).map(|y| y + bias));
        }
        }
        wide! {
        fn $gradients(g: &[&[f32]], x: &mut [&mut [f32]]) {
            by_columns(g, x, at_points::<$points, { $points::OUTPUTS }>);
        }
        }
    };
}

compiled!(ThreeThree, inputs_33, sums_33, gradients_33);
compiled!(SixThree, inputs_63, sums_63, gradients_63);
compiled!(FourFour, inputs_44, sums_44, gradients_44);
compiled!(FiveFive, inputs_55, sums_55, gradients_55);

impl Scheme {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::ThreeThree, Self::SixThree, Self::FourFour, Self::FiveFive];

    /// Outputs of a tile.
    pub(super) fn outputs(self) -> usize {
        match self {
            Self::ThreeThree => ThreeThree::OUTPUTS,
            Self::SixThree => SixThree::OUTPUTS,
            Self::FourFour => FourFour::OUTPUTS,
            Self::FiveFive => FiveFive::OUTPUTS,
        }
    }

    /// Taps of a tile.
    pub(super) fn taps(self) -> usize {
        match self {
            Self::ThreeThree => ThreeThree::TAPS,
            Self::SixThree => SixThree::TAPS,
            Self::FourFour => FourFour::TAPS,
            Self::FiveFive => FiveFive::TAPS,
        }
    }

    /// Products, and inputs, of a tile.
    pub(super) fn points(self) -> usize {
        self.outputs() + self.taps() - 1
    }

    /// X of a row of tiles, a row for each point, from a row for each input of the tile. Rows are of a multiple of sixteen columns here and in the
    /// other transformations.
    pub(super) fn transform_inputs(self, d: &[&[f32]], x: &mut [&mut [f32]]) {
        match self {
            Self::ThreeThree => inputs_33(d, x),
            Self::SixThree => inputs_63(d, x),
            Self::FourFour => inputs_44(d, x),
            Self::FiveFive => inputs_55(d, x),
        }
    }

    /// Outputs of a row of tiles plus a bias, a row for each output of the tile, from the sums of W · X at each point.
    pub(super) fn transform_sums(self, m: &[&[f32]], bias: f32, y: &mut [&mut [f32]]) {
        match self {
            Self::ThreeThree => sums_33(m, bias, y),
            Self::SixThree => sums_63(m, bias, y),
            Self::FourFour => sums_44(m, bias, y),
            Self::FiveFive => sums_55(m, bias, y),
        }
    }

    /// Gradients of the sums of W · X, a row for each point, from the gradients of a row of tiles' outputs.
    pub(super) fn transform_gradients(self, g: &[&[f32]], x: &mut [&mut [f32]]) {
        match self {
            Self::ThreeThree => gradients_33(g, x),
            Self::SixThree => gradients_63(g, x),
            Self::FourFour => gradients_44(g, x),
            Self::FiveFive => gradients_55(g, x),
        }
    }

    fn weights(self) -> [f32; MOST_POINTS] {
        match self {
            Self::ThreeThree => weights::<ThreeThree>(),
            Self::SixThree => weights::<SixThree>(),
            Self::FourFour => weights::<FourFour>(),
            Self::FiveFive => weights::<FiveFive>(),
        }
    }

    /// The rows of W as sums of taps: `[points][taps]`.
    pub(super) fn tap_matrix(self) -> Vec<Vec<f32>> {
        let weights = self.weights();
        let of_tap = |tap: usize| {
            let unit: [f32; MOST] = std::array::from_fn(|i| if i == tap { 1.0 } else { 0.0 });
            match self {
                Self::ThreeThree => at_points::<ThreeThree, { ThreeThree::TAPS }>(unit),
                Self::SixThree => at_points::<SixThree, { SixThree::TAPS }>(unit),
                Self::FourFour => at_points::<FourFour, { FourFour::TAPS }>(unit),
                Self::FiveFive => at_points::<FiveFive, { FiveFive::TAPS }>(unit),
            }
        };
        let columns: Vec<[f32; MOST_POINTS]> = (0..self.taps()).map(of_tap).collect();
        (0..self.points()).map(|point| columns.iter().map(|c| c[point] * weights[point]).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::rows::testing::numbers;
    use super::*;

    /// One channel, some tiles: outputs, and the gradient of the taps, follow the definition.
    #[test]
    fn schemes_filter() {
        for scheme in Scheme::ALL {
            let (outputs, taps, points, tiles) = (scheme.outputs(), scheme.taps(), scheme.points(), 32);
            let (d, w) = (numbers(1, points * tiles), numbers(2, taps));
            let d: Vec<&[f32]> = d.chunks_exact(tiles).collect();
            let matrix = scheme.tap_matrix();
            let mut x = vec![0.0; points * tiles];
            scheme.transform_inputs(&d, &mut x.chunks_exact_mut(tiles).collect::<Vec<_>>());
            let products: Vec<f32> = (0..points * tiles)
                .map(|i| x[i] * matrix[i / tiles].iter().zip(&w).map(|(m, w)| m * w).sum::<f32>())
                .collect();
            let mut y = vec![0.0; outputs * tiles];
            let rows: Vec<&[f32]> = products.chunks_exact(tiles).collect();
            scheme.transform_sums(&rows, 0.25, &mut y.chunks_exact_mut(tiles).collect::<Vec<_>>());
            for tile in 0..tiles {
                for o in 0..outputs {
                    let truth = 0.25 + (0..taps).map(|t| f64::from(w[t]) * f64::from(d[o + t][tile])).sum::<f64>();
                    let found = f64::from(y[o * tiles + tile]);
                    assert!((found - truth).abs() < 4e-6, "{scheme:?} {tile} {o}: {found} {truth}");
                }
            }
            let g = numbers(3, outputs * tiles);
            let mut gradients = vec![0.0; points * tiles];
            let rows: Vec<&[f32]> = g.chunks_exact(tiles).collect();
            scheme.transform_gradients(&rows, &mut gradients.chunks_exact_mut(tiles).collect::<Vec<_>>());
            for tap in 0..taps {
                let truth: f64 =
                    (0..outputs * tiles).map(|i| f64::from(g[i]) * f64::from(d[i / tiles + tap][i % tiles])).sum();
                let found: f64 =
                    (0..points * tiles).map(|i| f64::from(matrix[i / tiles][tap] * gradients[i] * x[i])).sum();
                assert!((found - truth).abs() < 4e-5, "{scheme:?} {tap}: {found} {truth}");
            }
        }
    }
}
