//! The kernels as differentiable operations of burn's `flex` backend.

use std::borrow::Cow;
use std::cell::RefCell;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::ActivationOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Device, Tensor, TensorData};

use super::activation::{Then, add_to, added, clear_where_zero, silu as silu_values, silu_gradient};
use super::batch_norm::{NormKind, NormShape};
use super::dropout::Mask;
use super::excite::{excited, excited_gradients, means, means_gradient};
use super::lstm::{LstmMemory, LstmShape};
use super::max_pool::{max_pool, max_pool_gradient, max_pool_only};
use super::rows::unset;
use super::{ConvShape, Precision};

/// Operations that `flex` has from us.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait KernelBackend: Backend {
    /// A convolution with an activation behind it: in one go where no backward pass needs what lies between them.
    fn convolve(
        x: FloatTensor<Self>,
        kernel: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: ConvShape,
        follows: Follows,
    ) -> FloatTensor<Self>;
    /// Means and variances of the channels, `[2, channels]`; a constant to backward passes.
    fn moments(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Batch norm with moments, whose dependence on `x` the gradient takes in unless they are fixed.
    fn normalise(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        kind: NormKind,
    ) -> FloatTensor<Self>;
    fn pool(x: FloatTensor<Self>, width: usize) -> FloatTensor<Self>;
    fn mask(x: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self>;
    fn swish(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// x + y, negative sums as 0 if so.
    fn sum(x: FloatTensor<Self>, y: FloatTensor<Self>, rectify: bool) -> FloatTensor<Self>;
    fn recur(x: FloatTensor<Self>, weights: FloatTensor<Self>, shape: LstmShape) -> FloatTensor<Self>;
    /// Means over the positions, `[batch, channels]`.
    fn average(x: FloatTensor<Self>) -> FloatTensor<Self>;
    /// Each channel of each sample times its own of the factors `[batch, channels]`.
    fn weigh(x: FloatTensor<Self>, factors: FloatTensor<Self>) -> FloatTensor<Self>;
}

/// Whether tensors of a device are served by these kernels.
pub(crate) fn serve(device: &Device) -> bool {
    #[cfg(test)]
    if STOCK.get() {
        return false;
    }
    device.clone().without_autodiff() == Device::flex()
}

/// Whether that is so and no backward pass will follow.
pub(crate) fn serve_forward(device: &Device) -> bool {
    serve(device) && *device == Device::flex()
}

#[cfg(test)]
thread_local! {
    static STOCK: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Does something with burn's own operations.
#[cfg(test)]
pub(crate) fn stock<T>(work: impl FnOnce() -> T) -> T {
    STOCK.set(true);
    let out = work();
    STOCK.set(false);
    out
}

thread_local! {
    /// Shapes of the convolutions that were asked for, while [`recorded`] listens.
    static RECORD: RefCell<Option<Vec<ConvShape>>> = const { RefCell::new(None) };
}

/// Does something, and says which convolutions that took.
pub(crate) fn recorded(work: impl FnOnce()) -> Vec<ConvShape> {
    RECORD.set(Some(Vec::new()));
    work();
    RECORD.take().unwrap_or_default()
}

/// What stands behind a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    /// Perhaps an activation, which is computed with it.
    Activation(Then),
    /// A norm by the batch's own statistics, to which a bias makes no difference: its gradient is 0.
    OwnNorm,
}

impl Follows {
    fn activation(self) -> Then {
        match self {
            Self::Activation(then) => then,
            Self::OwnNorm => Then::Nothing,
        }
    }
}

/// A "same" convolution (the odd zero of the padding at the end) with an activation behind it on the processor.
pub(crate) fn conv1d_same(
    x: Tensor<3>,
    kernel: Tensor<3>,
    bias: Tensor<1>,
    (dilation, groups): (usize, usize),
    follows: Follows,
) -> Tensor<3> {
    let ([batch, inputs, positions], [filters, _, taps]) = (x.dims(), kernel.dims());
    let reach = (taps - 1) * dilation;
    let (before, after) = (reach / 2, reach - reach / 2);
    let shape = ConvShape { batch, inputs, positions, filters, taps, dilation, groups, before, after };
    RECORD.with_borrow_mut(|record| record.iter_mut().for_each(|shapes| shapes.push(shape)));
    Tensor::from_dispatch(<Dispatch as KernelBackend>::convolve(
        x.into_dispatch(),
        kernel.into_dispatch(),
        bias.into_dispatch(),
        shape,
        follows,
    ))
}

/// Batch norm with the batch's own statistics on the processor, then an activation: the output, the means and the
/// biased variances.
pub(crate) fn batch_norm_train(
    x: Tensor<3>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    kind: NormKind,
) -> (Tensor<3>, Tensor<1>, Tensor<1>) {
    let channels = x.dims()[1];
    let moments = <Dispatch as KernelBackend>::moments(x.clone().without_autodiff().into_dispatch());
    let y = <Dispatch as KernelBackend>::normalise(
        x.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        moments.clone(),
        kind,
    );
    let moments = Tensor::<2>::from_dispatch(moments);
    let row = |i: usize| moments.clone().slice([i..i + 1, 0..channels]).reshape([channels]);
    (Tensor::from_dispatch(y), row(0), row(1))
}

/// Batch norm with given moments on the processor, then an activation.
pub(crate) fn batch_norm(
    x: Tensor<3>,
    gamma: Tensor<1>,
    beta: Tensor<1>,
    mean: Tensor<1>,
    variance: Tensor<1>,
    kind: NormKind,
) -> Tensor<3> {
    let moments = Tensor::<1>::stack::<2>(vec![mean, variance], 0).without_autodiff();
    Tensor::from_dispatch(<Dispatch as KernelBackend>::normalise(
        x.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
        moments.into_dispatch(),
        kind,
    ))
}

/// Dropout on the processor.
pub(crate) fn dropout(x: Tensor<3>, mask: Mask) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as KernelBackend>::mask(x.into_dispatch(), mask))
}

