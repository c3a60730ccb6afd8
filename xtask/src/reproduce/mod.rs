//! `cargo xtask reproduce`: trains the networks of a profile with the released binary and writes the page.
//!
//! Each cell is a run of `vds train` in a folder of its own, stamped with what it was made from. A cell that
//! is finished from the same inputs is kept, so that a command that was interrupted goes on where it stopped.

mod cell;
mod plan;
mod schedule;
mod scoreboard;
mod summary;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process::{BadRequest, build_vds, workspace_root};
use cell::{Cell, Context, Start};
use plan::{Experiment, Profile};
use schedule::Outcome;
use summary::Summary;

/// Arguments of `cargo xtask reproduce`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How much to run
    #[arg(long, value_enum, default_value_t = Profile::Quick)]
    profile: Profile,
    /// Run only this experiment; may be given more than once
    #[arg(long, value_name = "EXPERIMENT")]
    only: Vec<String>,
    /// Folder for the runs and the page [default: `reproduction` and the profile's name]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Where the data sets lie, if not in a usual place
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Threads to use [default: all]; the results do not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Build without the network
    #[arg(long)]
    offline: bool,
}

/// Exit code of a run that a signal ended after it had saved its state.
const INTERRUPTED: i32 = 75;

/// Lines of a failed run's output that are shown.
const N_LINES_SHOWN: usize = 15;

/// Runs what is not finished, writes the page and prints the table.
pub(crate) fn run(args: &Args) -> Result<()> {
    let experiments = chosen_experiments(args)?;
    let out = writable_folder(args)?;
    let data_dir = args.data_dir.as_deref().map(existing_folder).transpose()?;
    let n_threads = args.threads.map_or_else(available_threads, std::num::NonZeroUsize::get);
    let binary = build_vds(args.offline)?;
    let configs = workspace_root().join("configs");
    let context = Context {
        binary,
        configs,
        data_dir,
        out,
        n_threads,
    };

    let cells: Vec<Cell> = experiments.iter().copied().flat_map(cell::cells).collect();
    let outcomes = run_cells(&cells, &context);
    let (finished, failed) = sort_out(&cells, outcomes);
    if !finished.is_empty() {
        write_page(&finished, &context)?;
        println!("\n{}", scoreboard::render(&finished));
        println!("page: {}", context.out.join("index.html").display());
    }
    ensure!(
        failed.is_empty(),
        "{} of {} runs failed: {}",
        failed.len(),
        cells.len(),
        failed.join(", ")
    );
    Ok(())
}

fn chosen_experiments(args: &Args) -> Result<Vec<&'static Experiment>> {
    let all = args.profile.experiments();
    if let Some(unknown) = args
        .only
        .iter()
        .find(|name| all.iter().all(|experiment| experiment.name != **name))
    {
        let names: Vec<&str> = all.iter().map(|experiment| experiment.name).collect();
        let profile = args.profile.name();
        bail!(BadRequest(format!(
            "profile {profile} has no experiment `{unknown}`; it has {}",
            names.join(", ")
        )));
    }
    let is_chosen =
        |experiment: &&Experiment| args.only.is_empty() || args.only.iter().any(|name| name == experiment.name);
    Ok(all.iter().filter(is_chosen).collect())
}

/// The output folder, made and tried before anything that takes long.
fn writable_folder(args: &Args) -> Result<PathBuf> {
    let default = || workspace_root().join("reproduction").join(args.profile.name());
    let out = args.out.clone().unwrap_or_else(default);
    let probe = out.join(".writable");
    let tried = std::path::absolute(&out)
        .and_then(|out| fs::create_dir_all(&out).map(|()| out))
        .and_then(|out| File::create(&probe).map(|_| out))
        .and_then(|out| fs::remove_file(&probe).map(|()| out));
    tried.map_err(|error| BadRequest(format!("cannot write to {}: {error}", out.display())).into())
}

fn existing_folder(folder: &Path) -> Result<PathBuf> {
    folder
        .canonicalize()
        .map_err(|error| BadRequest(format!("cannot read the data folder {}: {error}", folder.display())).into())
}

fn available_threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}

fn run_cells(cells: &[Cell], context: &Context) -> Vec<Outcome<Summary>> {
    let (n_ended, interrupted) = (AtomicUsize::new(0), AtomicBool::new(false));
    println!("{} runs in {}", cells.len(), context.out.display());
    schedule::run_all(cells, context.n_threads, |cell| {
        let outcome = run_cell(cell, context, &interrupted);
        let position = n_ended.fetch_add(1, Ordering::Relaxed) + 1;
        println!("[{position:>2}/{}] {}", cells.len(), describe(cell, &outcome));
        outcome.map(|(summary, _)| summary)
    })
}

