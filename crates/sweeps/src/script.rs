//! The scripts that hand cells to schedulers.

use crate::chunks::Chunk;
use crate::ranges::ranges;

/// Seconds that a process gets for reading data and saving its state, beside the time of its cells.
const MARGIN_S: f64 = 60.0;

/// What all tasks of a submission share.
#[derive(Clone, Debug)]
pub struct Script {
    /// The program, quoted for a shell.
    pub program: String,
    /// The folder of the sweep, absolute, quoted for a shell.
    pub folder: String,
    /// Name of the sweep.
    pub name: String,
    /// Further arguments of `sweep run`, quoted for a shell, each with a blank before it.
    pub arguments: String,
    /// Threads of a cell.
    pub n_threads: usize,
    /// Tasks at a time; `None` for as many as the scheduler likes.
    pub n_jobs: Option<usize>,
    /// Factor between the cost model and the time that is asked for.
    pub time_factor: f64,
    /// Minutes to ask for in its place.
    pub minutes: Option<u64>,
    /// Mebibytes to ask for in place of the estimate.
    pub mebibytes: Option<u64>,
    /// Seconds before the end of its time at which a task saves its state.
    pub signal_s: u64,
    /// Further options of the engine, one a line.
    pub options: Vec<String>,
}

impl Script {
    /// The job array of a chunk for `sbatch`.
    pub fn slurm(&self, chunk: &Chunk) -> String {
        let Self {
            name,
            folder,
            n_threads,
            signal_s,
            ..
        } = self;
        let at_a_time = self.n_jobs.map_or_else(String::new, |n| format!("%{n}"));
        let (array, minutes, mebibytes) = (ranges(&chunk.tasks), self.minutes(chunk), self.mebibytes(chunk));
        let options: String = self
            .options
            .iter()
            .map(|option| format!("#SBATCH {option}\n"))
            .collect();
        let run = self.run(chunk, ".", "env");
        format!(
            "#!/bin/bash
#SBATCH --job-name=vds-{name}
#SBATCH --array={array}{at_a_time}
#SBATCH --ntasks=1 --cpus-per-task={n_threads}
#SBATCH --time={minutes}
#SBATCH --mem={mebibytes}M
#SBATCH --requeue
#SBATCH --chdir={folder}
#SBATCH --output=logs/slurm-%A.out --open-mode=append
#SBATCH --signal=B:USR1@{signal_s}
{options}
# The program takes the shell's place, so that the signal reaches it: it saves its state, has the task queued again and exits with 75.
exec {run} --requeue
"
        )
    }

    /// The job for `sbatch` that collects the table when all arrays have ended.
    pub fn slurm_collect(&self) -> String {
        let Self {
            name, folder, program, ..
        } = self;
        let options: String = self
            .options
            .iter()
            .map(|option| format!("#SBATCH {option}\n"))
            .collect();
        format!(
            "#!/bin/bash
#SBATCH --job-name=vds-{name}-collect
#SBATCH --ntasks=1 --cpus-per-task=1
#SBATCH --time=10
#SBATCH --mem=512M
#SBATCH --chdir={folder}
#SBATCH --output=logs/slurm-%A.out --open-mode=append
{options}
exec {program} sweep collect . --csv results.csv
"
        )
    }

    /// The task arrays of HyperQueue.
    pub fn hyperqueue(&self, chunks: &[Chunk]) -> String {
        let options: String = self.options.iter().map(|option| format!(" {option}")).collect();
        let mut text = "#!/bin/bash\nset -e\n".to_owned();
        for chunk in chunks {
            let (array, run) = (ranges(&chunk.tasks), self.run(chunk, &self.folder, "env"));
            let seconds = 60 * self.minutes(chunk);
            // Files of output are the cells' own: one per task as well would be thousands.
            text += &format!(
                "hq submit --name vds-{} --array {array} --cpus {} --resource mem={} --time-request {seconds}s --stdout none \
                 --stderr none{options} -- {run}\n",
                self.name,
                self.n_threads,
                self.mebibytes(chunk),
            );
        }
        text
    }

