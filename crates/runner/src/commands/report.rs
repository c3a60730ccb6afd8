//! `vds report`.

use std::path::Path;

use anyhow::Result;

use crate::cli::high::Report;
use crate::error::Error;
use crate::output;
use crate::report::{PageInfo, RunRecord, render};
use crate::run_dir::{FILES, StoredRun, write_atomically};

/// Writes the page; one that is there is replaced.
pub(super) fn run(request: &Report) -> Result<()> {
    check_out(request)?;
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

/// Refuses a place that cannot take a page, or holds a run, before anything is read.
fn check_out(request: &Report) -> Result<(), Error> {
    let out = &request.out;
    let shown = out.display();
    if out.is_dir() {
        return Err(Error::input_with_hint(
            format!("{shown} is a folder"),
            format!("name a file in it, as --out {}", out.join("report.html").display()),
        ));
    }
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        let message = format!("there is no folder {} to write {shown} into", folder.display());
        return Err(Error::input_with_hint(message, "make it, or choose another --out"));
    }
    let target = out.canonicalize().ok();
    let is_of_run = |run: &&StoredRun| {
        let mut files = FILES.iter().map(|name| run.path().join(name).canonicalize().ok());
        target.is_some() && files.any(|file| file == target)
    };
    match request.runs.iter().find(is_of_run) {
        None => Ok(()),
        Some(run) => Err(Error::input_with_hint(
            format!("{shown} is a file of the run {}", run.path().display()),
            "choose another --out",
        )),
    }
}
