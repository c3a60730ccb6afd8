//! `vds prune`.

use anyhow::Result;

use super::store::{self, Outcome};
use crate::cli::high::{DepthChoice, Prune};
use crate::clock::Stopwatch;
use crate::data;
use crate::device::device;
use crate::output;
use crate::run_dir::{Environment, PrunedFrom, RunDir, StoredNetwork};
use crate::training::Trained;

/// Stores the network that keeps the blocks up to the chosen depth, with its truncated posterior, as a run of its own.
pub(super) fn run(request: &Prune) -> Result<()> {
    let stopwatch = Stopwatch::start();
    let whole = request.run.config();
    let device = device()?;
    let StoredNetwork {
        network,
        posterior,
        posterior_logits,
        ..
    } = request.run.weights(&data::network_config(whole)?, &device)?;
    let (depth, rule) = match request.choice {
        DepthChoice::Depth(depth) => (depth, "depth".to_owned()),
        DepthChoice::Rule(rule) => (rule.pruned_depth(&posterior), rule.to_string()),
    };
    let parent = request.run.summary().ok();
    let mut run_dir = RunDir::create(&request.out, request.overwrite)?;
    let config = whole.pruned(depth);
    let data = data::load(&config, &request.lookup)?;

    let posterior = posterior.truncated(depth)?;
    // Logits in single precision, as any other run's: what is scored is what is stored.
    let posterior_logits = posterior_logits.map(|_| logits(posterior.log_probs()));
    let posterior = match &posterior_logits {
        Some(logits) => crate::training::posterior(logits)?,
        None => posterior,
    };
    let epoch = parent.as_ref().map_or(0, |summary| summary.best_epoch);
    let trained = Trained {
        network: network.pruned(depth)?,
        posterior_logits,
        posterior,
        epoch,
    };

    let mut environment = Environment::here(&request.command_line, &data.provenance);
    let run = request.run.path().display().to_string();
    environment.pruned_from = Some(PrunedFrom {
        run,
        max_depth: whole.max_depth(),
        rule,
    });
    run_dir.begin(&config, &environment)?;
    store::write_network(&run_dir, &config, &trained)?;
    let outcome = Outcome {
        epochs: parent.as_ref().map_or(0, |summary| summary.epochs),
        stopped_by: store::stopped_by(parent.as_ref()),
        pruned_from: Some(whole.max_depth()),
    };
    let summary = store::write_outcome(&run_dir, &config, &data, &trained, &outcome, &stopwatch)?;
    output::print(|out| output::summary(out, &summary))
}

#[expect(clippy::cast_possible_truncation, reason = "weights are stored in single precision")]
fn logits(log_probs: &[f64]) -> Vec<f32> {
    // A probability that has underflowed to zero keeps a finite logit, as a reader expects.
    log_probs
        .iter()
        .map(|&log_prob| log_prob.max(f64::from(f32::MIN)) as f32)
        .collect()
}