/// Maximum over stretches of `width` that do not overlap, on the processor.
pub(crate) fn max_pool1d(x: Tensor<3>, width: usize) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as KernelBackend>::pool(x.into_dispatch(), width))
}

/// x · σ(x) on the processor.
pub(crate) fn silu(x: Tensor<3>) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as KernelBackend>::swish(x.into_dispatch()))
}

/// x + y of the same sizes on the processor, negative sums as 0 if so.
pub(crate) fn add(x: Tensor<3>, y: Tensor<3>, rectify: bool) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as KernelBackend>::sum(x.into_dispatch(), y.into_dispatch(), rectify))
}

/// A bidirectional LSTM on the processor, `[batch, inputs, positions]` to `[batch, 2 · hidden, positions]`; the weights lie flat as
/// [`LstmShape::weights`] says.
pub(crate) fn lstm(x: Tensor<3>, weights: Tensor<1>, hidden: usize) -> Tensor<3> {
    let [batch, inputs, positions] = x.dims();
    let shape = LstmShape { batch, inputs, positions, hidden };
    Tensor::from_dispatch(<Dispatch as KernelBackend>::recur(x.into_dispatch(), weights.into_dispatch(), shape))
}

/// Means over the positions, at least one, `[batch, channels]`, on the processor.
pub(crate) fn squeeze(x: Tensor<3>) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as KernelBackend>::average(x.into_dispatch()))
}

/// Each channel of each sample times its own of the factors `[batch, channels]`, on the processor.
pub(crate) fn excite(x: Tensor<3>, factors: Tensor<2>) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as KernelBackend>::weigh(x.into_dispatch(), factors.into_dispatch()))
}

type Primitive = FloatTensor<Flex>;

/// The values of a tensor, laid out anew when they do not lie in order.
fn values(tensor: &Primitive) -> Cow<'_, [f32]> {
    match tensor.as_slice::<f32>() {
        Some(values) => Cow::Borrowed(values),
        None => Cow::Owned(tensor.to_contiguous().into_data().try_into_vec_as().unwrap_or_default()),
    }
}

fn tensor(values: Vec<f32>, shape: &[usize]) -> Primitive {
    Primitive::from_data(TensorData::new(values, shape.to_vec()))
}

fn convolved(shape: &ConvShape, [x, kernel, bias]: [&Primitive; 3], then: Then, precision: Precision) -> Primitive {
    let mut y = unset(shape.batch * shape.filters * shape.outputs());
    shape.forward(&values(x), &values(kernel), Some(&values(bias)), then, precision, &mut y);
    tensor(y, &[shape.batch, shape.filters, shape.outputs()])
}

