//! From the bytes of a safetensors file to a network.

use std::collections::{BTreeMap, BTreeSet};

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;
use vds_kernels::layout::ConvLayout;

use super::names::{HEAD_NORM, Role, entries, norms};
use super::{Weights, from_reference, per_depth_names};
use crate::Result;
use crate::backend::Backend;
use crate::config::NetworkConfig;
use crate::error::Error;
use crate::network::Network;

/// Reads a network of the given sizes from the bytes of a safetensors file, and those of the extra tensors that it holds.
///
/// Extra tensors have one axis of any length; which length is right, and whether one may be absent, is up to the caller.
///
/// # Errors
/// If the bytes are not a safetensors file, or a tensor is missing, unexpected, of another shape or element type, not finite, or a
/// variance below 0.
pub fn from_bytes<D: Backend>(
    bytes: &[u8],
    config: &NetworkConfig,
    device: &D,
    extra_names: &[&str],
) -> Result<Weights<D>> {
    config.check()?;
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(Error::Safetensors)?;
    let metadata = header
        .metadata()
        .iter()
        .flatten()
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    let file = File {
        tensors: SafeTensors::deserialize(bytes).map_err(Error::Safetensors)?,
    };
    let mut expected: BTreeSet<String> = extra_names.iter().map(|&name| name.to_owned()).collect();
    let mut network = Network::zeros(config, device)?;
    let mut params = network.params_vec();
    for entry in entries(config) {
        let values = file.floats(&entry.name, &entry.shape)?;
        if matches!(entry.role, Role::RunningVariance) {
            check_variances(&entry.name, &values)?;
        }
        let target = if entry.role.is_parameter() {
            &mut params
        } else {
            network.running_stats_mut()
        };
        from_reference(&entry, &values, target);
        expected.insert(entry.name);
    }
    network.set_params(&params)?;
    read_head_statistics(&file, config, network.running_stats_mut(), &mut expected)?;
    for (norm, count) in norms(config).into_iter().zip(network.n_batches_mut()) {
        let name = format!("{norm}.num_batches_tracked");
        *count = file.count(&name)?.unwrap_or(0);
        expected.insert(name);
    }
    file.check_names(&expected)?;
    let mut extra = BTreeMap::new();
    for &name in extra_names {
        if let Some(values) = file.vector(name)? {
            extra.insert(name.to_owned(), values);
        }
    }
    Ok(Weights {
        network,
        extra,
        metadata,
    })
}

/// Gives each depth its statistics: the extra tensors' where they are there, else the shared ones.
fn read_head_statistics(
    file: &File<'_>,
    config: &NetworkConfig,
    statistics: &mut [f32],
    expected: &mut BTreeSet<String>,
) -> Result<()> {
    let NetworkConfig::Conv(conv) = config else {
        return Ok(());
    };
    let sets = ConvLayout::new(*conv).head_statistics;
    let [mean_name, variance_name] = per_depth_names();
    let shape = [sets.len(), conv.channels];
    let own = (
        file.optional_floats(&mean_name, &shape)?,
        file.optional_floats(&variance_name, &shape)?,
    );
    if let (_, Some(variances)) = &own {
        check_variances(&variance_name, variances)?;
    }
    let (means, variances) = match own {
        (Some(means), Some(variances)) => (means, variances),
        // One of them alone would be ignored silently.
        (Some(_), None) => return Err(Error::MissingTensor { name: variance_name }),
        (None, Some(_)) => return Err(Error::MissingTensor { name: mean_name }),
        (None, None) => {
            let shared = |name| file.floats(&format!("{HEAD_NORM}.{name}"), &[conv.channels]);
            let [mean, variance] = [shared("running_mean")?, shared("running_var")?];
            (mean.repeat(sets.len()), variance.repeat(sets.len()))
        }
    };
    expected.extend([mean_name, variance_name]);
    for (set, (mean, variance)) in sets
        .iter()
        .zip(means.chunks(conv.channels).zip(variances.chunks(conv.channels)))
    {
        statistics[set.mean.clone()].copy_from_slice(mean);
        statistics[set.variance.clone()].copy_from_slice(variance);
    }
    Ok(())
}

/// A network with a variance below zero would compute NaN for every input.
fn check_variances(name: &str, values: &[f32]) -> Result<()> {
    match values.iter().all(|variance| *variance >= 0.0) {
        true => Ok(()),
        false => Err(Error::NegativeVariance { name: name.to_owned() }),
    }
}

struct File<'a> {
    tensors: SafeTensors<'a>,
}

impl<'a> File<'a> {
    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.optional_floats(name, shape)?
            .ok_or_else(|| Error::MissingTensor { name: name.to_owned() })
    }

    fn optional_floats(&self, name: &str, shape: &[usize]) -> Result<Option<Vec<f32>>> {
        self.floats_of(name, |actual| actual == shape, || format!("F32 {shape:?}"))
    }

    /// Values along one axis of any length.
    fn vector(&self, name: &str) -> Result<Option<Vec<f32>>> {
        self.floats_of(name, |shape| shape.len() == 1, || "F32 of one axis".to_owned())
    }

    fn floats_of(
        &self,
        name: &str,
        is_shape: impl Fn(&[usize]) -> bool,
        expected: impl Fn() -> String,
    ) -> Result<Option<Vec<f32>>> {
        let Ok(view) = self.tensors.tensor(name) else {
            return Ok(None);
        };
        if view.dtype() != Dtype::F32 || !is_shape(view.shape()) {
            return Err(Error::TensorType {
                name: name.to_owned(),
                actual: format!("{:?} {:?}", view.dtype(), view.shape()),
                expected: expected(),
            });
        }
        let (values, _) = view.data().as_chunks::<4>();
        let values: Vec<f32> = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        match values.iter().all(|x| x.is_finite()) {
            true => Ok(Some(values)),
            false => Err(Error::NotFinite { name: name.to_owned() }),
        }
    }

    /// A scalar count; the authors' files have it with and without an axis.
    fn count(&self, name: &str) -> Result<Option<u64>> {
        let Ok(view) = self.tensors.tensor(name) else {
            return Ok(None);
        };
        let value = match (view.dtype(), view.data().as_chunks::<8>().0) {
            (Dtype::I64, [bytes]) => u64::try_from(i64::from_le_bytes(*bytes)).ok(),
            _ => None,
        };
        value.map(Some).ok_or_else(|| Error::TensorType {
            name: name.to_owned(),
            actual: format!("{:?} {:?}", view.dtype(), view.shape()),
            expected: "one I64 that is not negative".to_owned(),
        })
    }

    /// The authors' files repeat every block under `….net.…`.
    fn check_names(&self, expected: &BTreeSet<String>) -> Result<()> {
        let names: BTreeSet<String> = self.tensors.names().into_iter().map(str::to_owned).collect();
        let is_known =
            |name: &String| expected.contains(name) || expected.contains(&name.replacen(".net.", ".block.", 1));
        match names.into_iter().find(|name| !is_known(name)) {
            None => Ok(()),
            Some(name) => Err(Error::UnexpectedTensor { name }),
        }
    }
}
