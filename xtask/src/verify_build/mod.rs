//! `cargo xtask verify-build`: the same sources give the same bytes, wherever they lie.
//!
//! The tracked files are copied to two folders of different depth and built there, each with a target folder of its own and with
//! its own folders written out of the paths. What comes out must be equal, and must name none of the folders: the second matters
//! because the two builds share cargo's home and the toolchain, so that those would not show in a comparison.

mod artifact;
mod sources;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Serialize;

use crate::process::{cargo, check_writable, output};
use artifact::{Artifact, Difference};
use sources::Sources;

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
const QUICK: &[&str] = &["vds-calibration", "vds-kernels", "vds-variational"];

/// What a build is to leave, and how it is asked for.
#[derive(Debug)]
struct Plan {
    cargo_args: Vec<String>,
    /// Files below `release` in the target folder.
    files: Vec<String>,
}

/// Where one build takes place.
#[derive(Debug)]
struct Place {
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

/// What is written with `--json`.
#[derive(Debug, Serialize)]
struct Record<'a> {
    commit: &'a str,
    rustc: String,
    builds: &'a [Build],
    differences: Vec<Difference>,
}

/// Builds twice and compares.
pub(crate) fn run(args: &Args) -> Result<()> {
    for path in [&args.json, &args.out].into_iter().flatten() {
        check_writable(path)?;
    }
    let plan = plan(args);
    let sources = Sources::of_workspace()?;
    let scratch = tempfile::Builder::new().prefix("vds-verify-build-").tempdir();
    let scratch = scratch.context("making a folder to build in")?;
    // The compiler sees the folder that links lead to.
    let folder = scratch
        .path()
        .canonicalize()
        .context("finding the folder to build in")?;
    let places = places(&folder);
    // Both before the first build: somebody may go on working in the folder meanwhile.
    for place in &places {
        sources.copy_to(&place.sources)?;
    }
    let mut builds = Vec::new();
    for place in &places {
        println!("building {} in {}", sources.commit, place.sources.display());
        builds.push(build(&plan, place, &sources.commit)?);
    }
    let differences = artifact::differences(&builds[0].artifacts, &builds[1].artifacts);
    report(&builds);
    if let Some(path) = &args.json {
        let record = Record {
            commit: &sources.commit,
            rustc: output(Command::new(rustc()).arg("--version"))?.trim().to_owned(),
            builds: &builds,
            differences: differences.clone(),
        };
        let text = serde_json::to_string_pretty(&record)? + "\n";
        std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    if let Some(difference) = differences.first() {
        bail!("the builds differ: {difference}");
    }
    if let Some(out) = &args.out {
        let built = &builds[0].artifacts[0].path;
        std::fs::copy(built, out).with_context(|| format!("copying the program to {}", out.display()))?;
    }
    println!("both builds are equal, byte by byte, and name no folder of this machine");
    Ok(())
}

fn plan(args: &Args) -> Plan {
    let mut cargo_args: Vec<String> = ["build", "--release", "--locked"].map(str::to_owned).into();
    if args.offline {
        cargo_args.push("--offline".to_owned());
    }
    if args.quick {
        let packages = QUICK
            .iter()
            .flat_map(|name| ["--package".to_owned(), (*name).to_owned()]);
        cargo_args.extend(packages);
        let library = |name: &&str| format!("lib{}.rlib", name.replace('-', "_"));
        let files = QUICK.iter().map(library).collect();
        return Plan { cargo_args, files };
    }
    cargo_args.extend(["--package", "vds-runner", "--bin", "vds"].map(str::to_owned));
    let files = vec![format!("vds{}", std::env::consts::EXE_SUFFIX)];
    Plan { cargo_args, files }
}

/// Two places that have as little in common as one machine allows.
fn places(folder: &Path) -> [Place; 2] {
    let (short, long) = (folder.join("a"), folder.join("another/place with/a_longer-name"));
    [
        Place {
            target: short.join("target"),
            sources: short,
        },
        Place {
            target: folder.join("elsewhere/built"),
            sources: long,
        },
    ]
}

fn build(plan: &Plan, place: &Place, commit: &str) -> Result<Build> {
    let hidden = hidden(place)?;
    let start = Instant::now();
    let mut command = cargo();
    command.current_dir(&place.sources).args(&plan.cargo_args);
    command.arg("--target-dir").arg(&place.target);
    // Whatever the caller has set: it would be part of one machine.
    for name in ["RUSTFLAGS", "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", remap_flags(&hidden));
    command.env("CARGO_INCREMENTAL", "0").env("VDS_COMMIT", commit);
    let status = command.status().context("starting cargo build")?;
    ensure!(status.success(), "building in {} has failed", place.sources.display());
    let elapsed_s = start.elapsed().as_secs_f64();
    let folder = place.target.join("release");
    let files = plan.files.iter().map(|name| folder.join(name));
    let artifacts: Vec<Artifact> = files.map(Artifact::read).collect::<Result<_>>()?;
    for artifact in &artifacts {
        artifact.check_names_none(hidden.iter().map(|(folder, _)| folder))?;
    }
    Ok(Build {
        folder: place.sources.clone(),
        elapsed_s,
        artifacts,
    })
}

/// Folders of this machine and what stands for them. Of several that match, the compiler takes the last.
fn hidden(place: &Place) -> Result<Vec<(PathBuf, &'static str)>> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let sysroot = output(Command::new(rustc()).args(["--print", "sysroot"]))?;
    Ok(vec![
        (place.sources.clone(), "/vds"),
        (place.target.clone(), "/target"),
        (home.context("there is no home folder, set CARGO_HOME")?, "/cargo"),
        (PathBuf::from(sysroot.trim()), "/rust"),
    ])
}

/// The flags as cargo takes them where a folder may contain blanks.
fn remap_flags(hidden: &[(PathBuf, &'static str)]) -> OsString {
    let mut flags = OsString::new();
    for (folder, name) in hidden {
        if !flags.is_empty() {
            flags.push("\u{1f}");
        }
        flags.push("--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    }
    flags
}

fn rustc() -> OsString {
    std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

fn report(builds: &[Build]) {
    for build in builds {
        println!("\n{} ({:.1} s)", build.folder.display(), build.elapsed_s);
        for Artifact {
            path, n_bytes, sha256, ..
        } in &build.artifacts
        {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            println!("  {sha256}  {n_bytes} bytes  {name}");
        }
    }
    println!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_differ_in_length_and_depth() {
        let [a, b] = places(Path::new("root"));
        assert_ne!(a.sources.components().count(), b.sources.components().count());
        assert_ne!(a.sources.as_os_str().len(), b.sources.as_os_str().len());
        assert!(a.target.starts_with(&a.sources) && !b.target.starts_with(&b.sources));
    }

    #[test]
    fn inner_folder_is_remapped_after_the_outer_one() {
        let place = &places(Path::new("root"))[0];
        let flags = remap_flags(&hidden(place).unwrap()).into_string().unwrap();
        let flags: Vec<&str> = flags.split('\u{1f}').collect();
        let prefix = "--remap-path-prefix=";
        let source = format!("{prefix}{}=/vds", Path::new("root").join("a").display());
        let target = format!(
            "{prefix}{}=/target",
            Path::new("root").join("a").join("target").display()
        );
        assert_eq!((flags[0], flags[1], flags.len()), (source.as_str(), target.as_str(), 4));
    }
}
