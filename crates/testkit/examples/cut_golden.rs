//! Copies some cases of a golden set, with a manifest that lists only them, into a crate's `tests/golden`.
//!
//! `cargo run -p vds-testkit --example cut_golden -- SET FOLDER CASE...`

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [set, folder, cases @ ..] = arguments.as_slice() else {
        return Err("expected: SET FOLDER CASE...".into());
    };
    let (set, folder) = (Path::new(set), Path::new(folder));
    std::fs::create_dir_all(folder)?;
    let mut manifest: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(set.join("manifest.json"))?)?;
    let files = manifest["files"].as_array_mut().ok_or("the manifest lists no files")?;
    files.retain(|file| cases.iter().any(|case| file["file"] == format!("{case}.safetensors")));
    for file in files.iter_mut() {
        let file = file.as_object_mut().ok_or("a file of the manifest is not an object")?;
        // The tests use the recommended tolerances; the rest only takes room.
        file.retain(|key, _| ["file", "bytes", "sha256"].contains(&key.as_str()));
    }
    for case in cases {
        let name = format!("{case}.safetensors");
        std::fs::copy(set.join(&name), folder.join(&name))?;
    }
    std::fs::write(
        folder.join("manifest.json"),
        serde_json::to_string_pretty(&manifest)? + "\n",
    )?;
    Ok(())
}
