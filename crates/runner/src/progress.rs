//! How far a training run is, on the standard error: a bar on a terminal, else a plain line per epoch.

#[cfg(feature = "download")]
pub(crate) mod fetch;
mod watch;

use std::io::{self, IsTerminal as _};
use std::path::Path;

use console::Term;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use vds_calibration::Unit;
use vds_files::Shown as _;
use vds_records::EpochMetrics;

use crate::output;
pub(crate) use watch::Watch;

/// Widest chart of a posterior on a terminal; more depths share columns.
const CHART_MAX: usize = 40;
/// Columns that the chart is left with before a line takes in more numbers.
const CHART_MIN: usize = 16;

/// Shows epochs as they end.
#[derive(Debug)]
pub(crate) enum Progress {
    /// On a terminal.
    Bar {
        /// The bar, with its numbers and its chart.
        bar: ProgressBar,
        /// The terminal, for its width.
        terminal: Term,
    },
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
        Self::Bar {
            bar: bar(epochs, ProgressDrawTarget::stderr_with_hz(10)),
            terminal: Term::stderr(),
        }
    }

    /// Shows an epoch. Progress is not a result: a failure to show it is not a failure of the run.
    pub(crate) fn epoch(&mut self, metrics: &EpochMetrics, seconds: f64) {
        match self {
            Self::Bar { bar, terminal } => {
                let (_, width) = terminal.size();
                let epochs = bar.length().unwrap_or_default();
                bar.set_message(message(metrics, message_width(epochs, usize::from(width))));
                bar.set_position(metrics.epoch as u64);
            }
            Self::Lines { epochs } => {
                output::note(&line(metrics, *epochs, seconds));
            }
            Self::Quiet => {}
        }
    }

    /// Says that a signal ended the process, and how to resume.
    pub(crate) fn interrupted(&self, epochs: usize, run: &Path) {
        if !matches!(self, Self::Quiet) {
            let run = run.quoted();
            output::note(&format!(
                "interrupted after epoch {epochs}; `vds train --resume {run}` resumes"
            ));
        }
    }

    /// Leaves the last state on the screen.
    pub(crate) fn finish(&self) {
        if let Self::Bar { bar, .. } = self {
            bar.abandon();
        }
    }
}

