//! The tracked files of the workspace, as they stand in its folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process::{output, workspace_root};

/// What is built.
#[derive(Debug)]
pub(super) struct Sources {
    /// With `-dirty` if a tracked file differs from it.
    pub(super) commit: String,
    root: PathBuf,
    files: Vec<PathBuf>,
}

impl Sources {
    /// Those of this workspace.
    pub(super) fn of_workspace() -> Result<Self> {
        Self::of(&workspace_root())
    }

    fn of(root: &Path) -> Result<Self> {
        let git = |args: &[&str]| {
            let mut git = Command::new("git");
            output(git.arg("--no-optional-locks").args(args).current_dir(root))
        };
        let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
        let suffix = if changed.is_empty() { "" } else { "-dirty" };
        let commit = format!("{}{suffix}", git(&["rev-parse", "HEAD"])?.trim());
        let names = git(&["ls-files", "-z"])?;
        let names = names.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from);
        // A file may have been removed and not yet from the index.
        let files: Vec<PathBuf> = names.filter(|name| root.join(name).is_file()).collect();
        ensure!(!files.is_empty(), "no file in {} is tracked by git", root.display());
        let root = root.to_path_buf();
        Ok(Self { commit, root, files })
    }

    /// Copies them; nothing but them is in the folder, no repository either.
    pub(super) fn copy_to(&self, folder: &Path) -> Result<()> {
        for file in &self.files {
            let context = || format!("copying {} to {}", file.display(), folder.display());
            let to = folder.join(file);
            fs::create_dir_all(to.parent().unwrap_or(folder)).with_context(context)?;
            fs::copy(self.root.join(file), to).with_context(context)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, args: &[&str]) {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
        let mut command = Command::new("git");
        let command = command.args(identity).args(args).current_dir(folder);
        assert!(output(command).is_ok(), "git {args:?}");
    }

    #[test]
    fn tracked_files_are_copied_as_they_stand_and_a_change_is_told() {
        let root = tempfile::tempdir().unwrap();
        let (from, to) = (root.path().join("from"), root.path().join("to"));
        fs::create_dir_all(from.join("sub")).unwrap();
        for (name, text) in [("sub/kept", "old"), ("removed", "x"), ("untracked", "x")] {
            fs::write(from.join(name), text).unwrap();
        }
        git(&from, &["init", "--quiet"]);
        git(&from, &["add", "sub/kept", "removed"]);
        git(&from, &["commit", "--quiet", "--message", "first"]);
        let clean = Sources::of(&from).unwrap().commit;
        assert!(clean.len() >= 40 && !clean.ends_with("-dirty"), "{clean}");

        fs::write(from.join("sub/kept"), "new").unwrap();
        fs::remove_file(from.join("removed")).unwrap();
        let sources = Sources::of(&from).unwrap();
        assert_eq!(sources.commit, format!("{clean}-dirty"));
        sources.copy_to(&to).unwrap();
        assert_eq!(fs::read_to_string(to.join("sub/kept")).unwrap(), "new");
        assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
    }
}
