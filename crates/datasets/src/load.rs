//! From the description of a data set to its examples.

use std::io;
use std::path::{Path, PathBuf};

use rand::Rng;

use crate::checksum::Hashed;
use crate::dataset::{Dataset, EntryFile, Part, Source};
use crate::embedded;
use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::file::{ExpectedSizes, FileContent, open, read};
use crate::format_error::sizes_text;
use crate::lookup::Lookup;
use crate::provenance::{Location, Origin, Provenance, SourceFile, TrainTest};
use crate::shape::ExampleShape;
use crate::spirals;
use crate::stream::Stream;

/// Reads or generates a data set. Files of the catalogue are read from the first folder of `lookup` that has all of them;
/// numbers are drawn from `rng` for generated data only.
///
/// # Errors
/// If files are not found, cannot be read, are malformed or of other sizes than the data set's, or do not have the catalogue's
/// checksum; or if generated data cannot be as they are described. A file with a wrong checksum is an error even if another
/// folder has the right one: a damaged file should not go unnoticed.
pub fn load(dataset: &Dataset, lookup: &Lookup, rng: &mut impl Rng) -> Result<TrainTest> {
    let (train, test) = match &dataset.source {
        Source::Spirals { config, train_fraction } => return spirals::experiment(config, *train_fraction, rng),
        Source::Catalogue(entry) => {
            let locations = lookup.locate(dataset)?;
            let read_part = |part| {
                let files = entry.files.iter().zip(&locations);
                let contents = files.filter(|(file, _)| file.part == part).map(|(file, location)| {
                    let content = read_entry_file(dataset, file, location)?;
                    Ok((location.clone(), content))
                });
                joined(dataset, contents)
            };
            (read_part(Part::Train)?, read_part(Part::Test)?)
        }
        Source::Files { train, test } => {
            let read_part = |paths: &[PathBuf]| {
                let contents = paths.iter().map(|path| {
                    let content = open(path, dataset.n_classes())?;
                    Ok((Location::File(path.clone()), content))
                });
                joined(dataset, contents)
            };
            (read_part(train)?, read_part(test)?)
        }
    };
    Ok(TrainTest {
        train: train.0,
        test: test.0,
        standardization: dataset.standardization.clone(),
        input_standardization: dataset.standardization.clone(),
        provenance: Provenance {
            name: dataset.name.clone(),
            class_names: dataset.class_names.clone(),
            files: [train.1, test.1].concat(),
        },
    })
}

/// Reads a file and checks it against the catalogue.
pub(crate) fn read_entry_file(dataset: &Dataset, file: &EntryFile, location: &Location) -> Result<Hashed<FileContent>> {
    let stream = match location {
        Location::File(path) => Stream::open(path)?,
        Location::Embedded(name) => {
            let path = Path::new(name);
            let bytes = embedded::file(name).ok_or_else(|| Error::Read {
                path: path.to_owned(),
                source: io::Error::new(io::ErrorKind::NotFound, "no file of this name is built in"),
            })?;
            Stream::of_bytes(path, bytes)
        }
    };
    read_entry_stream(dataset, file, stream)
}

/// Reads what should be the content of a file and checks it against the catalogue.
pub(crate) fn read_entry_stream(
    dataset: &Dataset,
    file: &EntryFile,
    stream: Stream<'_>,
) -> Result<Hashed<FileContent>> {
    let path = stream.path().to_owned();
    let expected = ExpectedSizes {
        n: file.n_examples,
        image: image_sizes(dataset.shape),
    };
    let content = read(stream, file.content, dataset.n_classes(), Some(expected))?;
    match &file.sha256 {
        Some(expected) if *expected != content.sha256 => Err(Error::Checksum {
            path,
            actual: content.sha256,
            expected: expected.clone(),
        }),
        _ => Ok(content),
    }
}

/// Channels, rows and columns; a vector counts as one column.
fn image_sizes(shape: ExampleShape) -> [usize; 3] {
    match shape {
        ExampleShape::Features(n) => [1, n, 1],
        ExampleShape::Image {
            channels,
            height,
            width,
        } => [channels, height, width],
    }
}

/// Images and labels that may be spread over several files.
fn joined(
    dataset: &Dataset,
    contents: impl Iterator<Item = Result<(Location, Hashed<FileContent>)>>,
) -> Result<(Examples, Vec<SourceFile>)> {
    let shape = image_sizes(dataset.shape);
    let (mut pixels, mut labels, mut sources) = (Vec::new(), Vec::new(), Vec::new());
    let (mut n_images, mut image_files, mut label_files) = (0, Vec::new(), Vec::new());
    for content in contents {
        let (location, content) = content?;
        let path = location.path();
        let (images, more_labels) = match content.value {
            FileContent::Images(images) => (Some(images), None),
            FileContent::Labels(labels) => (None, Some(labels)),
            FileContent::ImagesAndLabels(images, labels) => (Some(images), Some(labels)),
        };
        if let Some(images) = images {
            let actual = images.shape();
            if actual != shape {
                let sizes = |[channels, height, width]: [usize; 3]| sizes_text(&[images.n, channels, height, width]);
                return Err(Error::Shape {
                    path,
                    actual: sizes(actual),
                    expected: sizes(shape),
                });
            }
            n_images += images.n;
            image_files.push(path.clone());
            append(&mut pixels, images.pixels);
        }
        if let Some(more) = more_labels {
            label_files.push(path);
            append(&mut labels, more);
        }
        sources.push(SourceFile {
            origin: Origin::Read(location),
            sha256: content.sha256,
        });
    }
    if n_images != labels.len() {
        return Err(Error::CountMismatch {
            images: image_files,
            n_images,
            labels: label_files,
            n_labels: labels.len(),
        });
    }
    let examples = Examples::from_pixels(pixels, shape, labels, dataset.n_classes())?;
    Ok((examples, sources))
}

/// Adds to what is there; the values of a single file are not copied.
fn append<T>(values: &mut Vec<T>, more: Vec<T>) {
    if values.is_empty() {
        *values = more;
    } else {
        values.extend(more);
    }
}
