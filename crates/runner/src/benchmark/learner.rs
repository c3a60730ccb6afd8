//! The network that is measured, and the two things that are timed.

use std::path::Path;

use anyhow::Result;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use vds_model::Network;
use vds_variational::{DepthPosterior, depth_log_probs, log_marginal_predictive};

use super::Settings;
use crate::config::{self, Override};
use crate::device::{Device, device};
use crate::run_dir::hex;
use crate::training::streams::{Purpose, stream};
use crate::training::{Trained, Trainer};

/// Examples that the ELBO is scaled to: those of MNIST.
const N_TRAIN: usize = 60_000;

/// A batch of noise.
#[derive(Debug)]
struct Batch {
    inputs: Vec<f32>,
    labels: Vec<u32>,
}

/// A network in training, by the trainer of `vds train`.
#[derive(Debug)]
pub(super) struct Learner {
    trainer: Trainer<Device>,
    batch: Batch,
}

/// A trained network with its posterior.
#[derive(Debug)]
pub(super) struct Evaluator {
    network: Network<Device>,
    posterior: DepthPosterior,
    batch: Batch,
}

impl Learner {
    /// Network and batch are functions of the settings.
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let max_depth = Override::parse(&format!("max_depth={}", settings.network.max_depth()));
        let max_depth = max_depth.map_err(anyhow::Error::msg)?;
        let config = config::load(Path::new("bench"), include_str!("config.ron"), &[max_depth])?;
        let mut rng = stream(config.seed(), Purpose::Data, 0);
        let n_inputs = settings.batch * settings.network.example_len();
        let n_classes = u32::try_from(settings.network.n_classes())?;
        Ok(Self {
            trainer: Trainer::new(&config, &settings.network, &device()?)?,
            batch: Batch {
                inputs: (0..n_inputs).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect(),
                labels: (0..settings.batch).map(|_| rng.random_range(0..n_classes)).collect(),
            },
        })
    }

    /// A training step.
    pub(super) fn step(&mut self) -> Result<()> {
        let Batch { inputs, labels } = &self.batch;
        self.trainer.train_step(inputs, labels, N_TRAIN).map(|_| ())
    }

    /// Sum of parameters and running statistics: equal after equally many steps, on any number of threads.
    pub(super) fn weights_sha256(&self) -> String {
        let network = self.trainer.network();
        let mut hasher = Sha256::new();
        for value in network.params_vec().iter().chain(network.statistics()) {
            hasher.update(value.to_le_bytes());
        }
        hex(&hasher.finalize())
    }

    /// Ends the training.
    pub(super) fn finish(self) -> Result<Evaluator> {
        let Trained { network, posterior, .. } = self.trainer.into_current()?;
        Ok(Evaluator {
            network,
            posterior,
            batch: self.batch,
        })
    }
}

impl Evaluator {
    /// An evaluation pass of all depths and the marginal predictive.
    pub(super) fn evaluate(&self) -> Result<()> {
        let n_classes = self.network.n_classes();
        let logits = self.network.forward_eval(&self.batch.inputs, self.batch.labels.len())?;
        let log_probs = depth_log_probs(&logits, n_classes)?;
        std::hint::black_box(log_marginal_predictive(&self.posterior, &log_probs, n_classes)?);
        Ok(())
    }

    /// The network pruned to a depth, with the truncated posterior.
    pub(super) fn pruned(self, depth: usize) -> Result<Self> {
        Ok(Self {
            network: self.network.pruned(depth)?,
            posterior: self.posterior.truncated(depth)?,
            batch: self.batch,
        })
    }
}
