//! `vds bench`.

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::thread::available_parallelism;

use anyhow::Result;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use vds_model::{ConvConfig, Convolution, FcConfig, NetworkConfig};

use crate::arguments::{Threads, n_threads, whole};
use crate::benchmark::{Measurement, Settings, measure};
use crate::error::{Error, ExitCode};
use crate::output;

/// Values that a training step may keep: 32 GiB of them.
const MAX_KEPT_VALUES: u128 = 1 << 33;

/// Which network is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Network {
    /// The convolutional network, on images
    Conv,
    /// The fully connected network, on points in the plane
    Fc,
}

/// Time a training step and an evaluation pass on this machine
///
/// Training is the very step of `vds train`: training pass, ELBO, backward pass, update of weights and posterior. Evaluation is a
/// pass of all depths with the marginal predictive. Each time is the median of --repeats timings after two calls that are
/// not timed; a timing repeats what is short until 20 ms are over and takes the mean.
#[derive(Clone, Debug, Args)]
pub(crate) struct Bench {
    /// Network to time
    #[arg(long, value_enum, default_value_t = Network::Conv)]
    network: Network,
    /// Residual blocks [default: 10 for conv, 20 for fc]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 0, 1000), allow_negative_numbers = true)]
    max_depth: Option<usize>,
    /// Examples of a step and of a pass [default: 128 for conv, 200 for fc]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 2, 65_536), allow_negative_numbers = true)]
    batch: Option<usize>,
    /// Threads [default: 2, or 1 if the machine has no more]
    #[arg(long, value_name = "N", value_parser = n_threads, allow_negative_numbers = true)]
    threads: Option<NonZeroUsize>,
    /// Channels of an image, for conv [default: 1]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 1024), allow_negative_numbers = true)]
    in_channels: Option<usize>,
    /// Rows and columns of an image, for conv [default: 28]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 6, 1024), allow_negative_numbers = true)]
    size: Option<usize>,
    /// Channels between the blocks, for conv [default: 64]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 4096), allow_negative_numbers = true)]
    channels: Option<usize>,
    /// Channels inside a block, for conv [default: 32]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 4096), allow_negative_numbers = true)]
    bottleneck_channels: Option<usize>,
    /// How the 3x3 convolutions are computed, winograd or direct, for conv [default: winograd]
    #[arg(long, value_name = "HOW", value_parser = convolution(), hide_possible_values = true)]
    convolution: Option<Convolution>,
    /// Hidden units, for fc [default: 20]
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 1, 4096), allow_negative_numbers = true)]
    width: Option<usize>,
    /// Timings to take the median of
    #[arg(long, value_name = "N", default_value = "5", value_parser = |text: &str| whole(text, 1, 1000), allow_negative_numbers = true)]
    repeats: usize,
    /// Time the evaluation of the network pruned to this depth, too
    #[arg(long, value_name = "N", value_parser = |text: &str| whole(text, 0, 1000), allow_negative_numbers = true)]
    pruned_to: Option<usize>,
    /// Print the measurement as JSON
    #[arg(long)]
    json: bool,
}

impl Bench {
    /// Measures and prints.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let settings = settings(&self)?;
        let threads = Some(settings.threads);
        Threads { threads }.start()?;
        let measurement = measure(&settings)?;
        if self.json {
            output::print_json(&measurement)?;
        } else {
            output::print(|out| table(out, &measurement))?;
        }
        Ok(ExitCode::Success)
    }
}

/// How the 3x3 convolutions are computed.
fn convolution() -> impl TypedValueParser<Value = Convolution> {
    PossibleValuesParser::new(["winograd", "direct"]).map(|how| match how.as_str() {
        "direct" => Convolution::Direct,
        _ => Convolution::Winograd,
    })
}

/// Fills in what was not given and checks what belongs together.
fn settings(args: &Bench) -> Result<Settings, Error> {
    refuse_foreign(args)?;
    let (network, default_batch) = match args.network {
        Network::Conv => {
            let size = args.size.unwrap_or(28);
            let config = ConvConfig {
                in_channels: args.in_channels.unwrap_or(1),
                height: size,
                width: size,
                channels: args.channels.unwrap_or(64),
                bottleneck_channels: args.bottleneck_channels.unwrap_or(32),
                n_classes: 10,
                max_depth: args.max_depth.unwrap_or(10),
                convolution: args.convolution.unwrap_or_default(),
            };
            (NetworkConfig::Conv(config), 128)
        }
        // Points and classes of the spirals.
        Network::Fc => {
            let config = FcConfig {
                n_inputs: 2,
                width: args.width.unwrap_or(20),
                n_classes: 2,
                max_depth: args.max_depth.unwrap_or(20),
            };
            (NetworkConfig::Fc(config), 200)
        }
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
        ("in-channels", args.in_channels.is_some()),
        ("size", args.size.is_some()),
        ("channels", args.channels.is_some()),
        ("bottleneck-channels", args.bottleneck_channels.is_some()),
        ("convolution", args.convolution.is_some()),
    ];
    let (foreign, other) = match args.network {
        Network::Conv => (&[("width", args.width.is_some())][..], "fc"),
        Network::Fc => (&of_conv[..], "conv"),
    };
    match foreign.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => Err(Error::input(format!("--{flag} belongs to --network {other}"))),
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

fn table(out: &mut dyn Write, m: &Measurement) -> io::Result<()> {
    let (what, max_depth, batch, threads) = (m.network_kind, m.max_depth, m.batch, m.threads);
    let plural = if threads == 1 { "" } else { "s" };
    writeln!(
        out,
        "{what}, maximum depth {max_depth}, batch {batch}, {threads} thread{plural}, {}",
        m.instruction_set
    )?;
    writeln!(out)?;
    writeln!(out, "{:<16}{:>10}{:>14}{:>10}", "", "ms", "examples/s", "GFLOP/s")?;
    let rows = [
        (
            "training step",
            m.train_step_ms,
            m.train_items_per_s,
            m.train_gflop_per_s,
        ),
        ("evaluation", m.eval_ms, m.eval_items_per_s, m.eval_gflop_per_s),
    ];
    for (name, ms, items, gflop) in rows {
        writeln!(out, "{name:<16}{ms:>10.3}{items:>14.0}{gflop:>10.2}")?;
    }
    if let (Some(depth), Some(ms)) = (m.pruned_to, m.pruned_eval_ms) {
        let items = batch as f64 / ms * 1e3;
        writeln!(out, "{:<16}{ms:>10.3}{items:>14.0}", format!("pruned to {depth}"))?;
    }
    let sgemm = "large matrices, for comparison";
    writeln!(out, "{sgemm:<40}{:>10.2}", m.sgemm_gflop_per_s)?;
    writeln!(out)?;
    match m.peak_rss_mib {
        Some(mib) => writeln!(out, "peak memory {mib:.1} MiB"),
        None => writeln!(out, "peak memory not known on this system"),
    }
}
