//! Arguments of `vds train`, as typed and as checked.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};
use vds_datasets::Lookup;

use super::low::{DataDir, Threads, seed};
use crate::config::{self, Config, Override};
use crate::data;
use crate::error::Error;
use crate::excerpt::excerpt;
use crate::run_dir::StoredRun;
use crate::text::read_config;

/// Arguments of `vds train`.
#[derive(Clone, Debug, Args)]
pub struct TrainArgs {
    /// Configuration file; with --resume it may be left out, else it must be the run's
    #[arg(value_name = "CONFIG.ron", required_unless_present = "resume")]
    pub config: Option<PathBuf>,
    /// Folder to store the run in
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    pub out: Option<PathBuf>,
    /// Go on with the run in this folder from its last checkpoint; a finished run stays as it is
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "overwrite"])]
    pub resume: Option<PathBuf>,
    /// Replace the run in the folder
    #[arg(long)]
    pub overwrite: bool,
    /// Replace a field of the configuration, as --set max_depth=5 or --set optimizer.learning_rate=0.05; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", requires = "config")]
    pub settings: Vec<String>,
    /// Replace the seed of the configuration
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, requires = "config")]
    pub seed: Option<u64>,
    /// When checkpoints are written.
    #[command(flatten)]
    pub checkpoints: Checkpoints,
    /// What to do when the loss, a gradient, a parameter or a running statistic is NaN or infinite. `stop`: name the layer, keep
    /// the last good state, write the batch to nonfinite.json, and end
    #[arg(
        long,
        value_name = "ACTION",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub on_nonfinite: OnNonFinite,
    /// How many threads.
    #[command(flatten)]
    pub threads: Threads,
    /// Where data are looked for.
    #[command(flatten)]
    pub data_dir: DataDir,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

/// What to do at a number that is not finite. There is one answer: anything else would hide it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnNonFinite {
    /// Stop and tell.
    #[default]
    Stop,
}

/// When checkpoints are written.
#[derive(Clone, Copy, Debug, Args)]
pub struct Checkpoints {
    /// Write a checkpoint after every N epochs, beside those of --checkpoint-minutes
    #[arg(long, value_name = "N")]
    pub checkpoint_epochs: Option<NonZeroUsize>,
    /// Write a checkpoint when the last one is so many minutes old; fractions are allowed
    #[arg(long, value_name = "X", default_value = "5", value_parser = minutes)]
    pub checkpoint_minutes: Duration,
}

/// A year: beyond it nobody waits.
const MAX_MINUTES: f64 = 525_600.0;

fn minutes(text: &str) -> Result<Duration, String> {
    let in_range = text.parse().ok().filter(|x: &f64| *x > 0.0 && *x <= MAX_MINUTES);
    let expected = || format!("expected a number of minutes above 0, at most {MAX_MINUTES}");
    in_range.map(|x| Duration::from_secs_f64(60.0 * x)).ok_or_else(expected)
}

/// Train a network.
#[derive(Debug)]
pub struct Train {
    /// The run.
    pub start: Start,
    /// When checkpoints are written.
    pub checkpoints: Checkpoints,
    /// Whether progress is shown.
    pub quiet: bool,
    /// Threads; all if not given.
    pub threads: Option<NonZeroUsize>,
    /// Where data are looked for.
    pub lookup: Lookup,
    /// The arguments as typed.
    pub command_line: Vec<String>,
}

/// Which run is trained.
#[derive(Debug)]
pub enum Start {
    /// A new one.
    New {
        /// The configuration, overrides applied.
        config: Config,
        /// Folder for the run.
        out: PathBuf,
        /// Whether a run in it is replaced.
        overwrite: bool,
    },
    /// One that is there.
    Resume {
        /// The run.
        run: StoredRun,
        /// The configuration that it should have, if one was given, and where that comes from.
        expected: Option<Box<(Config, PathBuf)>>,
    },
}

impl Train {
    /// Reads the configuration, or opens the run.
    pub(super) fn resolve(args: TrainArgs, command_line: Vec<String>) -> Result<Self> {
        let config = match &args.config {
            Some(path) => Some((configuration(path, &args)?, path.clone())),
            None => None,
        };
        let start = match (args.resume, config, args.out) {
            (Some(folder), expected, _) => Start::Resume {
                run: StoredRun::open(&folder)?,
                expected: expected.map(Box::new),
            },
            (None, Some((config, _)), Some(out)) => Start::New {
                config,
                out,
                overwrite: args.overwrite,
            },
            _ => return Err(Error::input("a configuration and --out are needed, or --resume").into()),
        };
        Ok(Self {
            start,
            checkpoints: args.checkpoints,
            quiet: args.quiet,
            threads: args.threads.threads,
            lookup: data::lookup(args.data_dir.data_dir),
            command_line,
        })
    }
}

/// The file with the overrides.
fn configuration(path: &Path, args: &TrainArgs) -> Result<Config> {
    let text = read_config(path)?;
    let seed = args.seed.map(|seed| Ok(Override::seed(seed)));
    let settings = args.settings.iter().map(|text| {
        Override::parse(text).map_err(|problem| Error::input(format!("--set {}: {problem}", excerpt(text))))
    });
    let settings: Vec<Override> = settings.chain(seed).collect::<Result<_, _>>()?;
    Ok(config::load(path, &text, &settings)?)
}
