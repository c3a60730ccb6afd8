//! `vds findings`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::{Cell, RunReader, Sweep};
use vds_report::{FINDINGS_START, FindingRun, findings};

use crate::commands::out_file::OutFile;
use crate::error::{Error, ExitCode, OrInput as _};
use crate::output;
use crate::run_dir::write_atomically;

/// Write what the experiments of a sweep answer as one page of Markdown
#[derive(Clone, Debug, Args)]
pub(crate) struct Findings {
    /// Folder of a sweep; cells that are not finished are left out
    #[arg(value_name = "SWEEP")]
    sweep: PathBuf,
    /// Page to write; of the files that are there, only such a page is replaced
    #[arg(long, short, value_name = "FILE.md")]
    out: PathBuf,
}

/// What may be replaced.
const PAGE: OutFile = OutFile {
    name: "page of findings",
    start: FINDINGS_START,
    example: "FINDINGS.md",
};

impl Findings {
    /// Writes the page; one that is there is replaced.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let shown = self.sweep.shown();
        if !Sweep::is_in(&self.sweep) {
            let message = format!("{shown} is not the folder of a sweep");
            return Err(Error::input_with_hint(message, "plan one with `vds sweep plan PLAN.ron --out DIR`").into());
        }
        let sweep = Sweep::read(&self.sweep).or_input(|| "reading the sweep")?;
        PAGE.check(&self.out)?;
        let mut runs = Vec::new();
        for cell in &sweep.cells {
            runs.extend(finished(&self.sweep, cell)?);
        }
        let n_unfinished = sweep.cells.len() - runs.len();
        // Those that cannot be removed are another user's, and do not stand in the way.
        let _ = vds_files::remove_leftovers(vds_files::folder_of(&self.out));
        write_atomically(&self.out, findings(&runs, n_unfinished).as_bytes())?;
        output::print_stored("page", &self.out, |out| {
            let n_cells = sweep.cells.len();
            writeln!(out, "{} from {} of {n_cells} cells", self.out.shown(), runs.len())?;
            match n_unfinished {
                0 => Ok(()),
                n => writeln!(out, "{n} cells are not finished and are left out"),
            }
        })?;
        Ok(ExitCode::Success)
    }
}

/// What the page needs of a cell's run; `None` if it is not finished.
fn finished(sweep: &Path, cell: &Cell) -> Result<Option<FindingRun>, vds_records::Error> {
    let reader = RunReader::new(&sweep.join(cell.run()));
    if !reader.is_finished() {
        return Ok(None);
    }
    Ok(Some(FindingRun {
        experiment: cell.experiment.clone(),
        summary: reader.summary()?,
        epochs: reader.epochs()?,
        train_seconds: reader.timing().map(|timing| timing.seconds),
    }))
}
