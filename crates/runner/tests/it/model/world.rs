//! Run directories, what has become of them, and the steps that change them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use vds_records::files::{CHECKPOINTS, CONFIG, ENVIRONMENT, LOCK, SEALED, SUMMARY};

use super::library::{Library, POINTS};
use super::steps::{DIRS, Damage, Page, Part, Step};
use crate::sandbox::{Entry, Sandbox, configs};

/// How many there were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) steps: usize,
    pub(super) commands: usize,
    pub(super) kills: usize,
    pub(super) damages: usize,
    pub(super) moves: usize,
    /// Unfinished runs that were resumed to their end.
    pub(super) resumed: usize,
}

/// Everything on disk.
pub(super) type Disk = BTreeMap<PathBuf, Entry>;

/// The disk with its run directories, and what is known of them.
pub(super) struct World {
    pub(super) sandbox: Sandbox,
    pub(super) library: Library,
    pub(super) disk: Disk,
    /// Summaries that commands have written: the run, and the digests of its files.
    pub(super) summaries: BTreeMap<String, (usize, BTreeMap<String, String>)>,
    /// Digests of the checkpoints that commands have written.
    pub(super) checkpoints: BTreeSet<String>,
    /// Directories in which something was changed that is not a command.
    pub(super) damaged: BTreeSet<PathBuf>,
    pub(super) counts: Counts,
}

/// In which state a run directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// There is nothing under the name.
    Absent,
    /// A folder with nothing but what killed processes leave before a run begins.
    Empty,
    /// Neither empty nor a run.
    Other,
    Unfinished,
    /// A run with a summary: what it is, if the summary is one that a command wrote, and the files that are not as it says.
    Finished(Option<usize>, Vec<&'static str>),
}

impl World {
    pub(super) fn new() -> Self {
        let sandbox = Sandbox::new();
        let config = fs::read(configs().join("spirals.ron")).unwrap();
        sandbox.write("spirals.ron", config);
        sandbox.write("points.txt", POINTS);
        sandbox.write("outside/notes", "not a line of the journal");
        sandbox.write("outside/folder/.vds-of-others.partial", "not abandoned");
        sandbox.write("plan.ron", super::PLAN);
        Self {
            disk: sandbox.everything(),
            sandbox,
            library: Library::new(),
            summaries: BTreeMap::new(),
            checkpoints: BTreeSet::new(),
            damaged: BTreeSet::new(),
            counts: Counts::default(),
        }
    }

    pub(super) fn path(&self, dir: usize) -> PathBuf {
        self.sandbox.path(DIRS[dir])
    }

    /// The folder that a run directory is, through links.
    pub(super) fn real(&self, dir: usize) -> PathBuf {
        let path = self.path(dir);
        path.canonicalize().unwrap_or(path)
    }

    /// Does a step, and says what does not hold after it.
    pub(super) fn step(&mut self, step: Step) -> Result<(), String> {
        self.counts.steps += 1;
        match step {
            Step::Run(call, end) => self.run(call, end)?,
            Step::Damage(dir, part, damage) => {
                if self.damage(dir, part, damage) {
                    self.counts.damages += 1;
                    self.damaged.insert(self.real(dir));
                    if let Damage::SwappedWith(other) = damage {
                        self.damaged.insert(self.real(other));
                    }
                }
                self.disk = self.sandbox.everything();
            }
            Step::Move(change) => {
                self.counts.moves += usize::from(self.relocate(change));
                self.disk = self.sandbox.everything();
            }
        }
        Ok(())
    }

    /// The file in a run directory, if there is one.
    pub(super) fn part(&self, dir: usize, part: Part) -> Option<PathBuf> {
        let folder = self.path(dir);
        let path = match part {
            Part::File(name) => folder.join(name),
            Part::NewestCheckpoint => checkpoints(&folder).pop()?,
            Part::OldestCheckpoint => checkpoints(&folder).into_iter().next()?,
        };
        path.symlink_metadata().is_ok().then_some(path)
    }

    /// Where a page is written.
    pub(super) fn page(&self, page: Page) -> PathBuf {
        match page {
            Page::New => self.sandbox.path("page.html"),
            Page::Of(dir, part) => self.part(dir, part).unwrap_or_else(|| self.sandbox.path("page.html")),
            Page::Notes => self.sandbox.path("outside/notes"),
        }
    }

    /// In which state a run directory is now.
    pub(super) fn status(&self, dir: usize) -> Status {
        let path = self.path(dir);
        if path.symlink_metadata().is_err() {
            return Status::Absent;
        }
        let Ok(entries) = fs::read_dir(&path) else {
            return Status::Other;
        };
        let there = |name: &str| path.join(name).symlink_metadata().is_ok();
        if there(SUMMARY) {
            let known = regular(&path.join(SUMMARY)).and_then(|bytes| self.summaries.get(&canonical(&bytes)?));
            let Some((truth, files)) = known else {
                let lost = (!there(CONFIG)).then_some(CONFIG);
                return Status::Finished(None, lost.into_iter().chain([SUMMARY]).collect());
            };
            let is_wrong = |name: &&str| {
                let digest = regular(&path.join(name)).map(|bytes| vds_files::digest(&bytes));
                files.contains_key(*name) && digest.as_ref() != files.get(*name)
            };
            return Status::Finished(Some(*truth), SEALED.into_iter().filter(is_wrong).collect());
        }
        let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        if there(CONFIG) {
            Status::Unfinished
        } else if names.all(|name| name.starts_with(".vds-") || name == ENVIRONMENT)
            && !self.damaged.contains(&self.real(dir))
        {
            Status::Empty
        } else {
            Status::Other
        }
    }

    /// Whether the lock and the folder of the checkpoints are what they should be, if they are there.
    pub(super) fn can_be_written(&self, dir: usize) -> bool {
        let kind = |name: &str| self.path(dir).join(name).symlink_metadata().ok();
        kind(LOCK).is_none_or(|lock| lock.is_file()) && kind(CHECKPOINTS).is_none_or(|folder| folder.is_dir())
    }
}

/// The checkpoints in a run directory, oldest first.
pub(super) fn checkpoints(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join(CHECKPOINTS)).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "safetensors"))
        .collect();
    found.sort();
    found
}

/// The content of a regular file, or of one that a link leads to.
pub(super) fn regular(path: &Path) -> Option<Vec<u8>> {
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| fs::read(path).unwrap())
}

/// JSON without its white space and the spelling of its numbers.
pub(super) fn canonical(bytes: &[u8]) -> Option<String> {
    Some(serde_json::from_slice::<serde_json::Value>(bytes).ok()?.to_string())
}
