//! `vds train`.

mod resume;
mod session;

use anyhow::{Context as _, Result};

use super::store::{self, Outcome};
use crate::cli::train::{Start, Train};
use crate::clock::Stopwatch;
use crate::config::Config;
use crate::data::{self, Data};
use crate::device::{Device, device};
use crate::error::ExitCode;
use crate::output;
use crate::record::Summary;
use crate::run_dir::{Environment, Event, RunDir, StoredRun};
use crate::signals::Interrupt;
use crate::training::{StoppedBy, Trainer};
use resume::Resumed;
use session::Session;

/// Trains, evaluates and stores; or goes on with a run that was interrupted.
pub(super) fn run(request: &Train) -> Result<ExitCode> {
    let interrupt = Interrupt::listen().context("listening for signals")?;
    let stopwatch = Stopwatch::start();
    match &request.start {
        Start::New { config, out, overwrite } => {
            // Before the data are read: a run that cannot be stored should fail at once.
            let run_dir = RunDir::create(out, *overwrite)?;
            train(request, config, run_dir, None, &interrupt, stopwatch)
        }
        Start::Resume { run, expected } => {
            let run_dir = RunDir::reopen(run.path())?;
            // Only now nobody else can change it.
            let run = &StoredRun::open(run.path())?;
            resume::check_expected(run, expected.as_deref())?;
            if run.is_finished() {
                return finished(run, run_dir);
            }
            resume::check_trained(run)?;
            let resumed = Resumed::read(run, &run_dir)?;
            train(request, run.config(), run_dir, resumed, &interrupt, stopwatch)
        }
    }
}

fn train(
    request: &Train,
    config: &Config,
    mut run_dir: RunDir,
    resumed: Option<Resumed>,
    interrupt: &Interrupt,
    stopwatch: Stopwatch,
) -> Result<ExitCode> {
    let data = data::load(config, &request.lookup)?;
    let mut trainer = Trainer::new(config, &data::network_config(config)?, &device()?)?;
    let (history, damaged) = match resumed {
        Some(resumed) => resumed.restore(&mut trainer, &data, &run_dir)?,
        None if interrupt.came() => {
            // What the folder holds, an earlier run perhaps, is left as it is.
            output::warn("interrupted before the run began; the same command begins it");
            return Ok(ExitCode::Interrupted);
        }
        None => {
            run_dir.begin(config, &Environment::here(&data.provenance))?;
            (Vec::new(), Vec::new())
        }
    };
    let (metrics, mut journal) = run_dir.open_logs(history)?;
    journal.add(&Event::session(
        &request.command_line,
        trainer.epochs(),
        trainer.steps(),
    ))?;
    damaged.iter().try_for_each(|event| journal.add(event))?;
    let mut session = Session::new(
        request,
        config,
        &data,
        &run_dir,
        (metrics, journal),
        interrupt,
        stopwatch,
    );
    match session.train(trainer)? {
        None => {
            session.end("interrupted")?;
            Ok(ExitCode::Interrupted)
        }
        Some((trainer, stopped_by)) => {
            let stored = store_outcome(config, &data, &run_dir, trainer, stopped_by);
            let summary = stored.map_err(|failure| session.failed(failure))?;
            session.end(stopped_by.name())?;
            run_dir.checkpoints().remove()?;
            output::print(|out| output::summary(out, &summary, Some(stopwatch.seconds())))?;
            Ok(ExitCode::Success)
        }
    }
}

fn store_outcome(
    config: &Config,
    data: &Data,
    run_dir: &RunDir,
    trainer: Trainer<Device>,
    stopped_by: StoppedBy,
) -> Result<Summary> {
    let outcome = Outcome {
        epochs: trainer.epochs(),
        stopped_by: stopped_by.name().to_owned(),
        pruned_from: None,
    };
    let trained = trainer.finish()?;
    let evaluated = store::evaluate(config, data, &trained, &outcome)?;
    run_dir.check_held()?;
    store::write(run_dir, config, &trained, &evaluated)?;
    Ok(evaluated.summary)
}

/// A run that needs nothing more; its process may have been killed before it took the checkpoints away.
fn finished(run: &StoredRun, run_dir: RunDir) -> Result<ExitCode> {
    let summary = run.summary()?;
    run_dir.checkpoints().remove()?;
    output::print(|out| output::summary(out, &summary, None))?;
    Ok(ExitCode::Success)
}
