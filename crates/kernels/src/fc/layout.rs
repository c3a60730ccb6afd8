//! Sizes of a fully connected network and the places of its parameters.

use crate::layout::{Cursor, LinearRanges, NormRanges};

/// Sizes of a fully connected network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FcShape {
    /// Input features.
    pub n_inputs: usize,
    /// Hidden units of every layer.
    pub width: usize,
    /// Classes.
    pub n_classes: usize,
    /// Residual blocks.
    pub max_depth: usize,
}

/// Places of one block's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FcBlockRanges {
    /// `[width, width]`, input first, and the bias.
    pub linear: LinearRanges,
    /// Batch norm after the ReLU.
    pub norm: NormRanges,
}

/// Places of all parameters and running statistics in their flat vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FcLayout {
    /// The sizes.
    pub shape: FcShape,
    /// `[n_inputs, width]` and bias.
    pub stem: LinearRanges,
    /// One entry a block, shallowest first.
    pub blocks: Vec<FcBlockRanges>,
    /// `[width, n_classes]` and bias.
    pub read_out: LinearRanges,
    /// Length of the parameter vector.
    pub n_params: usize,
    /// Mean and variance of each block's batch norm.
    pub block_statistics: Vec<NormRanges>,
    /// Length of the vector of running statistics.
    pub n_statistics: usize,
}

impl FcLayout {
    /// The layout for a shape.
    pub fn new(shape: FcShape) -> Self {
        let (mut params, mut statistics) = (Cursor::default(), Cursor::default());
        let FcShape {
            n_inputs,
            width,
            n_classes,
            max_depth,
        } = shape;
        Self {
            shape,
            stem: params.linear(n_inputs * width, width),
            blocks: (0..max_depth)
                .map(|_| FcBlockRanges {
                    linear: params.linear(width * width, width),
                    norm: params.norm(width),
                })
                .collect(),
            read_out: params.linear(width * n_classes, n_classes),
            n_params: params.position(),
            block_statistics: (0..max_depth).map(|_| statistics.norm(width)).collect(),
            n_statistics: statistics.position(),
        }
    }
}
