//! Runs grouped by what makes them comparable, and seeds pooled.

use std::collections::BTreeMap;

use vds_records::{Method, RunRecord, SelectionSplit, Summary};

use crate::settings::{self, Settings};

/// Learnt-depth runs that differ in depth and seed only, with the deterministic-depth runs whose other settings agree.
///
/// A deterministic-depth run is a part of several groups if there are several kinds of learnt-depth runs to compare it with.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// Name of the data set, with the settings in which its groups differ.
    pub(crate) title: String,
    /// Sorted by method (LDN first), depth, seed.
    pub(crate) runs: Vec<Entry<'a>>,
}

/// A run and the identifier of its section.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    /// `run-0`, `run-1`, … in the order of the page.
    pub(crate) id: String,
    /// Whether the section of the run stands in this group; each run has one.
    pub(crate) is_home: bool,
    /// The record.
    pub(crate) run: &'a RunRecord,
}

impl<'a> Group<'a> {
    /// `runs` grouped: data sets in order of first appearance, the groups of one in the order of their settings.
    pub(crate) fn collect(runs: &'a [RunRecord]) -> Vec<Self> {
        let pools = pools(runs);
        let titles: Vec<String> = (0..pools.len()).map(|index| title(index, &pools, runs)).collect();
        let mut ids: BTreeMap<usize, String> = BTreeMap::new();
        let groups = pools.iter().zip(titles).map(|(pool, title)| {
            let entries = pool.iter().map(|&index| {
                let id = format!("run-{}", ids.len());
                let is_home = !ids.contains_key(&index);
                Entry {
                    id: ids.entry(index).or_insert(id).clone(),
                    is_home,
                    run: &runs[index],
                }
            });
            Self {
                runs: entries.collect(),
                title,
            }
        });
        groups.collect()
    }

    /// What the runs share.
    pub(crate) fn summary(&self) -> &'a Summary {
        &self.runs[0].run.summary
    }

    /// What the scores are to be read with, if anything: that runs were selected on the test set.
    pub(crate) fn caveat(&self) -> Option<&'static str> {
        self.runs.iter().find_map(|entry| caveat(entry.run))
    }

    /// The runs whose sections stand in this group.
    pub(crate) fn at_home(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.runs.iter().filter(|entry| entry.is_home)
    }

    /// Maximum depths in rising order, each once.
    pub(crate) fn depths(&self) -> Vec<usize> {
        let trained = self.runs.iter().filter(|entry| entry.run.is_trained());
        let mut depths: Vec<usize> = trained.map(|entry| entry.run.summary.max_depth).collect();
        depths.sort_unstable();
        depths.dedup();
        depths
    }

    /// The trained runs of a method and maximum depth, one per seed, in order of the seeds.
    pub(crate) fn of(&self, method: Method, depth: usize) -> Vec<&'a RunRecord> {
        let runs = self.runs.iter().map(|entry| entry.run);
        let mut runs: Vec<&RunRecord> = runs
            .filter(|run| run.is_trained() && run.summary.method == method && run.summary.max_depth == depth)
            .collect();
        runs.dedup_by_key(|run| run.summary.seed);
        runs
    }

    /// The depths at which there are runs of a method, in rising order.
    pub(crate) fn depths_of(&self, method: Method) -> Vec<usize> {
        let depths = self.depths().into_iter();
        depths.filter(|&depth| !self.of(method, depth).is_empty()).collect()
    }

    /// Whether two runs share method, depth and seed, so that one of them repeats the other.
    pub(crate) fn has_repeated_seeds(&self) -> bool {
        let key = |entry: &Entry<'_>| {
            let Summary { max_depth, seed, .. } = entry.run.summary;
            (entry.run.method_label(), max_depth, seed)
        };
        self.runs.windows(2).any(|pair| key(&pair[0]) == key(&pair[1]))
    }
}

/// The label of runs whose epochs were compared on the test set, so that every test score of them is biased.
const SELECTED_ON_TEST: &str = "selected on the test set";

