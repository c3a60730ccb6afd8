//! The convolutional network.

use dfdx::prelude::*;
use vds_kernels::layout::{ConvBlockRanges, ConvBlockStatistics, ConvConfig, ConvLayout};

use super::layers::{Layers, Matrix, add, relu, share};
use crate::Result;
use crate::error::device as on_device;

/// Side of the input block's filter.
const STEM: usize = 5;

pub(super) fn logits<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    layers: &mut Layers<'_, D, T>,
    config: &ConvConfig,
    input: &[f32],
    (batch, depth): (usize, usize),
) -> Result<Vec<Matrix<D, T>>> {
    let layout = ConvLayout::new(*config);
    let neighbors = neighbors(&layers.device, config, batch)?;
    let mut a: Matrix<D, T> = stem(layers, &layout, input, batch)?;
    let mut logits = vec![head(layers, &layout, share(&a), batch, 0)?];
    for (block, statistics) in layout.blocks[..depth].iter().zip(&layout.block_statistics) {
        layers.enter(logits.len());
        let h = residual(layers, block, statistics, share(&a), &neighbors)?;
        a = add(a, h)?;
        logits.push(head(layers, &layout, share(&a), batch, logits.len())?);
    }
    layers.keep(a);
    Ok(logits)
}

/// 5x5 convolution and 2x2 average pool. The input needs no gradient, so its patches are gathered on the host: for each
/// pooled pixel the four patches whose mean it is, one after the other.
fn stem<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    layers: &mut Layers<'_, D, T>,
    layout: &ConvLayout,
    input: &[f32],
    batch: usize,
) -> Result<Matrix<D, T>> {
    let config = &layout.config;
    let (rows, columns) = config.pooled_size();
    let mut patches = Vec::with_capacity(batch * rows * columns * 4 * STEM * STEM * config.in_channels);
    for image in input.chunks_exact(config.image_len()) {
        for pixel in 0..rows * columns {
            for corner in 0..4 {
                let (y, x) = (2 * (pixel / columns) + corner / 2, 2 * (pixel % columns) + corner % 2);
                for tap in 0..STEM * STEM {
                    let at = (y + tap / STEM) * config.width + x + tap % STEM;
                    patches.extend((0..config.in_channels).map(|c| image[c * config.height * config.width + at]));
                }
            }
        }
    }
    let n_pixels = batch * rows * columns;
    let patches = layers.matrix_from(patches, (4 * n_pixels, STEM * STEM * config.in_channels))?;
    let convolved = layers.linear(patches, &layout.stem)?;
    let groups = on_device("reshape", convolved.try_reshape_like(&(n_pixels, 4, config.channels)))?;
    on_device("mean", groups.try_mean::<_, Axis<1>>())
}

fn residual<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    layers: &mut Layers<'_, D, T>,
    block: &ConvBlockRanges,
    statistics: &ConvBlockStatistics,
    a: Matrix<D, T>,
    neighbors: &Tensor<(usize, usize), usize, D>,
) -> Result<Matrix<D, T>> {
    let z = relu(layers.norm(a, &block.norm1, &statistics.norm1)?)?;
    let y = layers.linear(z, &block.conv1)?;
    let z = relu(layers.norm(y, &block.norm2, &statistics.norm2)?)?;
    let z = gather(layers, z, neighbors)?;
    let y = layers.linear(z, &block.conv2)?;
    let z = relu(layers.norm(y, &block.norm3, &statistics.norm3)?)?;
    layers.linear(z, &block.conv3)
}

/// `(pixels, 9 channels)`: the neighborhood of each pixel.
fn gather<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    layers: &Layers<'_, D, T>,
    z: Matrix<D, T>,
    neighbors: &Tensor<(usize, usize), usize, D>,
) -> Result<Matrix<D, T>> {
    let (n_pixels, channels) = *z.shape();
    let outside: Matrix<D, NoneTape> = on_device("zeros", layers.device.try_zeros_like(&(1, channels)))?;
    let with_outside = on_device(
        "concat",
        (z, outside.put_tape(T::default())).try_concat_along(Axis::<0>),
    )?;
    let gathered: Tensor<(usize, usize, usize), f32, D, T> =
        on_device("gather", with_outside.try_gather(neighbors.clone()))?;
    on_device("reshape", gathered.try_reshape_like(&(n_pixels, 9 * channels)))
}

/// For each pixel of a batch the rows of its nine neighbors, the row past the end for those outside the image.
fn neighbors<D: Device<f32>>(
    device: &D,
    config: &ConvConfig,
    batch: usize,
) -> Result<Tensor<(usize, usize), usize, D>> {
    let (rows, columns) = config.pooled_size();
    let n_pixels = batch * rows * columns;
    let mut indices = Vec::with_capacity(9 * n_pixels);
    for pixel in 0..n_pixels {
        let (image, y, x) = (pixel / (rows * columns), pixel / columns % rows, pixel % columns);
        for tap in 0..9 {
            let (y, x) = (y + tap / 3, x + tap % 3);
            let inside = (1..=rows).contains(&y) && (1..=columns).contains(&x);
            indices.push(if inside {
                (image * rows + y - 1) * columns + x - 1
            } else {
                n_pixels
            });
        }
    }
    on_device("indices", device.try_tensor_from_vec(indices, (n_pixels, 9)))
}

fn head<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    layers: &mut Layers<'_, D, T>,
    layout: &ConvLayout,
    a: Matrix<D, T>,
    batch: usize,
    depth: usize,
) -> Result<Matrix<D, T>> {
    let (n_pixels, channels) = *a.shape();
    let pixels = on_device("reshape", a.try_reshape_like(&(batch, n_pixels / batch, channels)))?;
    let pooled: Matrix<D, T> = on_device("mean", pixels.try_mean::<_, Axis<1>>())?;
    let h = relu(layers.linear(share(&pooled), &layout.head_linear)?)?;
    let h = layers.norm(h, &layout.head_norm, &layout.head_statistics[depth])?;
    layers.linear(add(pooled, h)?, &layout.read_out)
}
