//! Weights as safetensors under the names and layouts of the authors' `state_dict`.
//!
//! A file written here loads into the authors' PyTorch model and the other way round. Under the authors' name the output
//! block's batch norm has the running statistics that all depths share, so that their code evaluates as published; those of
//! each depth are added as `per_depth/output_layer.1.ops.2.running_mean` and `…running_var`, `[max_depth + 1, channels]`. A
//! file without these two gives every depth the shared ones.
//!
//! A caller stores what is fitted beside the network as extra tensors of its own.

pub(crate) mod names;
mod read;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use safetensors::tensor::{Dtype, View};

use crate::backend::Backend;
use crate::config::NetworkConfig;
use crate::error::Error;
use crate::network::Network;
use crate::{Result, weights::names::Role};
use names::{Entry, HEAD_NORM, entries, norms};
use vds_kernels::layout::{ConvLayout, StatisticsRanges};

pub use read::from_bytes;

/// A network read from a file, and what else the file held.
#[derive(Debug)]
pub struct Weights<D: Backend> {
    /// The network.
    pub network: Network<D>,
    /// Those of the extra tensors that are in the file, by name.
    pub extra: BTreeMap<String, Vec<f32>>,
    /// The file's metadata.
    pub metadata: BTreeMap<String, String>,
}

/// Most bytes of a weights file of such a network, whatever else it holds.
pub fn max_len(config: &NetworkConfig) -> u64 {
    let entries = entries(config);
    let values: usize = entries.iter().map(|entry| entry.range.len()).sum();
    // Statistics per depth are there twice; names, shapes and metadata take little.
    8 * values as u64 + 1024 * entries.len() as u64 + (1 << 20)
}

/// The bytes of a safetensors file with a network, extra tensors of one axis by name, and metadata.
///
/// # Errors
/// [`Error::Safetensors`] if the format cannot hold the tensors.
pub fn to_bytes<D: Backend>(
    network: &Network<D>,
    extra: &BTreeMap<String, Vec<f32>>,
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>> {
    let (params, statistics) = (network.params_vec(), network.running_stats());
    let mut tensors = BTreeMap::new();
    for entry in entries(network.config()) {
        let source = if entry.role.is_parameter() { &params } else { statistics };
        tensors.insert(
            entry.name.clone(),
            StoredTensor::floats(entry.shape.clone(), &to_reference(&entry, source)),
        );
    }
    for (norm, count) in norms(network.config()).into_iter().zip(network.n_batches()) {
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        tensors.insert(format!("{norm}.num_batches_tracked"), StoredTensor::count(count));
    }
    for (name, shape, values) in per_depth_statistics(network) {
        tensors.insert(name, StoredTensor::floats(shape, &values));
    }
    for (name, values) in extra {
        tensors.insert(name.clone(), StoredTensor::floats(vec![values.len()], values));
    }
    let metadata: HashMap<_, _> = metadata.clone().into_iter().collect();
    safetensors::serialize(tensors, Some(metadata)).map_err(Error::Safetensors)
}

/// A tensor in the file's byte order.
#[derive(Debug)]
struct StoredTensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl StoredTensor {
    fn floats(shape: Vec<usize>, values: &[f32]) -> Self {
        Self {
            dtype: Dtype::F32,
            shape,
            bytes: values.iter().flat_map(|x| x.to_le_bytes()).collect(),
        }
    }

    fn count(value: i64) -> Self {
        Self {
            dtype: Dtype::I64,
            shape: Vec::new(),
            bytes: value.to_le_bytes().to_vec(),
        }
    }
}

impl View for StoredTensor {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The values of an entry in PyTorch's order.
pub(crate) fn to_reference(entry: &Entry, flat: &[f32]) -> Vec<f32> {
    let values = &flat[entry.range.clone()];
    match entry.role {
        Role::Weight { taps, inputs, .. } => permute(values, [taps, inputs, values.len() / (taps * inputs)]),
        _ => values.to_vec(),
    }
}

/// Puts values in PyTorch's order into their place.
fn from_reference(entry: &Entry, values: &[f32], flat: &mut [f32]) {
    let target = &mut flat[entry.range.clone()];
    match entry.role {
        Role::Weight { taps, inputs, .. } => {
            target.copy_from_slice(&permute(values, [values.len() / (taps * inputs), inputs, taps]));
        }
        _ => target.copy_from_slice(values),
    }
}

/// Reverses the order of the three axes.
fn permute(values: &[f32], [a, b, c]: [usize; 3]) -> Vec<f32> {
    let mut reversed = Vec::with_capacity(values.len());
    for k in 0..c {
        for j in 0..b {
            reversed.extend((0..a).map(|i| values[(i * b + j) * c + k]));
        }
    }
    reversed
}

/// Names, shapes and values of the tensors with the output block's statistics of each depth.
fn per_depth_statistics<D: Backend>(network: &Network<D>) -> Vec<(String, Vec<usize>, Vec<f32>)> {
    let NetworkConfig::Conv(config) = network.config() else {
        return Vec::new();
    };
    let sets = ConvLayout::new(*config).head_statistics;
    let gather = |range: fn(&StatisticsRanges) -> &Range<usize>| {
        let values = sets.iter().map(|set| &network.running_stats()[range(set).clone()]);
        values.collect::<Vec<_>>().concat()
    };
    let shape = vec![sets.len(), config.channels];
    let [mean, variance] = per_depth_names();
    vec![
        (mean, shape.clone(), gather(|set| &set.mean)),
        (variance, shape, gather(|set| &set.variance)),
    ]
}

fn per_depth_names() -> [String; 2] {
    ["running_mean", "running_var"].map(|name| format!("per_depth/{HEAD_NORM}.{name}"))
}