/// The method of a run, with what its scores are to be read with.
pub(crate) fn label(run: &RunRecord) -> String {
    match caveat(run) {
        Some(caveat) => format!("{}, {caveat}", run.method_label()),
        None => run.method_label(),
    }
}

fn caveat(run: &RunRecord) -> Option<&'static str> {
    (run.summary.selection_split == SelectionSplit::Test).then_some(SELECTED_ON_TEST)
}

/// Indices of the runs of each group, sorted.
fn pools(runs: &[RunRecord]) -> Vec<Vec<usize>> {
    let mut data_sets: Vec<&str> = Vec::new();
    for run in runs {
        if !data_sets.contains(&run.summary.dataset.as_str()) {
            data_sets.push(&run.summary.dataset);
        }
    }
    let of_data_set = |data_set: &&str| {
        let of_data_set = (0..runs.len()).filter(|&index| runs[index].summary.dataset == **data_set);
        let comparable = classes(of_data_set.collect(), |index| settings::shared(&runs[index].summary));
        let mut pools: Vec<Vec<usize>> = comparable.into_iter().flat_map(|class| paired(runs, class)).collect();
        for pool in &mut pools {
            pool.sort_by_key(|&index| {
                let run = &runs[index];
                let Summary { max_depth, seed, .. } = run.summary;
                (!run.is_ldn(), run.method_label(), max_depth, seed, &run.name)
            });
        }
        pools.sort_by_cached_key(|pool| format!("{:?}", settings_of(pool, runs)));
        pools
    };
    data_sets.iter().flat_map(of_data_set).collect()
}

/// Each kind of learnt-depth runs with each kind of deterministic-depth runs.
fn paired(runs: &[RunRecord], comparable: Vec<usize>) -> Vec<Vec<usize>> {
    let (ldn, ddn): (Vec<usize>, Vec<usize>) = comparable.into_iter().partition(|&index| runs[index].is_ldn());
    let [ldn, ddn] = [ldn, ddn].map(|of_method| classes(of_method, |index| settings::effective(&runs[index].summary)));
    if ldn.is_empty() || ddn.is_empty() {
        return ldn.into_iter().chain(ddn).collect();
    }
    let pairs = ldn.iter().flat_map(|ldn| ddn.iter().map(move |ddn| [ldn, ddn]));
    pairs
        .map(|pair| pair.into_iter().flatten().copied().collect())
        .collect()
}

/// `indices` by equal keys.
fn classes<K: PartialEq>(indices: Vec<usize>, key: impl Fn(usize) -> K) -> Vec<Vec<usize>> {
    let mut classes: Vec<Vec<usize>> = Vec::new();
    for index in indices {
        match classes.iter_mut().find(|class| key(class[0]) == key(index)) {
            Some(class) => class.push(index),
            None => classes.push(vec![index]),
        }
    }
    classes
}

/// Every setting that has an effect on a run of a group.
fn settings_of<'a>(pool: &[usize], runs: &'a [RunRecord]) -> Settings<'a> {
    let effective = pool.iter().map(|&index| settings::effective(&runs[index].summary));
    effective.flatten().collect()
}

/// The data set, with those settings in which its groups differ.
fn title(index: usize, pools: &[Vec<usize>], runs: &[RunRecord]) -> String {
    let data_set = |pool: &[usize]| &runs[pool[0]].summary.dataset;
    let own = data_set(&pools[index]);
    let all: Vec<Settings<'_>> = pools.iter().map(|pool| settings_of(pool, runs)).collect();
    let rivals: Vec<&Settings<'_>> = pools
        .iter()
        .zip(&all)
        .filter(|(pool, _)| data_set(pool) == own)
        .map(|(_, settings)| settings)
        .collect();
    let mut facts = settings::differing(&all[index], &rivals);
    facts.extend(
        pools[index]
            .iter()
            .find_map(|&run| caveat(&runs[run]))
            .map(str::to_owned),
    );
    if facts.is_empty() {
        own.clone()
    } else {
        format!("{own} ({})", facts.join(", "))
    }
}
