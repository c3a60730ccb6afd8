//! `cargo xtask bench`: measures `vds bench` at the settings of docs/PERFORMANCE.md, beside PyTorch if a Python is given.
//!
//! The document is written only from a full run with PyTorch, so that a table with ratios is never replaced by one without.

mod document;
mod measure;
mod medians;
mod plan;
mod rows;

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::process::{build_vds, check_writable};
use crate::table;
use document::Machine;
use measure::{Programs, Record};
use medians::Medians;
use plan::Extent;
use rows::Row;

/// Arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Python with the packages of benches/peer/requirements.txt: PyTorch is measured, too, and docs/PERFORMANCE.md written
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// Write every number to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Rounds to take medians over; each measures both sides [default: 3, with --quick 1]
    #[arg(long, value_name = "N")]
    rounds: Option<NonZeroUsize>,
    /// Show that everything is connected: few timings, no torch.compile, no large network; writes no document
    #[arg(long)]
    quick: bool,
    /// Build without the network
    #[arg(long)]
    offline: bool,
}

const HEADER: &[&str] = &["what", "ours", "other side", "ratio", "bar", "verdict"];

/// Measures, prints the table, and writes what was asked for. A missed bar is told, and is no failure.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(python) = &args.peer {
        measure::check_python(python)?;
    }
    if let Some(path) = &args.json {
        check_writable(path)?;
    }
    let (extent, default_rounds) = if args.quick {
        (Extent::Quick, 1)
    } else {
        (Extent::Full, 3)
    };
    let n_rounds = args.rounds.map_or(default_rounds, NonZeroUsize::get);
    // Before the build, which is a load of its own.
    let load = document::load();
    let programs = Programs {
        vds: build_vds(args.offline)?,
        python: args.peer.clone(),
    };

    let records = measure::measure(&plan::settings(extent), n_rounds, &programs)?;
    let medians = Medians(&records);
    let (rows, machine) = (rows::rows(medians)?, Machine::here(medians, n_rounds, load));
    let cells: Vec<Vec<String>> = rows.iter().map(document::cells).collect();
    println!("\n{}", table::render(HEADER, &cells));
    if let Some(path) = &args.json {
        write_json(path, &machine, &rows, &records)?;
    }
    if args.peer.is_some() && extent == Extent::Full {
        document::write(&rows, &machine)?;
        println!("written to {}", document::DOCUMENT.path);
    }
    Ok(())
}

fn write_json(path: &Path, machine: &Machine, rows: &[Row], records: &[Record]) -> Result<()> {
    let value = json!({ "machine": machine, "rows": rows, "records": records });
    let text = serde_json::to_string_pretty(&value)? + "\n";
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}
