//! Where a page may be written: nothing but an older one of its kind is replaced.

use std::io::{self, Read as _};
use std::path::Path;

use vds_files::{Shown as _, folder_of};
use vds_records::files::{ALL, CHECKPOINTS, LOCK};

use crate::error::{Error, OrInput as _};

/// A kind of file that a command writes and may replace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutFile {
    /// What it is called: `page`.
    pub(crate) name: &'static str,
    /// With what every one of them begins.
    pub(crate) start: &'static str,
    /// A file name to propose.
    pub(crate) example: &'static str,
}

impl OutFile {
    /// Refuses a place that cannot take such a file, holds something else, or is one of a run's files, before anything is read.
    pub(crate) fn check(&self, out: &Path) -> Result<(), Error> {
        let Self {
            name: kind,
            start,
            example,
        } = *self;
        let shown = out.shown();
        let refuse = |what: String| Err(Error::input_with_hint(what, "choose another --out"));
        if out.is_dir() {
            return Err(Error::input_with_hint(
                format!("{shown} is a folder"),
                format!("name a file in it, as --out {}", out.join(example).quoted()),
            ));
        }
        let folder = folder_of(out);
        if !folder.is_dir() {
            let message = format!("there is no folder {} to write {shown} into", folder.shown());
            return Err(Error::input_with_hint(message, "make it, or choose another --out"));
        }
        let resolved = folder.canonicalize();
        let resolved = resolved.or_input(|| format!("looking into the folder {}", folder.shown()))?;
        let name = out.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        let is_of_run = name == LOCK || name == CHECKPOINTS || ALL.iter().any(|file| name == *file);
        if is_of_run && holds_run(&resolved) {
            return refuse(format!("{shown} is a file of the run {}", folder.shown()));
        }
        if resolved.ends_with(CHECKPOINTS) && resolved.parent().is_some_and(holds_run) {
            return refuse(format!("{} holds the checkpoints of a run", folder.shown()));
        }
        match out.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error).or_input(|| format!("looking at {shown}")),
            Ok(metadata) if metadata.is_symlink() => {
                refuse(format!("{shown} is a symbolic link, expected a {kind} or nothing"))
            }
            Ok(metadata) if !metadata.is_file() => refuse(format!("{shown} is not a regular file")),
            Ok(_) => match begins_with(out, start.as_bytes()).or_input(|| format!("reading {shown}"))? {
                true => Ok(()),
                false => refuse(format!(
                    "{shown} is not a {kind}: it does not begin with {}",
                    start.trim_end()
                )),
            },
        }
    }
}

/// Whether any file of a run is in a folder: also what is left of a run is not written over.
fn holds_run(folder: &Path) -> bool {
    let mut names = ALL.iter().chain([&LOCK, &CHECKPOINTS]);
    names.any(|name| folder.join(name).symlink_metadata().is_ok())
}

fn begins_with(path: &Path, start: &[u8]) -> io::Result<bool> {
    let mut found = Vec::with_capacity(start.len());
    vds_files::open(path)?
        .take(start.len() as u64)
        .read_to_end(&mut found)?;
    Ok(found == start)
}
