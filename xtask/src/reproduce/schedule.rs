//! The order in which cells run: small ones side by side, large ones one after another.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cell::Cell;
use super::plan::Threads;

/// What became of a cell.
pub(crate) type Outcome<T> = Result<T, String>;

/// Runs `run` on every cell and returns the outcomes in the order of `cells`; a failed cell does not stop the others.
pub(crate) fn run_all<T: Send>(
    cells: &[Cell],
    n_threads: usize,
    run: impl Fn(&Cell) -> Outcome<T> + Sync,
) -> Vec<Outcome<T>> {
    let mut outcomes = Vec::with_capacity(cells.len());
    for group in cells.chunk_by(|a, b| a.threads == b.threads) {
        let n_workers = match group[0].threads {
            Threads::OnePerCell => n_threads.min(group.len()),
            Threads::AllForOneCell => 1,
        };
        outcomes.extend(run_group(group, n_workers, &run));
    }
    outcomes
}

/// Each worker takes the next cell until none is left.
fn run_group<T: Send>(
    group: &[Cell],
    n_workers: usize,
    run: &(impl Fn(&Cell) -> Outcome<T> + Sync),
) -> Vec<Outcome<T>> {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Mutex<Option<Outcome<T>>>> = group.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        while let Some((cell, slot)) = take_next(&next, group, &outcomes) {
            let outcome = run(cell);
            *slot.lock().expect("no worker panics with the lock") = Some(outcome);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..n_workers {
            scope.spawn(work);
        }
        work();
    });
    outcomes
        .into_iter()
        .map(|slot| {
            slot.into_inner()
                .expect("no worker panics with the lock")
                .expect("every cell was taken")
        })
        .collect()
}

fn take_next<'a, S>(next: &AtomicUsize, group: &'a [Cell], slots: &'a [S]) -> Option<(&'a Cell, &'a S)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    group.get(index).zip(slots.get(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reproduce::cell::cells;
    use crate::reproduce::plan::Profile;

    fn quick_cells() -> Vec<Cell> {
        Profile::Quick.experiments().iter().flat_map(cells).collect()
    }

    #[test]
    fn outcomes_keep_the_order_and_failures_do_not_stop_the_others() {
        let cells = quick_cells();
        for n_threads in [1, 2, 7] {
            let outcomes = run_all(&cells, n_threads, |cell| {
                if cell.max_depth == 10 {
                    Err(cell.label())
                } else {
                    Ok(cell.label())
                }
            });
            let labels: Vec<String> = outcomes
                .iter()
                .map(|outcome| outcome.clone().unwrap_or_else(|label| label))
                .collect();
            assert_eq!(labels, cells.iter().map(Cell::label).collect::<Vec<_>>());
            assert_eq!(outcomes.iter().filter(|outcome| outcome.is_err()).count(), 4);
        }
    }

    #[test]
    fn large_cells_run_alone() {
        let running = AtomicUsize::new(0);
        run_all(&quick_cells(), 4, |cell| {
            let n_others = running.fetch_add(1, Ordering::SeqCst);
            std::thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
            if cell.threads == Threads::AllForOneCell {
                assert_eq!(n_others, 0, "{}", cell.label());
            }
            Ok(())
        });
    }
}
