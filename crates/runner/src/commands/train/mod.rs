//! `vds train`.

mod resumable;
mod resume;
mod session;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use vds_files::excerpt;
use vds_records::files::ENVIRONMENT;
use vds_records::read;
use vds_training::Trainer;

use crate::arguments::{DataDir, Threads};
use crate::clock::Stopwatch;
use crate::config::{self, Config, Override};
use crate::data;
use crate::device::device;
use crate::error::{Error, ExitCode};
use crate::output;
use crate::progress::Progress;
use crate::run_dir::{RunDir, StoredRun, environment_here, session_begins};
use crate::signals::Interrupt;
use resumable::Environment;
use resume::SavedRun;
use session::{Checkpoints, Session};

/// Train a network as a configuration says and store the run
#[derive(Clone, Debug, Args)]
pub(crate) struct Train {
    /// Configuration file; with --resume it may be left out, else it must be the run's
    #[arg(value_name = "CONFIG.ron", required_unless_present = "resume")]
    config: Option<PathBuf>,
    /// Folder to store the run in
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    out: Option<PathBuf>,
    /// Resume the run in this folder from its last checkpoint; a finished run stays as it is
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "overwrite"])]
    resume: Option<PathBuf>,
    /// Replace the run in the folder
    #[arg(long)]
    overwrite: bool,
    /// Replace a field of the configuration, as --set max_depth=5 or --set optimizer.learning_rate=0.05; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", requires = "config")]
    settings: Vec<String>,
    /// Replace the seed of the configuration
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, requires = "config")]
    seed: Option<u64>,
    #[command(flatten)]
    checkpoints: Checkpoints,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    data_dir: DataDir,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

fn seed(text: &str) -> Result<u64, String> {
    let number = text.parse();
    number.map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

impl Train {
    /// Trains, evaluates and stores; or resumes a run that was interrupted.
    pub(crate) fn run(self, command_line: &[String]) -> Result<ExitCode> {
        let given = self
            .config
            .as_deref()
            .map(|path| self.configuration(path))
            .transpose()?;
        match (&self.resume, given, &self.out) {
            (Some(folder), given, _) => self.resume(folder, given.as_ref(), command_line),
            (None, Some(config), Some(out)) => {
                self.threads.start()?;
                let interrupt = Interrupt::listen().context("listening for signals")?;
                // Before the data are read: a run that cannot be stored should fail at once.
                let run_dir = RunDir::create(out, self.overwrite)?;
                self.train(&config, run_dir, None, &interrupt, command_line)
            }
            _ => Err(Error::input("a configuration and --out are needed, or --resume").into()),
        }
    }

    /// The file with the overrides.
    pub(crate) fn configuration(&self, path: &Path) -> Result<Config> {
        let text = read::config_text(path)?;
        let seed = self.seed.map(|seed| Ok(Override::seed(seed)));
        let overrides = self.settings.iter().map(|text| {
            let parsed = Override::parse(text);
            parsed.map_err(|problem| Error::input(format!("--set {}: {problem}", excerpt(text))))
        });
        let overrides: Vec<Override> = overrides.chain(seed).collect::<Result<_, _>>()?;
        Ok(config::load(path, &text, &overrides)?)
    }

    fn resume(&self, folder: &Path, given: Option<&Config>, command_line: &[String]) -> Result<ExitCode> {
        resumable::rescue_config(folder)?;
        // Before the lock is taken: in a folder without a run nothing is made.
        StoredRun::open(folder)?;
        self.threads.start()?;
        let interrupt = Interrupt::listen().context("listening for signals")?;
        let run_dir = RunDir::reopen(folder)?;
        // Again, as nobody else can change it from now on.
        let run = StoredRun::open(folder)?;
        if let (Some(given), Some(path)) = (given, &self.config) {
            resume::check_given(&run, given, path)?;
        }
        if run.records().is_finished() {
            return finished(&run, &run_dir);
        }
        let environment = resumable::check(&run, &run_dir)?;
        let saved = SavedRun::read(&run, &run_dir)?.map(|saved| (saved, environment));
        self.train(run.config(), run_dir, saved, &interrupt, command_line)
    }

    fn train(
        &self,
        config: &Config,
        mut run_dir: RunDir,
        saved: Option<(SavedRun, Environment)>,
        interrupt: &Interrupt,
        command_line: &[String],
    ) -> Result<ExitCode> {
        let stopwatch = Stopwatch::start();
        let data = data::load(config, &self.data_dir.clone().lookup())?;
        let mut trainer = Trainer::new(config.train_options(), &data::network_config(config)?, &device()?)?;
        let environment = environment_here(&data.provenance, config);
        let (history, damaged) = match saved {
            Some((saved, state)) => {
                let restored = saved.restore(&mut trainer, &data, &run_dir)?;
                if state == Environment::Lost {
                    run_dir.write_json(ENVIRONMENT, &environment)?;
                }
                restored
            }
            None if interrupt.came() => {
                // What the folder holds, an earlier run perhaps, is left as it is.
                output::warn("interrupted before the run began; the same command begins it");
                return Ok(ExitCode::Interrupted);
            }
            None => {
                run_dir.begin(config, &environment)?;
                (Vec::new(), Vec::new())
            }
        };
        let (metrics, mut journal) = run_dir.open_logs(history)?;
        journal.add(&session_begins(command_line, trainer.epochs(), trainer.steps()))?;
        damaged.iter().try_for_each(|event| journal.add(event))?;
        let mut session = Session {
            config,
            data: &data,
            run_dir: &run_dir,
            interrupt,
            checkpoints: run_dir.checkpoints(),
            metrics,
            journal,
            progress: Progress::new(config.file().epochs, self.quiet),
            intervals: self.checkpoints,
            process: stopwatch,
            since_checkpoint: Stopwatch::start(),
            last_checkpoint: None,
        };
        match session.train(trainer)? {
            None => {
                session.end("interrupted")?;
                Ok(ExitCode::Interrupted)
            }
            Some((trainer, stopped_by)) => {
                let summary = session.store(trainer, stopped_by)?;
                run_dir.checkpoints().remove()?;
                output::print_stored("run", run_dir.path(), |out| {
                    output::summary(out, &summary, Some(stopwatch.seconds()))
                })?;
                Ok(ExitCode::Success)
            }
        }
    }
}

/// A run that needs nothing more; its process may have been killed before it removed the checkpoints.
fn finished(run: &StoredRun, run_dir: &RunDir) -> Result<ExitCode> {
    run.records().check_files()?;
    let summary = run.records().summary()?;
    run_dir.checkpoints().remove()?;
    run_dir.remove_leftovers()?;
    output::print_stored("run", run_dir.path(), |out| output::summary(out, &summary, None))?;
    Ok(ExitCode::Success)
}
