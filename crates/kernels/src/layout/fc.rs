//! Sizes of a fully connected network, and the ranges of its parameters and statistics.

use super::{Cursor, LinearRanges, NormRanges, StatisticsRanges};

/// Sizes of a fully connected network for feature vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct FcConfig {
    /// Input features.
    pub n_inputs: usize,
    /// Hidden units of every layer; 20 in the paper.
    pub width: usize,
    /// Classes, at least 2.
    pub n_classes: usize,
    /// Residual blocks.
    pub max_depth: usize,
}

/// Ranges of one block's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FcBlockRanges {
    /// `[width, width]`, input first, and the bias.
    pub linear: LinearRanges,
    /// Batch norm after the ReLU.
    pub norm: NormRanges,
}

/// Ranges of all parameters and statistics in their flat vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FcLayout {
    /// The sizes.
    pub config: FcConfig,
    /// `[n_inputs, width]` and bias.
    pub stem: LinearRanges,
    /// One entry per block, shallowest first.
    pub blocks: Vec<FcBlockRanges>,
    /// `[width, n_classes]` and bias.
    pub read_out: LinearRanges,
    /// Length of the parameter vector.
    pub n_params: usize,
    /// Mean and variance of each block's batch norm.
    pub block_statistics: Vec<StatisticsRanges>,
    /// Length of the vector of statistics.
    pub n_statistics: usize,
}

impl FcLayout {
    /// The layout of a network of the given sizes.
    pub fn new(config: FcConfig) -> Self {
        let (mut params, mut statistics) = (Cursor::default(), Cursor::default());
        let FcConfig {
            n_inputs,
            width,
            n_classes,
            max_depth,
        } = config;
        Self {
            config,
            stem: params.linear(n_inputs * width, width),
            blocks: (0..max_depth)
                .map(|_| FcBlockRanges {
                    linear: params.linear(width * width, width),
                    norm: params.norm(width),
                })
                .collect(),
            read_out: params.linear(width * n_classes, n_classes),
            n_params: params.position(),
            block_statistics: (0..max_depth).map(|_| statistics.statistics(width)).collect(),
            n_statistics: statistics.position(),
        }
    }
}
