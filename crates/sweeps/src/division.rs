//! How the threads of a machine are divided among cells.

/// Cells side by side, and the threads of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// Cells at a time.
    pub n_jobs: usize,
    /// Threads of each.
    pub n_threads: usize,
}

impl Division {
    /// The division of `n_threads` threads with which the cells are finished first; of equal ones that with more cells side by
    /// side. `seconds(cell, threads)` is the time of a cell, of which there are `n_cells`, in the order in which they begin.
    ///
    /// # Panics
    /// Never: there is a division even of no threads.
    pub fn fastest(n_cells: usize, n_threads: usize, seconds: impl Fn(usize, usize) -> f64) -> Self {
        let candidates = (1..=n_threads.max(1))
            .rev()
            .map(|n_jobs| Self::with_jobs(n_jobs, n_threads));
        let timed = candidates.map(|division| (division.makespan(n_cells, &seconds), division));
        let best = timed.reduce(|best, next| if next.0 < best.0 { next } else { best });
        best.expect("there is a candidate").1
    }

    /// `n_jobs` cells at a time, which share the threads evenly.
    ///
    /// # Panics
    /// If `n_jobs` is 0.
    pub fn with_jobs(n_jobs: usize, n_threads: usize) -> Self {
        Self {
            n_jobs,
            n_threads: (n_threads / n_jobs).max(1),
        }
    }

    /// Time until the last cell is finished if each begins as soon as a place is free.
    ///
    /// # Panics
    /// If `n_jobs` is 0.
    pub fn makespan(self, n_cells: usize, seconds: impl Fn(usize, usize) -> f64) -> f64 {
        let mut busy_until = vec![0.0_f64; self.n_jobs];
        for cell in 0..n_cells {
            let first = busy_until.iter_mut().min_by(|a, b| a.total_cmp(b));
            let first = first.expect("a division has a place");
            *first += seconds(cell, self.n_threads);
        }
        busy_until.into_iter().fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn division_runs_small_cells_side_by_side_and_gives_a_lone_one_all_threads() {
        let shared = |_: usize, n_threads: usize| 1.0 / n_threads as f64 + 0.1;
        let division = |n_jobs, n_threads| Division { n_jobs, n_threads };
        assert_eq!(Division::fastest(8, 4, shared), division(4, 1));
        assert_eq!(Division::fastest(1, 4, shared), division(1, 4));
        assert_eq!(Division::fastest(2, 4, shared), division(2, 2));
        assert_eq!(Division::fastest(1, 4, |_, _| 1.0), division(4, 1));
        assert_eq!(Division::fastest(0, 0, shared), division(1, 1));
    }

    #[test]
    fn division_counts_what_a_costly_cell_leaves_idle() {
        // One cell of 8 s and four of 1 s: side by side the long one alone takes 8 s.
        let seconds = |cell: usize, n_threads: usize| if cell == 0 { 8.0 } else { 1.0 } / n_threads as f64;
        assert_eq!(Division::fastest(5, 2, seconds).n_jobs, 1);
        let total = Division::with_jobs(2, 2).makespan(5, seconds);
        assert!((total - 8.0).abs() < 1e-12);
    }
}
