//! Predictions on the standard output, printed as they are made.

use std::io::{self, BufWriter, StdoutLock, Write as _};

use anyhow::Result;
use vds_records::Prediction;

/// Prints predictions batch by batch: a block per file and a line per example, or one JSON list.
#[derive(Debug)]
pub(crate) struct Predictions {
    out: BufWriter<StdoutLock<'static>>,
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
        let widths = class_names.iter().map(|name| name.chars().count());
        let name_width = widths.max().unwrap_or(0).max("class".len());
        Self {
            out: BufWriter::new(io::stdout().lock()),
            format: match is_json {
                true => Format::Json,
                false => Format::Text { name_width },
            },
            file: None,
        }
    }

    /// Prints some predictions and flushes the output.
    pub(crate) fn print(&mut self, predictions: &[Prediction]) -> Result<()> {
        for one in predictions {
            match self.format {
                Format::Text { name_width } => self.line(one, name_width)?,
                Format::Json => {
                    let start = if self.file.is_none() { "[" } else { "," };
                    // Strings of JSON hold no line break: each is one of the layout.
                    let text = serde_json::to_string_pretty(one)?.replace('\n', "\n  ");
                    write!(self.out, "{start}\n  {text}")?;
                }
            }
            if self.file.as_deref() != Some(&one.file) {
                self.file = Some(one.file.clone());
            }
        }
        Ok(self.out.flush()?)
    }

    /// Ends the list of JSON, if it has begun; also behind a failure, so that what was printed is whole.
    pub(crate) fn finish(mut self) -> Result<()> {
        if matches!(self.format, Format::Json) && self.file.is_some() {
            writeln!(self.out, "\n]")?;
        }
        Ok(self.out.flush()?)
    }

    fn line(&mut self, one: &Prediction, name_width: usize) -> io::Result<()> {
        let out = &mut self.out;
        if self.file.as_deref() != Some(&one.file) {
            writeln!(out, "{}", one.file)?;
            let columns = ["confid.", "entropy", "aleat.", "epist."];
            write!(out, "{:>7}  {:<name_width$}", "example", "class")?;
            columns.iter().try_for_each(|column| write!(out, "{column:>9}"))?;
            writeln!(out, "  probabilities")?;
        }
        let (index, name, confidence) = (one.index, &one.name, one.confidence);
        write!(out, "{index:>7}  {name:<name_width$}{confidence:>9.4}")?;
        let (total, aleatoric, epistemic) = (one.predictive_entropy, one.aleatoric, one.epistemic);
        // A difference of equal numbers can round to minus zero.
        write!(out, "{total:>9.4}{aleatoric:>9.4}{:>9.4} ", epistemic.max(0.0))?;
        one.probabilities.iter().try_for_each(|p| write!(out, " {p:.4}"))?;
        writeln!(out)
    }
}
