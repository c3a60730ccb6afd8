//! `vds report`.

use anyhow::Result;

use crate::cli::high::Report;
use crate::clock::utc_now;
use crate::output;
use crate::report::{PageInfo, RunRecord, render};
use crate::run_dir::write_atomically;

/// Writes the page; one that is there is replaced.
pub(super) fn run(request: &Report) -> Result<()> {
    let runs: Vec<RunRecord> = request.runs.iter().map(|run| run.record()).collect::<Result<_, _>>()?;
    let page = PageInfo {
        title: request.title.clone(),
        command: request.command_line.join(" "),
        generated_at: utc_now(),
    };
    write_atomically(&request.out, render(&runs, &page).as_bytes())?;
    output::print(|out| writeln!(out, "{}", request.out.display()))
}
