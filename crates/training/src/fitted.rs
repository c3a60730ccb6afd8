//! A network that was trained, and what belongs to it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use vds_datasets::View;
use vds_model::{Network, NetworkConfig, weights};
use vds_variational::DepthPosterior;

use crate::depth_model::{POSTERIOR_LOGITS, TrainingDevice, posterior};
use crate::error::Result;
use crate::evaluation::{Predicted, predict};
use crate::learner::Learner;

/// The key of the metadata of a weights file under which `vds` describes the model.
const METADATA_KEY: &str = "vds";

/// A network with its posterior over depth: what training gives, what is stored, pruned and predicts.
#[derive(Debug)]
pub struct FittedModel<D: TrainingDevice> {
    /// The network.
    pub network: Network<D>,
    /// The posterior: that of the logits, or all mass on the deepest depth.
    pub posterior: DepthPosterior,
    /// Logits of a posterior that was learnt, `[max_depth + 1]`.
    pub posterior_logits: Option<Vec<f32>>,
    /// The epoch whose weights they are, from 1; 0 for initial weights. `None` if a weights file does not say.
    pub epoch: Option<usize>,
}

impl<D: TrainingDevice> FittedModel<D> {
    /// The bytes of a safetensors file under the names of the authors' `state_dict`. `about` describes the model in the file's
    /// metadata; the epoch is added to it. Equal models give equal bytes.
    ///
    /// # Errors
    /// If the format cannot hold the tensors.
    pub fn to_safetensors(&self, mut about: Map<String, Value>) -> Result<Vec<u8>> {
        if let Some(epoch) = self.epoch {
            about.insert("epoch".to_owned(), epoch.into());
        }
        // One entry: the format keeps its metadata in no particular order, and equal runs should give equal files.
        let metadata = BTreeMap::from([(METADATA_KEY.to_owned(), Value::Object(about).to_string())]);
        let posterior_logits = self.posterior_logits.iter().cloned();
        let extra = posterior_logits
            .map(|logits| (POSTERIOR_LOGITS.to_owned(), logits))
            .collect();
        Ok(weights::to_bytes(&self.network, &extra, &metadata)?)
    }

    /// Reads a safetensors file; one without a posterior is a network of deterministic depth.
    ///
    /// # Errors
    /// If the file is malformed, or holds another network.
    pub fn from_safetensors(bytes: &[u8], network: &NetworkConfig, device: &D) -> Result<Self> {
        let weights::Weights {
            network,
            mut extra,
            metadata,
        } = weights::from_bytes(bytes, network, device, &[POSTERIOR_LOGITS])?;
        let max_depth = network.max_depth();
        let posterior_logits = extra.remove(POSTERIOR_LOGITS);
        if let Some(logits) = &posterior_logits {
            check_length(logits, max_depth + 1)?;
        }
        let posterior = match &posterior_logits {
            Some(logits) => posterior(logits)?,
            None => DepthPosterior::one_hot(max_depth, max_depth)?,
        };
        Ok(Self {
            network,
            posterior,
            posterior_logits,
            epoch: stored_epoch(&metadata),
        })
    }

    /// The model that keeps blocks `1..=depth`, with the posterior truncated to them: the mass of deeper depths moves to `depth`.
    ///
    /// # Errors
    /// If `depth` is beyond the last block, or the device fails.
    pub fn pruned(&self, depth: usize) -> Result<Self> {
        let truncated = self.posterior.truncated(depth)?;
        // Logits in single precision, as any other model's: what is scored is what is stored.
        let posterior_logits = self.posterior_logits.as_ref().map(|_| logits(truncated.log_probs()));
        Ok(Self {
            network: self.network.pruned(depth)?,
            posterior: match &posterior_logits {
                Some(logits) => posterior(logits)?,
                None => truncated,
            },
            posterior_logits,
            epoch: self.epoch,
        })
    }

    /// The marginal predictive for every example of a view.
    ///
    /// # Errors
    /// If the network's output is not finite, or the device fails.
    pub fn predict(&self, view: View<'_>) -> Result<Predicted> {
        predict(&self.network, view, &self.posterior)
    }
}

impl<D: TrainingDevice> Learner<D> {
    /// The network and posterior after the steps so far.
    ///
    /// # Errors
    /// If the posterior's logits are not finite, which no step leaves behind.
    pub fn into_model(self) -> Result<FittedModel<D>> {
        Ok(FittedModel {
            posterior: self.depth.posterior()?,
            posterior_logits: self.depth.logits(),
            network: self.network,
            epoch: None,
        })
    }
}

/// Refuses a posterior over the depths of another network.
fn check_length(logits: &[f32], n_depths: usize) -> Result<()> {
    if logits.len() == n_depths {
        return Ok(());
    }
    let error = vds_model::Error::TensorType {
        name: POSTERIOR_LOGITS.to_owned(),
        actual: format!("F32 [{}]", logits.len()),
        expected: format!("F32 [{n_depths}]"),
    };
    Err(error.into())
}

/// The epoch in a weights file's metadata.
fn stored_epoch(metadata: &BTreeMap<String, String>) -> Option<usize> {
    let about: Value = serde_json::from_str(metadata.get(METADATA_KEY)?).ok()?;
    usize::try_from(about.get("epoch")?.as_u64()?).ok()
}

#[expect(clippy::cast_possible_truncation, reason = "weights are stored in single precision")]
fn logits(log_probs: &[f64]) -> Vec<f32> {
    // A probability that has underflowed to zero keeps a finite logit, as a reader expects.
    log_probs
        .iter()
        .map(|&log_prob| log_prob.max(f64::from(f32::MIN)) as f32)
        .collect()
}
