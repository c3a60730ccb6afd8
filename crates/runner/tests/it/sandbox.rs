//! A temporary folder in which `vds` runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use vds_records::{Summary, files};

/// A folder of its own, removed at the end. Commands run two levels below its top, so that what they write through `../..`
/// stays in it and is seen.
pub(crate) struct Sandbox {
    top: tempfile::TempDir,
}

/// Where commands run, below the top.
const WORK: &str = "above/home";
/// The folder for temporary files, below the top.
const TEMPORARY: &str = "tmp";

/// Something on disk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
    /// A FIFO, say: reading it could wait.
    Special,
}

/// The folder with the shipped configurations.
pub(crate) fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs")
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let top = tempfile::tempdir().unwrap();
        fs::create_dir_all(top.path().join(WORK)).unwrap();
        fs::create_dir(top.path().join(TEMPORARY)).unwrap();
        Self { top }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.top.path().join(WORK).join(name)
    }

    /// The command in the folder, with no data folder of this machine in reach. `CONFIGS` stands for the shipped configurations.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vds"));
        let configs = configs().to_string_lossy().to_string();
        command.args(
            arguments
                .split_whitespace()
                .map(|word| word.replace("CONFIGS", &configs)),
        );
        command.current_dir(self.path(""));
        command
            .env_remove("VDS_DATA_DIR")
            .env("XDG_DATA_HOME", self.path("xdg"))
            .env("HOME", self.path(""))
            .env("TMPDIR", self.top.path().join(TEMPORARY));
        command
    }

    /// Standard output of a command that succeeds.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &str) -> String {
        let output = self.command(arguments).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "vds {arguments}: {}\n{stderr}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard error and exit code of a command.
    pub(crate) fn fail(&self, arguments: &str) -> (String, Option<i32>) {
        let Output { stderr, status, .. } = self.command(arguments).output().unwrap();
        (String::from_utf8(stderr).unwrap(), status.code())
    }

    #[track_caller]
    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).unwrap()
    }

    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Writes a file, and the folders around it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Replaces a text that must be in the file.
    #[track_caller]
    pub(crate) fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} does not hold {from}");
        self.write(name, text.replace(from, to));
    }

    /// Seals a finished run again whose files a test has changed, so that readers get to their content. A summary that cannot be
    /// read stays as it is.
    pub(crate) fn reseal(&self, run: &str) {
        let path = self.path(run).join(files::SUMMARY);
        let text = fs::read_to_string(&path).unwrap_or_default();
        let Ok(mut summary) = serde_json::from_str::<Summary>(&text) else {
            return;
        };
        let contents = files::SEALED.map(|name| (name, fs::read(self.path(run).join(name))));
        summary.files = contents
            .into_iter()
            .filter_map(|(name, bytes)| Some((name.to_owned(), vds_files::digest(&bytes.ok()?))))
            .collect();
        fs::write(path, serde_json::to_string_pretty(&summary.sealed()).unwrap() + "\n").unwrap();
    }

    /// Renames the digest in a weights file, as if another program had written it without one.
    pub(crate) fn unseal_weights(&self, run: &str) {
        let path = self.path(run).join(files::WEIGHTS);
        let mut bytes = fs::read(&path).unwrap();
        let name = br#"\"sha256\""#;
        // Whose metadata a test has taken away has no digest any more.
        if let Some(at) = bytes.windows(name.len()).position(|window| window == name) {
            bytes[at + name.len() - 3] = b'x';
            fs::write(path, bytes).unwrap();
        }
        self.reseal(run);
    }

    /// Every file and folder below the top, with its content.
    pub(crate) fn everything(&self) -> BTreeMap<PathBuf, Entry> {
        let mut found = BTreeMap::new();
        let mut open = vec![self.top.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                let kind = fs::symlink_metadata(&path).unwrap().file_type();
                let entry = if kind.is_dir() {
                    open.push(path.clone());
                    Entry::Folder
                } else if kind.is_symlink() {
                    Entry::Link(fs::read_link(&path).unwrap())
                } else if kind.is_file() {
                    Entry::File(fs::read(&path).unwrap())
                } else {
                    Entry::Special
                };
                found.insert(path, entry);
            }
        }
        found
    }

    /// Whatever was added, removed or changed since `before`.
    pub(crate) fn changes(&self, before: &BTreeMap<PathBuf, Entry>) -> Vec<PathBuf> {
        let after = self.everything();
        let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let changed = paths.into_iter().filter(|&path| before.get(path) != after.get(path));
        changed.cloned().collect()
    }
}
