//! `cargo xtask bench`: measures `vds bench` at the settings of docs/PERFORMANCE.md, beside PyTorch if a Python is given.
//!
//! The document is written only from a full run with PyTorch, so that a table with ratios is never replaced by one without.

mod measure;
mod rows;
mod settings;

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use crate::process::{build_vds, check_writable, output, write_json};
use crate::{document, table};
use measure::Record;
use rows::HEADER;
use settings::Side;

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

/// Measures, prints the table, and writes what was asked for. A missed threshold is reported, and is not a failure.
pub(crate) fn run(args: &Args) -> Result<()> {
    if let Some(python) = &args.peer {
        measure::check_python(python)?;
    }
    if let Some(path) = &args.json {
        check_writable(path)?;
    }
    let default_rounds = if args.quick { 1 } else { 3 };
    let n_rounds = args.rounds.map_or(default_rounds, NonZeroUsize::get);
    // Of the last minute: a busy machine is measured wrongly. Before the build, which is a load of its own.
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or_default().to_owned();
    let vds = build_vds(args.offline)?;
    let settings = settings::settings(args.quick);
    let records = measure::measure(&settings, n_rounds, &vds, args.peer.as_deref())?;
    let (rows, machine) = (rows::rows(&records)?, machine(&records, n_rounds, load));
    let table = table::markdown(&HEADER, &rows);
    println!("\n{table}");
    if let Some(path) = &args.json {
        let record = json!({ "machine": machine, "header": HEADER, "rows": rows, "records": records });
        write_json(path, &record)?;
    }
    if args.peer.is_some() && !args.quick {
        let machine = machine.map(|(name, value)| vec![name.to_owned(), value]);
        let machine = table::markdown(&["machine", ""], &machine);
        document::PERFORMANCE.write(&format!("{table}\n{machine}"))?;
        println!("written to {}", document::PERFORMANCE.path);
    }
    Ok(())
}

/// What the numbers depend on beside the program, as far as `vds` prints it with its records.
fn machine(records: &[Record], n_rounds: usize, load: String) -> [(&'static str, String); 10] {
    let first = |side, field| {
        let mut of_side = records.iter().filter(|record| record.side == side);
        of_side.find_map(|record| Some(record.printed.get(field)?.as_str()?.to_owned()))
    };
    let printed = |field| first(Side::Ours, field).unwrap_or_else(|| "unknown".to_owned());
    let torch = first(Side::Peer, "torch");
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let system = output(Command::new("uname").arg("-sr")).unwrap_or_default();
    let system = format!("{} {}", system.trim(), printed("target"));
    [
        ("Processor", printed("cpu")),
        ("Cores", cores.to_string()),
        ("Instruction set of the kernels", printed("instruction_set")),
        ("System", system.trim().to_owned()),
        ("Compiler", printed("toolchain")),
        ("Commit", printed("commit")),
        ("PyTorch", torch.unwrap_or_else(|| "not measured".to_owned())),
        ("Rounds", n_rounds.to_string()),
        ("Load before the run", load),
        ("Date", printed("date")),
    ]
}
