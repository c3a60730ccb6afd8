//! How the cells of a sweep become the tasks of job arrays.

/// Cells of a task: a power of this, so that a sweep has few arrays.
const BATCH_BASE: usize = 4;

/// A job array: task `k` trains the `batch` cells from `offset + k * batch`.
#[derive(Clone, Debug, PartialEq)]
pub struct Chunk {
    /// Index of the first cell of task 0.
    pub offset: usize,
    /// Cells of a task.
    pub batch: usize,
    /// Numbers of the tasks, ascending.
    pub tasks: Vec<usize>,
    /// What the longest of these tasks takes, by the cost model.
    pub seconds: f64,
    /// What the largest cell of these tasks takes.
    pub memory: u64,
}

/// What a cell takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CellCost {
    /// Wall time.
    pub seconds: f64,
    /// Bytes.
    pub memory: u64,
    /// Whether it is to be trained.
    pub is_wanted: bool,
}

/// The arrays for the cells of a sweep in their order. Cells that take less than `task_seconds` are batched to about that; no
/// task has a number of `max_array_size` or more; tasks without a cell that is wanted are left out.
///
/// # Panics
/// If `max_array_size` is 0.
pub fn chunks(cells: &[CellCost], task_seconds: f64, max_array_size: usize) -> Vec<Chunk> {
    assert!(max_array_size > 0, "an array has a task");
    let mut found = Vec::new();
    let mut begin = 0;
    while begin < cells.len() {
        let batch = batch_size(cells[begin].seconds, task_seconds, cells.len() - begin);
        let same = |at: usize| {
            cells
                .get(at)
                .is_some_and(|cell| batch_size(cell.seconds, task_seconds, cells.len() - begin) == batch)
        };
        // The last batch takes in cheaper cells if its own do not fill it, so that no cell is in two tasks.
        let mut end = begin + batch;
        while end - begin < batch * max_array_size && same(end) {
            end += batch;
        }
        found.extend(chunk(&cells[begin..end.min(cells.len())], begin, batch));
        begin = end;
    }
    found
}

/// The array of some cells; `None` if none of them is wanted.
fn chunk(cells: &[CellCost], offset: usize, batch: usize) -> Option<Chunk> {
    let (mut tasks, mut longest, mut memory) = (Vec::new(), 0.0_f64, 0);
    for (task, cells) in cells.chunks(batch).enumerate() {
        let wanted = || cells.iter().filter(|cell| cell.is_wanted);
        if wanted().next().is_some() {
            tasks.push(task);
            longest = longest.max(wanted().map(|cell| cell.seconds).sum());
            memory = wanted().map(|cell| cell.memory).fold(memory, u64::max);
        }
    }
    (!tasks.is_empty()).then_some(Chunk {
        offset,
        batch,
        tasks,
        seconds: longest,
        memory,
    })
}

fn batch_size(seconds: f64, task_seconds: f64, most: usize) -> usize {
    let mut batch = 1_usize;
    while batch.saturating_mul(BATCH_BASE) <= most.min(1024) && seconds * (batch * BATCH_BASE) as f64 <= task_seconds {
        batch *= BATCH_BASE;
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(seconds: &[f64]) -> Vec<CellCost> {
        let cell = |&seconds: &f64| CellCost {
            seconds,
            memory: 1,
            is_wanted: true,
        };
        seconds.iter().map(cell).collect()
    }

    /// Cells of each task of each chunk.
    fn tasks(chunks: &[Chunk], n_cells: usize) -> Vec<Vec<usize>> {
        let of = |chunk: &Chunk| {
            let (offset, batch) = (chunk.offset, chunk.batch);
            let firsts = chunk.tasks.clone().into_iter().map(move |task| offset + task * batch);
            firsts
                .map(move |first| (first..(first + batch).min(n_cells)).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        };
        chunks.iter().flat_map(of).collect()
    }

    #[test]
    fn chunks_stay_below_the_largest_array() {
        let chunks = chunks(&cells(&[600.0; 7]), 300.0, 3);
        let offsets: Vec<usize> = chunks.iter().map(|chunk| chunk.offset).collect();
        assert_eq!(offsets, [0, 3, 6]);
        assert!(chunks.iter().all(|chunk| chunk.tasks.iter().all(|&task| task < 3)));
        assert_eq!(tasks(&chunks, 7).concat(), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn chunks_batch_short_cells_and_have_each_cell_once() {
        let seconds: Vec<f64> = (0..40).map(|index| 500.0 / 1.3_f64.powi(index)).collect();
        let found = chunks(&cells(&seconds), 300.0, 1001);
        let tasks = tasks(&found, 40);
        assert_eq!(tasks.concat(), (0..40).collect::<Vec<_>>());
        for task in &tasks {
            let sum: f64 = task.iter().map(|&index| seconds[index]).sum();
            assert!(task.len() == 1 || sum <= 300.0, "{task:?} takes {sum} s");
        }
        assert!(tasks.len() < 25, "{}", tasks.len());
    }

    #[test]
    fn chunks_leave_out_what_is_not_wanted() {
        let mut cells = cells(&[600.0; 5]);
        for index in [0, 2, 3] {
            cells[index].is_wanted = false;
        }
        assert_eq!(tasks(&chunks(&cells, 300.0, 1001), 5).concat(), [1, 4]);
        cells.iter_mut().for_each(|cell| cell.is_wanted = false);
        assert!(chunks(&cells, 300.0, 1001).is_empty());
    }
}
