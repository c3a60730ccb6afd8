//! One cell of a plan: a training run with its folder, its command, and the stamp that tells whether it is done.

use std::fs;
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};

use super::plan::{Experiment, Threads};
use super::summary::Summary;

/// One training run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) experiment: &'static str,
    pub(crate) method: &'static str,
    pub(crate) max_depth: usize,
    pub(crate) seed: u64,
    overrides: &'static [&'static str],
    pub(crate) threads: Threads,
}

/// How a run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// In an empty folder.
    Anew,
    /// From its last checkpoint.
    GoOn,
}

/// What all cells share: where they read and with what they run.
#[derive(Debug)]
pub(crate) struct Context {
    /// The built `vds`.
    pub(crate) binary: PathBuf,
    /// The folder with the configuration files.
    pub(crate) configs: PathBuf,
    pub(crate) data_dir: Option<PathBuf>,
    /// The output folder; runs are started in it, so that no record holds its path.
    pub(crate) out: PathBuf,
    pub(crate) n_threads: usize,
}

/// The cells of an experiment, method by method, shallow first.
pub(crate) fn cells(experiment: &Experiment) -> Vec<Cell> {
    let mut cells = Vec::new();
    for &method in experiment.methods {
        for &max_depth in experiment.max_depths {
            for &seed in experiment.seeds {
                cells.push(Cell {
                    experiment: experiment.name,
                    method,
                    max_depth,
                    seed,
                    overrides: experiment.overrides,
                    threads: experiment.threads,
                });
            }
        }
    }
    cells
}

impl Cell {
    /// `ldn-D5-s1`.
    fn name(&self) -> String {
        format!("{}-D{}-s{}", self.method, self.max_depth, self.seed)
    }

    /// `spirals/ldn-D5-s1`.
    pub(crate) fn label(&self) -> String {
        format!("{}/{}", self.experiment, self.name())
    }

    /// The run directory, relative to the output folder.
    pub(crate) fn folder(&self) -> String {
        format!("runs/{}", self.label())
    }

    /// What the run printed, relative to the output folder.
    pub(crate) fn log(&self) -> String {
        format!("{}.log", self.folder())
    }

    /// What the run was made from, relative to the output folder.
    fn stamp(&self) -> String {
        format!("{}.inputs", self.folder())
    }

    /// Arguments of `vds` that decide the result.
    fn deciding_args(&self, context: &Context) -> Vec<String> {
        let config = context.configs.join(format!("{}.ron", self.experiment));
        let mut args = vec!["train".to_owned(), config.display().to_string()];
        let own = [
            format!("method={}", self.method),
            format!("max_depth={}", self.max_depth),
        ];
        for setting in own.iter().map(String::as_str).chain(self.overrides.iter().copied()) {
            args.extend(["--set".to_owned(), setting.to_owned()]);
        }
        args.extend(["--seed".to_owned(), self.seed.to_string()]);
        if let Some(folder) = &context.data_dir {
            args.extend(["--data-dir".to_owned(), folder.display().to_string()]);
        }
        args
    }

    /// All arguments of `vds` for a run that begins, or for one that goes on. The number of threads does not change the result.
    pub(crate) fn args(&self, context: &Context, start: Start) -> Vec<String> {
        let n_threads = match self.threads {
            Threads::OnePerCell => 1,
            Threads::AllForOneCell => context.n_threads,
        };
        let place = match start {
            Start::Anew => "--out",
            Start::GoOn => "--resume",
        };
        let mut args = self.deciding_args(context);
        args.extend(["--threads".to_owned(), n_threads.to_string()]);
        args.extend([place.to_owned(), self.folder()]);
        args
    }

    /// Everything that the result is a function of: arguments, configuration, program.
    pub(crate) fn inputs(&self, context: &Context) -> io::Result<String> {
        let config = fs::read_to_string(context.configs.join(format!("{}.ron", self.experiment)))?;
        let args = self.deciding_args(context).join(" ");
        let program = fingerprint(&fs::read(&context.binary)?);
        Ok(format!("vds {args}\nprogram {program:016x}\n\n{config}"))
    }

