//! The data of a run: found, read, shortened and split as the configuration says.

mod description;
mod folders;
mod network;
mod planned;
mod recorded;

use anyhow::Result;
use vds_datasets::{
    ExampleShape, Examples, Lookup, Provenance, Source, Standardization, TrainTest, View, catalogue, stratified_split,
};
use vds_training::TrainingData;
use vds_training::streams::{Purpose, stream};

pub(crate) use description::dataset;
pub(crate) use folders::{lookup, target_dir};
pub(crate) use network::network_config;
pub(crate) use planned::{checksums, work};
pub(crate) use recorded::{check_digests, check_run};

use crate::config::{Config, Split};
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
    /// On which examples epochs are compared.
    split: Split,
    /// The standardization of all three.
    pub(crate) standardization: Standardization,
    /// Where the data come from.
    pub(crate) provenance: Provenance,
}

/// Reads the data set that the configuration names.
///
/// # Errors
/// If it is not found or damaged, or has too few examples for the configuration.
pub(crate) fn load(config: &Config, lookup: &Lookup) -> Result<Data> {
    let data = whole(config, &dataset(config)?, lookup)?;
    let train = match config.file().n_train {
        Some(n_train) => first(&data.train, n_train)?,
        None => data.train,
    };
    let split = config.early_stopping().split;
    let (train, validation) = match split {
        Split::Validation(fraction) => {
            let (train, validation) = hold_out(config, &train, fraction)?;
            (train, Some(validation))
        }
        Split::None | Split::Test => (train, None),
    };
    Ok(Data {
        train,
        validation,
        test: data.test,
        split,
        standardization: data.standardization,
        provenance: data.provenance,
    })
}

impl Data {
    /// What a run trains on and selects by; with the selection split `test` that is the test set.
    pub(crate) fn training(&self) -> TrainingData<'_> {
        let selection = match self.split {
            Split::Test => Some(&self.test),
            Split::Validation(_) | Split::None => self.validation.as_ref(),
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

    /// The validation split, if there is one.
    pub(crate) fn validation_view(&self) -> Option<View<'_>> {
        self.validation.as_ref().map(|examples| self.view(examples))
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

/// The data sets of these names.
pub(crate) fn named(names: &[String]) -> Result<Vec<vds_datasets::Dataset>> {
    Ok(names
        .iter()
        .map(|name| catalogue::find(name))
        .collect::<Result<_, _>>()?)
}

/// Shape and standardization of examples from outside, and the names of the classes.
///
/// # Errors
/// If the data set is not in the catalogue, or its points cannot be generated.
pub(crate) fn inputs(config: &Config) -> Result<(ExampleShape, Standardization, Vec<String>)> {
    let dataset = dataset(config)?;
    let standardization = match dataset.source {
        // That of the training points, which follow from the seed.
        Source::Spirals { .. } => whole(config, &dataset, &Lookup::default())?.input_standardization,
        _ => dataset.standardization,
    };
    Ok((dataset.shape, standardization, dataset.class_names))
}

/// Training and test set before any split.
fn whole(config: &Config, dataset: &vds_datasets::Dataset, lookup: &Lookup) -> Result<TrainTest> {
    let mut rng = stream(config.data_seed(), Purpose::Data, 0);
    Ok(vds_datasets::load(dataset, lookup, &mut rng)?)
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
    let mut rng = stream(config.data_seed(), Purpose::Split, 0);
    let split = stratified_split(train.labels(), train.n_classes(), fraction, &mut rng)?;
    let (n_kept, n_held_out) = (split.kept.len(), split.held_out.len());
    if n_kept < 2 || n_held_out == 0 {
        let message = format!(
            "early_stopping.split = validation({fraction}) keeps {n_kept} examples to train on and holds out {n_held_out}"
        );
        return Err(Error::input_with_hint(message, "two are needed to train and one to select").into());
    }
    Ok((train.select(&split.kept), train.select(&split.held_out)))
}
