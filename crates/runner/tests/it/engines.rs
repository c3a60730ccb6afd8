//! Sweeps on real schedulers: a Slurm of one node, GNU parallel.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use vds_records::Sweep;

use crate::sandbox::Sandbox;

/// Two cells that take longer than a time limit of Slurm, whose unit is a minute, allows on a busy machine, and ten short ones.
const PLAN: &str = r#"(schema: 1, name: "test", experiments: [
    (name: "long", config: "spirals.ron", settings: ["max_depth=10", "epochs=EPOCHS", "early_stopping.patience=None"],
     vary: [("seed", ["0", "1"])], threads: one_per_cell),
    (name: "short", config: "spirals.ron", settings: ["max_depth=3", "epochs=100"],
     vary: [("method", ["ldn", "ddn"]), ("seed", ["0", "1", "2", "3", "4"])], threads: one_per_cell),
])"#;

fn planned(epochs: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write(
        "spirals.ron",
        std::fs::read(crate::sandbox::configs().join("spirals.ron")).unwrap(),
    );
    sandbox.write("plan.ron", PLAN.replace("EPOCHS", &epochs.to_string()));
    assert_eq!(sandbox.run("sweep plan plan.ron --out s"), "12 cells in s\n");
    sandbox
}

/// The page of the finished cells.
fn page(sandbox: &Sandbox) -> String {
    sandbox.run("report s --out page.html");
    sandbox.text("page.html")
}

/// Says on the standard error, which the test harness shows of a test that passes only if it is written past it, why a test does
/// nothing; where it was asked for, that is a failure.
fn skip(why: &str) {
    assert!(!is_asked_for(), "SLOW_TESTS is set, and {why}");
    let _ = writeln!(std::io::stderr(), "SKIPPED: test on a real engine: {why}");
}

fn is_asked_for() -> bool {
    std::env::var_os("SLOW_TESTS").is_some()
}

/// A Slurm that runs as long as this lives.
struct Slurm(tempfile::TempDir);

