//! The fully connected network.

use dfdx::prelude::{Device, Merge, Tape};
use vds_kernels::layout::{FcConfig, FcLayout};

use super::layers::{Layers, Matrix, add, relu, share};
use crate::Result;

pub(super) fn logits<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    layers: &mut Layers<'_, D, T>,
    config: &FcConfig,
    input: &[f32],
    (batch, depth): (usize, usize),
) -> Result<Vec<Matrix<D, T>>> {
    let layout = FcLayout::new(*config);
    let input = layers.matrix_from(input.to_vec(), (batch, config.n_inputs))?;
    let mut a: Matrix<D, T> = layers.linear(input, &layout.stem)?;
    let mut logits = vec![layers.linear(share(&a), &layout.read_out)?];
    for (block, statistics) in layout.blocks[..depth].iter().zip(&layout.block_statistics) {
        layers.enter(logits.len());
        let h = relu(layers.linear(share(&a), &block.linear)?)?;
        let h = layers.norm(h, &block.norm, statistics)?;
        a = add(a, h)?;
        logits.push(layers.linear(share(&a), &layout.read_out)?);
    }
    layers.keep(a);
    Ok(logits)
}
