//! Where each named tensor of a network lies.

use std::ops::Range;

use vds_kernels::layout::{ConvLayout, FcLayout, LinearRanges, NormRanges, StatisticsRanges};
use vds_model::NetworkConfig;

/// Places of all parameters and running statistics.
pub(super) enum Layout {
    Conv(ConvLayout),
    Fc(FcLayout),
}

/// A tensor's name and its range in the flat vector.
pub(super) type Named = (String, Range<usize>);

impl Layout {
    pub(super) fn of(config: &NetworkConfig) -> Self {
        match *config {
            NetworkConfig::Conv(config) => Self::Conv(ConvLayout::new(config)),
            NetworkConfig::Fc(config) => Self::Fc(FcLayout::new(config)),
        }
    }

    /// Every tensor of the parameters.
    pub(super) fn params(&self) -> Vec<Named> {
        match self {
            Self::Conv(layout) => conv_params(layout),
            Self::Fc(layout) => fc_params(layout),
        }
    }

    /// The mean and the variance of every batch norm; of the output block's, once for each depth.
    pub(super) fn statistics(&self) -> Vec<Named> {
        let named: Vec<[Named; 2]> = match self {
            Self::Conv(layout) => {
                let blocks = layout.block_statistics.iter().enumerate().flat_map(|(i, block)| {
                    [(1, &block.norm1), (2, &block.norm2), (3, &block.norm3)]
                        .map(|(k, ranges)| statistics(&format!("block{i}.norm{k}"), ranges))
                });
                let head = layout.head_statistics.iter().enumerate();
                blocks
                    .chain(head.map(|(depth, ranges)| statistics(&format!("head{depth}"), ranges)))
                    .collect()
            }
            Self::Fc(layout) => {
                let blocks = layout.block_statistics.iter().enumerate();
                blocks
                    .map(|(i, ranges)| statistics(&format!("block{i}"), ranges))
                    .collect()
            }
        };
        named.into_iter().flatten().collect()
    }
}

fn conv_params(layout: &ConvLayout) -> Vec<Named> {
    let mut named = vec![linear("stem", &layout.stem)];
    for (i, block) in layout.blocks.iter().enumerate() {
        let name = |part: &str| format!("block{i}.{part}");
        named.push(norm(&name("norm1"), &block.norm1));
        named.push(linear(&name("conv1"), &block.conv1));
        named.push(norm(&name("norm2"), &block.norm2));
        named.push(linear(&name("conv2"), &block.conv2));
        named.push(norm(&name("norm3"), &block.norm3));
        named.push(linear(&name("conv3"), &block.conv3));
    }
    named.push(linear("head.linear", &layout.head_linear));
    named.push(norm("head.norm", &layout.head_norm));
    named.push(linear("read_out", &layout.read_out));
    named.into_iter().flatten().collect()
}

fn fc_params(layout: &FcLayout) -> Vec<Named> {
    let mut named = vec![linear("stem", &layout.stem)];
    for (i, block) in layout.blocks.iter().enumerate() {
        named.push(linear(&format!("block{i}.linear"), &block.linear));
        named.push(norm(&format!("block{i}.norm"), &block.norm));
    }
    named.push(linear("read_out", &layout.read_out));
    named.into_iter().flatten().collect()
}

fn linear(name: &str, ranges: &LinearRanges) -> [Named; 2] {
    [
        (format!("{name}.weight"), ranges.weight.clone()),
        (format!("{name}.bias"), ranges.bias.clone()),
    ]
}

fn norm(name: &str, ranges: &NormRanges) -> [Named; 2] {
    [
        (format!("{name}.scale"), ranges.scale.clone()),
        (format!("{name}.shift"), ranges.shift.clone()),
    ]
}

fn statistics(name: &str, ranges: &StatisticsRanges) -> [Named; 2] {
    [
        (format!("{name}.mean"), ranges.mean.clone()),
        (format!("{name}.variance"), ranges.variance.clone()),
    ]
}