impl Slurm {
    fn script(verb: &str, folder: &Path) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/one-node-slurm.sh");
        Command::new(script).arg(verb).arg(folder).output().unwrap()
    }

    /// `None` where it can be neither found nor installed.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let output = Self::script("start", folder.path());
        let stderr = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => Some(Self(folder)),
            Some(3) => {
                skip(stderr.trim());
                None
            }
            _ => panic!("Slurm did not start: {stderr}"),
        }
    }

    fn conf(&self) -> PathBuf {
        self.0.path().join("slurm.conf")
    }

    /// What one of Slurm's commands prints.
    #[track_caller]
    fn command(&self, words: &str) -> String {
        let mut words = words.split(' ');
        let mut command = Command::new(words.next().unwrap());
        let output = command.args(words).env("SLURM_CONF", self.conf()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Waits until nothing is queued. A task that is queued again would not begin for two minutes.
    fn wait(&self) {
        let patience = Instant::now();
        loop {
            let queued = self.command("squeue -h -r -o %i:%t:%r");
            if queued.is_empty() {
                return;
            }
            for line in queued.lines().filter(|line| line.ends_with(":PD:BeginTime")) {
                let job = line.split(':').next().unwrap();
                self.command(&format!("scontrol update JobId={job} StartTime=now"));
            }
            assert!(
                patience.elapsed() < Duration::from_secs(1200),
                "still queued:\n{queued}"
            );
            sleep(Duration::from_millis(500));
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        let _ = Self::script("stop", self.0.path());
    }
}

/// Processes of the task that trains a cell: that of the lease, and the one that it has started.
fn processes(sandbox: &Sandbox, id: &str) -> Option<Vec<i32>> {
    let lease = std::fs::read(sandbox.path(&format!("s/leases/{id}.json"))).ok()?;
    let lease: serde_json::Value = serde_json::from_slice(&lease).ok()?;
    let parent = i32::try_from(lease["process"].as_i64()?).ok()?;
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).ok()?;
    let child = children.trim().parse().ok()?;
    Some(vec![parent, child])
}

#[test]
fn submit_to_a_real_slurm_ends_with_the_page_of_the_local_run() {
    if !is_asked_for() {
        return skip("it takes minutes; SLOW_TESTS=1 runs it");
    }
    let Some(slurm) = Slurm::start() else { return };
    let epochs = 30_000;
    let local = planned(epochs);
    let cluster = planned(epochs);
    let submit = |arguments: &str| {
        let mut command = cluster.command(&format!("sweep submit s --engine slurm --mem 300 {arguments}"));
        let output = command.env("SLURM_CONF", slurm.conf()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    // The signal comes half a minute after the start, or earlier.
    let jobs = submit("--time 1 --signal 30 --batch-minutes 0");
    let [first, second, _collect] = &jobs[..] else {
        panic!("two arrays under MaxArraySize = 8, and collect: {jobs:?}");
    };
    slurm.command(&format!("scancel {first}_5 {first}_6 {second}_2"));
    let sweep = Sweep::read(&cluster.path("s")).unwrap();
    let patience = Instant::now();
    let processes = loop {
        if let Some(processes) = processes(&cluster, &sweep.cells[1].id) {
            break processes;
        }
        assert!(patience.elapsed() < Duration::from_secs(60), "the task does not begin");
        sleep(Duration::from_millis(20));
    };
    for process in processes {
        let process = rustix::process::Pid::from_raw(process).unwrap();
        rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    }
    slurm.wait();
    let limited = slurm.command(&format!("scontrol show job {first}_0"));
    assert!(
        !limited.contains("Restarts=0") && limited.contains("JobState=COMPLETED"),
        "{limited}"
    );
    let journal = cluster.text("s/runs/long/s0/journal.jsonl");
    assert!(journal.contains("\"reason\":\"interrupted\""), "{journal}");
    assert_eq!(
        cluster.run("sweep todo s"),
        "1,5-6,10\n",
        "one was killed, three were cancelled"
    );
    assert_eq!(cluster.text("s/results.csv").lines().count(), 1 + 8);

    submit("--missing --time 10 --batch-minutes 5");
    slurm.wait();
    assert_eq!(cluster.run("sweep todo s"), "");
    assert!(cluster.run("sweep status s").ends_with("12 of 12 cells are finished\n"));
    local.run("sweep run s");
    assert!(
        page(&local) == page(&cluster),
        "the page differs from that of the local run"
    );
}

#[test]
fn submit_to_a_real_parallel_ends_with_the_page_of_the_local_run() {
    let version = Command::new("parallel").arg("--version").output();
    if !version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).starts_with("GNU parallel")) {
        return skip("GNU parallel is not installed");
    }
    let (local, other) = (planned(100), planned(100));
    let submit = |arguments: &str| {
        let output = other
            .command(&format!("sweep submit s --engine parallel --jobs 2 {arguments}"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    other.run("sweep run s --index 3");
    submit("--missing --batch-minutes 0");
    assert_eq!(other.text("s/submit/joblog").lines().count(), 1 + 11);
    assert_eq!(other.run("sweep todo s"), "");
    let printed = other.run("sweep submit s --engine parallel --missing");
    assert_eq!(printed, "nothing is left to train\n");
    local.run("sweep run s");
    assert!(
        page(&local) == page(&other),
        "the page differs from that of the local run"
    );
}

#[test]
fn submit_to_a_real_hyperqueue_ends_with_the_page_of_the_local_run() {
    if !is_asked_for() {
        return skip("it installs HyperQueue's Python package; SLOW_TESTS=1 runs it");
    }
    let (local, other) = (planned(500), planned(500));
    let packages = other.path("packages");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "install", "--quiet", "--target"])
        .arg(&packages)
        .arg("hyperqueue");
    if !pip.output().is_ok_and(|output| output.status.success()) {
        return skip("pip does not install hyperqueue");
    }
    let text = other.run("sweep submit s --engine hyperqueue --dry-run");
    other.write("hyperqueue.sh", &text);
    assert!(text.contains("hq submit --name vds-test --array "), "{text}");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run_on_hyperqueue.py");
    let mut python = Command::new("python3");
    python.arg(script).arg(other.path("hyperqueue.sh"));
    let output = python
        .env("PYTHONPATH", packages)
        .current_dir(other.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(other.run("sweep todo s"), "");
    local.run("sweep run s");
    assert!(
        page(&local) == page(&other),
        "the page differs from that of the local run"
    );
}
