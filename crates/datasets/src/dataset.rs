//! What a data set is and where it comes from.

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::file::Content;
use crate::shape::ExampleShape;
use crate::spirals::SpiralsConfig;
use crate::standardization::Standardization;

/// The description of a data set, from which [`crate::load`] makes its examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Name in configurations and records; of a catalogue's data set also that of its folder.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Shape of an example.
    pub shape: ExampleShape,
    /// A name for each class.
    pub class_names: Vec<String>,
    /// What batches apply to the stored inputs; the identity where these are standardized already.
    pub standardization: Standardization,
    /// Where the examples come from.
    pub source: Source,
}

/// Where the examples of a data set come from.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Source {
    /// Files of the catalogue, looked for in the folders of a [`crate::Lookup`] or built in.
    Catalogue(Entry),
    /// Image and label files at these paths, in any format that [`crate::open`] reads.
    Files {
        /// Files of the training set: images and labels in the same order, however they are spread over files.
        train: Vec<PathBuf>,
        /// Files of the test set.
        test: Vec<PathBuf>,
    },
    /// Generated spirals.
    Spirals {
        /// What they look like.
        config: SpiralsConfig,
        /// Share of the points to train on.
        train_fraction: f64,
    },
}

/// What the catalogue knows of a data set beyond its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its files, training before test set, images before labels.
    pub files: Vec<EntryFile>,
    /// The terms under which it may be used.
    pub license: String,
    /// Addresses of folders from which the files can be fetched; a file's name is to be added.
    pub mirrors: Vec<String>,
    /// Instructions for people who lack it.
    pub how_to_get: String,
    /// Whether its files are part of this crate.
    pub is_embedded: bool,
}

/// A file of a catalogue's data set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryFile {
    /// Its name; an IDX file may also end in `.gz`.
    pub name: String,
    /// The set that it belongs to.
    pub part: Part,
    /// What it holds.
    pub content: Content,
    /// Number of examples in it.
    pub n_examples: usize,
    /// SHA-256 digest of the uncompressed payload, 64 hexadecimal digits; `None` where none was ever published or computed.
    pub sha256: Option<String>,
}

/// Training or test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Training set.
    Train,
    /// Test set.
    Test,
}

impl Dataset {
    /// The spirals of a configuration, `train_fraction` of them to train on. Their inputs are stored standardized.
    pub fn spirals(config: SpiralsConfig, train_fraction: f64) -> Self {
        Self {
            name: "spirals".to_owned(),
            description: "points on noisy spirals, one arm per class".to_owned(),
            shape: ExampleShape::Features(2),
            class_names: config.class_names(),
            standardization: Standardization::identity(2),
            source: Source::Spirals { config, train_fraction },
        }
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.class_names.len()
    }

    /// What the catalogue knows of it.
    ///
    /// # Errors
    /// If its source is not the catalogue.
    pub fn entry(&self) -> Result<&Entry> {
        match &self.source {
            Source::Catalogue(entry) => Ok(entry),
            _ => Err(Error::NotOfCatalogue {
                name: self.name.clone(),
            }),
        }
    }
}

impl Entry {
    /// Number of training or test examples.
    pub fn n_examples(&self, part: Part) -> usize {
        let files = self.files.iter().filter(|file| file.part == part);
        let with_images = files.filter(|file| file.content != Content::Labels);
        with_images.map(|file| file.n_examples).sum()
    }
}

impl EntryFile {
    /// Names under which the file is looked for.
    pub(crate) fn accepted_names(&self) -> Vec<String> {
        let mut names = vec![self.name.clone(), self.published_name()];
        names.dedup();
        names
    }

    /// Its name where it is published, to be added to the address of a mirror: IDX files are published compressed.
    pub fn published_name(&self) -> String {
        match self.content {
            Content::Images | Content::Labels => format!("{}.gz", self.name),
            Content::ImagesAndLabels => self.name.clone(),
        }
    }
}
