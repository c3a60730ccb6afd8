//! Predictions on the standard output, printed as they are made.

use std::io::{self, Write};

use vds_files::Shown as _;
use vds_records::Prediction;

use super::{json_text, print};
use crate::error::Error;

/// Prints predictions batch by batch: a block per file and a line per example, or one JSON list.
#[derive(Debug)]
pub(crate) struct Predictions {
    format: Format,
    /// The file of the prediction before; `None` before the first.
    file: Option<String>,
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Text { name_width: usize },
    Json,
}

impl Predictions {
    /// A printer of predictions with these names of classes; nothing is printed yet.
    pub(crate) fn new(is_json: bool, class_names: &[String]) -> Self {
        let widths = class_names.iter().map(|name| name.shown().to_string().chars().count());
        let name_width = widths.max().unwrap_or(0).max("class".len());
        Self {
            format: match is_json {
                true => Format::Json,
                false => Format::Text { name_width },
            },
            file: None,
        }
    }

    /// Prints some predictions and flushes the output.
    pub(crate) fn print(&mut self, predictions: &[Prediction]) -> Result<(), Error> {
        print(|out| {
            predictions.iter().try_for_each(|one| {
                let is_first = self.file.is_none();
                let is_new_file = self.file.as_deref() != Some(&one.file);
                if is_new_file {
                    self.file = Some(one.file.clone());
                }
                match self.format {
                    Format::Text { name_width } => line(out, one, name_width, is_new_file),
                    Format::Json => {
                        let start = if is_first { "[" } else { "," };
                        // Strings of JSON hold no line break: each is one of the layout.
                        let text = json_text(one)?.replace('\n', "\n  ");
                        write!(out, "{start}\n  {text}")
                    }
                }
            })
        })
    }

    /// Ends the list of JSON, if it has begun; also after a failure, so that what was printed is whole.
    pub(crate) fn finish(self) -> Result<(), Error> {
        match self.format {
            Format::Json if self.file.is_some() => print(|out| writeln!(out, "\n]")),
            _ => Ok(()),
        }
    }
}

fn line(out: &mut dyn Write, one: &Prediction, name_width: usize, is_new_file: bool) -> io::Result<()> {
    if is_new_file {
        writeln!(out, "{}", one.file.shown())?;
        let columns = ["confid.", "entropy", "aleat.", "epist."];
        write!(out, "{:>7}  {:<name_width$}", "example", "class")?;
        columns.iter().try_for_each(|column| write!(out, "{column:>9}"))?;
        writeln!(out, "  probabilities")?;
    }
    let (index, name, confidence) = (one.index, one.name.shown().to_string(), one.confidence);
    write!(out, "{index:>7}  {name:<name_width$}{confidence:>9.4}")?;
    let (total, aleatoric, epistemic) = (one.predictive_entropy, one.aleatoric, one.epistemic);
    // A difference of equal numbers can round to minus zero.
    write!(out, "{total:>9.4}{aleatoric:>9.4}{:>9.4} ", epistemic.max(0.0))?;
    one.probabilities.iter().try_for_each(|p| write!(out, " {p:.4}"))?;
    writeln!(out)
}
