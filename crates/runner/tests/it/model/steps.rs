//! What can happen to run directories.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use vds_records::files::{CHECKPOINTS, CONFIG, ENVIRONMENT, JOURNAL, LOCK, METRICS, PREDICTIVE_GRID, SUMMARY, WEIGHTS};

/// Run directories; the last two are cells of the sweep `s`.
pub(super) const DIRS: [&str; 6] = ["a", "b", "c d", "e\u{1b}[2J", "s/runs/spirals/s1", "s/runs/spirals/s5"];
/// How many of them can be moved.
const N_MOVABLE: usize = 4;

/// Settings of the runs; all are tiny. The first and the last are those of the sweep's cells.
pub(super) const CONFIGS: [&[&str]; 5] = [
    &["--set", "epochs=3", "--seed", "1"],
    &["--set", "epochs=6", "--seed", "2"],
    &["--set", "epochs=4", "--seed", "3", "--set", "method=ddn"],
    &["--set", "epochs=5", "--seed", "4", "--set", "max_depth=1"],
    &["--set", "epochs=3", "--seed", "5"],
];

/// One step of a sequence. Directories and configurations are given by their number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// A command, and how it is made to end.
    Run(Call, End),
    /// A file of a run directory and what becomes of it; nothing if it is not there.
    Damage(usize, Part, Damage),
    Move(Move),
}

/// A command.
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {
    Train {
        config: usize,
        out: usize,
        overwrite: bool,
    },
    Resume(usize),
    Prune {
        run: usize,
        out: usize,
        depth: usize,
        overwrite: bool,
    },
    Evaluate(usize),
    Predict(usize),
    Report(usize, Page),
    Verify(usize),
    SweepPlan,
    SweepRun,
    SweepStatus,
    DataList,
}

/// Where a report is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Page {
    New,
    /// In the place of a file of a run.
    Of(usize, Part),
    /// In the place of a file of the user.
    Notes,
}

/// How a command ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Itself,
    /// By SIGKILL after so many milliseconds, if it is still there.
    Killed(u64),
    /// At a stage of a write, when it is reached for the n-th time.
    Fault(&'static str, u64),
}

/// Something in a run directory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    File(&'static str),
    NewestCheckpoint,
    OldestCheckpoint,
}

/// What becomes of a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Damage {
    Missing,
    Empty,
    Truncated,
    /// The bit with this number, modulo the length.
    FlippedBit(usize),
    /// The two files change places.
    SwappedWith(usize),
    Folder,
    Fifo,
    /// A link to a file or folder outside.
    Link,
    /// A link to what another run directory has there.
    LinkTo(usize),
    BrokenLink,
}

/// What becomes of a run directory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    Rename(usize, usize),
    Copy(usize, usize),
    Swap(usize, usize),
    /// The second becomes a link to the first.
    Link(usize, usize),
    Remove(usize),
}

const PARTS: [Part; 13] = [
    Part::File(CONFIG),
    Part::File(ENVIRONMENT),
    Part::File(METRICS),
    Part::File(JOURNAL),
    Part::File(WEIGHTS),
    Part::File(WEIGHTS),
    Part::File(SUMMARY),
    Part::File(SUMMARY),
    Part::File(PREDICTIVE_GRID),
    Part::File(LOCK),
    Part::File(CHECKPOINTS),
    Part::NewestCheckpoint,
    Part::OldestCheckpoint,
];

/// Stages of writes at which a process can be made to end.
const STAGES: [&str; 8] = [
    "half-written",
    "written",
    "synced",
    "renamed",
    "folder-synced",
    "removing",
    "environment-written",
    "folder-probed",
];

impl Step {
    /// A step as likely as it is telling: commands that train and read, and the accidents between them.
    pub(super) fn random(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..100) {
            0..70 => Self::Run(Call::random(rng), End::random(rng)),
            70..85 => Self::Damage(dir(rng), one_of(rng, &PARTS), Damage::random(rng)),
            _ => Self::Move(Move::random(rng)),
        }
    }
}

impl Call {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..100) {
            0..28 => Self::Train {
                // Equal runs are what can be mistaken for one another.
                config: rng.random_range(0..2 * CONFIGS.len()).saturating_sub(CONFIGS.len()),
                out: dir(rng),
                overwrite: rng.random_bool(0.4),
            },
            28..48 => Self::Resume(dir(rng)),
            48..60 => Self::Prune {
                run: dir(rng),
                out: dir(rng),
                depth: rng.random_range(0..3),
                overwrite: rng.random_bool(0.4),
            },
            60..67 => Self::Evaluate(dir(rng)),
            67..74 => Self::Predict(dir(rng)),
            74..82 => Self::Report(dir(rng), Page::random(rng)),
            82..90 => Self::Verify(dir(rng)),
            90..93 => Self::SweepPlan,
            93..97 => Self::SweepRun,
            97..99 => Self::SweepStatus,
            _ => Self::DataList,
        }
    }
}

impl Page {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..10) {
            0..7 => Self::New,
            7..9 => Self::Of(dir(rng), one_of(rng, &PARTS)),
            _ => Self::Notes,
        }
    }
}

impl End {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..10) {
            0..6 => Self::Itself,
            6..8 => Self::Killed(rng.random_range(0..50)),
            _ => Self::Fault(one_of(rng, &STAGES), rng.random_range(1..6)),
        }
    }
}

impl Damage {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..14) {
            0 => Self::Empty,
            1 => Self::Truncated,
            2..5 => Self::FlippedBit(rng.random_range(0..1 << 24)),
            5 => Self::SwappedWith(dir(rng)),
            6 => Self::Folder,
            7 => Self::Fifo,
            8 => Self::Link,
            9 => Self::BrokenLink,
            10..12 => Self::LinkTo(dir(rng)),
            _ => Self::Missing,
        }
    }
}

impl Move {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let [first, second] = [(); 2].map(|()| rng.random_range(0..N_MOVABLE));
        match rng.random_range(0..10) {
            0 => Self::Rename(first, second),
            1 => Self::Copy(first, second),
            2 => Self::Swap(first, second),
            3 => Self::Link(first, second),
            _ => Self::Remove(dir(rng)),
        }
    }
}

fn dir(rng: &mut ChaCha8Rng) -> usize {
    rng.random_range(0..DIRS.len())
}

fn one_of<T: Copy>(rng: &mut ChaCha8Rng, list: &[T]) -> T {
    list[rng.random_range(0..list.len())]
}