    /// The summary of an earlier run from the same inputs that went to its end.
    pub(crate) fn finished(&self, out: &Path, inputs: &str) -> Option<Summary> {
        let summary = Summary::read(&out.join(self.folder())).ok()?;
        self.is_from(out, inputs).then_some(summary)
    }

    /// Gets the folder ready: a run from the same inputs goes on, anything else that an earlier attempt left is cleared.
    pub(crate) fn prepare(&self, out: &Path, inputs: &str) -> io::Result<Start> {
        let folder = out.join(self.folder());
        let stamp = out.join(self.stamp());
        if self.is_from(out, inputs) && folder.join("config.ron").exists() {
            return Ok(Start::GoOn);
        }
        if folder.exists() {
            if !stamp.exists() {
                let message = format!("{} was not made by this command; move it away", folder.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
            }
            clear(&folder)?;
        }
        if let Some(parent) = folder.parent() {
            fs::create_dir_all(parent)?;
        }
        write_whole(&stamp, inputs)?;
        Ok(Start::Anew)
    }

    /// Whether what is in the folder was made from these inputs.
    fn is_from(&self, out: &Path, inputs: &str) -> bool {
        fs::read_to_string(out.join(self.stamp())).is_ok_and(|stamp| stamp == inputs)
    }
}

/// Removes a run. The summary goes first: what a removal that is cut short leaves must not pass for finished.
fn clear(folder: &Path) -> io::Result<()> {
    if is_in_use(folder)? {
        let message = format!(
            "another process is training in {}; wait for it to end",
            folder.display()
        );
        return Err(io::Error::new(io::ErrorKind::ResourceBusy, message));
    }
    match fs::remove_file(folder.join("summary.json")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::remove_dir_all(folder)
}

/// Whether a process has the lock of a run directory.
fn is_in_use(folder: &Path) -> io::Result<bool> {
    match fs::File::options().write(true).open(folder.join(".vds-lock")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        file => match file?.try_lock() {
            Ok(()) => Ok(false),
            Err(fs::TryLockError::WouldBlock) => Ok(true),
            Err(fs::TryLockError::Error(error)) => Err(error),
        },
    }
}

/// Writes a small file so that it is there whole or not at all.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let partial = path.with_extension("partial");
    fs::write(&partial, text)?;
    fs::File::open(&partial)?.sync_all()?;
    fs::rename(partial, path)
}

/// Tells two builds of the program apart; not a checksum against malice.
fn fingerprint(bytes: &[u8]) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reproduce::plan::Profile;
    use crate::reproduce::summary::tests::summary_text;
    use std::collections::BTreeSet;

    fn context(out: &Path) -> Context {
        let configs = out.join("configs");
        Context {
            binary: out.join("vds"),
            configs,
            data_dir: None,
            out: out.to_path_buf(),
            n_threads: 2,
        }
    }

    fn quick_cells() -> Vec<Cell> {
        Profile::Quick.experiments().iter().flat_map(cells).collect()
    }

