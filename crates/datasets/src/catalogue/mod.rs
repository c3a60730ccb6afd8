//! The data sets that are known by name: what they are made of, where to get them, and which files are the right ones.

mod entries;

use crate::dataset::Dataset;
use crate::error::{Error, Result};

/// All data sets.
pub fn all() -> Vec<Dataset> {
    entries::ALL.iter().map(|(_, make)| make()).collect()
}

/// Names of all data sets.
pub fn names() -> impl Iterator<Item = &'static str> {
    entries::ALL.iter().map(|(name, _)| *name)
}

/// The data set of a name.
///
/// # Errors
/// If there is none; with the names that there are.
pub fn find(name: &str) -> Result<Dataset> {
    let found = entries::ALL.iter().find(|(known, _)| *known == name);
    found.map(|(_, make)| make()).ok_or_else(|| Error::UnknownDataset {
        name: name.to_owned(),
        known: names().collect(),
    })
}

#[cfg(test)]
mod tests;
