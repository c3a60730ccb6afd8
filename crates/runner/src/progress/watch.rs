//! Lines that are drawn over each other, on the standard output.

use std::io;

use console::Term;
use vds_files::Shown as _;

use crate::error::Error;
use crate::output;

/// Shows the last state: on a terminal in place of the one before, else below it.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    n_shown: usize,
}

impl Watch {
    /// Shows lines.
    ///
    /// # Errors
    /// If the standard output does not take them.
    pub(crate) fn show(&mut self, lines: &[String]) -> Result<(), Error> {
        let terminal = Term::stdout();
        if !terminal.is_term() {
            return output::print(|out| lines.iter().try_for_each(|line| writeln!(out, "{line}")));
        }
        let draw = || -> io::Result<()> {
            terminal.clear_last_lines(self.n_shown)?;
            // A line that is broken would not be cleared whole.
            let width = usize::from(terminal.size().1);
            lines.iter().try_for_each(|line| {
                let line: String = line.shown().to_string().chars().take(width).collect();
                terminal.write_line(&line)
            })
        };
        draw().map_err(|source| Error::Output { hint: None, source })?;
        self.n_shown = lines.len();
        Ok(())
    }
}
