//! Arguments of `vds verify`, as typed and as checked.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vds_datasets::Lookup;

use super::low::{DataDir, Threads};
use crate::data;
use crate::run_dir::StoredRun;

/// Arguments of `vds verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// Run directories
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Print every difference as JSON
    #[arg(long)]
    pub json: bool,
    /// How many threads.
    #[command(flatten)]
    pub threads: Threads,
    /// Where data are looked for.
    #[command(flatten)]
    pub data_dir: DataDir,
}

/// Evaluate stored runs again.
#[derive(Debug)]
pub struct Verify {
    /// The runs.
    pub runs: Vec<StoredRun>,
    /// Whether to print JSON.
    pub json: bool,
    /// Threads; all if not given.
    pub threads: Option<NonZeroUsize>,
    /// Where data are looked for.
    pub lookup: Lookup,
}

impl Verify {
    /// Opens the runs.
    pub(super) fn resolve(args: VerifyArgs) -> Result<Self> {
        Ok(Self {
            runs: StoredRun::open_all(&args.runs)?,
            json: args.json,
            threads: args.threads.threads,
            lookup: data::lookup(args.data_dir.data_dir),
        })
    }
}
