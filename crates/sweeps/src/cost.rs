//! What a cell costs in time: operations times seconds per operation, fitted to finished cells.

use std::collections::BTreeMap;
use std::path::Path;

use vds_records::{Cell, NetworkKind, RunReader, Sweep, ThreadSharing, Work};

/// Share of a cell's work that further threads take over, where its plan says that it uses them; the rest is done by one.
const PARALLEL_SHARE: f64 = 0.9;

/// Wall time of cells, from their operations.
///
/// Seconds of a cell are `train_flops * seconds_per_flop / speedup`, with one `seconds_per_flop` per kind of network and instruction
/// set: the geometric mean over finished cells, so that a factor too many weighs as much as one too few.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CostModel {
    fits: BTreeMap<(&'static str, String), Fit>,
}

/// What finished cells of one kind on one instruction set say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Seconds of one thread per floating-point operation that was planned.
    pub seconds_per_flop: f64,
    /// Cells that it was fitted to.
    pub n_cells: usize,
    /// By what factor a cell typically differs from the model: exp of the standard deviation of the logarithms; `None` for one
    /// cell.
    pub error_factor: Option<f64>,
}

/// A finished cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    /// What was planned.
    pub work: Work,
    /// The instruction set that it ran on.
    pub instruction_set: String,
    /// What it took with one thread, seconds.
    pub seconds: f64,
}

/// How many times faster a cell is on several threads.
pub fn speedup(sharing: ThreadSharing, n_threads: usize) -> f64 {
    let parallel = match sharing {
        ThreadSharing::OnePerCell => 0.0,
        ThreadSharing::AllForOneCell => PARALLEL_SHARE,
    };
    1.0 / (1.0 - parallel + parallel / n_threads.max(1) as f64)
}

/// What the finished cells of a sweep took; those without a journal or without counted work are left out.
pub fn observations(folder: &Path, sweep: &Sweep) -> Vec<Observation> {
    let observe = |cell: &Cell| {
        let run = RunReader::new(&folder.join(cell.run()));
        let timing = run.is_finished().then(|| run.timing()).flatten()?;
        Some(Observation {
            work: cell.work?,
            instruction_set: run.environment().ok()?.instruction_set?,
            seconds: timing.seconds * speedup(cell.threads, timing.threads),
        })
    };
    sweep.cells.iter().filter_map(observe).collect()
}

impl CostModel {
    /// The model of finished cells; of kinds that none of them has, a guess.
    pub fn fit(observations: &[Observation]) -> Self {
        let mut logs: BTreeMap<(&'static str, String), Vec<f64>> = BTreeMap::new();
        for observation in observations {
            let log = (observation.seconds / observation.work.train_flops).ln();
            if log.is_finite() {
                let key = (observation.work.network.name(), observation.instruction_set.clone());
                logs.entry(key).or_default().push(log);
            }
        }
        let fits = logs.into_iter().map(|(key, logs)| (key, Fit::of(&logs)));
        Self { fits: fits.collect() }
    }

    /// Seconds of a cell on `n_threads` threads; of one whose work was not counted, a second.
    pub fn seconds(&self, cell: &Cell, instruction_set: &str, n_threads: usize) -> f64 {
        let Some(work) = cell.work else { return 1.0 };
        let key = (work.network.name(), instruction_set.to_owned());
        let per_flop = self
            .fits
            .get(&key)
            .map_or_else(|| guess(work.network), |fit| fit.seconds_per_flop);
        work.train_flops * per_flop / speedup(cell.threads, n_threads)
    }

    /// Kind of network, instruction set and what was fitted.
    pub fn fits(&self) -> impl Iterator<Item = (&'static str, &str, &Fit)> {
        self.fits.iter().map(|((kind, set), fit)| (*kind, set.as_str(), fit))
    }

    /// The largest factor by which cells typically differ from the model; `None` as long as no two cells of a kind are finished.
    pub fn error_factor(&self) -> Option<f64> {
        self.fits.values().filter_map(|fit| fit.error_factor).reduce(f64::max)
    }
}

impl Fit {
    fn of(logs: &[f64]) -> Self {
        let n = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / n;
        let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
        Self {
            seconds_per_flop: mean.exp(),
            n_cells: logs.len(),
            error_factor: (logs.len() > 1).then(|| (squares / (n - 1.0)).sqrt().exp()),
        }
    }
}

/// Seconds per operation before any cell is finished: those of one thread of a machine with vectors. Small matrix products of
/// fully connected networks are far from a processor's peak.
fn guess(network: NetworkKind) -> f64 {
    match network {
        NetworkKind::Conv => 2e-11,
        NetworkKind::Fc => 2e-10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observation(train_flops: f64, seconds: f64) -> Observation {
        Observation {
            work: work(train_flops),
            instruction_set: "avx2+fma".to_owned(),
            seconds,
        }
    }

    fn work(train_flops: f64) -> Work {
        Work {
            network: NetworkKind::Conv,
            train_flops,
            memory: 0,
            epochs: 1,
        }
    }

    #[test]
    fn cost_model_is_fitted_per_kind_and_instruction_set_with_its_error() {
        let model = CostModel::fit(&[observation(1e9, 1.0), observation(2e9, 4.0), observation(0.0, 1.0)]);
        let (kind, set, fit) = model.fits().next().unwrap();
        assert_eq!((kind, set, fit.n_cells), ("conv", "avx2+fma", 2));
        // Rates of 1 and 2 ns: their geometric mean, and a deviation of ln 2 / sqrt 2 on either side of it.
        assert!((fit.seconds_per_flop / (2_f64.sqrt() * 1e-9) - 1.0).abs() < 1e-12);
        assert!((fit.error_factor.unwrap().ln() - 2_f64.ln() / 2_f64.sqrt()).abs() < 1e-12);
        let cell = Cell {
            id: String::new(),
            experiment: String::new(),
            name: String::new(),
            threads: ThreadSharing::AllForOneCell,
            place: 0,
            work: Some(work(1e9)),
        };
        let [one, two] = [1, 2].map(|n_threads| model.seconds(&cell, "avx2+fma", n_threads));
        assert!((one / two - speedup(ThreadSharing::AllForOneCell, 2)).abs() < 1e-12);
        let elsewhere = model.seconds(&cell, "avx512", 1);
        assert!((elsewhere - 1e9 * guess(NetworkKind::Conv)).abs() < 1e-12);
    }

    #[test]
    fn cost_of_a_small_network_does_not_depend_on_the_threads() {
        assert!((speedup(ThreadSharing::OnePerCell, 8) - 1.0).abs() < 1e-12);
    }
}
