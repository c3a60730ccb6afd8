//! `vds prune`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::files::WEIGHTS;
use vds_records::{PrunedFrom, RuleChoice};
use vds_training::FittedModel;
use vds_variational::PruningRule;

use crate::arguments::{DataDir, Threads};
use crate::clock::Stopwatch;
use crate::config::Config;
use crate::data::{self, Data};
use crate::device::Device;
use crate::error::{Error, ExitCode, OrInput as _};
use crate::finalize::{self, Outcome};
use crate::output;
use crate::run_dir::{self, RunDir, StoredRun};

/// Prune a stored network to the depth that a rule chooses, and store it as a run of its own
///
/// Prints what each rule would choose and, where the run has a validation split, what pruning there costs: the difference in
/// negative log-likelihood to the whole network, with its 95 % interval over the examples.
#[derive(Clone, Debug, Args)]
pub(crate) struct Prune {
    /// Run directory
    run: PathBuf,
    /// Folder to store the pruned network in; without it nothing is stored
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace the run in the folder
    #[arg(long, requires = "out")]
    overwrite: bool,
    #[arg(
        long,
        value_name = "RULE",
        conflicts_with = "depth",
        help = format!("Rule that chooses the depth, by default that of the run's configuration: {}", PruningRule::EXPECTED)
    )]
    rule: Option<String>,
    /// Depth to prune to
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    depth: Option<usize>,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    data_dir: DataDir,
}

impl Prune {
    /// Prints what the rules choose; then stores the network that keeps the blocks up to the chosen depth, with its truncated
    /// posterior, as a run of its own.
    pub(crate) fn run(self, command_line: &[String]) -> Result<ExitCode> {
        let stopwatch = Stopwatch::start();
        let run = StoredRun::open(&self.run)?;
        let choice = self.choice(run.config())?;
        if let Some(out) = self.out.as_deref().filter(|out| same_folder(&self.run, out)) {
            let message = format!("{} is the run itself, choose another --out", out.shown());
            return Err(Error::input(message).into());
        }
        self.threads.start()?;
        let mut model = run.load_model()?;
        let parent = match run.records().is_finished() {
            true => Some(run.records().summary()?),
            // The weights of a run that failed are there, too.
            false => None,
        };
        let run_dir = self.out.as_deref().map(|out| RunDir::create(out, self.overwrite));
        let run_dir = run_dir.transpose()?;
        let data = data::load(run.config(), &self.data_dir.lookup())?;
        data::check_run(run.records(), &data.provenance)?;
        let choices = choices(&run, &data, &mut model)?;
        let (depth, rule) = match choice {
            DepthChoice::Depth(depth) => (depth, None),
            DepthChoice::Rule(rule) => (model.pruned_depth(rule).or_input(|| "pruning")?, Some(rule)),
        };
        let Some(mut run_dir) = run_dir else {
            output::print(|out| output::choices(out, &choices, &model.posterior))?;
            return Ok(ExitCode::Success);
        };
        if rule.is_some() {
            output::note_lines(|out| output::choices(out, &choices, &model.posterior));
        }
        let config = run.config().pruned(depth);

        let mut pruned = model.pruned(depth)?;
        let epoch = parent.as_ref().map_or(0, |summary| summary.best_epoch);
        pruned.epoch = Some(epoch);
        let mut environment = run_dir::environment_here(&data.provenance, &config);
        let max_depth = run.config().max_depth();
        environment.pruned_from = Some(PrunedFrom {
            run: run.path().to_string_lossy().into_owned(),
            max_depth,
            rule,
        });
        let outcome = Outcome {
            epochs: parent.as_ref().map_or(0, |summary| summary.epochs),
            train_flops: parent.as_ref().map_or(0.0, |summary| summary.cost.train_flops),
            stopped_by: parent.and_then(|summary| summary.stopped_by),
            pruned_from: Some(max_depth),
        };
        // Before anything is written: weights that overflow should leave nothing behind.
        let evaluated = finalize::finalize(&config, &data, &mut pruned, &outcome);
        let evaluated = evaluated.or_input(|| format!("pruning {}", run.path().join(WEIGHTS).shown()))?;
        run_dir.begin(&config, &environment)?;
        let (_, mut journal) = run_dir.open_logs(Vec::new())?;
        journal.add(&run_dir::session_begins(command_line, epoch, 0))?;
        finalize::write(&run_dir, &config, &pruned, &evaluated)?;
        journal.add(&run_dir::session_ends("pruned", stopwatch.seconds()))?;
        output::print_stored("run", run_dir.path(), |out| {
            output::summary(out, &evaluated.summary, Some(stopwatch.seconds()))
        })?;
        Ok(ExitCode::Success)
    }

    fn choice(&self, config: &Config) -> Result<DepthChoice, Error> {
        let max_depth = config.max_depth();
        match (self.depth, &self.rule) {
            (Some(depth), _) if depth > max_depth => Err(Error::input(format!(
                "--depth {depth}: the maximum depth of the network is {max_depth}"
            ))),
            (Some(depth), _) => Ok(DepthChoice::Depth(depth)),
            (None, Some(rule)) => Ok(DepthChoice::Rule(rule.parse().or_input(|| "reading --rule")?)),
            (None, None) => Ok(DepthChoice::Rule(config.pruning_rule())),
        }
    }
}

/// How the depth of a pruned network is chosen.
#[derive(Clone, Copy, Debug)]
enum DepthChoice {
    Rule(PruningRule),
    Depth(usize),
}

/// What each rule chooses and costs; fits what the rules need to the validation split.
fn choices(run: &StoredRun, data: &Data, model: &mut FittedModel<Device>) -> Result<Vec<RuleChoice>> {
    let held_out = finalize::held_out(run.config(), data, model, model.network.head_statistics());
    let held_out = held_out.or_input(|| format!("pruning {}", run.path().join(WEIGHTS).shown()))?;
    let (fitted, choices) = held_out.unzip();
    model.fitted = fitted;
    Ok(choices.unwrap_or_default())
}

fn depth(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "expected a whole number of blocks, 0 or more")
}

fn same_folder(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