impl KernelBackend for Flex {
    fn convolve(x: Primitive, kernel: Primitive, bias: Primitive, shape: ConvShape, follows: Follows) -> Primitive {
        convolved(&shape, [&x, &kernel, &bias], follows.activation(), Precision::Bits16)
    }

    fn moments(x: Primitive) -> Primitive {
        let shape = norm_shape(&x);
        tensor(shape.moments(&values(&x)), &[2, shape.channels])
    }

    fn normalise(x: Primitive, gamma: Primitive, beta: Primitive, moments: Primitive, kind: NormKind) -> Primitive {
        normalised(&x, &gamma, &beta, &moments, kind)
    }

    fn pool(x: Primitive, width: usize) -> Primitive {
        let shape = x.shape();
        tensor(max_pool_only(&values(&x), shape[2], width), &[shape[0], shape[1], shape[2] / width])
    }

    fn mask(x: Primitive, mask: Mask) -> Primitive {
        masked(&x, &mask).0
    }

    fn swish(x: Primitive) -> Primitive {
        tensor(silu_values(&values(&x)), x.shape().as_slice())
    }

    fn sum(x: Primitive, mut y: Primitive, rectify: bool) -> Primitive {
        let shape = x.shape();
        assert_eq!(shape, y.shape());
        // In its place, when nobody else reads the second one.
        if y.is_contiguous()
            && let Some(sums) = y.try_storage_mut::<f32>()
            && sums.len() == shape.num_elements()
        {
            add_to(&values(&x), sums, rectify);
            return y;
        }
        tensor(added(&values(&x), &values(&y), rectify), shape.as_slice())
    }

    fn recur(x: Primitive, weights: Primitive, shape: LstmShape) -> Primitive {
        tensor(shape.forward_only(&values(&x), &values(&weights)), &shape.output())
    }

    fn average(x: Primitive) -> Primitive {
        let shape = x.shape();
        tensor(means(&values(&x), shape[2]), &[shape[0], shape[1]])
    }

    fn weigh(x: Primitive, factors: Primitive) -> Primitive {
        tensor(excited(&values(&x), &values(&factors), x.shape()[2]), x.shape().as_slice())
    }
}

fn norm_shape(x: &Primitive) -> NormShape {
    let shape = x.shape();
    NormShape { batch: shape[0], channels: shape[1], positions: shape[2] }
}

fn normalised(x: &Primitive, gamma: &Primitive, beta: &Primitive, moments: &Primitive, kind: NormKind) -> Primitive {
    let shape = norm_shape(x);
    let y = shape.normalise(&values(x), &values(gamma), &values(beta), &values(moments), kind);
    tensor(y, &[shape.batch, shape.channels, shape.positions])
}

fn masked(x: &Primitive, mask: &Mask) -> (Primitive, Vec<u8>) {
    let (y, kept) = mask.apply(&values(x));
    (tensor(y, x.shape().as_slice()), kept)
}

fn pooled(x: &Primitive, width: usize) -> (Primitive, Vec<u32>) {
    let shape = x.shape();
    let (y, places) = max_pool(&values(x), shape[2], width);
    (tensor(y, &[shape[0], shape[1], shape[2] / width]), places)
}

#[derive(Debug)]
struct Swish;

impl Backward<Flex, 1> for Swish {
    type State = NodeId;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [node] = ops.parents;
        let dy = grads.consume::<Flex>(&ops.node);
        let x: Primitive = checkpointer.retrieve_node_output(ops.state);
        if let Some(node) = node {
            grads.register::<Flex>(node.id, tensor(silu_gradient(&values(&x), &values(&dy)), x.shape().as_slice()));
        }
    }
}

#[derive(Debug)]
struct Recurrence;

impl Backward<Flex, 2> for Recurrence {
    type State = (NodeId, LstmMemory, LstmShape);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [node_x, node_weights] = ops.parents;
        let dy = grads.consume::<Flex>(&ops.node);
        let (weights, memory, shape) = ops.state;
        let weights: Primitive = checkpointer.retrieve_node_output(weights);
        let (dx, dw) = shape.backward(memory, &values(&weights), &values(&dy));
        if let Some(node) = node_x {
            grads.register::<Flex>(node.id, tensor(dx, &[shape.batch, shape.inputs, shape.positions]));
        }
        if let Some(node) = node_weights {
            grads.register::<Flex>(node.id, tensor(dw, &[shape.weights()]));
        }
    }
}

#[derive(Debug)]
struct Squeeze;

