//! The arguments of `vds bench`, and the settings that they come to.

use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use clap::{Args, ValueEnum};
use vds_model::Convolution;

use super::low::n_threads;
use crate::benchmark::Settings;
use crate::error::Error;

/// Values that a training step may keep: 32 GiB of them.
const MAX_KEPT_VALUES: u128 = 1 << 33;

/// Which network is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The convolutional network, on images
    Conv,
    /// The fully connected network, on points in the plane
    Fc,
}

/// Arguments of `vds bench`.
#[derive(Clone, Debug, Args)]
pub struct Bench {
    /// Network to time
    #[arg(long, value_enum, default_value_t = What::Conv)]
    pub what: What,
    /// Residual blocks [default: 10 for conv, 20 for fc]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 0, 1000), allow_negative_numbers = true)]
    pub max_depth: Option<usize>,
    /// Examples of a step and of a pass [default: 128 for conv, 200 for fc]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 2, 65_536), allow_negative_numbers = true)]
    pub batch: Option<usize>,
    /// Threads [default: 2, or 1 if the machine has no more]
    #[arg(long, value_name = "N", value_parser = n_threads, allow_negative_numbers = true)]
    pub threads: Option<NonZeroUsize>,
    /// Channels of an image, for conv [default: 1]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 1024), allow_negative_numbers = true)]
    pub channels: Option<usize>,
    /// Rows and columns of an image, for conv [default: 28]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 6, 1024), allow_negative_numbers = true)]
    pub size: Option<usize>,
    /// Channels between the blocks, for conv [default: 64]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 4096), allow_negative_numbers = true)]
    pub outer: Option<usize>,
    /// Channels inside a block, for conv [default: 32]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 4096), allow_negative_numbers = true)]
    pub inner: Option<usize>,
    /// How the 3x3 convolutions are computed, winograd or direct, for conv [default: winograd]
    #[arg(long, value_name = "HOW", value_parser = convolution)]
    pub convolution: Option<Convolution>,
    /// Hidden units, for fc [default: 20]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 4096), allow_negative_numbers = true)]
    pub width: Option<usize>,
    /// Timings to take the median of
    #[arg(long, value_name = "N", default_value = "5", value_parser = |text: &str| whole(text, 1, 1000), allow_negative_numbers = true)]
    pub repeats: usize,
    /// Time the evaluation of the network pruned to this depth, too
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 0, 1000), allow_negative_numbers = true)]
    pub pruned_to: Option<usize>,
    /// Print the measurement as JSON
    #[arg(long)]
    pub json: bool,
}

fn convolution(text: &str) -> Result<Convolution, &'static str> {
    match text {
        "winograd" => Ok(Convolution::Winograd),
        "direct" => Ok(Convolution::Direct),
        _ => Err("expected winograd or direct"),
    }
}

fn whole(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let in_range = text.parse().ok().filter(|n| (least..=most).contains(n));
    in_range.ok_or_else(|| format!("expected a whole number from {least} to {most}"))
}

/// Fills in what was not given and checks what belongs together.
pub(super) fn settings(args: &Bench) -> Result<Settings, Error> {
    refuse_foreign(args)?;
    let (default_depth, default_batch) = match args.what {
        What::Conv => (10, 128),
        What::Fc => (20, 200),
    };
    let max_depth = args.max_depth.unwrap_or(default_depth);
    let network = match args.what {
        What::Conv => Settings::conv(
            max_depth,
            args.channels.unwrap_or(1),
            args.size.unwrap_or(28),
            [args.outer.unwrap_or(64), args.inner.unwrap_or(32)],
            args.convolution.unwrap_or_default(),
        ),
        What::Fc => Settings::fc(max_depth, args.width.unwrap_or(20)),
    };
    let settings = Settings {
        network,
        batch: args.batch.unwrap_or(default_batch),
        threads: args.threads.unwrap_or_else(default_threads),
        repeats: args.repeats,
        pruned_to: args.pruned_to,
    };
    check(&settings)?;
    Ok(settings)
}

/// Refuses a size of the network that was not asked for.
fn refuse_foreign(args: &Bench) -> Result<(), Error> {
    let of_conv = [
        ("channels", args.channels.is_some()),
        ("size", args.size.is_some()),
        ("outer", args.outer.is_some()),
        ("inner", args.inner.is_some()),
        ("convolution", args.convolution.is_some()),
    ];
    let (foreign, other) = match args.what {
        What::Conv => (&[("width", args.width.is_some())][..], "fc"),
        What::Fc => (&of_conv[..], "conv"),
    };
    match foreign.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(Error::input(format!("--{flag} belongs to --what {other}"))),
    }
}

fn check(settings: &Settings) -> Result<(), Error> {
    let max_depth = settings.network.max_depth();
    if let Some(depth) = settings.pruned_to.filter(|&depth| depth > max_depth) {
        return Err(Error::input(format!(
            "--pruned-to {depth}: the maximum depth of the network is {max_depth}"
        )));
    }
    let kept = settings.kept_values();
    if kept > MAX_KEPT_VALUES {
        let gib = kept / (1 << 28);
        return Err(Error::input_with_hint(
            format!("a training step of this size keeps {gib} GiB, at most 32 are allowed"),
            "lower --batch, --max-depth or the sizes of the network",
        ));
    }
    Ok(())
}

/// Two threads, as the published table has, where the machine has them.
fn default_threads() -> NonZeroUsize {
    let two = NonZeroUsize::MIN.saturating_add(1);
    available_parallelism().map_or(NonZeroUsize::MIN, |n| n.min(two))
}
