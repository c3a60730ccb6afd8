//! What runs come out as that nothing disturbs.

use std::collections::BTreeMap;

use serde_json::Value;
use vds_records::files::{ENVIRONMENT, SUMMARY};

use super::steps::CONFIGS;
use crate::sandbox::Sandbox;

/// A network and everything that is printed of it.
pub(super) struct Truth {
    /// Where it is stored.
    folder: String,
    /// Digests of its files but the environment, which names the folder that a run was pruned from.
    files: BTreeMap<String, String>,
    /// Its summary without digests.
    summary: Value,
    /// `evaluate --json`.
    pub(super) scores: String,
    /// `predict --json`.
    pub(super) predictions: String,
}

/// The networks of a test, each trained or pruned once, undisturbed.
pub(super) struct Library {
    sandbox: Sandbox,
    truths: Vec<Truth>,
    pruned: BTreeMap<(usize, usize), usize>,
}

/// Points to predict.
pub(super) const POINTS: &str = "0.5 1\n-2 3\n";

impl Library {
    /// The first truths are those of [`CONFIGS`].
    pub(super) fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("points.txt", POINTS);
        let mut library = Self {
            sandbox,
            truths: Vec::new(),
            pruned: BTreeMap::new(),
        };
        for (index, settings) in CONFIGS.iter().enumerate() {
            let settings = settings.join(" ");
            let command = format!("{} {settings} --out t{index}", super::TRAIN);
            library.add(&command, format!("t{index}"));
        }
        library
    }

    /// The truth of the network of another one, pruned; `None` if it has not that depth.
    pub(super) fn pruned(&mut self, parent: usize, depth: usize) -> Option<usize> {
        if !self.has_depth(parent, depth) {
            return None;
        }
        let index = match self.pruned.get(&(parent, depth)) {
            Some(&index) => index,
            None => {
                let folder = format!("p{}", self.pruned.len());
                let parent = &self.truths[parent].folder;
                self.add(&format!("prune {parent} --depth {depth} --out {folder}"), folder)
            }
        };
        self.pruned.insert((parent, depth), index);
        Some(index)
    }

    /// Whether a network can be pruned to a depth.
    pub(super) fn has_depth(&self, truth: usize, depth: usize) -> bool {
        self.truths[truth].summary["max_depth"].as_u64() >= Some(depth as u64)
    }

    /// Runs a command that stores a run in a folder.
    fn add(&mut self, command: &str, folder: String) -> usize {
        let sandbox = &self.sandbox;
        sandbox.run(command);
        let summary = sandbox.text(&format!("{folder}/{SUMMARY}"));
        // Two ways may lead to one network.
        if let Some(index) = self.find(summary.as_bytes()) {
            return index;
        }
        let (summary, files) = split(&summary).unwrap();
        self.truths.push(Truth {
            summary,
            files,
            scores: sandbox.run(&format!("evaluate {folder} --json")),
            predictions: sandbox.run(&format!("predict {folder} points.txt --json")),
            folder,
        });
        self.truths.len() - 1
    }

    pub(super) fn get(&self, truth: usize) -> &Truth {
        &self.truths[truth]
    }

    /// The undisturbed run that has this summary.
    pub(super) fn find(&self, summary: &[u8]) -> Option<usize> {
        let (summary, files) = split(str::from_utf8(summary).ok()?)?;
        self.truths
            .iter()
            .position(|truth| truth.files == files && truth.summary == summary)
    }
}

/// A summary without the digests, and the digests of the files but the environment.
fn split(text: &str) -> Option<(Value, BTreeMap<String, String>)> {
    let mut summary: Value = serde_json::from_str(text).ok()?;
    let fields = summary.as_object_mut()?;
    fields.remove("sha256")?;
    let mut files: BTreeMap<String, String> = serde_json::from_value(fields.remove("files")?).ok()?;
    files.remove(ENVIRONMENT)?;
    Some((summary, files))
}