impl Backward<Flex, 1> for Squeeze {
    /// The input's shape.
    type State = [usize; 3];

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let [node] = ops.parents;
        let dy = grads.consume::<Flex>(&ops.node);
        if let Some(node) = node {
            grads.register::<Flex>(node.id, tensor(means_gradient(&values(&dy), ops.state[2]), &ops.state));
        }
    }
}

#[derive(Debug)]
struct Excitation;

impl Backward<Flex, 2> for Excitation {
    type State = (NodeId, NodeId);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let dy = grads.consume::<Flex>(&ops.node);
        let x: Primitive = checkpointer.retrieve_node_output(ops.state.0);
        let factors: Primitive = checkpointer.retrieve_node_output(ops.state.1);
        let (dx, df) = excited_gradients(&values(&x), &values(&factors), &values(&dy), x.shape()[2]);
        for (node, (gradient, of)) in ops.parents.into_iter().zip([(dx, x), (df, factors)]) {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, tensor(gradient, of.shape().as_slice()));
            }
        }
    }
}

#[derive(Debug)]
struct Convolution;

impl Backward<Flex, 3> for Convolution {
    type State = (NodeId, NodeId, ConvShape, Follows);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [node_x, node_kernel, node_bias] = ops.parents;
        let dy = grads.consume::<Flex>(&ops.node);
        let (x, kernel, shape, follows) = ops.state;
        let x: Primitive = checkpointer.retrieve_node_output(x);
        let kernel: Primitive = checkpointer.retrieve_node_output(kernel);
        let dy = values(&dy);
        if let Some(node) = node_x {
            let mut dx = unset(shape.batch * shape.inputs * shape.positions);
            shape.input_gradient(&values(&kernel), &dy, Precision::Bits16, &mut dx);
            grads.register::<Flex>(node.id, tensor(dx, &[shape.batch, shape.inputs, shape.positions]));
        }
        if let Some(node) = node_kernel {
            let size = [shape.filters, shape.inputs / shape.groups, shape.taps];
            grads.register::<Flex>(node.id, tensor(shape.kernel_gradient(&values(&x), &dy, Precision::Bits16), &size));
        }
        if let Some(node) = node_bias {
            let db = match follows {
                Follows::OwnNorm => vec![0.0; shape.filters],
                Follows::Activation(_) => shape.bias_gradient(&dy),
            };
            grads.register::<Flex>(node.id, tensor(db, &[shape.filters]));
        }
    }
}

#[derive(Debug)]
struct Normalisation;

impl Backward<Flex, 3> for Normalisation {
    type State = (NodeId, NodeId, NodeId, Primitive, NormKind);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, checkpointer: &mut Checkpointer) {
        let [node_x, node_gamma, node_beta] = ops.parents;
        let dy = grads.consume::<Flex>(&ops.node);
        let (x, gamma, beta, moments, kind) = ops.state;
        let x: Primitive = checkpointer.retrieve_node_output(x);
        let gamma: Primitive = checkpointer.retrieve_node_output(gamma);
        let beta: Primitive = checkpointer.retrieve_node_output(beta);
        let shape = norm_shape(&x);
        let (gamma, beta, moments) = (values(&gamma), values(&beta), values(&moments));
        let found = shape.gradients(&values(&x), &gamma, &beta, &moments, kind, &values(&dy));
        if let Some(node) = node_x {
            grads.register::<Flex>(node.id, tensor(found.x, &[shape.batch, shape.channels, shape.positions]));
        }
        for (node, gradient) in [(node_gamma, found.gamma), (node_beta, found.beta)] {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, tensor(gradient, &[shape.channels]));
            }
        }
    }
}

#[derive(Debug)]
struct Masking;

impl Backward<Flex, 1> for Masking {
    /// The mask and what it kept.
    type State = (Mask, Vec<u8>);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let [node] = ops.parents;
        let dy = grads.consume::<Flex>(&ops.node);
        if let Some(node) = node {
            let (mask, kept) = ops.state;
            grads.register::<Flex>(node.id, tensor(mask.gradient(&values(&dy), &kept), dy.shape().as_slice()));
        }
    }
}

#[derive(Debug)]
struct Pooling;

