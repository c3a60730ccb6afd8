//! A network that was trained, and what belongs to it.

use serde_json::{Map, Value};
use vds_datasets::View;
use vds_model::{Network, NetworkConfig, weights};
use vds_variational::DepthPosterior;

use crate::depth_model::{POSTERIOR_LOGITS, TrainingDevice, logits, posterior};
use crate::error::{Error, Result};
use crate::evaluation::{Predicted, predict};
use crate::learner::Learner;
use crate::seal;

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
    /// Whether the file that it was read from had a digest, which it then fits. Files of other programs have none.
    pub is_sealed: bool,
}

impl<D: TrainingDevice> FittedModel<D> {
    /// The bytes of a safetensors file under the names of the authors' `state_dict`. `about` describes the model in the file's
    /// metadata; the epoch and a digest of everything are added to it. Equal models give equal bytes.
    ///
    /// # Errors
    /// If the format cannot hold the tensors.
    pub fn to_safetensors(&self, mut about: Map<String, Value>) -> Result<Vec<u8>> {
        if let Some(epoch) = self.epoch {
            about.insert("epoch".to_owned(), epoch.into());
        }
        let posterior_logits = self.posterior_logits.iter().cloned();
        let extra = posterior_logits
            .map(|logits| (POSTERIOR_LOGITS.to_owned(), logits))
            .collect();
        seal::sealed(about, |metadata| {
            Ok(weights::to_bytes(&self.network, &extra, metadata)?)
        })
    }

    /// Reads a safetensors file; one without a posterior is a network of deterministic depth.
    ///
    /// # Errors
    /// If the file is malformed, holds another network, or does not fit the digest in it; one without a digest is accepted.
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
        let (about, is_sealed) = seal::opened(bytes, &metadata)?;
        let posterior = match &posterior_logits {
            Some(logits) => posterior(logits)?,
            None => DepthPosterior::one_hot(max_depth, max_depth)?,
        };
        Ok(Self {
            network,
            posterior,
            posterior_logits,
            epoch: stored_epoch(&about)?,
            is_sealed,
        })
    }

    /// The model that keeps blocks `1..=depth`, with the posterior truncated to them: the mass of deeper depths moves to `depth`.
    ///
    /// # Errors
    /// If `depth` is beyond the last block, or the device fails.
    pub fn pruned(&self, depth: usize) -> Result<Self> {
        let (posterior, posterior_logits) = self.pruned_posterior(depth)?;
        Ok(Self {
            network: self.network.pruned(depth)?,
            posterior,
            posterior_logits,
            epoch: self.epoch,
            is_sealed: self.is_sealed,
        })
    }

    /// The posterior of the model pruned to `depth`, and its logits if it was learnt. The logits are in single precision, as any
    /// other model's: what is scored before pruning is what is stored after it.
    ///
    /// # Errors
    /// If `depth` is beyond the last block.
    pub fn pruned_posterior(&self, depth: usize) -> Result<(DepthPosterior, Option<Vec<f32>>)> {
        if depth == self.posterior.max_depth() {
            return Ok((self.posterior.clone(), self.posterior_logits.clone()));
        }
        let truncated = self.posterior.truncated(depth)?;
        let logits = self.posterior_logits.as_ref().map(|_| logits(truncated.log_probs()));
        Ok(match logits {
            Some(logits) => (posterior(&logits)?, Some(logits)),
            None => (truncated, None),
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
            is_sealed: true,
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

/// Far more epochs than any run has.
const MAX_EPOCH: u64 = 1 << 32;

/// The epoch in a description of a model.
fn stored_epoch(about: &Map<String, Value>) -> Result<Option<usize>> {
    let Some(value) = about.get("epoch") else {
        return Ok(None);
    };
    let epoch = value.as_u64().filter(|&epoch| epoch <= MAX_EPOCH);
    match epoch.and_then(|epoch| usize::try_from(epoch).ok()) {
        Some(epoch) => Ok(Some(epoch)),
        None => Err(Error::Metadata {
            problem: format!("epoch is {value}, expected a whole number from 0 to {MAX_EPOCH}"),
        }),
    }
}
