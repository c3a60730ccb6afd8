//! Names and layouts of the authors' `state_dict`.

use std::ops::Range;

use vds_kernels::layout::{ConvConfig, ConvLayout, FcConfig, FcLayout, LinearRanges, NormRanges, StatisticsRanges};

use crate::config::NetworkConfig;

/// One tensor of the authors' `state_dict` and where its values lie here.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Shape in PyTorch.
    pub(crate) shape: Vec<usize>,
    /// Place in the flat parameters, or in the running statistics.
    pub(crate) range: Range<usize>,
    pub(crate) role: Role,
}

/// What a tensor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Here `[taps, inputs, outputs]`, in PyTorch `[outputs, inputs, taps]`.
    Weight {
        taps: usize,
        inputs: usize,
        fan_in: usize,
    },
    Bias {
        fan_in: usize,
    },
    NormWeight,
    NormBias,
    RunningMean,
    RunningVariance,
}

impl Role {
    pub(crate) fn is_parameter(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVariance)
    }
}

/// All tensors of a network but for the counts of batches. The output block's running statistics are those that all depths share.
pub(crate) fn entries(config: &NetworkConfig) -> Vec<Entry> {
    let mut entries = Vec::new();
    match config {
        NetworkConfig::Conv(config) => conv_entries(&ConvLayout::new(*config), &mut entries),
        NetworkConfig::Fc(config) => fc_entries(&FcLayout::new(*config), &mut entries),
    }
    entries
}

/// Prefixes of the names of all batch norms: those of the blocks, then the output block's.
pub(crate) fn norms(config: &NetworkConfig) -> Vec<String> {
    let blocks = 0..config.max_depth();
    match config {
        NetworkConfig::Fc(_) => blocks.map(|i| format!("stochstic_layers.{i}.block.2")).collect(),
        NetworkConfig::Conv(_) => blocks
            .flat_map(|i| [0, 3, 6].map(|layer| format!("stochstic_layers.{i}.block.{layer}")))
            .chain([HEAD_NORM.to_owned()])
            .collect(),
    }
}

/// The output block's batch norm.
pub(crate) const HEAD_NORM: &str = "output_layer.1.ops.2";

/// The output block's shared set, behind the `n_statistics` of the kernels.
pub(crate) fn shared_head(layout: &ConvLayout) -> StatisticsRanges {
    let (start, channels) = (layout.n_statistics, layout.config.channels);
    StatisticsRanges {
        mean: start..start + channels,
        variance: start + channels..start + 2 * channels,
    }
}

fn conv_entries(layout: &ConvLayout, entries: &mut Vec<Entry>) {
    let ConvConfig {
        in_channels,
        channels,
        bottleneck_channels: bottleneck,
        n_classes,
        ..
    } = layout.config;
    linear(entries, "input_layer.0", &layout.stem, &[channels, in_channels, 5, 5]);
    for (i, (block, statistics)) in layout.blocks.iter().zip(&layout.block_statistics).enumerate() {
        let name = |layer: usize| format!("stochstic_layers.{i}.block.{layer}");
        norm(entries, &name(0), &block.norm1, &statistics.norm1);
        linear(entries, &name(2), &block.conv1, &[bottleneck, channels, 1, 1]);
        norm(entries, &name(3), &block.norm2, &statistics.norm2);
        linear(entries, &name(5), &block.conv2, &[bottleneck, bottleneck, 3, 3]);
        norm(entries, &name(6), &block.norm3, &statistics.norm3);
        linear(entries, &name(8), &block.conv3, &[channels, bottleneck, 1, 1]);
    }
    let ranges = &layout.head_linear;
    linear(entries, "output_layer.1.ops.0", ranges, &[channels, channels]);
    norm(entries, HEAD_NORM, &layout.head_norm, &shared_head(layout));
    linear(entries, "output_layer.2", &layout.read_out, &[n_classes, channels]);
}

fn fc_entries(layout: &FcLayout, entries: &mut Vec<Entry>) {
    let FcConfig {
        n_inputs,
        width,
        n_classes,
        ..
    } = layout.config;
    linear(entries, "input_layer", &layout.stem, &[width, n_inputs]);
    for (i, (block, statistics)) in layout.blocks.iter().zip(&layout.block_statistics).enumerate() {
        let name = |layer: usize| format!("stochstic_layers.{i}.block.{layer}");
        linear(entries, &name(0), &block.linear, &[width, width]);
        norm(entries, &name(2), &block.norm, statistics);
    }
    linear(entries, "output_layer", &layout.read_out, &[n_classes, width]);
}

fn linear(entries: &mut Vec<Entry>, name: &str, ranges: &LinearRanges, shape: &[usize]) {
    let (inputs, taps) = (shape[1], shape[2..].iter().product::<usize>());
    let fan_in = inputs * taps;
    entries.push(Entry {
        name: format!("{name}.weight"),
        shape: shape.to_vec(),
        range: ranges.weight.clone(),
        role: Role::Weight { taps, inputs, fan_in },
    });
    entries.push(Entry {
        name: format!("{name}.bias"),
        shape: vec![shape[0]],
        range: ranges.bias.clone(),
        role: Role::Bias { fan_in },
    });
}

fn norm(entries: &mut Vec<Entry>, name: &str, params: &NormRanges, statistics: &StatisticsRanges) {
    let tensors = [
        ("weight", &params.scale, Role::NormWeight),
        ("bias", &params.shift, Role::NormBias),
        ("running_mean", &statistics.mean, Role::RunningMean),
        ("running_var", &statistics.variance, Role::RunningVariance),
    ];
    entries.extend(tensors.map(|(tensor, range, role)| Entry {
        name: format!("{name}.{tensor}"),
        shape: vec![range.len()],
        range: range.clone(),
        role,
    }));
}