impl Backward<Flex, 1> for Pooling {
    /// Where the maxima lie, the input's shape, the width.
    type State = (Vec<u32>, [usize; 3], usize);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let [node] = ops.parents;
        let dy = grads.consume::<Flex>(&ops.node);
        let (places, shape, width) = ops.state;
        if let Some(node) = node {
            let dx = max_pool_gradient(&values(&dy), &places, shape[2], width);
            grads.register::<Flex>(node.id, tensor(dx, &shape));
        }
    }
}

#[derive(Debug)]
struct Sum;

impl Backward<Flex, 2> for Sum {
    /// The sums, where negative ones became 0.
    type State = Option<Primitive>;

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let mut dy = grads.consume::<Flex>(&ops.node);
        if let Some(sums) = &ops.state {
            let mut own = values(&dy).into_owned();
            clear_where_zero(&values(sums), &mut own);
            dy = tensor(own, sums.shape().as_slice());
        }
        for node in ops.parents.into_iter().flatten() {
            grads.register::<Flex>(node.id, dy.clone());
        }
    }
}

impl<C: CheckpointStrategy> KernelBackend for Autodiff<Flex, C> {
    fn sum(x: FloatTensor<Self>, y: FloatTensor<Self>, rectify: bool) -> FloatTensor<Self> {
        let sums = Flex::sum(x.primitive().clone(), y.primitive().clone(), rectify);
        match Sum.prepare::<C>([x.node(), y.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(rectify.then(|| sums.clone()), sums),
            OpsKind::UnTracked(prep) => prep.finish(sums),
        }
    }

    fn moments(x: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(Flex::moments(x.into_primitive()))
    }

    fn normalise(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        moments: FloatTensor<Self>,
        kind: NormKind,
    ) -> FloatTensor<Self> {
        let y = normalised(x.primitive(), gamma.primitive(), beta.primitive(), moments.primitive(), kind);
        match Normalisation.prepare::<C>([x.node(), gamma.node(), beta.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let nodes = (prep.checkpoint(&x), prep.checkpoint(&gamma), prep.checkpoint(&beta));
                prep.finish((nodes.0, nodes.1, nodes.2, moments.into_primitive(), kind), y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn mask(x: FloatTensor<Self>, mask: Mask) -> FloatTensor<Self> {
        let (y, kept) = masked(x.primitive(), &mask);
        match Masking.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((mask, kept), y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn swish(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let y = Flex::swish(x.primitive().clone());
        match Swish.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = prep.checkpoint(&x);
                prep.finish(state, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn recur(x: FloatTensor<Self>, weights: FloatTensor<Self>, shape: LstmShape) -> FloatTensor<Self> {
        let (y, memory) = shape.forward(&values(x.primitive()), &values(weights.primitive()));
        let y = tensor(y, &shape.output());
        match Recurrence.prepare::<C>([x.node(), weights.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = (prep.checkpoint(&weights), memory, shape);
                prep.finish(state, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn average(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let shape = x.primitive().shape();
        let y = Flex::average(x.primitive().clone());
        match Squeeze.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish([shape[0], shape[1], shape[2]], y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn weigh(x: FloatTensor<Self>, factors: FloatTensor<Self>) -> FloatTensor<Self> {
        let y = Flex::weigh(x.primitive().clone(), factors.primitive().clone());
        match Excitation.prepare::<C>([x.node(), factors.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = (prep.checkpoint(&x), prep.checkpoint(&factors));
                prep.finish(state, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn pool(x: FloatTensor<Self>, width: usize) -> FloatTensor<Self> {
        let shape = x.primitive().shape();
        let (y, places) = pooled(x.primitive(), width);
        match Pooling.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((places, [shape[0], shape[1], shape[2]], width), y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn convolve(
        x: FloatTensor<Self>,
        kernel: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        shape: ConvShape,
        follows: Follows,
    ) -> FloatTensor<Self> {
        let of = [x.primitive(), kernel.primitive(), bias.primitive()];
        let y = convolved(&shape, of, Then::Nothing, Precision::Float32);
        let y = match Convolution.prepare::<C>([x.node(), kernel.node(), bias.node()]).compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let state = (prep.checkpoint(&x), prep.checkpoint(&kernel), shape, follows);
                prep.finish(state, y)
            }
            OpsKind::UnTracked(prep) => prep.finish(y),
        };
        // An operation of its own, as its backward pass needs what lies between them.
        match follows.activation() {
            Then::Nothing => y,
            Then::Relu => Self::relu(y),
            Then::Silu => Self::swish(y),
        }
    }
}
