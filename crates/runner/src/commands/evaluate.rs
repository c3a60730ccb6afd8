//! `vds evaluate`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::files::WEIGHTS;
use vds_training::test_scores;

use crate::arguments::{DataDir, Threads};
use crate::data;
use crate::error::{ExitCode, OrInput as _};
use crate::output;
use crate::run_dir::StoredRun;

/// Score a stored network on its test set
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
        let (config, model) = (run.config(), run.load_model()?);
        let data = data::load(config, &self.data_dir.lookup())?;
        data::check_run(run.records(), &data.provenance)?;
        let pruned_depth = config.pruning_rule().pruned_depth(&model.posterior);
        let (pruned, _) = model.pruned_posterior(pruned_depth)?;
        let ece_bins = config.file().ece_bins;
        let scores = test_scores(&model.network, data.test_view(), &model.posterior, &pruned, ece_bins);
        let scores = scores.or_input(|| format!("evaluating {}", run.path().join(WEIGHTS).shown()))?;
        if self.json {
            output::print_json(&scores)?;
        } else {
            output::print(|out| output::scores(out, &scores, model.posterior.probs(), pruned_depth))?;
        }
        Ok(ExitCode::Success)
    }
}
