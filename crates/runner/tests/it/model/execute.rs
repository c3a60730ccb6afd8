//! Commands as processes.

use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::steps::{CONFIGS, Call, DIRS, End};
use super::world::World;

/// Longest time of a command.
const LIMIT: Duration = Duration::from_secs(30);

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
                let page = self.page(page).into_os_string().into_string().unwrap();
                [with("report", &[dir]), vec!["--out".to_owned(), page]].concat()
            }
            Call::Verify(dir) => with("verify", &[dir]),
            Call::SweepPlan => plain("sweep plan plan.ron --out s"),
            Call::SweepRun => plain("sweep run s"),
            Call::SweepStatus => plain("sweep status s"),
            Call::DataList => plain("data list"),
        }
    }
}
