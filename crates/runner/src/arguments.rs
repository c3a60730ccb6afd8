//! Arguments that several commands share, and the numbers that they take.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use anyhow::Result;
use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use vds_datasets::Lookup;

use crate::data;
use crate::error::OrInput as _;

/// Where data are looked for.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataDir {
    /// Look for data sets here first, then in VDS_DATA_DIR, the XDG data folder and /usr/share/datasets
    #[arg(long, value_name = "DIR", value_parser = PathBufValueParser::new().try_map(existing_folder))]
    pub(crate) data_dir: Option<PathBuf>,
}

impl DataDir {
    /// The folders to look in.
    pub(crate) fn lookup(self) -> Lookup {
        data::lookup(self.data_dir)
    }
}

fn existing_folder(path: PathBuf) -> Result<PathBuf, &'static str> {
    match path.is_dir() {
        true => Ok(path),
        false => Err("there is no such folder"),
    }
}

/// How many threads.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Threads {
    /// Threads to use; all of the machine by default. The results do not depend on it
    #[arg(long, value_name = "N", value_parser = n_threads, allow_negative_numbers = true)]
    pub(crate) threads: Option<NonZeroUsize>,
}

impl Threads {
    /// The number given, or that of the machine. It never is left to rayon, which would take any number from
    /// `RAYON_NUM_THREADS`.
    pub(crate) fn number(self) -> usize {
        let number = self.threads.or(available_parallelism().ok());
        number.map_or(1, NonZeroUsize::get).min(MAX_THREADS)
    }

    /// Sets the number of threads of the whole process.
    pub(crate) fn start(self) -> Result<()> {
        let builder = rayon::ThreadPoolBuilder::new().num_threads(self.number());
        Ok(builder.build_global().or_input(|| "starting the threads")?)
    }
}

/// Far more threads than any machine has; beyond it, starting them alone takes minutes.
const MAX_THREADS: usize = 1024;

/// A number of threads.
pub(crate) fn n_threads(text: &str) -> Result<NonZeroUsize, String> {
    let in_range = text.parse().ok().filter(|n: &NonZeroUsize| n.get() <= MAX_THREADS);
    in_range.ok_or_else(|| format!("expected a whole number from 1 to {MAX_THREADS}"))
}

/// A whole number from `least` to `most`.
pub(crate) fn whole(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let in_range = text.parse().ok().filter(|n| (least..=most).contains(n));
    in_range.ok_or_else(|| format!("expected a whole number from {least} to {most}"))
}
