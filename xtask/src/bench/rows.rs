//! The table: what was measured on each side, the ratio, and the bar that it is held to.

use anyhow::Result;
use serde::Serialize;

use super::medians::{Medians, Ways};
use super::plan;

/// What stands where nothing was measured.
const NOT_MEASURED: &str = "not measured";

/// What a ratio is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bar {
    AtLeast(f64),
    AtMost(f64),
    /// It is told for what it is.
    None,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) ours: String,
    /// The other side: PyTorch, or what the row compares with.
    pub(super) other: String,
    pub(super) ratio: Option<f64>,
    pub(super) bar: String,
    pub(super) verdict: String,
}

/// Every row, in the order of the table.
pub(super) fn rows(medians: Medians<'_>) -> Result<Vec<Row>> {
    let mut rows = vec![
        training(medians, plan::CONV_28, "conv, training step, D 10, batch 128, 28x28x1")?,
        training(medians, plan::CONV_32, "conv, training step, D 10, batch 128, 32x32x3")?,
        against_sgemm(medians)?,
        evaluation(medians)?,
    ];
    for (ways, name, bar) in [
        (Ways::Eager, "PyTorch eager", Bar::AtLeast(15.0)),
        (Ways::Compiled, "torch.compile", Bar::None),
    ] {
        for max_depth in plan::FC_DEPTHS {
            rows.push(fully_connected(medians, max_depth, (ways, name), bar)?);
        }
    }
    rows.extend([
        memory(medians)?,
        threads(medians)?,
        depth(medians)?,
        pruned(medians)?,
        same_bits(medians)?,
        matrices(medians)?,
    ]);
    Ok(rows)
}

fn training(medians: Medians<'_>, setting: &str, what: &str) -> Result<Row> {
    Ok(speedup(medians, setting, "train_step_ms", what)?.held_to(Bar::AtLeast(2.0)))
}

fn evaluation(medians: Medians<'_>) -> Result<Row> {
    let what = "conv, evaluation of all depths, D 10, batch 500, 28x28x1";
    Ok(speedup(medians, plan::EVALUATION, "eval_ms", what)?.held_to(Bar::AtLeast(1.8)))
}

/// The peer's fastest way over ours, on two threads.
fn speedup(medians: Medians<'_>, setting: &str, field: &str, what: &str) -> Result<Row> {
    let ours = medians.ours(setting, field)?;
    let peer = medians.peer_smallest(setting, field, Ways::All)?;
    let ratio = quotient(peer.as_ref().map(|(ms, _)| *ms), ours);
    Ok(Row::new(what, told(ours, "ms"), told_way(peer, "ms"), ratio))
}

fn against_sgemm(medians: Medians<'_>) -> Result<Row> {
    let fields = ["train_gflop_per_s", "sgemm_gflop_per_s"];
    let [ours, sgemm] = fields.map(|field| medians.ours(plan::CONV_28, field));
    let ratio = medians.our_quotient(plan::CONV_28, fields)?;
    let what = "the first row's speed over that of large matrices (crate gemm)";
    let row = Row::new(what, told(ours?, "GFLOP/s"), told(sgemm?, "GFLOP/s"), ratio);
    Ok(row.held_to(Bar::AtLeast(0.75)))
}

/// The faster number of threads on each side.
fn fully_connected(medians: Medians<'_>, max_depth: usize, (ways, name): (Ways, &str), bar: Bar) -> Result<Row> {
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for threads in plan::FC_THREADS {
        let setting = plan::fc(max_depth, threads);
        ours.extend(medians.ours(&setting, "train_step_ms")?);
        peer.extend(
            medians
                .peer_smallest(&setting, "train_step_ms", ways)?
                .map(|(ms, _)| ms),
        );
    }
    let smallest = |values: Vec<f64>| values.into_iter().min_by(f64::total_cmp);
    let (ours, peer) = (smallest(ours), smallest(peer));
    let what = format!("fc, training step, D {max_depth}, 200 points, width 20, against {name}");
    let row = Row::new(&what, told(ours, "ms"), told(peer, "ms"), quotient(peer, ours));
    Ok(row.held_to(bar))
}

fn memory(medians: Medians<'_>) -> Result<Row> {
    let ours = medians.ours(plan::MEMORY, "peak_rss_mib")?;
    let peer = medians.peer_smallest(plan::MEMORY, "peak_rss_mib", Ways::All)?;
    let ratio = quotient(ours, peer.as_ref().map(|(mib, _)| *mib));
    let what = "conv, peak memory, D 50, batch 512, 28x28x1";
    let row = Row::new(what, told(ours, "MiB"), told_way(peer, "MiB"), ratio);
    Ok(row.held_to(Bar::AtMost(0.4)))
}

fn threads(medians: Medians<'_>) -> Result<Row> {
    let [two, one] = [plan::CONV_28, plan::ONE_THREAD].map(|setting| medians.ours(setting, "train_step_ms"));
    let (two, one) = (two?, one?);
    let what = "the first row on two threads, against one";
    let row = Row::new(what, told(two, "ms"), told(one, "ms"), quotient(one, two));
    Ok(row.held_to(Bar::AtLeast(1.8)))
}