/// A bar whose part before the message is as wide as [`message_width`] expects.
fn bar(epochs: usize, target: ProgressDrawTarget) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(epochs as u64), target);
    let digits = epochs.to_string().len();
    let template = format!("{{bar:12}} {{pos:>{digits}}}/{{len}} {{elapsed:>3}} (left {{eta:>3}}) {{wide_msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

/// Columns of a line of `width` that a [`bar`] over `epochs` leaves to its message.
fn message_width(epochs: u64, width: usize) -> usize {
    let before = format!("{:12} {epochs}/{epochs} 10m (left 10m) ", "");
    width.saturating_sub(before.len())
}

/// What was measured in at most `width` columns: loss and depth always, the posterior's chart in what is left, further numbers
/// where the chart keeps [`CHART_MIN`] columns.
fn message(metrics: &EpochMetrics, width: usize) -> String {
    let (mut text, further) = measured(metrics);
    let chart_min = metrics.posterior.len().min(CHART_MIN);
    for part in further {
        if text.len() + part.len() + 1 + chart_min > width {
            break;
        }
        text += &part;
    }
    let n_columns = width.saturating_sub(text.len() + 1).min(CHART_MAX);
    format!("{text} {}", chart(&metrics.posterior, n_columns))
}

/// A plain line.
fn line(metrics: &EpochMetrics, epochs: usize, seconds: f64) -> String {
    let (text, further) = measured(metrics);
    format!(
        "epoch {}/{epochs} {text}{} {seconds:.2} s",
        metrics.epoch,
        further.concat()
    )
}

/// Loss and depth, and further numbers from the most to the least important one, each with a blank before it.
fn measured(metrics: &EpochMetrics) -> (String, Vec<String>) {
    let loss = Unit::Nats.format(metrics.train_loss);
    let text = format!("loss {loss} depth {:.2}", metrics.expected_depth);
    let mut further = Vec::new();
    if let (Some(error), Some(nll)) = (metrics.validation_error, metrics.validation_nll) {
        further.push(format!(" validation error {error:.4}"));
        further.push(format!(" NLL {}", Unit::Nats.format(nll)));
    }
    further.push(format!(" train error {:.4}", metrics.train_error));
    (text, further)
}

/// The posterior as a row of at most `n_columns` bars, the highest one full.
fn chart(posterior: &[f64], n_columns: usize) -> String {
    const BARS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if n_columns == 0 {
        return String::new();
    }
    let share = posterior.len().div_ceil(n_columns).max(1);
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
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::*;
    use expect_test::expect;
    use indicatif::TermLike;

    /// A terminal that keeps what is written to it.
    #[derive(Clone, Debug)]
    struct Screen {
        width: u16,
        text: Arc<Mutex<String>>,
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            self.width
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.text.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.text.lock().unwrap().clear();
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn metrics(n_depths: usize) -> EpochMetrics {
        EpochMetrics {
            epoch: 400,
            learning_rate: 0.1,
            train_loss: 0.51,
            train_nll: 0.5,
            kl_nats: 0.2,
            elbo_nats: -100.0,
            train_error: 0.25,
            validation_error: Some(0.3),
            validation_nll: Some(0.6),
            // All equal, so that every column of the chart is to be seen.
            posterior: vec![1.0 / n_depths as f64; n_depths],
            expected_depth: (n_depths - 1) as f64 / 2.0,
            ..EpochMetrics::default()
        }
    }

    /// The last line of a bar on a terminal of this width, after 10 minutes and all 400 epochs.
    fn drawn(width: u16, metrics: &EpochMetrics) -> String {
        let text = Arc::default();
        let screen = Screen { width, text };
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let bar = bar(400, target).with_elapsed(Duration::from_secs(600));
        bar.set_message(message(metrics, message_width(400, usize::from(width))));
        bar.set_position(400);
        bar.abandon();
        let text = screen.text.lock().unwrap();
        text.trim_end().to_owned()
    }

    #[test]
    fn progress_line_shortens_the_chart_and_leaves_out_what_matters_least() {
        let deep = metrics(51);
        for (width, expected) in [
            (40, expect!["████████████ 400/400 10m (left  0s) loss"]),
            (
                80,
                expect!["████████████ 400/400 10m (left  0s) loss 0.5100 depth 25.00 █████████████████"],
            ),
            (
                110,
                expect![
                    "████████████ 400/400 10m (left  0s) loss 0.5100 depth 25.00 validation error 0.3000 █████████████████████████▄"
                ],
            ),
            (
                160,
                expect![
                    "████████████ 400/400 10m (left  0s) loss 0.5100 depth 25.00 validation error 0.3000 NLL 0.6000 train error 0.2500 █████████████████████████▄"
                ],
            ),
        ] {
            let line = drawn(width, &deep);
            assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            expected.assert_eq(&line);
        }
    }

    #[test]
    fn progress_chart_of_few_depths_leaves_room_for_the_numbers() {
        expect!["████████████ 400/400 10m (left  0s) loss 0.5100 depth 1.00 validation error 0.3000 NLL 0.6000 ███"]
            .assert_eq(&drawn(110, &metrics(3)));
    }

    #[test]
    fn progress_chart_has_a_column_per_depth_and_the_highest_is_full() {
        expect!["▁▂▄▆█"].assert_eq(&chart(&[0.01, 0.06, 0.2, 0.3, 0.43], 40));
        expect!["  █"].assert_eq(&chart(&[0.0, 0.0, 1.0], 40));
        expect!["█"].assert_eq(&chart(&[1.0], 40));
        let columns = |n_columns: usize| chart(&vec![1.0 / 101.0; 101], n_columns).chars().count();
        assert_eq!([0, 1, 16, 40].map(columns), [0, 1, 15, 34]);
    }

    #[test]
    fn progress_line_without_a_terminal_names_what_was_measured() {
        let mut metrics = metrics(2);
        expect!["epoch 400/400 loss 0.5100 depth 0.50 validation error 0.3000 NLL 0.6000 train error 0.2500 1.23 s"]
            .assert_eq(&line(&metrics, 400, 1.234));
        metrics.validation_error = None;
        expect!["epoch 400/400 loss 0.5100 depth 0.50 train error 0.2500 1.23 s"]
            .assert_eq(&line(&metrics, 400, 1.234));
    }
}
