//! The data sets that are known by name: what they are made of, where to get them, and which files are the right ones.

mod entries;

use crate::error::{Error, Result};
use crate::shape::ExampleShape;
use crate::standardization::Standardization;

/// A data set of the catalogue.
#[derive(Debug, PartialEq)]
pub struct Dataset {
    /// Name in configurations, and of its folder.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub description: &'static str,
    /// Its files, training before test set, images before labels.
    pub files: &'static [DatasetFile],
    /// Channels, rows and columns of an image.
    pub image_shape: [usize; 3],
    /// Training examples.
    pub n_train: usize,
    /// Test examples.
    pub n_test: usize,
    /// A name for each class.
    pub class_names: &'static [&'static str],
    /// Mean of pixel / 255 over the training set, by channel, as the paper's code has it.
    pub mean: &'static [f64],
    /// Standard deviation likewise.
    pub sd: &'static [f64],
    /// Under which terms it may be used.
    pub licence: &'static str,
    /// Where the files can be fetched: addresses of folders, to which a file's name is to be added.
    pub mirrors: &'static [&'static str],
    /// What to do to get it, for people.
    pub how_to_get: &'static str,
    /// Whether its files are part of this crate.
    pub is_embedded: bool,
}

/// A file of a data set.
#[derive(Debug, PartialEq, Eq)]
pub struct DatasetFile {
    /// Its name; an IDX file may also end in `.gz`.
    pub name: &'static str,
    /// The set that it belongs to.
    pub part: Part,
    /// What it holds.
    pub content: Content,
    /// Number of examples in it.
    pub n_examples: usize,
    /// SHA-256 sum of the uncompressed payload, 64 hexadecimal digits; nothing where none was ever published or taken.
    pub sha256: Option<&'static str>,
    /// MD5 sum of the file as first published, compression included. For information: mirrors recompress, and it is not checked.
    pub published_md5: Option<&'static str>,
}

/// Training or test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Training set.
    Train,
    /// Test set.
    Test,
}

/// Format and content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// IDX, images.
    Images,
    /// IDX, labels.
    Labels,
    /// MAT v5, images `X` and labels `y`.
    ImagesAndLabels,
}

impl Dataset {
    /// Shape of an example.
    pub fn shape(&self) -> ExampleShape {
        let [channels, height, width] = self.image_shape;
        ExampleShape::Image {
            channels,
            height,
            width,
        }
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.class_names.len()
    }

    /// Its mean and standard deviation.
    ///
    /// # Panics
    /// Never for an entry of the catalogue.
    pub fn standardization(&self) -> Standardization {
        Standardization::new(self.mean.to_vec(), self.sd.to_vec())
            .expect("the catalogue's figures are checked by a test")
    }
}

impl DatasetFile {
    /// Names under which the file is looked for.
    pub(crate) fn accepted_names(&self) -> Vec<String> {
        let mut names = vec![self.name.to_owned(), self.published_name()];
        names.dedup();
        names
    }

    /// Its name where it is published, to be added to the address of a mirror: IDX files are published compressed.
    pub fn published_name(&self) -> String {
        match self.content {
            Content::Images | Content::Labels => format!("{}.gz", self.name),
            Content::ImagesAndLabels => self.name.to_owned(),
        }
    }
}

/// All data sets.
pub fn all() -> &'static [Dataset] {
    entries::ALL
}

/// The data set of a name.
///
/// # Errors
/// If there is none; with the names that there are.
pub fn find(name: &str) -> Result<&'static Dataset> {
    let found = all().iter().find(|dataset| dataset.name == name);
    found.ok_or_else(|| Error::UnknownDataset {
        name: name.to_owned(),
        known: all().iter().map(|dataset| dataset.name).collect(),
    })
}

#[cfg(test)]
mod tests;
