//! The data of a run: found, read, cut to size and split as the configuration says.

use std::path::{Path, PathBuf};

use anyhow::Result;
use vds_datasets::{
    ExampleShape, Examples, Lookup, Provenance, SpiralsConfig, Standardization, TrainTest, View, catalogue, shuffled,
    spirals, stratified_split,
};
use vds_model::{ConvConfig, FcConfig, NetworkConfig};
use vds_training::TrainingData;
use vds_training::streams::{Purpose, stream};

use crate::config::{Config, Dataset, NetworkSizes, Protocol};
use crate::error::Error;

/// Everything that a run reads.
#[derive(Clone, Debug)]
pub(crate) struct Data {
    /// The training examples, the validation split left out.
    pub(crate) train: Examples,
    /// The validation split, if one is held out.
    pub(crate) validation: Option<Examples>,
    /// The test set.
    pub(crate) test: Examples,
    /// The protocol that says which examples select.
    protocol: Protocol,
    /// Standardisation of all three.
    pub(crate) standardization: Standardization,
    /// Where the data come from.
    pub(crate) provenance: Provenance,
}

/// Reads the data set that the configuration names.
///
/// # Errors
/// If it is not found or damaged, or has too few examples for the configuration.
pub(crate) fn load(config: &Config, lookup: &Lookup) -> Result<Data> {
    let (data, _) = whole(config, lookup)?;
    let train = match config.file().n_train {
        Some(n_train) => first(&data.train, n_train)?,
        None => data.train,
    };
    let protocol = config.selection().protocol;
    let (train, validation) = match protocol {
        Protocol::Validation(fraction) => {
            let (train, validation) = hold_out(config, &train, fraction)?;
            (train, Some(validation))
        }
        Protocol::None | Protocol::Paper => (train, None),
    };
    Ok(Data {
        train,
        validation,
        test: data.test,
        protocol,
        standardization: data.standardization,
        provenance: data.provenance,
    })
}

impl Data {
    /// What a run trains on and selects by; with the selection split `test` that is the test set.
    pub(crate) fn training(&self) -> TrainingData<'_> {
        let selection = match self.protocol {
            Protocol::Paper => Some(&self.test),
            Protocol::Validation(_) | Protocol::None => self.validation.as_ref(),
        };
        TrainingData {
            train: self.train_view(),
            selection: selection.map(|examples| self.view(examples)),
        }
    }

    /// The test set.
    pub(crate) fn test_view(&self) -> View<'_> {
        self.view(&self.test)
    }

    /// The training set.
    pub(crate) fn train_view(&self) -> View<'_> {
        self.view(&self.train)
    }

    fn view<'a>(&'a self, examples: &'a Examples) -> View<'a> {
        View {
            examples,
            standardization: &self.standardization,
        }
    }
}

/// Where data sets are looked for: `data_dir`, `VDS_DATA_DIR`, the XDG data folder, the system's.
pub(crate) fn lookup(data_dir: Option<PathBuf>) -> Lookup {
    Lookup {
        data_dir,
        env_dir: std::env::var_os("VDS_DATA_DIR")
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from),
        xdg_dir: xdg_dir(),
        system_dirs: vec![PathBuf::from(Lookup::SYSTEM_DIR)],
    }
}

/// The data sets of these names.
///
/// # Errors
/// If one is not in the catalogue.
pub(crate) fn named(names: &[String]) -> Result<Vec<&'static vds_datasets::Dataset>> {
    Ok(names
        .iter()
        .map(|name| catalogue::find(name))
        .collect::<Result<_, _>>()?)
}

/// The folder that data sets are put into: `data_dir`, else that of `VDS_DATA_DIR`, else that of the user.
///
/// # Errors
/// If there is none of them.
pub(crate) fn target_dir(data_dir: Option<PathBuf>) -> Result<PathBuf, Error> {
    let lookup = lookup(data_dir);
    let target = lookup.data_dir.or(lookup.env_dir).or(lookup.xdg_dir);
    target.ok_or_else(|| Error::input_with_hint("there is no folder to put data into", "give one with --data-dir"))
}

/// `$XDG_DATA_HOME/vds`, by default `~/.local/share/vds`. A relative path is to be ignored, says the specification.
fn xdg_dir() -> Option<PathBuf> {
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    let data_home = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).and_then(absolute);
    let home = || std::env::var_os("HOME").map(PathBuf::from).and_then(absolute);
    let data_home = data_home.or_else(|| Some(home()?.join(".local/share")))?;
    Some(data_home.join("vds"))
}