fn depth(medians: Medians<'_>) -> Result<Row> {
    let [deep, shallow] = [plan::DEEP, plan::CONV_28].map(|setting| medians.ours(setting, "train_step_ms"));
    let (deep, shallow) = (deep?, shallow?);
    let what = "the first row at D 40, against D 10";
    let row = Row::new(what, told(deep, "ms"), told(shallow, "ms"), quotient(deep, shallow));
    Ok(row.held_to(Bar::AtMost(4.2)))
}

#[expect(clippy::cast_precision_loss, reason = "numbers of blocks are small")]
fn pruned(medians: Medians<'_>) -> Result<Row> {
    let fields = ["pruned_eval_ms", "eval_ms"];
    let [pruned, whole] = fields.map(|field| medians.ours(plan::EVALUATION, field));
    let ratio = medians.our_quotient(plan::EVALUATION, fields)?;
    let [d, max_depth] = plan::PRUNED;
    let what = format!("conv, evaluation pruned to {d} of {max_depth} blocks, against the whole");
    let bound = (d + 1) as f64 / (max_depth + 1) as f64 * 1.1;
    let row = Row::new(&what, told(pruned?, "ms"), told(whole?, "ms"), ratio);
    Ok(row.held_to(Bar::AtMost(bound)))
}

fn same_bits(medians: Medians<'_>) -> Result<Row> {
    let mut n_kinds_equal = 0;
    let mut n_runs = 0;
    for kind in plan::SAME_BITS_KINDS {
        let mut sums = Vec::new();
        for threads in plan::SAME_BITS_THREADS {
            sums.extend(medians.our_texts(&plan::same_bits(kind, threads), "weights_sha256")?);
        }
        n_runs += sums.len();
        sums.dedup();
        n_kinds_equal += usize::from(sums.len() == 1);
    }
    let threads = plan::SAME_BITS_THREADS.map(|threads| threads.to_string()).join(", ");
    let n_kinds = plan::SAME_BITS_KINDS.len();
    let is_complete = n_runs == n_kinds * plan::SAME_BITS_THREADS.len();
    let (ours, verdict) = match (is_complete, n_kinds_equal == n_kinds) {
        (false, _) => (NOT_MEASURED, NOT_MEASURED),
        (true, true) => ("the same bits", "met"),
        (true, false) => ("not the same bits", "missed"),
    };
    Ok(Row {
        what: format!("conv and fc, weights after two steps on {threads} threads"),
        ours: ours.to_owned(),
        other: "-".to_owned(),
        ratio: None,
        bar: "the same bits".to_owned(),
        verdict: verdict.to_owned(),
    })
}

fn matrices(medians: Medians<'_>) -> Result<Row> {
    let ours = medians.ours(plan::CONV_28, "sgemm_gflop_per_s")?;
    let peer = medians.peer(plan::CONV_28, "sgemm_gflop_per_s")?;
    let what = "large matrices: crate gemm, against PyTorch";
    let (left, right) = (told(ours, "GFLOP/s"), told(peer, "GFLOP/s"));
    Ok(Row::new(what, left, right, quotient(ours, peer)).held_to(Bar::None))
}

impl Row {
    /// A row that is not held to anything yet.
    fn new(what: &str, ours: String, other: String, ratio: Option<f64>) -> Self {
        Self {
            what: what.to_owned(),
            ours,
            other,
            ratio,
            bar: String::new(),
            verdict: String::new(),
        }
    }

    fn held_to(self, bar: Bar) -> Self {
        Self {
            bar: bar.told(),
            verdict: bar.verdict(self.ratio),
            ..self
        }
    }
}

impl Bar {
    fn told(self) -> String {
        match self {
            Self::AtLeast(bound) => format!("at least {bound:.2}"),
            Self::AtMost(bound) => format!("at most {bound:.2}"),
            Self::None => "-".to_owned(),
        }
    }

    /// Whether the ratio reaches the bar, and by how much it falls short; a ratio that is only rounded to the bar does not.
    fn verdict(self, ratio: Option<f64>) -> String {
        let Some(ratio) = ratio else {
            return NOT_MEASURED.to_owned();
        };
        let shortfall = match self {
            Self::AtLeast(bound) => (bound - ratio) / bound,
            Self::AtMost(bound) => (ratio - bound) / bound,
            Self::None => return "-".to_owned(),
        };
        if shortfall <= 0.0 {
            return "met".to_owned();
        }
        format!("missed by {:.1} %", 100.0 * shortfall)
    }
}

fn quotient(above: Option<f64>, below: Option<f64>) -> Option<f64> {
    Some(above? / below?)
}

fn told(value: Option<f64>, unit: &str) -> String {
    value.map_or_else(|| NOT_MEASURED.to_owned(), |value| format!("{} {unit}", digits(value)))
}

fn told_way(value: Option<(f64, String)>, unit: &str) -> String {
    match value {
        None => NOT_MEASURED.to_owned(),
        Some((value, way)) => format!("{} {unit} ({way})", digits(value)),
    }
}

/// Three significant digits from 1 on, three decimals below.
pub(super) fn digits(value: f64) -> String {
    let decimals = match value {
        _ if value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ if value >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests;
