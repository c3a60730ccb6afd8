//! A run directory that is read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use vds_model::weights::{self, Weights};
use vds_model::{Network, NetworkConfig};
use vds_variational::DepthPosterior;

use super::{CONFIG, ENVIRONMENT, Environment, METRICS, PLANE, SUMMARY, WEIGHTS, read_metrics};
use crate::config::{self, Config, Method};
use crate::device::Device;
use crate::error::{Error, OrInput as _};
use crate::record::{Plane, SUMMARY_SCHEMA, Summary};
use crate::report::RunRecord;
use crate::text::{read_config, read_json, read_text};
use crate::training::POSTERIOR_LOGITS;

/// A stored run.
#[derive(Clone, Debug)]
pub struct StoredRun {
    path: PathBuf,
    config: Config,
}

/// A network read from a run, and its posterior over depth.
#[derive(Debug)]
pub struct StoredNetwork {
    /// The network.
    pub network: Network<Device>,
    /// The posterior: that of the logits, or all mass on the deepest depth.
    pub posterior: DepthPosterior,
    /// Logits of a learnt posterior.
    pub posterior_logits: Option<Vec<f32>>,
    /// The epoch whose weights they are, if the file says; files of other programs do not.
    pub epoch: Option<usize>,
}

impl StoredRun {
    /// Opens a run directory and reads its configuration.
    ///
    /// # Errors
    /// [`Error::Input`] if it is no run directory, or its configuration has problems.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = path.join(CONFIG);
        if !file.is_file() {
            let message = format!("{} is no run directory: there is no {CONFIG} in it", path.display());
            return Err(Error::input_with_hint(
                message,
                "give the folder that `vds train --out` wrote",
            ));
        }
        let text = read_config(&file)?;
        let config = config::load(&file, &text, &[]);
        let config = config.or_input(|| format!("reading the run {}", path.display()))?;
        Ok(Self {
            path: path.to_path_buf(),
            config,
        })
    }

    /// Opens several run directories.
    ///
    /// # Errors
    /// As [`Self::open`], for the first that cannot be opened.
    pub fn open_all(paths: &[PathBuf]) -> Result<Vec<Self>, Error> {
        paths.iter().map(|path| Self::open(path)).collect()
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The resolved configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether there is nothing left to train: the summary is written last.
    pub fn is_finished(&self) -> bool {
        self.path.join(SUMMARY).exists()
    }

    /// The network and its posterior.
    ///
    /// # Errors
    /// [`Error::Input`] if the weights cannot be read or are another network's.
    pub fn weights(&self, network: &NetworkConfig, device: &Device) -> Result<StoredNetwork, Error> {
        let path = self.path.join(WEIGHTS);
        let reading = || format!("reading {}", path.display());
        let bytes = fs::read(&path).or_input(reading)?;
        let Weights {
            network,
            mut extra,
            metadata,
        } = weights::from_bytes(&bytes, network, device, &[POSTERIOR_LOGITS]).or_input(reading)?;
        let posterior_logits = extra.remove(POSTERIOR_LOGITS);
        if let Some(logits) = &posterior_logits {
            check_posterior(logits, network.max_depth()).or_input(reading)?;
        }
        let posterior = match (self.config.method(), &posterior_logits) {
            (Method::Ddn, None) => self.config.deterministic_posterior(),
            (Method::Ldn, Some(logits)) => crate::training::posterior(logits).or_input(reading)?,
            (Method::Ldn, None) => {
                return Err(Error::input(
                    "the weights hold no posterior over depth, and the method is ldn",
                ))
                .or_input(reading);
            }
            (Method::Ddn, Some(_)) => {
                return Err(Error::input(
                    "the weights hold a posterior over depth, and the method is ddn",
                ))
                .or_input(reading);
            }
        };
        Ok(StoredNetwork {
            network,
            posterior,
            posterior_logits,
            epoch: epoch(&metadata),
        })
    }

    /// The summary.
    ///
    /// # Errors
    /// [`Error::Input`] if there is none, it cannot be read, has another layout, or contradicts itself.
    pub fn summary(&self) -> Result<Summary, Error> {
        let path = self.path.join(SUMMARY);
        if !path.exists() {
            let run = self.path.display();
            let message = format!("{run} is unfinished: there is no {SUMMARY} in it");
            return Err(Error::input_with_hint(
                message,
                format!("finish it with `vds train --resume {run}`"),
            ));
        }
        let summary: Summary = read_json(&path)?;
        if summary.schema != SUMMARY_SCHEMA {
            let (path, other) = (path.display(), summary.schema);
            return Err(Error::input(format!(
                "{path} has schema {other}, expected {SUMMARY_SCHEMA}"
            )));
        }
        consistent(&path, summary.contradiction())?;
        Ok(summary)
    }

    /// The environment that the run was made in.
    ///
    /// # Errors
    /// [`Error::Input`] if there is none, or it cannot be read.
    pub fn environment(&self) -> Result<Environment, Error> {
        read_json(&self.path.join(ENVIRONMENT))
    }

    /// One of the run's JSON files as it stands there, with every number to the last digit.
    ///
    /// # Errors
    /// [`Error::Input`] if it is missing, or no JSON.
    pub fn json(&self, name: &str) -> Result<Value, Error> {
        read_json(&self.path.join(name))
    }

    /// Everything that the report shows.
    ///
    /// # Errors
    /// [`Error::Input`] if a file is missing or cannot be read.
    pub fn record(&self) -> Result<RunRecord, Error> {
        Ok(RunRecord {
            name: self.name(),
            folder: Some(self.path.display().to_string()),
            summary: self.summary()?,
            epochs: read_metrics(&self.path.join(METRICS))?,
            plane: self.plane()?,
            environment: read_json(&self.path.join(ENVIRONMENT))?,
            config_text: read_text(&self.path.join(CONFIG))?,
        })
    }

    fn plane(&self) -> Result<Option<Plane>, Error> {
        let path = self.path.join(PLANE);
        if !path.exists() {
            return Ok(None);
        }
        let plane: Plane = read_json(&path)?;
        consistent(&path, plane.contradiction())?;
        Ok(Some(plane))
    }

    /// The last two parts of the path: `spirals/ldn-D5-s1`.
    fn name(&self) -> String {
        let parts: Vec<String> = self
            .path
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        parts[parts.len().saturating_sub(2)..].join("/")
    }
}

/// Refuses a posterior over the depths of another network.
fn check_posterior(logits: &[f32], max_depth: usize) -> vds_model::Result<()> {
    let (actual, expected) = (logits.len(), max_depth + 1);
    if actual == expected {
        return Ok(());
    }
    Err(vds_model::Error::TensorType {
        name: POSTERIOR_LOGITS.to_owned(),
        actual: format!("F32 [{actual}]"),
        expected: format!("F32 [{expected}]"),
    })
}

/// Refuses a record whose parts contradict each other.
fn consistent(path: &Path, contradiction: Option<String>) -> Result<(), Error> {
    match contradiction {
        None => Ok(()),
        Some(contradiction) => Err(Error::input(format!("{}: {contradiction}", path.display()))),
    }
}

/// The epoch in a weights file's metadata, where `vds` writes it.
fn epoch(metadata: &BTreeMap<String, String>) -> Option<usize> {
    let about: Value = serde_json::from_str(metadata.get("vds")?).ok()?;
    usize::try_from(about.get("epoch")?.as_u64()?).ok()
}
