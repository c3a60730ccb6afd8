//! `vds evaluate`.

use anyhow::{Context as _, Result};

use crate::cli::high::Evaluate;
use crate::data;
use crate::device::device;
use crate::evaluation::test_scores;
use crate::output;
use crate::run_dir::StoredNetwork;

/// Scores the stored network on the test set of the run's configuration and prints the scores.
pub(super) fn run(request: &Evaluate) -> Result<()> {
    let config = request.run.config();
    let StoredNetwork { network, posterior, .. } = request.run.weights(&data::network_config(config)?, &device()?)?;
    let data = data::load(config, &request.lookup)?;
    let pruned_depth = config.pruning_rule().pruned_depth(&posterior);
    let scores = test_scores(
        &network,
        &data.test_split(),
        &posterior,
        pruned_depth,
        config.file().ece_bins,
    )
    .with_context(|| format!("evaluating {}", request.run.path().display()))?;
    if request.json {
        output::print_json(&scores)
    } else {
        output::print(|out| output::scores(out, &scores, posterior.probs(), pruned_depth))
    }
}
