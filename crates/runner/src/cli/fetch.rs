//! The arguments of `vds data fetch`, and the request that they come to.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use super::high;
use crate::data;
use crate::error::Error;

/// Arguments of `vds data fetch`.
#[derive(Clone, Debug, Args)]
pub struct Fetch {
    /// Data sets
    #[arg(required = true, value_name = "NAME")]
    pub names: Vec<String>,
    /// Folder to put them into, each in a folder of its name; by default VDS_DATA_DIR, else the XDG data folder
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Address of a folder on a server that is tried before the known ones; may be repeated
    #[arg(long = "mirror", value_name = "URL")]
    pub mirrors: Vec<String>,
    /// Show no progress
    #[arg(long, short)]
    pub quiet: bool,
}

/// The request that the arguments come to.
pub(super) fn request(args: Fetch) -> Result<high::Fetch> {
    let is_no_address = |mirror: &&String| !["http://", "https://"].iter().any(|start| mirror.starts_with(start));
    if let Some(mirror) = args.mirrors.iter().find(is_no_address) {
        let message = format!("--mirror {mirror}: expected an address that begins with http:// or https://");
        return Err(Error::input(message).into());
    }
    Ok(high::Fetch {
        datasets: data::named(&args.names)?,
        data_dir: data::target_dir(args.data_dir)?,
        mirrors: args.mirrors,
        quiet: args.quiet,
    })
}
