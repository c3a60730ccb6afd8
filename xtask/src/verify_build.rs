//! `cargo xtask verify-build`: the same sources give the same bytes, wherever they lie.
//!
//! The tracked files are copied to two folders of different depth and built there, each with a target folder of its own and with
//! its own folders written out of the paths. What is built must be equal, and must name none of the folders: the second matters
//! because the two builds share cargo's home and the toolchain, so that those would not show in a comparison.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::process::{self, cargo, check_writable, output, workspace_root, write_json};

/// Arguments of `cargo xtask verify-build`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Build only libraries of this repository that need few others: a minute instead of many
    #[arg(long, conflicts_with = "out")]
    quick: bool,
    /// Keep the program, if both are equal
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write digests and times to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Build without the network
    #[arg(long)]
    offline: bool,
}

/// Libraries of this repository that are built with few others.
const QUICK: [&str; 3] = ["vds-calibration", "vds-kernels", "vds-variational"];

/// Where one build takes place.
#[derive(Debug)]
struct Site {
    sources: PathBuf,
    target: PathBuf,
}

/// One build.
#[derive(Debug, Serialize)]
struct Build {
    folder: PathBuf,
    elapsed_s: f64,
    artifacts: Vec<Artifact>,
}

/// A built file.
#[derive(Debug, Serialize)]
struct Artifact {
    path: PathBuf,
    n_bytes: usize,
    sha256: String,
    #[serde(skip)]
    bytes: Vec<u8>,
}

/// Builds twice and compares.
pub(crate) fn run(args: &Args) -> Result<()> {
    for path in [&args.json, &args.out].into_iter().flatten() {
        check_writable(path)?;
    }
    let scratch = tempfile::Builder::new().prefix("vds-verify-build-").tempdir();
    let scratch = scratch.context("making a folder to build in")?;
    // The compiler sees the folder that links lead to.
    let folder = scratch
        .path()
        .canonicalize()
        .context("finding the folder to build in")?;
    let sites = sites(&folder);
    // Both before the first build: somebody may be working in the folder meanwhile.
    let commit = commit(&workspace_root())?;
    for site in &sites {
        copy_tracked(&workspace_root(), &site.sources)?;
    }
    let mut builds = Vec::new();
    for site in &sites {
        println!("building {commit} in {}", site.sources.to_string_lossy());
        builds.push(build(args, site, &commit)?);
    }
    for build in &builds {
        println!("\n{} ({:.1} s)", build.folder.to_string_lossy(), build.elapsed_s);
        for artifact in &build.artifacts {
            println!("  {}  {} bytes  {}", artifact.sha256, artifact.n_bytes, artifact.name());
        }
    }
    let pairs = builds[0].artifacts.iter().zip(&builds[1].artifacts);
    let differences: Vec<String> = pairs.filter_map(|(left, right)| difference(left, right)).collect();
    if let Some(path) = &args.json {
        let rustc = output(Command::new(rustc()).arg("--version"))?;
        let record = json!({"commit": commit, "rustc": rustc.trim(), "builds": builds, "differences": differences});
        write_json(path, &record)?;
    }
    if let Some(difference) = differences.first() {
        bail!("the builds differ: {difference}");
    }
    if let Some(out) = &args.out {
        let built = &builds[0].artifacts[0].path;
        fs::copy(built, out).with_context(|| format!("copying the program to {}", out.to_string_lossy()))?;
    }
    println!("\nboth builds are equal, byte by byte, and name no folder of this machine");
    Ok(())
}

/// The commit of a work tree, with `-dirty` if a tracked file differs from it.
fn commit(root: &Path) -> Result<String> {
    let git = |arguments: &[&str]| output(Command::new("git").args(arguments).current_dir(root));
    let status = ["--no-optional-locks", "status", "--porcelain", "--untracked-files=no"];
    let suffix = if git(&status)?.is_empty() { "" } else { "-dirty" };
    Ok(format!("{}{suffix}", git(&["rev-parse", "HEAD"])?.trim()))
}

/// Copies the tracked files as they stand; nothing but them is in the folder, no repository either.
fn copy_tracked(root: &Path, folder: &Path) -> Result<()> {
    let names = output(Command::new("git").args(["ls-files", "-z"]).current_dir(root))?;
    // A file may have been removed and not yet from the index.
    for name in names.split('\0').filter(|name| root.join(name).is_file()) {
        let to = folder.join(name);
        fs::create_dir_all(to.parent().unwrap_or(folder))
            .and_then(|()| fs::copy(root.join(name), &to))
            .with_context(|| format!("copying {name} to {}", folder.to_string_lossy()))?;
    }
    Ok(())
}

