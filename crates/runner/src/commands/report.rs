//! `vds report`.

use anyhow::Result;

use crate::cli::high::Report;
use crate::output;
use crate::report::{PageInfo, RunRecord, render};
use crate::run_dir::write_atomically;

/// Writes the page; one that is there is replaced.
pub(super) fn run(request: &Report) -> Result<()> {
    let runs: Vec<RunRecord> = request.runs.iter().map(|run| run.record()).collect::<Result<_, _>>()?;
    let page = PageInfo {
        title: request.title.clone(),
        command: command(&request.command_line),
    };
    write_atomically(&request.out, render(&runs, &page).as_bytes())?;
    output::print(|out| writeln!(out, "{}", request.out.display()))
}

/// The command without the folder that the program happens to lie in: equal runs give equal pages.
fn command(command_line: &[String]) -> String {
    let arguments = command_line.iter().skip(1).map(String::as_str);
    let words: Vec<&str> = ["vds"].into_iter().chain(arguments).collect();
    words.join(" ")
}
