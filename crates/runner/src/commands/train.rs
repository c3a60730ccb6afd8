//! `vds train`.

use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result};

use super::store::{self, Outcome};
use crate::cli::high::Train;
use crate::clock::Stopwatch;
use crate::data::{self, Data};
use crate::device::{Device, device};
use crate::error::{Error, ExitCode};
use crate::output;
use crate::progress::Progress;
use crate::run_dir::{Environment, MetricsLog, RunDir};
use crate::signals::interrupt_flag;
use crate::training::{StoppedBy, Trainer};

/// Trains, evaluates and stores.
pub(super) fn run(request: &Train) -> Result<ExitCode> {
    let config = &request.config;
    let interrupt = interrupt_flag().context("listening for signals")?;
    // Before the data are read: a run that cannot be stored should fail at once.
    let mut run_dir = RunDir::create(&request.out, request.overwrite)?;
    let data = data::load(config, &request.lookup)?;
    let device = device()?;
    let mut trainer = Trainer::new(config, &data::network_config(config)?, &device)?;
    let environment = Environment::here(&request.command_line, &data.provenance);
    let log = run_dir.begin(config, &environment)?;

    let stopwatch = Stopwatch::start();
    let stopped_by = match train(request, &data, &mut trainer, log, &interrupt) {
        Ok(stopped_by) => stopped_by,
        Err(failure) => return Err(keep(request, &run_dir, trainer, failure)),
    };
    let epochs = trainer.epochs();
    let trained = trainer.finish(Some(stopped_by))?;
    store::write_network(&run_dir, config, &trained)?;
    let outcome = Outcome {
        epochs,
        stopped_by,
        pruned_from: None,
    };
    let summary = store::write_outcome(&run_dir, config, &data, &trained, &outcome, &stopwatch)?;
    output::print(|out| output::summary(out, &summary))?;
    match stopped_by {
        StoppedBy::Interrupted => Ok(ExitCode::Interrupted),
        StoppedBy::MaxEpochs | StoppedBy::EarlyStopping => Ok(ExitCode::Success),
    }
}

fn train(
    request: &Train,
    data: &Data,
    trainer: &mut Trainer<Device>,
    mut log: MetricsLog,
    interrupt: &AtomicBool,
) -> Result<StoppedBy> {
    let mut progress = Progress::new(request.config.file().epochs, request.quiet);
    let stopped_by = trainer.run(&data.training(), interrupt, |metrics| {
        log.append(metrics)?;
        progress.epoch(metrics);
        Ok(())
    });
    progress.finish();
    stopped_by
}

/// Stores the last good weights of a run that failed; if even that fails, the first failure is what is told.
fn keep(request: &Train, run_dir: &RunDir, trainer: Trainer<Device>, failure: anyhow::Error) -> anyhow::Error {
    let kept = trainer.finish(None).and_then(|trained| {
        store::write_network(run_dir, &request.config, &trained)?;
        Ok(trained.epoch)
    });
    let kept = match kept {
        Err(_) => return failure,
        Ok(0) => "the start".to_owned(),
        Ok(epoch) => format!("epoch {epoch}"),
    };
    Error::Stopped {
        kept,
        path: run_dir.weights_path(),
        source: failure.into(),
    }
    .into()
}
