//! A run directory that is read: its configuration, its records and its network.

use std::path::Path;

use vds_files::Shown as _;
use vds_model::weights;
use vds_records::files::{CONFIG, NON_FINITE, WEIGHTS};
use vds_records::{Method, RunReader};
use vds_training::FittedModel;

use crate::config::{self, Config};
use crate::data;
use crate::device::{Device, device};
use crate::error::{Error, OrInput as _};
use crate::output;

/// A stored run.
#[derive(Clone, Debug)]
pub(crate) struct StoredRun {
    records: RunReader,
    config: Config,
}

impl StoredRun {
    /// Opens a run directory and reads its configuration.
    ///
    /// # Errors
    /// [`Error::Input`] if it is not a run directory, or its configuration has problems.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = path.join(CONFIG);
        if file.symlink_metadata().is_err() {
            let message = format!("{} is not a run directory: there is no {CONFIG} in it", path.shown());
            return Err(Error::input_with_hint(
                message,
                "give the folder that `vds train --out` wrote",
            ));
        }
        let reading = || format!("reading the run {}", path.shown());
        let records = RunReader::new(path);
        let text = records.config_text().or_input(reading)?;
        let config = config::load(&file, &text, &[]).or_input(reading)?;
        Ok(Self { records, config })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.records.path()
    }

    /// The resolved configuration.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Its records.
    pub(crate) fn records(&self) -> &RunReader {
        &self.records
    }

    /// The network and its posterior, on this program's device.
    ///
    /// # Errors
    /// [`Error::Input`] if the weights cannot be read or are another network's; a failure of the device.
    pub(crate) fn load_model(&self) -> anyhow::Result<FittedModel<Device>> {
        let path = self.path().join(WEIGHTS);
        let reading = || format!("reading {}", path.shown());
        if !self.records.is_finished() {
            if !self.records.has_diverged() {
                let run = self.path().to_path_buf();
                return Err(vds_records::Error::Unfinished { run }.into());
            }
            output::warn(&format!(
                "{} has diverged: the weights are those of the best epoch before the step in {NON_FINITE}",
                self.path().shown()
            ));
        }
        let network = data::network_config(&self.config)?;
        let device = device()?;
        let bytes = self.records.file(WEIGHTS, weights::max_len(&network))?;
        let mut model = FittedModel::from_safetensors(&bytes, &network, &device).or_input(reading)?;
        // Files of other programs do not say which they are evaluated with.
        model.network.set_head_statistics(self.config.file().head_statistics);
        if !model.is_sealed {
            output::warn(&format!(
                "{} has no digest: whether it is what its program wrote cannot be checked",
                path.shown()
            ));
        }
        match (self.config.method(), model.posterior_logits.is_some()) {
            (Method::Ldn, true) | (Method::Ddn, false) => return Ok(model),
            (Method::Ldn, false) => Err("the weights do not hold a posterior over depth, and the method is ldn"),
            (Method::Ddn, true) => Err("the weights hold a posterior over depth, and the method is ddn"),
        }
        .or_input(reading)
        .map_err(Into::into)
    }
}
