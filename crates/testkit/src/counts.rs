//! How much the tests have covered, left for whoever asks for it.

use std::path::Path;

/// Writes `counts` to `name.json` in the folder that the environment variable `VDS_COUNTS_DIR` names; without it nothing
/// happens.
///
/// A relative path is taken from the workspace, two folders above this crate: cargo starts a test in its crate's folder,
/// where nobody types paths. The folder is made if it is not there. The file appears as a whole or not at all, so that a test that is killed leaves
/// no half of one.
///
/// # Panics
/// If the folder or the file cannot be written.
pub fn record(name: &str, counts: &serde_json::Value) {
    if let Some(folder) = std::env::var_os("VDS_COUNTS_DIR") {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        record_in(&workspace.join(folder), name, counts);
    }
}

/// Writes `counts` to `name.json` in `folder`; see [`record`].
///
/// # Panics
/// If the folder or the file cannot be written.
pub fn record_in(folder: &Path, name: &str, counts: &serde_json::Value) {
    let (file, partial) = (
        folder.join(format!("{name}.json")),
        // Of this process, as several test binaries may share the folder.
        folder.join(format!(".{name}.{}", std::process::id())),
    );
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&partial, format!("{counts:#}\n")))
        .and_then(|()| std::fs::rename(&partial, &file));
    written.unwrap_or_else(|error| panic!("{}: {error}", file.to_string_lossy()));
}
