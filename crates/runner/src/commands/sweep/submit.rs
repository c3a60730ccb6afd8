//! `vds sweep submit`.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use vds_files::{Shown as _, folder_of};
use vds_kernels::Isa;
use vds_records::Sweep;
use vds_sweeps::{CellCost, Chunk, CostModel, Script, State, chunks, observations, state};

use super::here::here;
use crate::arguments::{DataDir, n_threads};
use crate::error::{Error, ExitCode, OrInput as _};
use crate::output;
use crate::run_dir::write_atomically;

/// Size of an array where Slurm does not say otherwise: its default.
const MAX_ARRAY_SIZE: usize = 1001;
/// Factor between the cost model and the time that is asked for, beside the model's own error: a node may be shared.
const TIME_FACTOR: f64 = 2.0;

/// Hand the cells of a sweep to a scheduler, which runs `vds sweep run` for each
///
/// A task that is out of time saves its state and exits with 75; Slurm queues it again, for the other engines submit what is
/// missing. Nothing waits for the tasks but GNU parallel, which runs them itself.
#[derive(Clone, Debug, Args)]
pub(crate) struct Submit {
    /// Folder of the sweep, as the tasks see it
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
    /// Scheduler
    #[arg(long)]
    engine: Engine,
    /// Print the scripts and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Only cells that are not finished, do not run and have not failed
    #[arg(long)]
    missing: bool,
    /// Minutes to ask for per task, in place of the cost model's
    #[arg(long, value_name = "MINUTES")]
    time: Option<u64>,
    /// Mebibytes to ask for per task, in place of the estimate
    #[arg(long, value_name = "MIB")]
    mem: Option<u64>,
    /// Threads of a cell
    #[arg(long, value_name = "N", default_value = "1", value_parser = n_threads)]
    threads: NonZeroUsize,
    /// Tasks at a time; by default the engine decides
    #[arg(long, short, value_name = "N", value_parser = n_threads)]
    jobs: Option<NonZeroUsize>,
    /// Batch cells that take less to about so many minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 5)]
    batch_minutes: u64,
    /// Seconds before its end at which Slurm has a task save its state
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    signal: u64,
    /// Largest array of Slurm; by default what `scontrol show config` says
    #[arg(long, value_name = "N")]
    max_array_size: Option<NonZeroUsize>,
    /// Further option of sbatch or hq, as --option=--partition=main; may be repeated
    #[arg(long = "option", value_name = "OPTION", allow_hyphen_values = true)]
    options: Vec<String>,
    #[command(flatten)]
    data_dir: DataDir,
}

/// What runs the tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Job arrays with `sbatch`
    Slurm,
    /// Task arrays with `hq submit`
    Hyperqueue,
    /// A file of commands for GNU `parallel`
    Parallel,
}

impl Submit {
    pub(super) fn run(self) -> Result<ExitCode> {
        let sweep = Sweep::read(&self.sweep)?;
        let folder = self.sweep.canonicalize();
        let folder = folder.or_input(|| format!("reading the sweep {}", self.sweep.shown()))?;
        if let Some(option) = self.options.iter().find(|option| option.contains(['\n', '\r'])) {
            return Err(Error::input(format!("--option {}: it has a line break", option.shown())).into());
        }
        let model = CostModel::fit(&observations(&folder, &sweep));
        let chunks = self.chunks(&folder, &sweep, &model)?;
        if chunks.is_empty() {
            output::print(|out| writeln!(out, "nothing is left to train"))?;
            return Ok(ExitCode::Success);
        }
        let script = self.script(&folder, &sweep, &model)?;
        let files = match self.engine {
            Engine::Slurm => {
                let arrays = chunks.iter().enumerate();
                let arrays = arrays.map(|(index, chunk)| (format!("slurm-{index}.sh"), script.slurm(chunk)));
                arrays
                    .chain([("slurm-collect.sh".to_owned(), script.slurm_collect())])
                    .collect()
            }
            Engine::Hyperqueue => vec![("hyperqueue.sh".to_owned(), script.hyperqueue(&chunks))],
            Engine::Parallel => vec![("parallel.txt".to_owned(), script.parallel(&chunks))],
        };
        if self.dry_run {
            output::print(|out| {
                files.iter().try_for_each(|(name, text)| {
                    writeln!(out, "# {name}")?;
                    out.write_all(text.as_bytes())
                })
            })?;
            return Ok(ExitCode::Success);
        }
        let mut paths = Vec::new();
        for (name, text) in &files {
            let path = folder.join("submit").join(name);
            for needed in [folder_of(&path), &folder.join("logs")] {
                fs::create_dir_all(needed).or_input(|| format!("making the folder {}", needed.shown()))?;
            }
            write_atomically(&path, text.as_bytes())?;
            paths.push(path);
        }
        match self.engine {
            Engine::Slurm => slurm(&paths),
            Engine::Hyperqueue => run_to_end(Command::new("bash").arg(&paths[0])),
            Engine::Parallel => self.parallel(&paths[0]),
        }
    }

