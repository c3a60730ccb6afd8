//! Times a training step and an evaluation pass, for `vds bench`.
//!
//! What is timed is what `vds train` does with a batch: the step is the trainer's own.

mod learner;
mod memory;
mod settings;
mod sgemm;
mod timing;

use anyhow::Result;
use serde::Serialize;
use vds_kernels::Isa;
use vds_model::NetworkConfig;
use vds_training::FittedModel;

pub(crate) use settings::Settings;

use crate::clock::utc_now;
use crate::device::Device;
use crate::run_dir::cpu_model;
use learner::{Noise, weights_sha256};
use timing::{median_seconds, warm_up};

/// What was measured, in the order of the printed object.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measurement {
    /// `conv` or `fc`.
    pub(crate) network_kind: &'static str,
    pub(crate) max_depth: usize,
    pub(crate) batch: usize,
    pub(crate) threads: usize,
    /// A training step: training pass, ELBO, backward pass, update of the weights and of the posterior.
    pub(crate) train_step_ms: f64,
    pub(crate) train_items_per_s: f64,
    pub(crate) train_gflop_per_s: f64,
    /// An evaluation pass of all depths with the marginal predictive.
    pub(crate) eval_ms: f64,
    pub(crate) eval_items_per_s: f64,
    pub(crate) eval_gflop_per_s: f64,
    /// The crate `gemm` on large matrices with as many threads.
    pub(crate) sgemm_gflop_per_s: f64,
    /// Of training and evaluation, the matrices of the yardstick not counted; nothing where the system does not tell.
    pub(crate) peak_rss_mib: Option<f64>,
    /// The evaluation of the network pruned to a depth, if that was asked for.
    pub(crate) pruned_to: Option<usize>,
    pub(crate) pruned_eval_ms: Option<f64>,
    /// Parameters and running statistics after the warm-up steps.
    pub(crate) weights_sha256: String,
    pub(crate) network: NetworkConfig,
    pub(crate) repeats: usize,
    pub(crate) instruction_set: &'static str,
    pub(crate) cpu: Option<String>,
    pub(crate) target: &'static str,
    pub(crate) toolchain: &'static str,
    pub(crate) commit: &'static str,
    pub(crate) profile: &'static str,
    pub(crate) date: String,
}

/// Measures; the threads are those of the pool that is set up.
pub(crate) fn measure(settings: &Settings) -> Result<Measurement> {
    let (mut learner, noise) = (learner::learner(settings)?, Noise::new(settings)?);
    warm_up(|| noise.step(&mut learner))?;
    let weights_sha256 = weights_sha256(learner.network());
    let train = median_seconds(settings.repeats, || noise.step(&mut learner))?;

    let evaluation_of = |model: &FittedModel<Device>| {
        warm_up(|| noise.evaluate(model))?;
        median_seconds(settings.repeats, || noise.evaluate(model))
    };
    let whole = learner.into_model()?;
    let eval = evaluation_of(&whole)?;
    let peak_rss_mib = memory::peak_rss_mib();
    let pruned_eval = settings.pruned_to.map(|depth| evaluation_of(&whole.pruned(depth)?));

    let (items, flop, threads) = (settings.batch as f64, settings.flop(), settings.threads.get());
    Ok(Measurement {
        network_kind: settings.network_kind(),
        max_depth: settings.network.max_depth(),
        batch: settings.batch,
        threads,
        train_step_ms: train * 1e3,
        train_items_per_s: items / train,
        train_gflop_per_s: 3.0 * flop / train / 1e9,
        eval_ms: eval * 1e3,
        eval_items_per_s: items / eval,
        eval_gflop_per_s: flop / eval / 1e9,
        sgemm_gflop_per_s: sgemm::gflop_per_s(threads, settings.repeats)?,
        peak_rss_mib,
        pruned_to: settings.pruned_to,
        pruned_eval_ms: pruned_eval.transpose()?.map(|seconds: f64| seconds * 1e3),
        weights_sha256,
        network: settings.network,
        repeats: settings.repeats,
        instruction_set: Isa::detect().name(),
        cpu: cpu_model(),
        target: env!("VDS_TARGET"),
        toolchain: env!("VDS_RUSTC"),
        commit: env!("VDS_COMMIT"),
        profile: env!("VDS_PROFILE"),
        date: utc_now(),
    })
}
