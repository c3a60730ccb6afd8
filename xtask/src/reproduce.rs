//! `cargo xtask reproduce`: builds `vds`, which trains the networks of a plan and writes the page that shows them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

use crate::process::{BadRequest, build_vds, workspace_root};

/// Arguments of `cargo xtask reproduce`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Plan to run, `configs/sweeps/PROFILE.ron`: `quick` has small versions of the paper's experiments, for a laptop; `smoke`
    /// shows that everything is connected, and its numbers mean nothing
    #[arg(long, default_value = "quick")]
    profile: String,
    /// Run only this experiment; may be repeated
    #[arg(long, value_name = "EXPERIMENT")]
    only: Vec<String>,
    /// Folder for the runs and the page [default: `reproduction` and the profile's name]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Folder of the data sets, if not in a usual place
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Threads to use [default: all]; the results do not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<std::num::NonZeroUsize>,
    /// Build without the network
    #[arg(long)]
    offline: bool,
}

fn plan(profile: &str) -> Result<PathBuf> {
    let path = workspace_root().join(format!("configs/sweeps/{profile}.ron"));
    if !path.is_file() {
        bail!(BadRequest(format!("there is no plan {}", path.to_string_lossy())));
    }
    Ok(path)
}

/// Exit code of `vds sweep run` when some cells have failed; the others can still be reported.
const SOME_FAILED: u8 = 1;

/// Plans, trains what is not finished and writes the page; the exit code is that of `vds`.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    plan(&args.profile)?;
    let vds = build_vds(args.offline)?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| workspace_root().join("reproduction").join(&args.profile));
    let code = run_commands(args, &out, |words| start(&vds, words))?;
    let page = out.join("index.html");
    if matches!(code, 0 | SOME_FAILED) && page.exists() {
        println!("page: {}", page.to_string_lossy());
    }
    Ok(ExitCode::from(code))
}

/// Plans, trains and reports, until one fails; failed cells do not keep the page from being written.
fn run_commands(args: &Args, out: &Path, mut start: impl FnMut(&[OsString]) -> Result<u8>) -> Result<u8> {
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let mut plan = words(&["sweep", "plan"]);
    plan.extend([self::plan(&args.profile)?.into(), "--out".into(), out.into()]);
    plan.extend(args.only.iter().flat_map(|experiment| words(&["--only", experiment])));
    let planned = start(&plan)?;
    if planned != 0 {
        return Ok(planned);
    }
    let mut train = words(&["sweep", "run"]);
    train.push(out.into());
    if let Some(threads) = args.threads {
        train.extend(words(&["--threads", &threads.to_string()]));
    }
    if let Some(folder) = &args.data_dir {
        train.extend(["--data-dir".into(), folder.into()]);
    }
    let trained = start(&train)?;
    if !matches!(trained, 0 | SOME_FAILED) {
        return Ok(trained);
    }
    let page = out.join("index.html");
    let reported = start(&["report".into(), out.into(), "--out".into(), page.into()])?;
    Ok(if trained == 0 { reported } else { trained })
}

/// The exit code of the built program; 1 if a signal ended it.
fn start(vds: &Path, words: &[OsString]) -> Result<u8> {
    let status = Command::new(vds).args(words).status();
    let status = status.with_context(|| format!("starting {}", vds.to_string_lossy()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    /// The words of each call that is made if `vds` exits with these codes, and the exit code of the whole.
    fn calls(line: &str, codes: [u8; 3]) -> (Vec<String>, u8) {
        let args = Line::parse_from(line.split(' ')).args;
        let mut made = Vec::new();
        let code = run_commands(&args, Path::new("out"), |words| {
            let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
            made.push(words.join(" "));
            Ok(codes[made.len() - 1])
        });
        (made, code.unwrap())
    }

    #[test]
    fn reproduce_passes_its_arguments_on() {
        let line = "reproduce --profile smoke --only spirals --threads 2 --data-dir data";
        let (calls, code) = calls(line, [0, 0, 0]);
        let plan = plan("smoke").unwrap();
        assert_eq!(code, 0);
        assert_eq!(
            calls,
            [
                format!("sweep plan {} --out out --only spirals", plan.to_string_lossy()),
                "sweep run out --threads 2 --data-dir data".to_owned(),
                format!(
                    "report out --out {}",
                    Path::new("out").join("index.html").to_string_lossy()
                ),
            ]
        );
    }

    #[test]
    fn reproduce_reports_beside_failed_cells_and_stops_at_an_interruption() {
        for (codes, n_calls, expected) in [
            ([2, 0, 0], 1, 2),
            ([0, 75, 0], 2, 75),
            ([0, 2, 0], 2, 2),
            ([0, 1, 0], 3, 1),
            ([0, 0, 2], 3, 2),
        ] {
            let (calls, code) = calls("reproduce", codes);
            assert_eq!((calls.len(), code), (n_calls, expected), "{codes:?}");
        }
    }

    #[test]
    fn reproduce_refuses_an_unknown_profile() {
        assert!(plan("quick").is_ok());
        assert!(plan("smok").unwrap_err().is::<BadRequest>());
    }
}
