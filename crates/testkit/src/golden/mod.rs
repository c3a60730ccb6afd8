//! Golden vectors: safetensors files made by the authors' PyTorch code, with a manifest of tolerances.
//!
//! A test walks the whole set and handles the kinds that its crate implements; a file that the manifest does not list, a kind
//! that nobody knows, and a set without a case of a kind that is asked for fail it. The set is the folder named by the
//! environment variable `VDS_GOLDEN_DIR`, else the part of it that is committed with the crate.

mod case;
mod comparison;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use case::{GoldenCase, Kind};
pub use comparison::Report;
use serde::Deserialize;

/// A folder of golden cases.
#[derive(Debug)]
pub struct GoldenSet {
    folder: PathBuf,
    manifest: Manifest,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    files: Vec<ManifestFile>,
    tolerances: BTreeMap<String, GroupTolerance>,
}

#[derive(Debug, Deserialize)]
struct ManifestFile {
    file: String,
    /// Absent from the sets that are committed.
    meta: Option<ManifestMeta>,
}

#[derive(Debug, Deserialize)]
struct ManifestMeta {
    #[serde(rename = "type")]
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct GroupTolerance {
    recommended: f64,
}

impl GoldenSet {
    /// The set in `VDS_GOLDEN_DIR`, else the one in `tests/golden` under the crate's folder.
    ///
    /// A relative path is taken from the workspace, two folders above the crate: cargo starts a test in its crate's folder,
    /// where nobody types paths.
    ///
    /// # Panics
    /// If the manifest cannot be read, or the folder holds a case that it does not list.
    pub fn locate(crate_folder: &str) -> Self {
        let crate_folder = Path::new(crate_folder);
        match std::env::var_os("VDS_GOLDEN_DIR") {
            Some(named) => Self::open(&crate_folder.join("../..").join(named)),
            None => Self::open(&crate_folder.join("tests/golden")),
        }
    }

    /// The set in a folder.
    ///
    /// # Panics
    /// As [`Self::locate`].
    pub fn open(folder: &Path) -> Self {
        let path = folder.join("manifest.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.to_string_lossy()));
        let manifest: Manifest =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.to_string_lossy()));
        let set = Self {
            folder: folder.to_owned(),
            manifest,
        };
        set.check_listing();
        set
    }

    fn check_listing(&self) {
        let entries = std::fs::read_dir(&self.folder)
            .unwrap_or_else(|error| panic!("{}: {error}", self.folder.to_string_lossy()));
        for entry in entries {
            let name = entry
                .expect("a readable folder")
                .file_name()
                .to_string_lossy()
                .into_owned();
            let is_listed = self.manifest.files.iter().any(|file| file.file == name);
            assert!(
                is_listed || !name.ends_with(".safetensors"),
                "{name} is not in the manifest"
            );
        }
        assert!(!self.manifest.files.is_empty(), "an empty manifest");
    }

    /// All cases of one kind, at least one. Every file of the manifest is opened, whatever its kind, so that an unknown one is
    /// noticed.
    ///
    /// # Panics
    /// If a file is missing or damaged, its kind is unknown or not the one that the manifest lists, or no case is of the kind.
    pub fn cases(&self, kind: Kind) -> Vec<GoldenCase> {
        let mut cases = Vec::new();
        for file in &self.manifest.files {
            let case = GoldenCase::open(&self.folder.join(&file.file));
            if let Some(listed) = &file.meta {
                let name = case.name();
                assert_eq!(
                    case.kind(),
                    listed.kind,
                    "{name}: the kind in the file and in the manifest"
                );
            }
            if case.kind() == kind {
                cases.push(case);
            }
        }
        assert!(
            !cases.is_empty(),
            "no case of the kind {kind:?} in {}",
            self.folder.to_string_lossy()
        );
        cases
    }

    /// The recommended tolerance of a group, `net.logits` for instance.
    ///
    /// # Panics
    /// If the manifest has no such group.
    pub fn tolerance(&self, group: &str) -> f64 {
        self.manifest
            .tolerances
            .get(group)
            .unwrap_or_else(|| panic!("no tolerance for {group}"))
            .recommended
    }
}
