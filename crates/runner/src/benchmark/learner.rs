//! The network that is measured, and the two things that are timed.

use anyhow::Result;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use vds_model::Network;
use vds_training::streams::{Purpose, stream};
use vds_training::{Batch, FittedModel, Learner, Objective, StepSettings};
use vds_variational::{DepthPrior, depth_log_probs, log_marginal_predictive};

use super::Settings;
use crate::device::{Device, device};

/// Examples that the ELBO is scaled to: those of MNIST.
const N_TRAIN: usize = 60_000;
/// Small, so that many steps on one batch of noise stay finite; the time of a step does not depend on it.
const LEARNING_RATE: f32 = 0.001;
const MOMENTUM: f32 = 0.5;
const SEED: u64 = 0;

/// A learner before its first step; a function of the settings.
pub(super) fn learner(settings: &Settings) -> Result<Learner<Device>> {
    let device = device()?;
    let mut rng = stream(SEED, Purpose::Initialization, 0);
    let network = Network::new(&settings.network, &device, &mut rng)?;
    let prior = DepthPrior::geometric(0.85, settings.network.max_depth())?;
    Ok(Learner::new(network, &Objective::published(prior), MOMENTUM, &device)?)
}

/// SHA-256 digest of parameters and running statistics: equal after equally many steps, on any number of threads.
pub(super) fn weights_sha256(network: &Network<Device>) -> String {
    let mut hasher = Sha256::new();
    for value in network.params_vec().iter().chain(network.running_stats()) {
        hasher.update(value.to_le_bytes());
    }
    vds_files::hex(&hasher.finalize())
}

/// A batch of noise.
#[derive(Debug)]
pub(super) struct Noise {
    inputs: Vec<f32>,
    labels: Vec<u32>,
}

impl Noise {
    /// A function of the settings.
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let mut rng = stream(SEED, Purpose::Data, 0);
        let n_inputs = settings.batch * settings.network.example_len();
        let n_classes = u32::try_from(settings.network.n_classes())?;
        Ok(Self {
            inputs: (0..n_inputs).map(|_| 2.0 * rng.random::<f32>() - 1.0).collect(),
            labels: (0..settings.batch).map(|_| rng.random_range(0..n_classes)).collect(),
        })
    }

    /// The training step of `vds train`.
    pub(super) fn step(&self, learner: &mut Learner<Device>) -> Result<()> {
        let batch = Batch {
            inputs: &self.inputs,
            labels: &self.labels,
        };
        let max_depth = learner.network().max_depth();
        learner.step(
            batch,
            &StepSettings {
                depth: max_depth,
                n_train: N_TRAIN,
                learning_rate: LEARNING_RATE,
                epoch: 0,
            },
        )?;
        Ok(())
    }

    /// An evaluation pass of all depths and the marginal predictive.
    pub(super) fn evaluate(&self, model: &FittedModel<Device>) -> Result<()> {
        let FittedModel { network, posterior, .. } = model;
        let n_classes = network.n_classes();
        let logits = network.forward_eval(&self.inputs, self.labels.len())?;
        let log_probs = depth_log_probs(&logits, n_classes)?;
        std::hint::black_box(log_marginal_predictive(posterior, &log_probs, n_classes)?);
        Ok(())
    }
}
