//! Random sequences of commands, kills, damages and moves on a few run directories; what must hold is checked after every step.

/// Fails with a message unless something holds.
macro_rules! hold {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+));
        }
    };
}

mod accidents;
mod checks;
mod execute;
mod library;
mod outcomes;
mod regressions;
mod steps;
mod world;

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use steps::Step;
use world::{Counts, World};

/// Kinds of things that are counted.
const N_COUNTS: usize = 6;

/// A tiny run.
const TRAIN: &str = "train CONFIGS/spirals.ron --quiet --set max_depth=2 --set dataset.n=40";

/// The plan of a sweep, whose cells are runs of the first and the last configuration.
const PLAN: &str = r#"(schema: 1, name: "test", experiments: [(name: "spirals", config: "spirals.ron",
    settings: ["max_depth=2", "dataset.n=40", "epochs=3"], vary: [("seed", ["1", "5"])], threads: one_per_cell)])"#;

/// Does steps one after another; at the first after which something does not hold, the test fails with all of them.
#[track_caller]
fn replay(steps: &[Step]) {
    let mut world = World::new();
    for (index, &step) in steps.iter().enumerate() {
        let outcome = world.step(step);
        assert!(outcome.is_ok(), "step {index}, {step:?}: {}", outcome.unwrap_err());
    }
}

#[test]
fn model_holds_after_every_step_of_random_sequences() {
    // Another seed for a look at one sequence.
    let given: Option<u64> = std::env::var("VDS_MODEL_SEED").ok().map(|seed| seed.parse().unwrap());
    let (seeds, n_steps) = match vds_testkit::is_slow() {
        true => (0..10, 1000),
        false => (0..1, 300),
    };
    let seeds: Vec<u64> = given.map_or(seeds.collect(), |seed| vec![seed]);
    let mut totals = [0; N_COUNTS];
    for &seed in &seeds {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut world, mut steps) = (World::new(), Vec::new());
        for _ in 0..n_steps {
            let step = Step::random(&mut rng);
            steps.push(step);
            if let Err(problem) = world.step(step) {
                let last: Vec<String> = steps
                    .iter()
                    .rev()
                    .take(60)
                    .rev()
                    .map(|step| format!("    {step:?},\n"))
                    .collect();
                panic!(
                    "seed {seed}, step {}: {problem}\nthe last steps:\n{}",
                    steps.len(),
                    last.concat()
                );
            }
        }
        let Counts {
            steps,
            commands,
            kills,
            damages,
            moves,
            resumed,
        } = world.counts;
        let counts: [usize; N_COUNTS] = [steps, commands, kills, damages, moves, resumed];
        totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
    }
    let [steps, commands, kills, damages, moves, resumed] = totals;
    vds_testkit::counts::record(
        "model",
        &json!({
            "steps": steps, "commands": commands, "kills": kills, "damages": damages, "moves": moves, "resumed": resumed,
            "seeds": seeds,
        }),
    );
}
