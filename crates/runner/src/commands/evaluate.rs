//! `vds evaluate`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::files::WEIGHTS;

use crate::arguments::{DataDir, Threads};
use crate::data;
use crate::error::{ExitCode, OrInput as _};
use crate::finalize;
use crate::output;
use crate::run_dir::StoredRun;

/// Score a stored network on its validation split and its test set
#[derive(Clone, Debug, Args)]
pub(crate) struct Evaluate {
    /// Run directory
    run: PathBuf,
    /// Print the scores as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    data_dir: DataDir,
}

impl Evaluate {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let run = StoredRun::open(&self.run)?;
        self.threads.start()?;
        let (config, mut model) = (run.config(), run.load_model()?);
        let data = data::load(config, &self.data_dir.lookup())?;
        data::check_run(run.records(), &data.provenance)?;
        let evaluated = finalize::evaluations(config, &data, &model);
        let (evaluations, _) = evaluated.or_input(|| format!("evaluating {}", run.path().join(WEIGHTS).shown()))?;
        if self.json {
            output::print_json(&evaluations)?;
        } else {
            model.fitted.clone_from(&evaluations[0].fitted);
            let pruned_depth = model.pruned_depth(config.pruning_rule())?;
            output::print(|out| output::scores(out, &evaluations, model.posterior.probs(), pruned_depth))?;
        }
        Ok(ExitCode::Success)
    }
}
