//! What each profile runs: experiments, and the grid of networks of each.

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Profile {
    /// Shows that everything is connected; its numbers mean nothing
    Smoke,
    /// Small versions of the paper's experiments, for a laptop
    Quick,
}

impl Profile {
    /// The name as typed.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Quick => "quick",
        }
    }

    /// The experiments of the profile, in the order in which they run.
    pub(crate) fn experiments(self) -> &'static [Experiment] {
        match self {
            Self::Smoke => SMOKE,
            Self::Quick => QUICK,
        }
    }
}

/// One configuration file and the networks that are trained from it.
#[derive(Debug)]
pub(crate) struct Experiment {
    /// The configuration is `configs/<name>.ron`.
    pub(crate) name: &'static str,
    pub(crate) methods: &'static [&'static str],
    pub(crate) max_depths: &'static [usize],
    pub(crate) seeds: &'static [u64],
    /// Further `--set` arguments, the same for all cells.
    pub(crate) overrides: &'static [&'static str],
    pub(crate) threads: Threads,
}

/// How the threads are shared among the cells of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// The networks are too small to share one: as many cells at a time as there are threads.
    OnePerCell,
    /// One cell at a time, with all threads.
    AllForOneCell,
}

const BOTH: &[&str] = &["ldn", "ddn"];

const SMOKE: &[Experiment] = &[
    Experiment {
        name: "spirals",
        methods: BOTH,
        max_depths: &[5],
        seeds: &[0],
        overrides: &["epochs=20"],
        threads: Threads::OnePerCell,
    },
    Experiment {
        name: "fashion-mnist-mini",
        methods: BOTH,
        max_depths: &[1],
        seeds: &[0],
        overrides: &["epochs=1", "n_train=256"],
        threads: Threads::AllForOneCell,
    },
];

const QUICK: &[Experiment] = &[
    Experiment {
        name: "spirals",
        methods: BOTH,
        max_depths: &[5, 10, 20],
        seeds: &[0, 1],
        overrides: &[],
        threads: Threads::OnePerCell,
    },
    Experiment {
        name: "fashion-mnist-mini",
        methods: BOTH,
        max_depths: &[0, 2, 5, 8],
        seeds: &[0],
        overrides: &[],
        threads: Threads::AllForOneCell,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::workspace_root;
    use std::collections::BTreeSet;

    const PROFILES: [Profile; 2] = [Profile::Smoke, Profile::Quick];

    #[test]
    fn every_experiment_has_its_configuration_file() {
        for experiment in PROFILES.iter().flat_map(|profile| profile.experiments()) {
            let path = workspace_root().join(format!("configs/{}.ron", experiment.name));
            assert!(path.is_file(), "{} is missing", path.display());
        }
    }

    #[test]
    fn smoke_runs_the_experiments_of_quick() {
        let names = |profile: Profile| -> BTreeSet<&str> {
            profile.experiments().iter().map(|experiment| experiment.name).collect()
        };
        assert_eq!(names(Profile::Smoke), names(Profile::Quick));
    }
}
