//! How far a sweep is, and how long it will take.

use std::path::Path;

use vds_records::{Cell, Sweep};

use crate::cost::CostModel;
use crate::error::Result;
use crate::lease::Here;
use crate::state::{State, n_epochs, state};

/// How far the cells of a sweep are.
#[derive(Clone, Debug)]
pub struct Progress<'a> {
    /// Every cell with its state, in the order of the plan.
    pub cells: Vec<(&'a Cell, State)>,
    /// The cells that are being trained, with the epochs that are done.
    pub running: Vec<(&'a Cell, usize)>,
    /// Seconds until the last cell is finished if as many as now stay at work, by the cost model; of one worker if none is.
    pub seconds_left: f64,
}

impl<'a> Progress<'a> {
    /// How far a sweep is now.
    ///
    /// # Errors
    /// If a configuration cannot be read.
    pub fn read(
        folder: &Path,
        sweep: &'a Sweep,
        here: &Here,
        model: &CostModel,
        instruction_set: &str,
    ) -> Result<Self> {
        let with_state = |cell: &'a Cell| Ok((cell, state(folder, cell, here)?));
        let cells: Vec<(&Cell, State)> = sweep
            .in_plan_order()
            .into_iter()
            .map(with_state)
            .collect::<Result<_>>()?;
        let running = cells.iter().filter(|(_, state)| *state == State::InUse);
        let running: Vec<(&Cell, usize)> = running.map(|(cell, _)| (*cell, n_epochs(folder, cell))).collect();
        let left = cells
            .iter()
            .filter(|(_, state)| state.is_to_do() || *state == State::InUse)
            .map(|(cell, state)| {
                let done = match (state, cell.work) {
                    (State::New, _) | (_, None) => 0.0,
                    (_, Some(work)) => n_epochs(folder, cell) as f64 / work.epochs.max(1) as f64,
                };
                model.seconds(cell, instruction_set, 1) * (1.0 - done.min(1.0))
            });
        Ok(Self {
            // The sum of nothing is -0.
            seconds_left: (0.0 + left.sum::<f64>()) / running.len().max(1) as f64,
            cells,
            running,
        })
    }

    /// Cells in a state.
    pub fn n(&self, state: State) -> usize {
        self.cells.iter().filter(|(_, of)| *of == state).count()
    }
}
