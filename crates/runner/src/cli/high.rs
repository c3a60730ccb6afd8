//! Requests that are ready to be done: configurations are resolved, runs are opened, names are known.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap_complete::Shell;
use vds_datasets::{Dataset, Lookup, catalogue};
use vds_variational::PruningRule;

use super::train::Train;
use super::verify::Verify;
use super::{bench, fetch, low};
use crate::benchmark::Settings;
use crate::config::Config;
use crate::data;
use crate::error::{Error, OrInput as _};
use crate::run_dir::StoredRun;

/// Something to do.
#[derive(Debug)]
pub enum Request {
    /// `vds train`.
    Train(Box<Train>),
    /// `vds evaluate`.
    Evaluate(Evaluate),
    /// `vds verify`.
    Verify(Verify),
    /// `vds prune`.
    Prune(Prune),
    /// `vds predict`.
    Predict(Predict),
    /// `vds report`.
    Report(Report),
    /// `vds data`.
    Data(Data),
    /// `vds bench`.
    Bench(Bench),
    /// `vds completions`.
    Completions(Shell),
}

/// Score a stored network.
#[derive(Debug)]
pub struct Evaluate {
    /// The run.
    pub run: StoredRun,
    /// Whether to print JSON.
    pub json: bool,
    /// Threads; all if not given.
    pub threads: Option<NonZeroUsize>,
    /// Where data are looked for.
    pub lookup: Lookup,
}

/// Cut a stored network.
#[derive(Debug)]
pub struct Prune {
    /// The run.
    pub run: StoredRun,
    /// Folder for the pruned run.
    pub out: PathBuf,
    /// Whether a run in it is replaced.
    pub overwrite: bool,
    /// How the depth is chosen.
    pub choice: DepthChoice,
    /// Threads; all if not given.
    pub threads: Option<NonZeroUsize>,
    /// Where data are looked for.
    pub lookup: Lookup,
    /// The arguments as typed.
    pub command_line: Vec<String>,
}

/// How the depth of a pruned network is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum DepthChoice {
    /// By a rule.
    Rule(PruningRule),
    /// It is given; no deeper than the network.
    Depth(usize),
}

/// Predict classes.
#[derive(Debug)]
pub struct Predict {
    /// The run.
    pub run: StoredRun,
    /// The files to predict for.
    pub files: Vec<PathBuf>,
    /// Whether to print JSON.
    pub json: bool,
    /// Threads; all if not given.
    pub threads: Option<NonZeroUsize>,
}

/// Write a page.
#[derive(Debug)]
pub struct Report {
    /// The runs.
    pub runs: Vec<StoredRun>,
    /// The page.
    pub out: PathBuf,
    /// Its title.
    pub title: String,
    /// The arguments as typed.
    pub command_line: Vec<String>,
}

/// Something to do with data sets.
#[derive(Debug)]
pub enum Data {
    /// List the catalogue.
    List {
        /// Where data are looked for.
        lookup: Lookup,
    },
    /// Verify data sets; all that were found if none is named.
    Verify {
        /// The data sets.
        datasets: Vec<Dataset>,
        /// Where data are looked for.
        lookup: Lookup,
    },
    /// Fetch data sets.
    Fetch(Fetch),
    /// Copy a data set.
    Import {
        /// The data set.
        dataset: Dataset,
        /// Where its files are.
        folder: PathBuf,
        /// Where they go.
        data_dir: PathBuf,
    },
}

/// Fetch data sets.
#[derive(Debug)]
pub struct Fetch {
    /// The data sets.
    pub datasets: Vec<Dataset>,
    /// Where they go, in a folder of the data set's name.
    pub data_dir: PathBuf,
    /// Servers that are asked before those of the catalogue.
    pub mirrors: Vec<String>,
    /// Whether progress is shown.
    pub quiet: bool,
}

/// Time a network.
#[derive(Debug)]
pub struct Bench {
    /// What is timed.
    pub settings: Settings,
    /// Whether to print JSON.
    pub json: bool,
}

impl Request {
    /// Checks what was typed.
    ///
    /// # Errors
    /// If a configuration, a run, a name or a rule cannot be used.
    pub fn resolve(cli: low::Cli, arguments: &[OsString]) -> Result<Self> {
        let command_line: Vec<String> = arguments
            .iter()
            .map(|text| text.to_string_lossy().into_owned())
            .collect();
        match cli.command {
            low::Command::Train(args) => Ok(Self::Train(Box::new(Train::resolve(args, command_line)?))),
            low::Command::Evaluate(args) => Ok(Self::Evaluate(Evaluate {
                run: StoredRun::open(&args.run)?,
                json: args.json,
                threads: args.threads.threads,
                lookup: data::lookup(args.data_dir.data_dir),
            })),
            low::Command::Verify(args) => Ok(Self::Verify(Verify::resolve(args)?)),
            low::Command::Prune(args) => Ok(Self::Prune(prune(args, command_line)?)),
            low::Command::Predict(args) => Ok(Self::Predict(Predict {
                run: StoredRun::open(&args.run)?,
                files: args.files,
                json: args.json,
                threads: args.threads.threads,
            })),
            low::Command::Report(args) => Ok(Self::Report(Report {
                runs: StoredRun::open_all(&args.runs)?,
                out: args.out,
                title: args.title,
                command_line,
            })),
            low::Command::Data(args) => Ok(Self::Data(data(args)?)),
            low::Command::Bench(args) => Ok(Self::Bench(Bench {
                settings: bench::settings(&args)?,
                json: args.json,
            })),
            low::Command::Completions { shell } => Ok(Self::Completions(shell)),
        }
    }
}

fn prune(args: low::Prune, command_line: Vec<String>) -> Result<Prune> {
    let run = StoredRun::open(&args.run)?;
    let choice = match (args.depth, args.rule) {
        (Some(depth), _) => DepthChoice::Depth(checked_depth(depth, run.config())?),
        (None, Some(rule)) => DepthChoice::Rule(rule.parse().or_input(|| "reading --rule")?),
        (None, None) => DepthChoice::Rule(run.config().pruning_rule()),
    };
    if same_folder(&args.run, &args.out) {
        return Err(Error::input(format!(
            "{} is the run itself, choose another --out",
            args.out.display()
        ))
        .into());
    }
    Ok(Prune {
        run,
        out: args.out,
        overwrite: args.overwrite,
        choice,
        threads: args.threads.threads,
        lookup: data::lookup(args.data_dir.data_dir),
        command_line,
    })
}

fn checked_depth(depth: usize, config: &Config) -> Result<usize, Error> {
    let max_depth = config.max_depth();
    match depth <= max_depth {
        true => Ok(depth),
        false => Err(Error::input(format!(
            "--depth {depth}: the maximum depth of the network is {max_depth}"
        ))),
    }
}

fn same_folder(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn data(args: low::Data) -> Result<Data> {
    match args {
        low::Data::List { data_dir } => Ok(Data::List {
            lookup: data::lookup(data_dir.data_dir),
        }),
        low::Data::Verify { names, data_dir } => Ok(Data::Verify {
            datasets: data::named(&names)?,
            lookup: data::lookup(data_dir.data_dir),
        }),
        low::Data::Fetch(args) => Ok(Data::Fetch(fetch::request(args)?)),
        low::Data::Import { name, folder, data_dir } => Ok(Data::Import {
            dataset: catalogue::find(&name)?,
            folder,
            data_dir: data::target_dir(data_dir)?,
        }),
    }
}