/// Sizes of the network: those of the configuration, and those that follow from the data set.
///
/// # Errors
/// If the data set is not in the catalogue.
pub(crate) fn network_config(config: &Config) -> Result<NetworkConfig> {
    let (shape, n_classes) = match &config.file().dataset {
        Dataset::Spirals { arms, .. } => (ExampleShape::Features(2), *arms),
        Dataset::Catalogue(name) => {
            let dataset = catalogue::find(name)?;
            (dataset.shape(), dataset.n_classes())
        }
    };
    let max_depth = config.max_depth();
    match (&config.file().network, shape) {
        (NetworkSizes::Fc { width }, shape) => Ok(NetworkConfig::Fc(FcConfig {
            n_inputs: shape.len(),
            width: *width,
            n_classes,
            max_depth,
        })),
        (
            NetworkSizes::Conv {
                outer,
                inner,
                convolution,
            },
            ExampleShape::Image {
                channels,
                height,
                width,
            },
        ) => {
            let head_statistics = config.file().head_statistics;
            let (outer, inner, convolution) = (*outer, *inner, *convolution);
            let config = ConvConfig {
                channels,
                height,
                width,
                outer,
                inner,
                n_classes,
                max_depth,
                head_statistics,
                convolution,
            };
            Ok(NetworkConfig::Conv(config))
        }
        (NetworkSizes::Conv { .. }, ExampleShape::Features(_)) => {
            Err(Error::input("a convolutional network needs images").into())
        }
    }
}

/// Standardisation of examples from outside, and the names of the classes.
///
/// # Errors
/// As [`load`], for generated data.
pub(crate) fn inputs(config: &Config) -> Result<(ExampleShape, Standardization, Vec<String>)> {
    match &config.file().dataset {
        Dataset::Catalogue(name) => {
            let dataset = catalogue::find(name)?;
            let names = dataset.class_names.iter().map(|&name| name.to_owned()).collect();
            Ok((dataset.shape(), dataset.standardization(), names))
        }
        Dataset::Spirals { .. } => {
            let (data, standardization) = whole(config, &Lookup::default())?;
            Ok((data.train.shape(), standardization, data.provenance.class_names))
        }
    }
}

/// Training and test set before any split, and the standardisation of examples from outside.
fn whole(config: &Config, lookup: &Lookup) -> Result<(TrainTest, Standardization)> {
    match &config.file().dataset {
        Dataset::Catalogue(name) => {
            let data = vds_datasets::load(catalogue::find(name)?, lookup)?;
            let standardization = data.standardization.clone();
            Ok((data, standardization))
        }
        &Dataset::Spirals {
            n,
            noise,
            arms,
            start_degrees,
            stop_degrees,
            train_fraction,
        } => {
            let spirals = SpiralsConfig {
                n,
                noise,
                arms,
                start_degrees,
                stop_degrees,
            };
            generate(&spirals, train_fraction, config.seed())
        }
    }
}

/// The spirals of a seed, `round(train_fraction n)` random points of them to train on.
fn generate(config: &SpiralsConfig, train_fraction: f64, seed: u64) -> Result<(TrainTest, Standardization)> {
    let mut rng = stream(seed, Purpose::Data, 0);
    let points = spirals::generate(config, &mut rng)?;
    let order = shuffled(config.n, &mut rng);
    let n_train = round_to_count(train_fraction * config.n as f64).min(config.n);
    let (train, test) = order.split_at(n_train);
    if train.len() < 2 || test.is_empty() {
        let message = format!(
            "dataset.train_fraction = {train_fraction} leaves {n_train} of {} points to train on",
            config.n
        );
        return Err(Error::input_with_hint(message, "two are needed to train and one to test").into());
    }
    Ok(points.split(train, test)?)
}

fn first(train: &Examples, n_train: usize) -> Result<Examples> {
    let available = train.len();
    if n_train > available {
        return Err(Error::input(format!(
            "n_train is {n_train}, the data set has {available} training examples"
        ))
        .into());
    }
    Ok(train.first(n_train)?)
}

fn hold_out(config: &Config, train: &Examples, fraction: f64) -> Result<(Examples, Examples)> {
    let mut rng = stream(config.seed(), Purpose::Split, 0);
    let split = stratified_split(train.labels(), train.n_classes(), fraction, &mut rng)?;
    let (n_kept, n_held_out) = (split.kept.len(), split.held_out.len());
    if n_kept < 2 || n_held_out == 0 {
        let message = format!(
            "selection.protocol = validation({fraction}) keeps {n_kept} examples to train on and holds out {n_held_out}"
        );
        return Err(Error::input_with_hint(message, "two are needed to train and one to select").into());
    }
    Ok((train.select(&split.kept), train.select(&split.held_out)))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is a count"
)]
fn round_to_count(value: f64) -> usize {
    value.round().max(0.0) as usize
}

/// Whether a path looks like a MAT file.
pub(crate) fn is_mat(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("mat"))
}
