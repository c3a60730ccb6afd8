//! Folders of data sets: those that are searched, and the one that is written to.

use std::path::PathBuf;

use vds_datasets::Lookup;

use crate::error::Error;

/// Where data sets are looked for: `data_dir`, `VDS_DATA_DIR`, the XDG data folder, the system's.
pub(crate) fn lookup(data_dir: Option<PathBuf>) -> Lookup {
    Lookup {
        data_dir,
        env_dir: std::env::var_os("VDS_DATA_DIR")
            .filter(|dir| !dir.is_empty())
            .map(PathBuf::from),
        xdg_dir: xdg_dir(),
        system_dirs: vec![PathBuf::from(Lookup::SYSTEM_DIR)],
    }
}

/// The folder that data sets are put into: `data_dir`, else that of `VDS_DATA_DIR`, else that of the user.
pub(crate) fn target_dir(data_dir: Option<PathBuf>) -> Result<PathBuf, Error> {
    let lookup = lookup(data_dir);
    let target = lookup.data_dir.or(lookup.env_dir).or(lookup.xdg_dir);
    target.ok_or_else(|| Error::input_with_hint("there is no folder to put data into", "give one with --data-dir"))
}

/// `$XDG_DATA_HOME/vds`, by default `~/.local/share/vds`. A relative path is to be ignored, says the specification.
fn xdg_dir() -> Option<PathBuf> {
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    let data_home = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).and_then(absolute);
    let home = || std::env::var_os("HOME").map(PathBuf::from).and_then(absolute);
    let data_home = data_home.or_else(|| Some(home()?.join(".local/share")))?;
    Some(data_home.join("vds"))
}
