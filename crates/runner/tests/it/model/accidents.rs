//! What befalls run directories other than by commands.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::steps::{Damage, Move, Part};
use super::world::{World, regular};

impl World {
    /// Damages a file; says whether there was one.
    pub(super) fn damage(&self, dir: usize, part: Part, damage: Damage) -> bool {
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
    pub(super) fn relocate(&mut self, change: Move) -> bool {
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
}

fn remove(path: &Path) {
    match path.symlink_metadata().unwrap().is_dir() {
        true => fs::remove_dir_all(path).unwrap(),
        false => fs::remove_file(path).unwrap(),
    }
}
