//! The data that are read now against those that a run recorded.

use std::path::Path;

use vds_datasets::{Origin, Provenance};
use vds_files::Shown as _;
use vds_records::files::ENVIRONMENT;
use vds_records::{RunReader, other_files};

use crate::error::Error;

/// Refuses data that are not those in a record, which has the path `record`.
pub(crate) fn check_digests(record: &Path, recorded: &[String], provenance: &Provenance) -> Result<(), Error> {
    let Some(other) = other_files(recorded, &provenance.digests()).into_iter().next() else {
        return Ok(());
    };
    let files = &provenance.files;
    let location = files.get(other.index).map(|file| file.origin.to_string());
    let hint = match files.iter().any(|file| matches!(file.origin, Origin::Read(_))) {
        true => "give the folder with the same data with --data-dir",
        false => "generated data follow from the configuration and the program; `vds verify` prints how they differ",
    };
    Err(Error::input_with_hint(
        format!(
            "the data are not those of {}: {} has the SHA-256 digest {}, recorded is {}",
            record.shown(),
            location.as_deref().unwrap_or("a missing file"),
            other.now.as_deref().unwrap_or("none"),
            other.recorded.as_deref().unwrap_or("none")
        ),
        hint,
    ))
}

/// Refuses data that are not those that a stored run was made with.
///
/// # Errors
/// [`Error::Input`], also if the file that says what its data were cannot be read.
pub(crate) fn check_run(records: &RunReader, provenance: &Provenance) -> anyhow::Result<()> {
    let recorded = records.environment()?.digests();
    Ok(check_digests(&records.path().join(ENVIRONMENT), &recorded, provenance)?)
}

#[cfg(test)]
mod tests {
    use vds_datasets::SourceFile;

    use super::*;

    #[test]
    fn data_with_another_digest_are_refused_with_both() {
        let file = |sha256: &str| SourceFile {
            origin: Origin::Generated("points"),
            sha256: sha256.to_owned(),
        };
        let provenance = Provenance {
            name: "spirals".to_owned(),
            class_names: Vec::new(),
            files: vec![file("a"), file("c")],
        };
        let recorded = ["a", "b"].map(str::to_owned);
        let error = check_digests(Path::new("r/environment.json"), &recorded, &provenance);
        assert_eq!(
            error.unwrap_err().to_string(),
            "the data are not those of r/environment.json: generated: points has the SHA-256 digest c, recorded is b"
        );
    }
}
