//! `vds report`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::{RunReader, Sweep};
use vds_report::{PageInfo, render};

use crate::commands::out_file::OutFile;
use crate::error::{Error, ExitCode, OrInput as _};
use crate::output;
use crate::run_dir::{StoredRun, write_atomically};

/// Write stored runs as one self-contained HTML page
#[derive(Clone, Debug, Args)]
pub(crate) struct Report {
    /// Run directories of finished and diverged runs; the folder of a sweep stands for its finished cells
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Page to write; of the files that are there, only a page is replaced
    #[arg(long, value_name = "FILE.html")]
    out: PathBuf,
    /// Title of the page
    #[arg(long, default_value = "Variational depth search")]
    title: String,
}

/// What may be replaced.
const PAGE: OutFile = OutFile {
    name: "page",
    start: "<!DOCTYPE html>",
    example: "report.html",
};

impl Report {
    /// Writes the page; one that is there is replaced.
    pub(crate) fn run(self, command_line: &[String]) -> Result<ExitCode> {
        let runs = with_cells(&self.runs)?;
        let runs: Vec<StoredRun> = runs.iter().map(|run| StoredRun::open(run)).collect::<Result<_, _>>()?;
        PAGE.check(&self.out)?;
        let (mut records, mut diverged) = (Vec::new(), Vec::new());
        for run in &runs {
            match run.records().has_diverged() {
                true => diverged.push(run.records().diverged()?),
                false => records.push(run.records().record()?),
            }
        }
        let page = PageInfo {
            title: self.title,
            command: command(command_line),
        };
        // Those that cannot be removed are another user's, and do not stand in the way.
        let _ = vds_files::remove_leftovers(vds_files::folder_of(&self.out));
        write_atomically(&self.out, render(&records, &diverged, &page).as_bytes())?;
        output::print_stored("page", &self.out, |out| writeln!(out, "{}", self.out.shown()))?;
        Ok(ExitCode::Success)
    }
}

/// The run directories, those of a sweep's finished cells in its place.
fn with_cells(given: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut runs = Vec::new();
    for folder in given {
        if !Sweep::is_in(folder) {
            runs.push(folder.clone());
            continue;
        }
        let sweep = Sweep::read(folder).or_input(|| "reading the sweep")?;
        let cells = sweep.in_plan_order();
        let cells = cells.iter().map(|cell| folder.join(cell.run()));
        let finished: Vec<PathBuf> = cells.filter(|run| RunReader::new(run).is_finished()).collect();
        if finished.is_empty() {
            return Err(Error::input_with_hint(
                format!("no cell of the sweep {} is finished", folder.shown()),
                format!("train them with `vds sweep run {}`", folder.quoted()),
            ));
        }
        runs.extend(finished);
    }
    Ok(runs)
}

/// The command without the folder that the program happens to lie in: equal runs give equal pages.
fn command(command_line: &[String]) -> String {
    let arguments = command_line.iter().skip(1).map(String::as_str);
    let words: Vec<&str> = ["vds"].into_iter().chain(arguments).collect();
    words.join(" ")
}
