//! What a checkpoint says of its run, and the checks before a run resumes from it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use vds_checkpoint::{Array, Checkpoint, Damaged, Found};
use vds_files::Shown as _;
use vds_kernels::Isa;
use vds_records::files::{CONFIG, MAX_LONG};
use vds_records::{EpochMetrics, Event, json};
use vds_training::{Trainer, TrainerState};

use crate::config::{self, Config};
use crate::data::{Data, check_digests};
use crate::device::Device;
use crate::error::{Error, OrInput as _, text_of};
use crate::output;
use crate::run_dir::{RunDir, StoredRun, program};

/// Version of what a checkpoint holds: [`RunState`] with the trainer's state in it, and the arrays. A checkpoint of another
/// version is refused.
const SCHEMA: u32 = 2;
/// Name of the array that holds `metrics.jsonl`.
pub(super) const HISTORY: &str = "history";

/// Everything in a checkpoint that is not an array; see [`SCHEMA`].
#[derive(Debug, Serialize, Deserialize)]
struct RunState {
    /// The configuration as RON.
    config: String,
    /// SHA-256 digests of the data, in order.
    data: Vec<String>,
    /// Instruction set of the kernels: another one rounds differently.
    instruction_set: String,
    trainer: TrainerState,
}

/// A checkpoint that fits its run.
pub(super) struct SavedRun {
    found: Found,
    state: RunState,
}

/// A checkpoint of the present state.
pub(super) fn checkpoint(
    config: &Config,
    data: &Data,
    trainer: TrainerState,
    arrays: BTreeMap<String, Array>,
) -> Result<Checkpoint> {
    let state = RunState {
        config: config.to_ron(),
        data: data.provenance.digests(),
        instruction_set: instruction_set(),
        trainer,
    };
    let state = serde_json::to_value(state).context("the state as JSON")?;
    Ok(Checkpoint::new(program(), SCHEMA, state, arrays))
}

/// Refuses a configuration on the command line that is not the run's.
pub(super) fn check_given(run: &StoredRun, given: &Config, path: &Path) -> Result<(), Error> {
    let here = run.path().join(CONFIG);
    refuse_differences((&here, "that file", run.config()), (path, "the command line", given))
}

impl SavedRun {
    /// The newest intact checkpoint in a folder; `None` if there is none yet.
    pub(super) fn newest(run_dir: &RunDir) -> Result<Option<Self>> {
        let Some(found) = run_dir.checkpoints().newest(SCHEMA, MAX_LONG).map_err(with_advice)? else {
            return Ok(None);
        };
        let state = serde_json::from_value(found.checkpoint.state.clone());
        let state = state.or_input(|| format!("reading {}", found.path.shown()))?;
        Ok(Some(Self { found, state }))
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.found.path
    }

    /// The resolved configuration of its run.
    pub(super) fn config_text(&self) -> String {
        self.state.config.clone()
    }

    /// The newest intact checkpoint of a run, which must have the run's configuration; `None` if there is none yet: the run
    /// begins again.
    pub(super) fn read(run: &StoredRun, run_dir: &RunDir) -> Result<Option<Self>> {
        let Some(saved) = Self::newest(run_dir)? else {
            return Ok(None);
        };
        let path = saved.path();
        let config = config::load(path, &saved.state.config, &[]).or_input(|| format!("reading {}", path.shown()))?;
        let here = run.path().join(CONFIG);
        refuse_differences((path, "the checkpoint", &config), (&here, "that file", run.config()))?;
        warn_of_other_roundings(&saved.state, &saved.found.checkpoint);
        Ok(Some(saved))
    }

    /// Restores the trainer's state and sets damaged files aside. Returns the lines of `metrics.jsonl`, and what is to be noted in
    /// the journal.
    pub(super) fn restore(
        self,
        trainer: &mut Trainer<Device>,
        data: &Data,
        run_dir: &RunDir,
    ) -> Result<(Vec<u8>, Vec<Event>)> {
        let Self { found, state } = self;
        let (path, damaged, mut checkpoint) = (found.path, found.damaged, found.checkpoint);
        check_digests(&path, &state.data, &data.provenance)?;
        let reading = || format!("reading {}", path.shown());
        let history = checkpoint.take_bytes(HISTORY).or_input(reading)?;
        check_history(&history, state.trainer.epoch).or_input(reading)?;
        trainer
            .restore(&state.trainer, &mut checkpoint, data.train.len())
            .or_input(reading)?;
        run_dir.checkpoints().set_aside(&damaged)?;
        let noted = damaged.iter().map(|file| warn_of_damage(file, &path)).collect();
        Ok((history, noted))
    }
}

/// The lines must be those of the epochs so far: the log is rewritten from them.
fn check_history(history: &[u8], epochs: usize) -> Result<(), Error> {
    let text = str::from_utf8(history).or_input(|| "its history")?;
    let mut n = 0;
    for line in text.lines() {
        n += 1;
        let metrics: EpochMetrics = serde_json::from_str(line).or_input(|| format!("its history, line {n}"))?;
        if metrics.epoch != n {
            return Err(Error::input(format!(
                "its history has epoch {} in line {n}",
                metrics.epoch
            )));
        }
    }
    match n == epochs && (text.is_empty() || text.ends_with('\n')) {
        true => Ok(()),
        false => Err(Error::input(format!(
            "its history has {n} whole lines, expected {epochs}"
        ))),
    }
}

/// Warns of a damaged file and names the one that is used in its place.
fn warn_of_damage(damaged: &Damaged, used: &Path) -> Event {
    let problem = text_of(&damaged.error);
    let (file, used) = (damaged.path.to_string_lossy().into_owned(), used.shown());
    output::warn(&format!(
        "{} is damaged ({problem}); resuming from {used}",
        damaged.path.shown()
    ));
    Event::Damaged { file, problem }
}

fn with_advice(error: vds_checkpoint::Error) -> anyhow::Error {
    if !error.is_damage() {
        return error.into();
    }
    let advice = "no older checkpoint is whole; begin the run again with --overwrite";
    Error::input_with_hint(text_of(&error), advice).into()
}

fn instruction_set() -> String {
    Isa::detect().name().to_owned()
}

fn warn_of_other_roundings(state: &RunState, checkpoint: &Checkpoint) {
    let here = instruction_set();
    if state.instruction_set != here {
        output::warn(&format!(
            "the run was begun with the instruction set {}, and this is {here}: the results may differ from those of one machine \
             in the last digits",
            state.instruction_set.shown()
        ));
    }
    if checkpoint.program != program() {
        output::warn(&format!(
            "the run was begun by {}, and this is {}: the results may differ from those of one program",
            checkpoint.program.shown(),
            program()
        ));
    }
}

/// Refuses to mix two configurations; each comes with its file and a short name for the list.
fn refuse_differences(first: (&Path, &str, &Config), second: (&Path, &str, &Config)) -> Result<(), Error> {
    let [a, b] = [first.2, second.2].map(Config::to_json);
    let differing: String = json::leaves(&a, &b)
        .iter()
        .filter(|leaf| leaf.differs())
        .map(|leaf| {
            let [first_value, second_value] = [leaf.first, leaf.second].map(json::display);
            format!(
                "\n  {}: {first_value} in {}, {second_value} in {}",
                leaf.path, first.1, second.1
            )
        })
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    Err(Error::input_with_hint(
        format!(
            "{} has another configuration than {}{differing}",
            first.0.shown(),
            second.0.shown()
        ),
        "a run resumes with the configuration that it was begun with; start another one for another configuration",
    ))
}
