//! Our own processor kernels below burn: plain functions over slices, and the extension that plugs them into burn's `flex` backend
//! with their own backward passes. Other devices keep burn's operations.

mod activation;
mod batch_last;
mod batch_norm;
mod conv1d;
mod dropout;
mod extension;
mod lstm;
mod math;
mod max_pool;
mod minimal_filtering;
mod narrow_groups;
mod one_hot;
mod product;
mod rows;
mod transpose;

pub(crate) use activation::Then;
pub(crate) use batch_norm::NormKind;
pub(crate) use conv1d::ConvShape;
pub(crate) use dropout::Mask;
#[cfg(test)]
pub(crate) use extension::stock;
pub(crate) use extension::{
    batch_norm, batch_norm_train, conv1d_same, dropout, lstm, max_pool1d, recorded, serve, serve_forward, silu,
};
pub(crate) use product::square_product;
pub(crate) use transpose::turned;