/// The summary of a cell, and the seconds that it took now; `None` if it was finished before.
fn run_cell(cell: &Cell, context: &Context, interrupted: &AtomicBool) -> Outcome<(Summary, Option<f64>)> {
    let inputs = cell
        .inputs(context)
        .map_err(|error| format!("reading its inputs: {error}"))?;
    if let Some(summary) = cell.finished(&context.out, &inputs) {
        return Ok((summary, None));
    }
    if interrupted.load(Ordering::SeqCst) {
        return Err("not started, as another run was interrupted; the same command goes on".to_owned());
    }
    let start = Instant::now();
    let how = cell.prepare(&context.out, &inputs).map_err(|error| error.to_string())?;
    train(cell, how, context, interrupted)?;
    let summary = Summary::read(&context.out.join(cell.folder())).map_err(|error| format!("{error:#}"))?;
    Ok((summary, Some(start.elapsed().as_secs_f64())))
}

/// Runs `vds train` with its output in the cell's log; a run that goes on adds to it.
fn train(cell: &Cell, start: Start, context: &Context, interrupted: &AtomicBool) -> Result<(), String> {
    let path = context.out.join(cell.log());
    let mut options = File::options();
    options.create(true).write(true);
    match start {
        Start::Anew => options.truncate(true),
        Start::GoOn => options.append(true),
    };
    let log = options
        .open(&path)
        .map_err(|error| format!("creating {}: {error}", path.display()))?;
    let status = log
        .try_clone()
        .and_then(|stdout| {
            vds(context)
                .args(cell.args(context, start))
                .stdout(stdout)
                .stderr(log)
                .status()
        })
        .map_err(|error| format!("starting {}: {error}", context.binary.display()))?;
    if status.success() {
        return Ok(());
    }
    if status.code() == Some(INTERRUPTED) {
        interrupted.store(true, Ordering::SeqCst);
        return Err("interrupted; the same command goes on".to_owned());
    }
    let printed = fs::read_to_string(&path).unwrap_or_default();
    Err(format!(
        "vds train ended with {status}; delete {} to begin it again; {} ends so:\n{}",
        context.out.join(cell.folder()).display(),
        path.display(),
        last_lines(&printed)
    ))
}

/// `vds`, started in the output folder so that records name their files relative to it.
fn vds(context: &Context) -> Command {
    let mut command = Command::new(&context.binary);
    command.current_dir(&context.out).stdin(Stdio::null());
    if let Some(folder) = std::env::var_os("VDS_DATA_DIR")
        && let Ok(folder) = std::path::absolute(folder)
    {
        command.env("VDS_DATA_DIR", folder);
    }
    command
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(N_LINES_SHOWN);
    lines[first..].iter().map(|line| format!("    {line}\n")).collect()
}

fn describe(cell: &Cell, outcome: &Outcome<(Summary, Option<f64>)>) -> String {
    match outcome {
        Ok((summary, seconds)) => {
            let when = seconds.map_or_else(|| "finished before".to_owned(), |seconds| format!("{seconds:.1} s"));
            let error = 100.0 * summary.test.marginal.error;
            format!("{}: test error {error:.2} % ({when})", cell.label())
        }
        Err(reason) => format!("{}: FAILED: {reason}", cell.label()),
    }
}

/// The cells that have a summary, and the labels of those that have none.
fn sort_out(cells: &[Cell], outcomes: Vec<Outcome<Summary>>) -> (Vec<(Cell, Summary)>, Vec<String>) {
    let mut finished = Vec::new();
    let mut failed = Vec::new();
    for (cell, outcome) in cells.iter().zip(outcomes) {
        match outcome {
            Ok(summary) => finished.push((cell.clone(), summary)),
            Err(_) => failed.push(cell.label()),
        }
    }
    (finished, failed)
}

fn write_page(finished: &[(Cell, Summary)], context: &Context) -> Result<()> {
    let runs = finished.iter().map(|(cell, _)| cell.folder());
    let status = vds(context)
        .arg("report")
        .args(runs)
        .args(["--out", "index.html"])
        .status()
        .context("starting vds report")?;
    ensure!(status.success(), "vds report ended with {status}");
    Ok(())
}