/// Two sites that have as little in common as one machine allows.
fn sites(folder: &Path) -> [Site; 2] {
    let site = |sources: &str, target: &str| Site {
        sources: folder.join(sources),
        target: folder.join(target),
    };
    let long = "another/place with/a_longer-name";
    [site("a", "a/target"), site(long, "elsewhere/built")]
}

fn build(args: &Args, site: &Site, commit: &str) -> Result<Build> {
    let hidden = hidden(site)?;
    let start = Instant::now();
    let mut command = cargo();
    command.current_dir(&site.sources);
    command
        .args(["build", "--release", "--locked", "--target-dir"])
        .arg(&site.target);
    command.args(args.offline.then_some("--offline"));
    if args.quick {
        command.args(QUICK.map(|package| format!("--package={package}")));
    } else {
        command.args(["--package", "vds-runner", "--bin", "vds"]);
    }
    // Whatever the caller has set: it would be part of one machine.
    for name in ["RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", remap_flags(&hidden));
    command.env("CARGO_INCREMENTAL", "0").env("VDS_COMMIT", commit);
    process::run(&mut command).with_context(|| format!("building in {}", site.sources.to_string_lossy()))?;
    let elapsed_s = start.elapsed().as_secs_f64();
    let names = if args.quick {
        QUICK
            .map(|package| format!("lib{}.rlib", package.replace('-', "_")))
            .into()
    } else {
        vec![format!("vds{}", std::env::consts::EXE_SUFFIX)]
    };
    let artifacts = names.iter().map(|name| {
        let artifact = Artifact::read(site.target.join("release").join(name))?;
        artifact.check_names_none(hidden.iter().map(|(folder, _)| folder))?;
        Ok(artifact)
    });
    Ok(Build {
        folder: site.sources.clone(),
        elapsed_s,
        artifacts: artifacts.collect::<Result<_>>()?,
    })
}

/// Folders of this machine and what stands for them. Of several that match, the compiler takes the last.
fn hidden(site: &Site) -> Result<[(PathBuf, &'static str); 4]> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let sysroot = output(Command::new(rustc()).args(["--print", "sysroot"]))?;
    Ok([
        (site.sources.clone(), "/vds"),
        (site.target.clone(), "/target"),
        (home.context("there is no home folder, set CARGO_HOME")?, "/cargo"),
        (PathBuf::from(sysroot.trim()), "/rust"),
    ])
}

/// The flags as cargo takes them where a folder may contain blanks.
fn remap_flags(hidden: &[(PathBuf, &'static str)]) -> OsString {
    let flags = hidden.iter().map(|(folder, name)| {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(folder);
        flag.push("=");
        flag.push(name);
        flag
    });
    flags.collect::<Vec<_>>().join(std::ffi::OsStr::new("\u{1f}"))
}

fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

impl Artifact {
    fn read(path: PathBuf) -> Result<Self> {
        let bytes = fs::read(&path).with_context(|| format!("reading {}", path.to_string_lossy()))?;
        let digest = Sha256::digest(&bytes);
        Ok(Self {
            path,
            n_bytes: bytes.len(),
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes,
        })
    }

    /// Fails if the path of one of the folders stands in the file.
    fn check_names_none<'a>(&self, folders: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
        for folder in folders {
            let needle = folder.as_os_str().as_encoded_bytes();
            let found = self.bytes.windows(needle.len()).position(|window| window == needle);
            if let Some(offset) = found {
                bail!(
                    "{} names the folder {} at byte {offset}",
                    self.name(),
                    folder.to_string_lossy()
                );
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Where two files begin to differ.
fn difference(left: &Artifact, right: &Artifact) -> Option<String> {
    let (name, n_left, n_right) = (left.name(), left.n_bytes, right.n_bytes);
    let mut pairs = left.bytes.iter().zip(&right.bytes);
    let offset = pairs.position(|(left, right)| left != right);
    let offset = offset.or((n_left != n_right).then_some(n_left.min(n_right)))?;
    Some(format!("{name} ({n_left} and {n_right} bytes) from byte {offset} on"))
}

#[cfg(test)]
mod tests;
