//! A network that was trained, and what belongs to it.

use rand::Rng;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use vds_datasets::View;
use vds_model::{HeadStatistics, Network, NetworkConfig, weights};
use vds_records::{Fitted, Predictive};
use vds_variational::{DepthPosterior, PruningRule};

use crate::depth_model::{POSTERIOR_LOGITS, TrainingDevice, logits, posterior};
use crate::error::{Error, Result};
use crate::evaluation::{HeldOutPass, Mixture, Predicted, predict};
use crate::learner::Learner;
use crate::seal;

/// A network with its posterior over depth and what was fitted after training: what is stored, pruned and predicts.
#[derive(Debug)]
pub struct FittedModel<D: TrainingDevice> {
    /// The network.
    pub network: Network<D>,
    /// The posterior: that of the logits, or all mass on the deepest depth.
    pub posterior: DepthPosterior,
    /// Logits of a posterior that was learnt, `[max_depth + 1]`.
    pub posterior_logits: Option<Vec<f32>>,
    /// What was fitted to held-out data after training, if anything.
    pub fitted: Option<Fitted>,
    /// The epoch whose weights they are, from 1; 0 for initial weights. `None` if a weights file does not say.
    pub epoch: Option<usize>,
    /// Whether the file that it was read from had a digest, which it then fits. Files of other programs have none.
    pub is_sealed: bool,
}

impl<D: TrainingDevice> FittedModel<D> {
    /// A network with a posterior, which nothing else is known of.
    pub fn new(network: Network<D>, posterior: DepthPosterior) -> Self {
        Self {
            network,
            posterior,
            posterior_logits: None,
            fitted: None,
            epoch: None,
            is_sealed: true,
        }
    }

    /// The bytes of a safetensors file under the names of the authors' `state_dict`. `about` describes the model in the file's
    /// metadata; the epoch, the running statistics to evaluate with, what was fitted to held-out data and a digest of everything are
    /// added to it. Equal models give equal bytes.
    ///
    /// # Errors
    /// If the format cannot hold the tensors.
    pub fn to_safetensors(&self, mut about: Map<String, Value>) -> Result<Vec<u8>> {
        if let Some(epoch) = self.epoch {
            about.insert("epoch".to_owned(), epoch.into());
        }
        let head_statistics = self.network.head_statistics();
        about.insert(HEAD_STATISTICS.to_owned(), head_statistics.name().into());
        if let Some(fitted) = &self.fitted {
            about.insert(FITTED.to_owned(), serde_json::to_value(fitted).unwrap_or_default());
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
            mut network,
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
        if let Some(head_statistics) = stored::<HeadStatistics>(&about, HEAD_STATISTICS)? {
            network.set_head_statistics(head_statistics);
        }
        Ok(Self {
            network,
            posterior,
            posterior_logits,
            fitted: stored(&about, FITTED)?,
            epoch: stored_epoch(&about)?,
            is_sealed,
        })
    }

    /// Fits stacking weights and temperatures to data that the network was not trained on.
    ///
    /// # Errors
    /// If the network's output is not finite, a likelihood is zero, or the device fails.
    pub fn fit(&mut self, held_out: View<'_>, rng: &mut impl Rng) -> Result<()> {
        let pass = HeldOutPass::new(&self.network, self.network.head_statistics(), held_out)?;
        self.fitted = Some(pass.fit(&self.posterior, rng)?);
        Ok(())
    }

    /// The depth that a rule chooses from the posterior, or from what was fitted to held-out data.
    ///
    /// # Errors
    /// If the rule needs held-out data and nothing was fitted.
    pub fn pruned_depth(&self, rule: PruningRule) -> Result<usize> {
        let held_out = self.fitted.as_ref().map(|fitted| &fitted.held_out);
        Ok(rule.pruned_depth(&self.posterior, held_out)?)
    }

    /// The model that keeps blocks `1..=depth`, with the posterior truncated to them: the mass of deeper depths moves to `depth`.
    /// What was fitted to held-out data is left out, unless all blocks are kept.
    ///
    /// # Errors
    /// If `depth` is beyond the last block, or the device fails.
    pub fn pruned(&self, depth: usize) -> Result<Self> {
        let (posterior, posterior_logits) = self.pruned_posterior(depth)?;
        Ok(Self {
            network: self.network.pruned(depth)?,
            posterior,
            posterior_logits,
            fitted: self.fitted.clone().filter(|_| depth == self.posterior.max_depth()),
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

    /// The predictive distribution to use where none is asked for: with stacking weights if they were fitted, else the marginal.
    pub fn default_predictive(&self) -> Predictive {
        match self.fitted {
            Some(_) => Predictive::Stacked,
            None => Predictive::Marginal,
        }
    }

    /// A predictive distribution for every example of a view; [`Predictive::Pruned`] is that of the whole model, as
    /// [`Predictive::Marginal`].
    ///
    /// # Errors
    /// [`Error::NotFitted`] if it takes what was not fitted; if the network's output is not finite, or the device fails.
    pub fn predict(&self, view: View<'_>, predictive: Predictive) -> Result<Predicted> {
        let mixture = Mixture::new(predictive, &self.posterior, self.fitted.as_ref(), &self.posterior)?;
        predict(&self.network, view, &mixture)
    }
}

impl<D: TrainingDevice> Learner<D> {
    /// The network and posterior after the steps so far.
    ///
    /// # Errors
    /// If the posterior's logits are not finite, which no step leaves behind.
    pub fn into_model(self) -> Result<FittedModel<D>> {
        Ok(FittedModel {
            posterior_logits: self.depth.logits(),
            ..FittedModel::new(self.network, self.depth.posterior()?)
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

/// Keys of the description of a model.
const FITTED: &str = "fitted";
const HEAD_STATISTICS: &str = "head_statistics";

/// A part of the description of a model.
fn stored<T: DeserializeOwned>(about: &Map<String, Value>, key: &str) -> Result<Option<T>> {
    let Some(value) = about.get(key) else {
        return Ok(None);
    };
    let stored = serde_json::from_value(value.clone());
    stored.map(Some).map_err(|error| Error::Metadata {
        problem: format!("{key}: {error}"),
    })
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
