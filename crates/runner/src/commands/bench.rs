//! `vds bench`.

use std::io::{self, Write};

use anyhow::Result;

use crate::benchmark::{Measurement, measure};
use crate::cli::high::Bench;
use crate::output;

/// Measures and prints.
pub(super) fn run(request: &Bench) -> Result<()> {
    let measurement = measure(&request.settings)?;
    if request.json {
        output::print_json(&measurement)
    } else {
        output::print(|out| table(out, &measurement))
    }
}

fn table(out: &mut dyn Write, m: &Measurement) -> io::Result<()> {
    let (what, max_depth, batch, threads) = (m.what, m.max_depth, m.batch, m.threads);
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
