//! How far a training run is, on the standard error: a bar on a terminal, else a plain line per epoch.

#[cfg(feature = "download")]
pub(crate) mod fetch;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use vds_calibration::Unit;
use vds_records::EpochMetrics;

/// Widest chart of a posterior; more depths share columns.
const CHART_WIDTH: usize = 40;

/// Shows epochs as they end.
#[derive(Debug)]
pub(crate) enum Progress {
    /// On a terminal.
    Bar(ProgressBar),
    /// A line per epoch.
    Lines {
        /// Epochs to run.
        epochs: usize,
    },
    /// Nothing.
    Quiet,
}

impl Progress {
    /// Chooses how to show `epochs` epochs.
    pub(crate) fn new(epochs: usize, quiet: bool) -> Self {
        if quiet {
            return Self::Quiet;
        }
        if !io::stderr().is_terminal() {
            return Self::Lines { epochs };
        }
        let bar = ProgressBar::with_draw_target(Some(epochs as u64), ProgressDrawTarget::stderr_with_hz(10));
        let style = ProgressStyle::with_template("{bar:12} {pos}/{len} {elapsed} (left {eta}) {wide_msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self::Bar(bar)
    }

    /// Shows an epoch. Progress is no result: a failure to show it is no failure of the run.
    pub(crate) fn epoch(&mut self, metrics: &EpochMetrics, seconds: f64) {
        match self {
            Self::Bar(bar) => {
                bar.set_message(format!("{} {}", describe(metrics), chart(&metrics.posterior)));
                bar.set_position(metrics.epoch as u64);
            }
            Self::Lines { epochs } => {
                let _ = writeln!(io::stderr(), "{}", line(metrics, *epochs, seconds));
            }
            Self::Quiet => {}
        }
    }

    /// Says that a signal ended the process, and how to resume.
    pub(crate) fn interrupted(&self, epochs: usize, run: &Path) {
        if !matches!(self, Self::Quiet) {
            let run = run.display();
            let _ = writeln!(
                io::stderr(),
                "interrupted after epoch {epochs}; `vds train --resume {run}` resumes"
            );
        }
    }

    /// Leaves the last state on the screen.
    pub(crate) fn finish(&self) {
        if let Self::Bar(bar) = self {
            bar.abandon();
        }
    }
}

fn line(metrics: &EpochMetrics, epochs: usize, seconds: f64) -> String {
    format!("epoch {}/{epochs} {} {seconds:.2} s", metrics.epoch, describe(metrics))
}

fn describe(metrics: &EpochMetrics) -> String {
    let loss = Unit::Nats.format(metrics.train_loss);
    let mut text = format!("loss {loss} train error {:.4}", metrics.train_error);
    if let (Some(error), Some(nll)) = (metrics.validation_error, metrics.validation_nll) {
        text += &format!(" validation error {error:.4} NLL {}", Unit::Nats.format(nll));
    }
    format!("{text} depth {:.2}", metrics.expected_depth)
}

/// The posterior as a row of bars, the highest one full.
fn chart(posterior: &[f64]) -> String {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let share = posterior.len().div_ceil(CHART_WIDTH).max(1);
    let columns: Vec<f64> = posterior.chunks(share).map(|depths| depths.iter().sum()).collect();
    let highest = columns.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let bar = |column: &f64| {
        // Eight steps, any mass at all showing as one.
        let level = (1..8).filter(|&step| *column > highest * f64::from(step) / 8.0).count();
        BARS[if *column > highest * 1e-3 { level + 1 } else { 0 }]
    };
    columns.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn progress_chart_has_a_column_per_depth_and_the_highest_is_full() {
        expect!["▁▂▄▆█"].assert_eq(&chart(&[0.01, 0.06, 0.2, 0.3, 0.43]));
        expect!["  █"].assert_eq(&chart(&[0.0, 0.0, 1.0]));
        expect!["█"].assert_eq(&chart(&[1.0]));
        assert_eq!(chart(&vec![1.0 / 101.0; 101]).chars().count(), 34);
    }

    #[test]
    fn progress_line_names_what_was_measured() {
        let mut metrics = EpochMetrics {
            epoch: 3,
            learning_rate: 0.1,
            train_loss: 0.51,
            train_nll: 0.5,
            kl_nats: 0.2,
            elbo_nats: -100.0,
            train_error: 0.25,
            validation_error: Some(0.3),
            validation_nll: Some(0.6),
            posterior: vec![0.5, 0.5],
            expected_depth: 0.5,
            train_depth: None,
        };
        expect!["epoch 3/10 loss 0.5100 train error 0.2500 validation error 0.3000 NLL 0.6000 depth 0.50 1.23 s"]
            .assert_eq(&line(&metrics, 10, 1.234));
        metrics.validation_error = None;
        expect!["epoch 3/10 loss 0.5100 train error 0.2500 depth 0.50 1.23 s"].assert_eq(&line(&metrics, 10, 1.234));
    }
}
