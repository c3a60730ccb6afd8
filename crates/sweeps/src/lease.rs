//! Who trains a cell: a file that its process renews as long as it lives.
//!
//! A run directory has a lock as well, which the system gives back when a process ends. It keeps apart the processes of one host,
//! and those of several hosts where the shared file system has locks. The lease does so where it has none, or where locks hold on
//! one host only.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, at};

/// How often a lease is renewed.
pub const RENEWAL: Duration = Duration::from_secs(20);
/// Age from which a lease is no longer believed: six renewals have failed, so that a file server that pauses for a minute loses
/// nobody's lease.
pub const STALE: Duration = Duration::from_secs(120);

/// The folder of the leases, in that of the sweep.
const LEASES: &str = "leases";

/// A process that trains cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of its host, for people.
    pub host: String,
    /// What tells apart whose process numbers mean the same: a boot of a machine, and a container on it.
    pub instance: String,
    /// Process number.
    pub process: u32,
    /// Time of day of the last renewal, for people: clocks of hosts may differ, so nothing is decided by it.
    pub at: String,
}

/// The present process, and what it can see of others.
#[derive(Clone, Debug)]
pub struct Here {
    /// Itself.
    pub holder: Holder,
    /// Whether a process of this instance lives.
    pub is_alive: fn(u32) -> bool,
}

/// A lease that this process holds; dropped, it is given back.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
    holder: Holder,
}

