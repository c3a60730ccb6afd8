//! `vds prune`.

use anyhow::{Context as _, Result};

use super::store::{self, Outcome};
use crate::cli::high::{DepthChoice, Prune};
use crate::clock::Stopwatch;
use crate::data;
use crate::device::device;
use crate::output;
use crate::run_dir::{Environment, Event, PrunedFrom, RunDir, StoredNetwork};
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

    let mut environment = Environment::here(&data.provenance);
    let run = request.run.path().display().to_string();
    environment.pruned_from = Some(PrunedFrom {
        run,
        max_depth: whole.max_depth(),
        rule,
    });
    let outcome = Outcome {
        epochs: parent.as_ref().map_or(0, |summary| summary.epochs),
        stopped_by: parent.map_or_else(|| "unfinished".to_owned(), |summary| summary.stopped_by),
        pruned_from: Some(whole.max_depth()),
    };
    // Before anything is written: weights that overflow should leave nothing behind.
    let evaluated = store::evaluate(&config, &data, &trained, &outcome);
    let evaluated = evaluated.with_context(|| format!("pruning {}", request.run.path().display()))?;
    run_dir.begin(&config, &environment)?;
    let (_, mut journal) = run_dir.open_logs(Vec::new())?;
    journal.add(&Event::session(&request.command_line, epoch, 0))?;
    store::write(&run_dir, &config, &trained, &evaluated)?;
    journal.add(&Event::end("pruned", stopwatch.seconds()))?;
    output::print(|out| output::summary(out, &evaluated.summary, Some(stopwatch.seconds())))
}

#[expect(clippy::cast_possible_truncation, reason = "weights are stored in single precision")]
fn logits(log_probs: &[f64]) -> Vec<f32> {
    // A probability that has underflowed to zero keeps a finite logit, as a reader expects.
    log_probs
        .iter()
        .map(|&log_prob| log_prob.max(f64::from(f32::MIN)) as f32)
        .collect()
}