    /// An output folder with a program and a configuration.
    fn prepared_folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("configs")).unwrap();
        fs::write(folder.path().join("configs/spirals.ron"), "(a: 1)").unwrap();
        fs::write(folder.path().join("vds"), "program").unwrap();
        folder
    }

    /// Writes what a run that has ended leaves.
    fn finish(cell: &Cell, out: &Path) {
        fs::create_dir_all(out.join(cell.folder())).unwrap();
        fs::write(out.join(cell.folder()).join("summary.json"), summary_text()).unwrap();
    }

    #[test]
    fn quick_profile_is_the_promised_grid() {
        let cells = quick_cells();
        let count = |experiment, method| {
            cells
                .iter()
                .filter(|cell| cell.experiment == experiment && cell.method == method)
                .count()
        };
        assert_eq!([count("spirals", "ldn"), count("spirals", "ddn")], [6, 6]);
        assert_eq!(
            [count("fashion-mnist-mini", "ldn"), count("fashion-mnist-mini", "ddn")],
            [4, 4]
        );
    }

    #[test]
    fn no_two_cells_share_a_folder() {
        let cells = quick_cells();
        let folders: BTreeSet<String> = cells.iter().map(Cell::folder).collect();
        assert_eq!(folders.len(), cells.len());
    }

    #[test]
    fn command_names_everything_that_varies() {
        let cell = &quick_cells()[1];
        let args = cell.args(&context(Path::new("o")), Start::Anew).join(" ");
        let expected = "train o/configs/spirals.ron --set method=ldn --set max_depth=5 --seed 1 \
                        --threads 1 --out runs/spirals/ldn-D5-s1";
        assert_eq!(args, expected);
        let args = cell.args(&context(Path::new("o")), Start::GoOn).join(" ");
        assert_eq!(args, expected.replace("--out", "--resume"));
    }

    #[test]
    fn threads_do_not_belong_to_the_inputs() {
        let folder = prepared_folder();
        let cell = &quick_cells()[0];
        let mut context = context(folder.path());
        let inputs = cell.inputs(&context).unwrap();
        context.n_threads = 8;
        assert_eq!(cell.inputs(&context).unwrap(), inputs);
    }

    #[test]
    fn finished_cell_is_kept_until_an_input_changes() {
        let folder = prepared_folder();
        let out = folder.path();
        let cell = &quick_cells()[0];
        let inputs = cell.inputs(&context(out)).unwrap();
        cell.prepare(out, &inputs).unwrap();
        assert!(cell.finished(out, &inputs).is_none(), "nothing has run");
        finish(cell, out);
        assert!(cell.finished(out, &inputs).is_some());

        for (file, text) in [("configs/spirals.ron", "(a: 2)"), ("vds", "other program")] {
            let before = cell.inputs(&context(out)).unwrap();
            fs::write(out.join(file), text).unwrap();
            let after = cell.inputs(&context(out)).unwrap();
            assert_ne!(before, after, "{file} is an input");
        }
        let changed = cell.inputs(&context(out)).unwrap();
        assert!(cell.finished(out, &changed).is_none());
    }

    #[test]
    fn unfinished_cell_goes_on_unless_an_input_has_changed() {
        let folder = prepared_folder();
        let out = folder.path();
        let cell = &quick_cells()[0];
        let run = out.join(cell.folder());
        let inputs = cell.inputs(&context(out)).unwrap();
        assert_eq!(cell.prepare(out, &inputs).unwrap(), Start::Anew);
        fs::create_dir_all(&run).unwrap();
        assert_eq!(
            cell.prepare(out, &inputs).unwrap(),
            Start::Anew,
            "there is no run in it"
        );
        fs::create_dir_all(&run).unwrap();
        fs::write(run.join("config.ron"), "(a: 1)").unwrap();
        assert_eq!(cell.prepare(out, &inputs).unwrap(), Start::GoOn);
        assert!(run.exists());
        assert_eq!(cell.prepare(out, "other inputs").unwrap(), Start::Anew);
        assert!(!run.exists());
    }

    #[test]
    fn folder_in_which_a_process_trains_is_not_removed() {
        let folder = prepared_folder();
        let out = folder.path();
        let cell = &quick_cells()[0];
        let inputs = cell.inputs(&context(out)).unwrap();
        cell.prepare(out, &inputs).unwrap();
        let run = out.join(cell.folder());
        fs::create_dir_all(&run).unwrap();
        let lock = fs::File::create(run.join(".vds-lock")).unwrap();
        lock.lock().unwrap();
        let error = cell.prepare(out, &inputs).unwrap_err();
        assert!(
            error.to_string().starts_with("another process is training in "),
            "{error}"
        );
        assert!(run.exists());
        drop(lock);
        assert_eq!(cell.prepare(out, &inputs).unwrap(), Start::Anew);
        assert!(!run.exists());
    }

    #[test]
    fn folder_of_somebody_else_is_not_removed() {
        let folder = prepared_folder();
        let out = folder.path();
        let cell = &quick_cells()[0];
        finish(cell, out);
        let error = cell.prepare(out, "inputs").unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("was not made by this command; move it away"),
            "{error}"
        );
        assert!(out.join(cell.folder()).join("summary.json").exists());
    }
}
