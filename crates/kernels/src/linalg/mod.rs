//! One matrix product with general strides: every convolution of the engines and all of their gradients.

mod micro_kernel;
mod packing;
mod product;
#[cfg(test)]
mod tests;

use crate::simd::{IsaCtx, LANES, simd_fn};
use micro_kernel::{Operands, run};
pub(crate) use packing::{pack, pack_transposed, unpack_add};
pub(crate) use product::{Axis, Product, Start};

/// Computes `product`, and fetches what `core` says on the side.
///
/// # Panics
/// If a slice is too short for the extents and strides, or `n` is not a multiple of eight.
pub(crate) fn multiply<'a>(
    ctx: impl Into<IsaCtx<'a>>,
    product: &Product,
    a: &[f32],
    b: &[f32],
    c: &mut [f32],
    start: Start<'_>,
) {
    let ctx = ctx.into();
    let (Some(a_m), Some(c_m)) = (product.m.last(product.a_m), product.m.last(product.c_m)) else {
        return;
    };
    let (Some(a_k), Some(b_k)) = (product.k.last(product.a_k), product.k.last(product.b_k)) else {
        panic!("an empty sum: {product:?}");
    };
    assert!(
        product.n > 0 && product.n.is_multiple_of(LANES),
        "the number of columns must be a multiple of eight: {product:?}"
    );
    assert!(a_m + a_k < a.len(), "A holds {} elements: {product:?}", a.len());
    assert!(b_k + product.n <= b.len(), "B holds {} elements: {product:?}", b.len());
    assert!(c_m + product.n <= c.len(), "C holds {} elements: {product:?}", c.len());
    match start {
        Start::Zero | Start::Relu | Start::Accumulate => {}
        Start::Bias(bias) | Start::BiasRelu(bias) | Start::BiasAccumulate(bias) => {
            assert!(bias.len() >= product.n, "bias is too short: {product:?}");
        }
        Start::BiasAndMatrix(bias, matrix) => {
            assert!(
                bias.len() >= product.n && matrix.len() >= c_m + product.n,
                "start is too short: {product:?}"
            );
        }
    }
    run_on(
        ctx.isa,
        Operands {
            prefetch: ctx.prefetch,
            product,
            a: a.as_ptr(),
            b: b.as_ptr(),
            c: c.as_mut_ptr(),
            start,
        },
    );
}

simd_fn! {
    fn run_on(operands: Operands<'_, '_>) = run
}
