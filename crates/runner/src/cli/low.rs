//! What was typed; nothing is checked but the form of numbers.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::bench::Bench;
use super::fetch::Fetch;
use super::train::TrainArgs;
use super::verify::VerifyArgs;

/// Learn the depth of residual networks, prune them, and measure how well they know what they do not know
///
/// Exit codes: 0 done; 1 failed; 2 arguments, configuration, data or folder at fault; 75 interrupted, `train --resume` goes on.
#[derive(Clone, Debug, Parser)]
#[command(name = "vds", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Train a network as a configuration says and store the run
    Train(TrainArgs),
    /// Score a stored network on its test set
    Evaluate(Evaluate),
    /// Evaluate stored runs again and say which recorded numbers come out otherwise
    ///
    /// Compared exactly: all scores on the test set, the scores of each depth on the training set, the posterior and what follows
    /// from it, the sums of the data, and for points the predictive over the plane. What differs in program and machine is
    /// named, too. Exit codes: 0 all equal, 1 some differ, 2 a file is missing or damaged.
    Verify(VerifyArgs),
    /// Cut a stored network to the depth that its posterior chose, and store it as a run of its own
    Prune(Prune),
    /// Predict classes of images or points with a stored network
    Predict(Predict),
    /// Write stored runs as one self-contained HTML page
    Report(Report),
    /// List, verify, fetch and import data sets
    #[command(subcommand)]
    Data(Data),
    /// Time a training step and an evaluation pass on this machine
    ///
    /// Training is the very step of `vds train`: training pass, ELBO, way back, update of weights and posterior. Evaluation is a
    /// pass of all depths with the marginal predictive. Each time is the median of --repeats timings after two calls that are
    /// not timed; a timing repeats what is short until 20 ms are over and takes the mean.
    Bench(Bench),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// Where data are looked for.
#[derive(Clone, Debug, Args)]
pub struct DataDir {
    /// Look for data sets here first, then in VDS_DATA_DIR, the XDG data folder and /usr/share/datasets
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
}

/// How many threads.
#[derive(Clone, Debug, Args)]
pub struct Threads {
    /// Threads to use; all of the machine by default. The results do not depend on it
    #[arg(long, value_name = "N", value_parser = n_threads, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
}

/// Far more threads than any machine has; beyond it, starting them alone takes minutes.
const MAX_THREADS: usize = 1024;

pub(super) fn n_threads(text: &str) -> Result<NonZeroUsize, String> {
    let in_range = text.parse().ok().filter(|n: &NonZeroUsize| n.get() <= MAX_THREADS);
    in_range.ok_or_else(|| format!("expected a whole number from 1 to {MAX_THREADS}"))
}

pub(super) fn seed(text: &str) -> Result<u64, String> {
    let number = text.parse();
    number.map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

fn depth(text: &str) -> Result<usize, &'static str> {
    text.parse().map_err(|_| "expected a whole number of blocks, 0 or more")
}

/// Arguments of `vds evaluate`.
#[derive(Clone, Debug, Args)]
pub struct Evaluate {
    /// Run directory
    pub run: PathBuf,
    /// Print the scores as JSON
    #[arg(long)]
    pub json: bool,
    /// How many threads.
    #[command(flatten)]
    pub threads: Threads,
    /// Where data are looked for.
    #[command(flatten)]
    pub data_dir: DataDir,
}

/// Arguments of `vds prune`.
#[derive(Clone, Debug, Args)]
pub struct Prune {
    /// Run directory
    pub run: PathBuf,
    /// Folder to store the pruned network in
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Replace the run in the folder
    #[arg(long)]
    pub overwrite: bool,
    /// Rule that chooses the depth: near-mode, near-mode:RATIO, arg-max, rounded-expectation or tail-mass:TOLERANCE; by default that of
    /// the run's configuration
    #[arg(long, value_name = "RULE", conflicts_with = "depth")]
    pub rule: Option<String>,
    /// Depth to cut to
    #[arg(long, value_name = "N", value_parser = depth, allow_negative_numbers = true)]
    pub depth: Option<usize>,
    /// How many threads.
    #[command(flatten)]
    pub threads: Threads,
    /// Where data are looked for.
    #[command(flatten)]
    pub data_dir: DataDir,
}

/// Arguments of `vds predict`.
#[derive(Clone, Debug, Args)]
pub struct Predict {
    /// Run directory
    pub run: PathBuf,
    /// Files: IDX images (also compressed) or MAT v5 for networks on images; text with two coordinates a line for networks on
    /// points
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print the predictions as JSON
    #[arg(long)]
    pub json: bool,
    /// How many threads.
    #[command(flatten)]
    pub threads: Threads,
}

/// Arguments of `vds report`.
#[derive(Clone, Debug, Args)]
pub struct Report {
    /// Run directories
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Page to write
    #[arg(long, value_name = "FILE.html")]
    pub out: PathBuf,
    /// Title of the page
    #[arg(long, default_value = "Variational depth search")]
    pub title: String,
}

/// What to do with data sets.
#[derive(Clone, Debug, Subcommand)]
pub enum Data {
    /// List the catalogue and where each data set was found
    List {
        /// Where data are looked for.
        #[command(flatten)]
        data_dir: DataDir,
    },
    /// Read data sets in full and compare their checksums with the catalogue
    Verify {
        /// Data sets; by default all that were found
        names: Vec<String>,
        /// Where data are looked for.
        #[command(flatten)]
        data_dir: DataDir,
    },
    /// Fetch data sets from the servers that publish them, verify their files and put them where they are found
    ///
    /// An interrupted call leaves what it has as NAME.partial, and the next one goes on from there. The first of ALL_PROXY,
    /// HTTPS_PROXY and HTTP_PROXY that is set names a proxy, NO_PROXY the servers that need none. The program must be built with
    /// `--features download`.
    Fetch(Fetch),
    /// Verify the files of a data set and copy them to where they are found
    Import {
        /// Data set
        name: String,
        /// Folder with its files
        folder: PathBuf,
        /// Folder to copy to, in a folder of the data set's name; by default VDS_DATA_DIR, else the XDG data folder
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}
