//! Run directories, what has become of them, and the steps that change them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use vds_records::files::{CHECKPOINTS, CONFIG, ENVIRONMENT, LOCK, SEALED, SUMMARY};

use super::library::{Library, POINTS};
use super::steps::{CONFIGS, Call, DIRS, Damage, End, Move, Page, Part, Step};
use crate::sandbox::{Entry, Sandbox, configs};

/// Longest time of a command.
const LIMIT: Duration = Duration::from_secs(30);

/// How many there were.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) steps: usize,
    pub(super) commands: usize,
    pub(super) kills: usize,
    pub(super) damages: usize,
    pub(super) moves: usize,
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

/// What became of a command.
pub(super) struct Ended {
    /// `None` if it was killed.
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) hung: bool,
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

    /// Damages a file; says whether there was one.
    fn damage(&self, dir: usize, part: Part, damage: Damage) -> bool {
        let Some(path) = self.part(dir, part) else {
            return false;
        };
        let outside = self.sandbox.path("outside");
        let is_dir = path.symlink_metadata().unwrap().is_dir();
        match damage {
            Damage::Truncated | Damage::FlippedBit(_) => {
                let Some(mut bytes) = regular(&path).filter(|bytes| !bytes.is_empty()) else {
                    return false;
                };
                if let Damage::FlippedBit(bit) = damage {
                    let at = bit / 8 % bytes.len();
                    bytes[at] ^= 1 << (bit % 8);
                } else {
                    bytes.truncate(bytes.len() / 2);
                }
                // In the place of a link, not through it.
                remove(&path);
                fs::write(path, bytes).unwrap();
            }
            Damage::SwappedWith(other) => {
                let Some(other_path) = self.part(other, part).filter(|other| *other != path) else {
                    return false;
                };
                if self.real(other) == self.real(dir) {
                    return false;
                }
                let aside = self.sandbox.path("aside");
                fs::rename(&path, &aside).unwrap();
                fs::rename(&other_path, &path).unwrap();
                fs::rename(&aside, &other_path).unwrap();
            }
            Damage::Missing => remove(&path),
            Damage::Empty => {
                remove(&path);
                fs::write(path, "").unwrap();
            }
            Damage::Folder => {
                remove(&path);
                fs::create_dir(path).unwrap();
            }
            Damage::Fifo => {
                remove(&path);
                assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
            }
            Damage::Link => {
                remove(&path);
                symlink(outside.join(if is_dir { "folder" } else { "notes" }), path).unwrap();
            }
            Damage::LinkTo(other) => {
                let Some(other_path) = self.part(other, part).filter(|_| self.real(other) != self.real(dir)) else {
                    return false;
                };
                remove(&path);
                symlink(other_path, path).unwrap();
            }
            Damage::BrokenLink => {
                remove(&path);
                symlink(outside.join("nowhere"), path).unwrap();
            }
        }
        true
    }

    /// Moves a run directory; says whether it could.
    fn relocate(&mut self, change: Move) -> bool {
        let there = |path: &PathBuf| path.symlink_metadata().is_ok();
        match change {
            Move::Rename(from, to) | Move::Copy(from, to) | Move::Link(from, to) => {
                let [from, to] = [from, to].map(|dir| self.path(dir));
                if !there(&from) || there(&to) {
                    return false;
                }
                match change {
                    Move::Rename(..) => {
                        fs::rename(&from, &to).unwrap();
                        if self.damaged.remove(&from) {
                            self.damaged.insert(to);
                        }
                    }
                    Move::Copy(..) => {
                        assert!(
                            Command::new("cp")
                                .arg("-a")
                                .args([&from, &to])
                                .status()
                                .unwrap()
                                .success()
                        );
                        if self.damaged.contains(&from) {
                            self.damaged.insert(to);
                        }
                    }
                    _ => symlink(from.file_name().unwrap(), &to).unwrap(),
                }
            }
            Move::Swap(first, second) => {
                let [a, b] = [first, second].map(|dir| self.path(dir));
                if a == b || !there(&a) || !there(&b) {
                    return false;
                }
                let aside = self.sandbox.path("aside");
                fs::rename(&a, &aside).unwrap();
                fs::rename(&b, &a).unwrap();
                fs::rename(&aside, &b).unwrap();
                let [was_a, was_b] = [&a, &b].map(|path| self.damaged.remove(path));
                self.damaged.extend(was_a.then_some(b));
                self.damaged.extend(was_b.then_some(a));
            }
            Move::Remove(dir) => {
                let path = self.path(dir);
                if !there(&path) {
                    return false;
                }
                self.damaged.remove(&path);
                remove(&path);
            }
        }
        true
    }

    /// Runs a command to its end, or to the end that it is made to have.
    pub(super) fn execute(&self, call: Call, end: End) -> Ended {
        let mut command = self.sandbox.command("");
        command.args(self.arguments(call));
        if let End::Fault(place, count) = end {
            command.env("VDS_FAULT", format!("{place}@{count}"));
        }
        // Of its own group: a sweep has processes of its own.
        let streams = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = streams.process_group(0).spawn().unwrap();
        let (start, mut hung) = (Instant::now(), false);
        let limit = match end {
            End::Killed(milliseconds) => Duration::from_millis(milliseconds),
            End::Itself | End::Fault(..) => LIMIT,
        };
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() >= limit {
                hung = limit == LIMIT;
                let group = format!("-{}", child.id());
                // It may have ended by itself in between.
                let _ = Command::new("kill")
                    .args(["-9", "--", &group])
                    .stderr(Stdio::null())
                    .status();
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        Ended {
            code: status.code(),
            signal: status.signal(),
            stdout,
            stderr,
            hung,
        }
    }

    fn arguments(&self, call: Call) -> Vec<String> {
        let plain = |words: &str| words.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let with = |words: &str, dirs: &[usize]| {
            let dirs = dirs.iter().map(|&dir| DIRS[dir].to_owned());
            [plain(words), dirs.collect()].concat()
        };
        let overwriting = |overwrite: bool| overwrite.then(|| "--overwrite".to_owned());
        match call {
            Call::Train { config, out, overwrite } => {
                let settings = CONFIGS[config].iter().map(|&word| word.to_owned());
                let train = super::TRAIN.replace("CONFIGS/", "");
                let words = plain(&format!("{train} --checkpoint-epochs {} --out", 1 + config % 2));
                let words = words.into_iter().chain([DIRS[out].to_owned()]);
                words.chain(settings).chain(overwriting(overwrite)).collect()
            }
            Call::Resume(dir) => with("train --quiet --checkpoint-epochs 1 --resume", &[dir]),
            Call::Prune {
                run,
                out,
                depth,
                overwrite,
            } => {
                let words = with(&format!("prune --depth {depth} --out"), &[out, run]);
                words.into_iter().chain(overwriting(overwrite)).collect()
            }
            Call::Evaluate(dir) => with("evaluate --json", &[dir]),
            Call::Predict(dir) => [with("predict --json", &[dir]), plain("points.txt")].concat(),
            Call::Report(dir, page) => {
                let page = self.page(page).to_string_lossy().to_string();
                [with("report", &[dir]), vec!["--out".to_owned(), page]].concat()
            }
            Call::Verify(dir) => with("verify", &[dir]),
            Call::SweepPlan => plain("sweep plan plan.ron --out s"),
            Call::SweepRun => plain("sweep run s"),
            Call::SweepStatus => plain("sweep status s"),
            Call::DataList => plain("data list"),
        }
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
fn regular(path: &Path) -> Option<Vec<u8>> {
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file.then(|| fs::read(path).unwrap())
}

/// JSON without its white space and the spelling of its numbers.
pub(super) fn canonical(bytes: &[u8]) -> Option<String> {
    Some(serde_json::from_slice::<serde_json::Value>(bytes).ok()?.to_string())
}

fn remove(path: &Path) {
    match path.symlink_metadata().unwrap().is_dir() {
        true => fs::remove_dir_all(path).unwrap(),
        false => fs::remove_file(path).unwrap(),
    }
}