    /// The commands for GNU parallel, one a line.
    pub fn parallel(&self, chunks: &[Chunk]) -> String {
        let tasks = chunks
            .iter()
            .flat_map(|chunk| chunk.tasks.iter().map(move |task| (chunk, task)));
        let lines = tasks.map(|(chunk, task)| self.run(chunk, &self.folder, &task.to_string()) + "\n");
        lines.collect()
    }

    fn run(&self, chunk: &Chunk, folder: &str, index: &str) -> String {
        let Self {
            program,
            arguments,
            n_threads,
            ..
        } = self;
        let offset = match chunk.offset {
            0 => String::new(),
            offset => format!(" --offset {offset}"),
        };
        let batch = match chunk.batch {
            1 => String::new(),
            batch => format!(" --batch {batch}"),
        };
        format!("{program} sweep run {folder} --index {index}{offset}{batch} --jobs 1 --threads {n_threads}{arguments}")
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of minutes is not negative, and the cast saturates"
    )]
    fn minutes(&self, chunk: &Chunk) -> u64 {
        let seconds = chunk.seconds * self.time_factor + MARGIN_S + self.signal_s as f64;
        self.minutes.unwrap_or((seconds / 60.0).ceil() as u64)
    }

    fn mebibytes(&self, chunk: &Chunk) -> u64 {
        self.mebibytes.unwrap_or(chunk.memory.div_ceil(1 << 20))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn script() -> Script {
        Script {
            program: "vds".to_owned(),
            folder: "/sweeps/a".to_owned(),
            name: "a".to_owned(),
            arguments: " --data-dir /data".to_owned(),
            n_threads: 2,
            n_jobs: Some(16),
            time_factor: 2.0,
            minutes: None,
            mebibytes: None,
            signal_s: 60,
            options: vec!["--partition=main".to_owned()],
        }
    }

    fn chunk() -> Chunk {
        Chunk {
            offset: 1000,
            batch: 4,
            tasks: vec![3, 17, 40, 41, 42],
            seconds: 300.0,
            memory: 700 << 20,
        }
    }

    #[test]
    fn submit_to_slurm_asks_for_what_the_cost_model_says() {
        expect![[r"
            #!/bin/bash
            #SBATCH --job-name=vds-a
            #SBATCH --array=3,17,40-42%16
            #SBATCH --ntasks=1 --cpus-per-task=2
            #SBATCH --time=12
            #SBATCH --mem=700M
            #SBATCH --requeue
            #SBATCH --chdir=/sweeps/a
            #SBATCH --output=logs/slurm-%A.out --open-mode=append
            #SBATCH --signal=B:USR1@60
            #SBATCH --partition=main

            # The program takes the shell's place, so that the signal reaches it: it saves its state, has the task queued again and exits with 75.
            exec vds sweep run . --index env --offset 1000 --batch 4 --jobs 1 --threads 2 --data-dir /data --requeue
        "]]
        .assert_eq(&script().slurm(&chunk()));
    }

    #[test]
    fn submit_to_hyperqueue_is_a_task_array_with_resources() {
        expect![[r"
            #!/bin/bash
            set -e
            hq submit --name vds-a --array 3,17,40-42 --cpus 2 --resource mem=700 --time-request 720s --stdout none --stderr none --partition=main -- vds sweep run /sweeps/a --index env --offset 1000 --batch 4 --jobs 1 --threads 2 --data-dir /data
        "]]
        .assert_eq(&script().hyperqueue(&[chunk()]));
    }

    #[test]
    fn submit_to_parallel_has_a_line_per_task() {
        let text = script().parallel(&[chunk()]);
        assert_eq!(text.lines().count(), 5);
        let first = "vds sweep run /sweeps/a --index 3 --offset 1000 --batch 4 --jobs 1 --threads 2 --data-dir /data";
        assert_eq!(text.lines().next(), Some(first));
    }
}