    fn chunks(&self, folder: &Path, sweep: &Sweep, model: &CostModel) -> Result<Vec<Chunk>> {
        let (here, instruction_set) = (here(), Isa::detect().name());
        let mut costs = Vec::new();
        for cell in &sweep.cells {
            let state = state(folder, cell, &here)?;
            costs.push(CellCost {
                seconds: model.seconds(cell, instruction_set, self.threads.get()),
                memory: cell.work.map_or(1 << 30, |work| work.memory),
                is_wanted: !self.missing || state.is_to_do() || state == State::Changed,
            });
        }
        let max_array_size = match (self.engine, self.max_array_size) {
            (_, Some(size)) => size.get(),
            (Engine::Slurm, None) => site_max_array_size().unwrap_or(MAX_ARRAY_SIZE),
            _ => usize::MAX / 2048,
        };
        Ok(chunks(&costs, 60.0 * self.batch_minutes as f64, max_array_size))
    }

    fn script(&self, folder: &Path, sweep: &Sweep, model: &CostModel) -> Result<Script> {
        let program = std::env::current_exe().context("finding this program")?;
        let arguments = match &self.data_dir.data_dir {
            Some(dir) => {
                let dir = dir.canonicalize().or_input(|| format!("--data-dir {}", dir.shown()))?;
                format!(" --data-dir {}", dir.quoted())
            }
            None => String::new(),
        };
        Ok(Script {
            program: format!("{}", program.quoted()),
            folder: format!("{}", folder.quoted()),
            name: sweep.name.clone(),
            arguments,
            n_threads: self.threads.get(),
            n_jobs: self.jobs.map(NonZeroUsize::get),
            time_factor: TIME_FACTOR * model.error_factor().unwrap_or(TIME_FACTOR),
            minutes: self.time,
            mebibytes: self.mem,
            signal_s: self.signal,
            options: self.options.clone(),
        })
    }

    /// Runs the commands, and in a second call those that failed in the first.
    fn parallel(&self, commands: &Path) -> Result<ExitCode> {
        let mut command = Command::new("parallel");
        let log = commands.with_file_name("joblog");
        command.arg("--joblog").arg(log);
        // The log counts lines, and those of another file are other cells.
        command.args((!self.missing).then_some("--resume-failed"));
        if let Some(n_jobs) = self.jobs {
            command.args(["--jobs", &n_jobs.to_string()]);
        }
        let input = fs::File::open(commands).or_input(|| format!("reading {}", commands.shown()))?;
        run_to_end(command.stdin(input))
    }
}

/// Submits the arrays, and the last script for when they have ended.
fn slurm(scripts: &[PathBuf]) -> Result<ExitCode> {
    let mut jobs: Vec<String> = Vec::new();
    for (index, script) in scripts.iter().enumerate() {
        let mut command = Command::new("sbatch");
        command.arg("--parsable");
        if index + 1 == scripts.len() {
            command.arg(format!("--dependency=afterany:{}", jobs.join(":")));
        }
        let output = command.arg(script).stderr(Stdio::inherit()).output();
        let output = output.or_input(|| "starting sbatch")?;
        if !output.status.success() {
            let message = format!("sbatch {} ended with {}", script.shown(), output.status);
            let hint =
                "jobs that were submitted before stay in the queue; what is missing can be submitted with --missing";
            return Err(Error::input_with_hint(message, hint).into());
        }
        // The number of the job, and after a semicolon the cluster's name.
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        jobs.push(printed.trim().split(';').next().unwrap_or_default().to_owned());
    }
    output::print(|out| jobs.iter().try_for_each(|job| writeln!(out, "{}", job.shown())))?;
    Ok(ExitCode::Success)
}

fn run_to_end(command: &mut Command) -> Result<ExitCode> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().or_input(|| format!("starting {name}"))?;
    Ok(match status.success() {
        true => ExitCode::Success,
        false => ExitCode::Failure,
    })
}

/// What this site's Slurm takes; `None` where there is none.
fn site_max_array_size() -> Option<usize> {
    let output = Command::new("scontrol").args(["show", "config"]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.starts_with("MaxArraySize"))?;
    line.split_once('=')?.1.trim().parse().ok().filter(|size| *size > 0)
}
