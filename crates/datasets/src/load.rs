//! Reading and verifying the catalogue's data sets.

use std::path::Path;

use crate::catalogue::{Content, Dataset, DatasetFile, Part};
use crate::checksum::Summed;
use crate::embedded;
use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::lookup::Lookup;
use crate::provenance::{Location, Provenance, SourceFile, TrainTest};
use crate::stream::Stream;
use crate::{idx, mat};

/// Reads a data set from the first place that has it.
///
/// # Errors
/// If no place has it, or a file cannot be read, is malformed, of another size than the catalogue says, or has another sum.
/// A file with a wrong sum is an error even if another place has the right one: a damaged file should not go unnoticed.
pub fn load(dataset: &'static Dataset, lookup: &Lookup) -> Result<TrainTest> {
    let locations = lookup.locate(dataset)?;
    let mut files = Vec::with_capacity(locations.len());
    let train = read_part(dataset, &locations, Part::Train, &mut files)?;
    let test = read_part(dataset, &locations, Part::Test, &mut files)?;
    let class_names = dataset.class_names.iter();
    Ok(TrainTest {
        train,
        test,
        standardization: dataset.standardization(),
        provenance: Provenance {
            name: dataset.name.to_owned(),
            class_names: class_names.map(|name| (*name).to_owned()).collect(),
            files,
        },
    })
}

/// What is known about a file after it was read in full.
#[derive(Debug)]
pub struct FileReport {
    /// The file.
    pub file: &'static DatasetFile,
    /// Where it was found.
    pub location: Option<Location>,
    /// What was found.
    pub status: FileStatus,
}

/// Result of verifying a file.
#[derive(Debug)]
pub enum FileStatus {
    /// Well-formed, of the right size, and the sum is the catalogue's.
    Verified {
        /// The sum.
        sha256: String,
    },
    /// Well-formed and of the right size; the catalogue has no sum to compare with.
    WithoutSum {
        /// The sum found.
        sha256: String,
    },
    /// It is in none of the places.
    Missing,
    /// It cannot be read, is malformed, or has another size or sum.
    Bad(Error),
}

impl FileStatus {
    /// Whether the file can be used.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Verified { .. } | Self::WithoutSum { .. })
    }
}

/// Reads every file of a data set, in the place that [`load`] would take it from (or the first that has some of them), and
/// says what is right and wrong about each.
pub fn verify(dataset: &'static Dataset, lookup: &Lookup) -> Vec<FileReport> {
    let locations = lookup.locate_some(dataset).into_iter();
    let files = dataset.files.iter().zip(locations);
    files
        .map(|(file, location)| FileReport {
            file,
            status: status(dataset, file, location.as_ref()),
            location,
        })
        .collect()
}

fn status(dataset: &Dataset, file: &DatasetFile, location: Option<&Location>) -> FileStatus {
    let Some(location) = location else {
        return FileStatus::Missing;
    };
    match read_file(dataset, file, location) {
        Err(error) => FileStatus::Bad(error),
        Ok(Summed { sha256, .. }) if file.sha256.is_some() => FileStatus::Verified { sha256 },
        Ok(Summed { sha256, .. }) => FileStatus::WithoutSum { sha256 },
    }
}

/// What a file holds.
pub(crate) enum FileContent {
    Images(Vec<u8>),
    Labels(Vec<u32>),
    Examples(Examples),
}

/// Reads a file and checks it against the catalogue.
pub(crate) fn read_file(dataset: &Dataset, file: &DatasetFile, location: &Location) -> Result<Summed<FileContent>> {
    read_stream(dataset, file, open(location)?)
}

/// Reads what should be the content of a file and checks it against the catalogue.
pub(crate) fn read_stream(dataset: &Dataset, file: &DatasetFile, stream: Stream<'_>) -> Result<Summed<FileContent>> {
    let path = stream.path().to_owned();
    let (n, [channels, height, width]) = (file.n_examples, dataset.image_shape);
    let content = match file.content {
        Content::Images => {
            let images = idx::images(stream, Some([n, height, width]))?;
            images.map(|images| FileContent::Images(images.pixels))
        }
        Content::Labels => idx::labels(stream, dataset.n_classes(), Some(n))?.map(FileContent::Labels),
        Content::ImagesAndLabels => mat::digits(stream, Some([n, channels, height, width]))?.map(FileContent::Examples),
    };
    match file.sha256 {
        Some(expected) if expected != content.sha256 => Err(Error::Checksum {
            path,
            actual: content.sha256,
            expected: expected.to_owned(),
        }),
        _ => Ok(content),
    }
}

fn open(location: &Location) -> Result<Stream<'static>> {
    match location {
        Location::File(path) => Stream::open(path),
        Location::Embedded(name) | Location::Generated(name) => {
            let bytes = embedded::file(name).unwrap_or_default();
            Ok(Stream::of_bytes(Path::new(name), bytes))
        }
    }
}

fn read_part(
    dataset: &'static Dataset,
    locations: &[Location],
    part: Part,
    sources: &mut Vec<SourceFile>,
) -> Result<Examples> {
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let files = dataset.files.iter().zip(locations);
    for (file, location) in files.filter(|(file, _)| file.part == part) {
        let content = read_file(dataset, file, location)?;
        sources.push(SourceFile {
            location: location.clone(),
            sha256: content.sha256,
        });
        match content.value {
            FileContent::Images(more) if pixels.is_empty() => pixels = more,
            FileContent::Images(more) => pixels.extend(more),
            FileContent::Labels(more) => labels.extend(more),
            FileContent::Examples(examples) => return Ok(examples),
        }
    }
    Examples::from_pixels(pixels, dataset.image_shape, labels, dataset.n_classes())
}