impl Lease {
    /// Takes the lease of a cell; `None` if another process has it. Of two that try at once, one gets it.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn take(folder: &Path, id: &str, here: &Here) -> Result<Option<Self>> {
        let path = path(folder, id);
        let parent = vds_files::folder_of(&path);
        at(fs::create_dir_all(parent), "making the folder", parent)?;
        // The second try is for a stale lease that was removed.
        for _ in 0..2 {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(mut file) => {
                    at(file.write_all(text(&here.holder).as_bytes()), "writing", &path)?;
                    let holder = here.holder.clone();
                    return Ok(Some(Self { path, holder }));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => {
                    let doing = "making the lease";
                    return Err(Error::Io { doing, path, source });
                }
            }
            if !is_stale(&path, here) || !remove_stale(&path, here) {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// Renews it; false if another process has taken it in between, because this one was held up for longer than [`STALE`].
    ///
    /// # Errors
    /// If the file cannot be written: the lease may still be good.
    pub fn renew(&mut self, at: &str) -> Result<bool> {
        if !self.is_own() {
            return Ok(false);
        }
        self.holder.at = at.to_owned();
        // In place: if another process moves the file away at this moment, its new one is not touched.
        let written = OpenOptions::new().write(true).truncate(true).open(&self.path);
        let written = written.and_then(|mut file| file.write_all(text(&self.holder).as_bytes()));
        crate::error::at(written, "renewing", &self.path)?;
        Ok(true)
    }

    fn is_own(&self) -> bool {
        read(&self.path).is_some_and(|holder| is_same(&holder, &self.holder))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.is_own() {
            // One that stays becomes stale.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The process that trains a cell by its lease, if there is one beside the present.
pub fn holder(folder: &Path, id: &str, here: &Here) -> Option<Holder> {
    let path = path(folder, id);
    if !path.exists() || is_stale(&path, here) {
        return None;
    }
    read(&path).filter(|holder| !is_same(holder, &here.holder))
}

/// Whether nobody holds a lease any more. A process of this instance is looked for; of others the age decides.
fn is_stale(path: &Path, here: &Here) -> bool {
    if let Some(holder) = read(path)
        && holder.instance == here.holder.instance
        && !(here.is_alive)(holder.process)
    {
        return true;
    }
    age(path, here).is_some_and(|age| age > STALE)
}

/// Time since the last renewal by the clock of the file system, which is the same for all hosts; `None` if that cannot be found
/// out.
fn age(path: &Path, here: &Here) -> Option<Duration> {
    let renewed = fs::metadata(path).ok()?.modified().ok()?;
    let probe = beside(path, "probe", here);
    let now = File::create(&probe)
        .and_then(|mut file| {
            // Some systems date a file only when something is written.
            file.write_all(b"now\n")?;
            file.metadata()?.modified()
        })
        .ok();
    let _ = fs::remove_file(&probe);
    now?.duration_since(renewed).ok()
}

/// Removes a stale lease; false if another process was faster, and may have taken it anew.
fn remove_stale(path: &Path, here: &Here) -> bool {
    let removed = beside(path, "stale", here);
    if fs::rename(path, &removed).is_err() {
        return false;
    }
    // What was moved may be the new lease of a process that removed the stale one just before.
    let is_ours = is_stale(&removed, here);
    if !is_ours {
        let _ = fs::hard_link(&removed, path);
    }
    let _ = fs::remove_file(&removed);
    is_ours
}

fn path(folder: &Path, id: &str) -> PathBuf {
    folder.join(LEASES).join(format!("{id}.json"))
}

/// A file of this process alone.
fn beside(path: &Path, what: &str, here: &Here) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let Holder { host, process, .. } = &here.holder;
    let host: String = host
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    path.with_file_name(format!(".vds-{what}-{stem}-{host}-{process}"))
}

fn read(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&vds_files::read(path, 4096).ok()?).ok()
}

fn text(holder: &Holder) -> String {
    serde_json::to_string(holder).unwrap_or_default() + "\n"
}

fn is_same(a: &Holder, b: &Holder) -> bool {
    (&a.instance, a.process) == (&b.instance, b.process)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here(instance: &str, process: u32) -> Here {
        Here {
            holder: Holder {
                host: instance.to_owned(),
                instance: instance.to_owned(),
                process,
                at: String::new(),
            },
            is_alive: |process| process < 100,
        }
    }

    fn age_by(folder: &Path, id: &str, age: Duration) {
        let file = OpenOptions::new().write(true).open(path(folder, id)).unwrap();
        let modified = file.metadata().unwrap().modified().unwrap();
        file.set_modified(modified - age).unwrap();
    }

    #[test]
    fn lease_is_held_by_one_until_it_is_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (a, b, elsewhere) = (here("host", 1), here("host", 2), here("other", 1));
        let mut lease = Lease::take(folder, "c", &a).unwrap().unwrap();
        assert!(Lease::take(folder, "c", &b).unwrap().is_none());
        assert!(Lease::take(folder, "c", &elsewhere).unwrap().is_none());
        assert_eq!(holder(folder, "c", &b), Some(a.holder.clone()));
        assert_eq!(holder(folder, "c", &a), None);
        assert!(lease.renew("later").unwrap());
        assert_eq!(holder(folder, "c", &elsewhere).unwrap().at, "later");
        drop(lease);
        assert!(Lease::take(folder, "c", &elsewhere).unwrap().is_some());
        assert_eq!(fs::read_dir(folder.join(LEASES)).unwrap().count(), 0);
    }

    #[test]
    fn lease_of_a_dead_process_of_the_same_host_is_taken_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::mem::forget(Lease::take(folder, "c", &here("host", 100)).unwrap());
        assert!(Lease::take(folder, "c", &here("other", 1)).unwrap().is_none());
        assert!(Lease::take(folder, "c", &here("host", 1)).unwrap().is_some());
    }

    #[test]
    fn lease_that_was_not_renewed_is_taken_and_its_holder_notices() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let mut slow = Lease::take(folder, "c", &here("host", 1)).unwrap().unwrap();
        age_by(folder, "c", STALE - Duration::from_secs(10));
        assert!(Lease::take(folder, "c", &here("other", 1)).unwrap().is_none());
        age_by(folder, "c", Duration::from_secs(20));
        let taken = Lease::take(folder, "c", &here("other", 1)).unwrap();
        assert!(taken.is_some() && !slow.renew("now").unwrap());
        drop(slow);
        assert!(
            holder(folder, "c", &here("third", 1)).is_some(),
            "only one's own is removed"
        );
    }

    #[test]
    fn lease_with_anything_else_in_it_is_held_until_it_is_stale() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        fs::create_dir(folder.join(LEASES)).unwrap();
        fs::write(path(folder, "c"), "").unwrap();
        assert!(Lease::take(folder, "c", &here("host", 1)).unwrap().is_none());
        age_by(folder, "c", STALE + Duration::from_secs(1));
        assert!(Lease::take(folder, "c", &here("host", 1)).unwrap().is_some());
    }
}
