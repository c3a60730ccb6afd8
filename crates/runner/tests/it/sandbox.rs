//! A temporary folder in which `vds` runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A folder of its own, removed at the end.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
}

/// The folder with the shipped configurations.
pub(crate) fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs")
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command in the folder, with no data folder of this machine in reach. `CONFIGS` stands for the shipped configurations.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vds"));
        let configs = configs().display().to_string();
        command.args(
            arguments
                .split_whitespace()
                .map(|word| word.replace("CONFIGS", &configs)),
        );
        command.current_dir(self.folder.path());
        command
            .env_remove("VDS_DATA_DIR")
            .env("XDG_DATA_HOME", self.path("xdg"))
            .env("HOME", self.folder.path());
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

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Every file and folder below the folder, sorted.
    pub(crate) fn everything(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open = vec![self.folder.path().to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path.clone());
                }
                found.push(path);
            }
        }
        found.sort();
        found
    }
}
