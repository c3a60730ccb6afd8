//! What tests of files share.

use std::path::{Path, PathBuf};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_datasets::{Dataset, Lookup, Result, TrainTest, catalogue};

/// The name that stands in errors about files in memory.
pub(crate) fn name() -> &'static Path {
    Path::new("file")
}

#[track_caller]
pub(crate) fn check_error<T: std::fmt::Debug, E: std::error::Error>(
    result: std::result::Result<T, E>,
    expected: &str,
) -> E {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), expected);
    error
}

pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

pub(crate) fn dataset(name: &str) -> Dataset {
    catalogue::find(name).unwrap()
}

/// Loads a data set that draws no random numbers.
pub(crate) fn load(dataset: &Dataset, lookup: &Lookup) -> Result<TrainTest> {
    vds_datasets::load(dataset, lookup, &mut ChaCha8Rng::seed_from_u64(0))
}
