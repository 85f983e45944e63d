//! Our own processor kernels below burn: plain functions over slices, and the extension that plugs them into burn's `flex` backend
//! with their own backward passes. Other devices keep burn's operations.

mod activation;
mod adam;
#[cfg_attr(not(all(target_arch = "x86_64", target_os = "linux")), path = "kernels/amx_absent.rs")]
mod amx;
mod batch_last;
mod batch_norm;
mod conv1d;
mod dropout;
mod excite;
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
pub(crate) use adam::AdamStep;
pub(crate) use batch_norm::NormKind;
pub(crate) use conv1d::ConvShape;
pub(crate) use dropout::Mask;
#[cfg(test)]
pub(crate) use extension::stock;
pub(crate) use extension::{
    Follows, add, batch_norm, batch_norm_train, conv1d_same, dropout, excite, lstm, max_pool1d, recorded, serve,
    serve_forward, silu, squeeze,
};
pub(crate) use product::square_product;
pub(crate) use transpose::turned;

/// How exact the factors of products are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// As they are. Passes forward that a backward pass follows need this: a rectified value that an error moves over 0 changes gradients by far more
    /// than the error.
    Float32,
    /// 16 bits, where the processor multiplies those faster: inference and gradients. Outputs differ by about 1e-6.
    Bits16,
}

impl Precision {
    /// Whether the tile unit is to be used.
    fn by_tiles(self) -> bool {
        self == Self::Bits16 && amx::available()
    }
}

/// Whether the tile unit serves inference and gradients on this machine.
pub(crate) fn by_tiles() -> bool {
    Precision::Bits16.by_tiles()
}
