//! The data that are read now against those that a run recorded.

use std::path::Path;

use vds_datasets::{Origin, Provenance};
use vds_files::Shown as _;
use vds_records::RunReader;
use vds_records::files::ENVIRONMENT;

use crate::error::Error;

/// A file of data with another digest than the recorded one, or that only one side has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OtherFile {
    /// Its place among the files of the data set.
    pub(crate) index: usize,
    /// Where it was read now.
    pub(crate) location: Option<String>,
    /// The digest that was recorded.
    pub(crate) recorded: Option<String>,
    /// The digest that it has now.
    pub(crate) now: Option<String>,
}

/// The files whose SHA-256 digests are not those recorded; where the files lie does not matter.
pub(crate) fn other_files(recorded: &[String], provenance: &Provenance) -> Vec<OtherFile> {
    let files = &provenance.files;
    let pairs = (0..recorded.len().max(files.len())).map(|index| OtherFile {
        index,
        location: files.get(index).map(|file| file.origin.to_string()),
        recorded: recorded.get(index).cloned(),
        now: files.get(index).map(|file| file.sha256.clone()),
    });
    pairs.filter(|file| file.recorded != file.now).collect()
}

/// Refuses data that are not those in a record, which has the path `record`.
pub(crate) fn check_digests(record: &Path, recorded: &[String], provenance: &Provenance) -> Result<(), Error> {
    let Some(other) = other_files(recorded, provenance).into_iter().next() else {
        return Ok(());
    };
    let location = other.location.unwrap_or_else(|| "a missing file".to_owned());
    let digest = |digest: Option<String>| digest.unwrap_or_else(|| "none".to_owned());
    let is_read = |origin: &Origin| matches!(origin, Origin::Read(_));
    let hint = match provenance.files.iter().any(|file| is_read(&file.origin)) {
        true => "give the folder with the same data with --data-dir",
        false => "generated data follow from the configuration and the program; `vds verify` prints how they differ",
    };
    Err(Error::input_with_hint(
        format!(
            "the data are not those of {}: {location} has the SHA-256 digest {}, recorded is {}",
            record.shown(),
            digest(other.now),
            digest(other.recorded)
        ),
        hint,
    ))
}

/// Refuses data that are not those that a stored run was made with.
///
/// # Errors
/// [`Error::Input`], also if the file that says what its data were cannot be read.
pub(crate) fn check_run(records: &RunReader, provenance: &Provenance) -> anyhow::Result<()> {
    let path = records.path().join(ENVIRONMENT);
    let recorded: Vec<String> = records
        .environment()?
        .data
        .into_iter()
        .map(|file| file.sha256)
        .collect();
    Ok(check_digests(&path, &recorded, provenance)?)
}

#[cfg(test)]
mod tests {
    use vds_datasets::SourceFile;

    use super::*;

    #[test]
    fn data_digests_are_compared_file_by_file() {
        let provenance = |digests: &[&str]| Provenance {
            name: "spirals".to_owned(),
            class_names: Vec::new(),
            files: digests
                .iter()
                .map(|&sha256| SourceFile {
                    origin: Origin::Generated("points"),
                    sha256: sha256.to_owned(),
                })
                .collect(),
        };
        let recorded = ["a", "b"].map(str::to_owned);
        let indices = |now: &[&str]| -> Vec<usize> {
            let others = other_files(&recorded, &provenance(now)).into_iter();
            others.map(|file| file.index).collect()
        };
        assert!(indices(&["a", "b"]).is_empty());
        assert_eq!(indices(&["a", "c"]), [1]);
        assert_eq!(indices(&["b", "a"]), [0, 1]);
        assert_eq!(indices(&["a"]), [1]);
        assert_eq!(indices(&["a", "b", "c"]), [2]);
        let error = check_digests(Path::new("r/environment.json"), &recorded, &provenance(&["a", "c"]));
        assert_eq!(
            error.unwrap_err().to_string(),
            "the data are not those of r/environment.json: generated: points has the SHA-256 digest c, recorded is b"
        );
    }
}
