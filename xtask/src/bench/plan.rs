//! What is run: settings of `vds bench`, each beside the same setting of the peer where there is one to compare with.

/// A setting that is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: String,
    /// Arguments of `vds bench`.
    pub(super) ours: String,
    /// Arguments of the peer's script.
    pub(super) peer: Option<String>,
    /// Whether it is measured in the first round alone.
    pub(super) once: bool,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// The published table.
    Full,
    /// Shows that everything is connected: one timing each, no torch.compile, no large network.
    Quick,
}

/// Training step at 28x28x1.
pub(super) const CONV_28: &str = "conv-28";
/// Training step at 32x32x3.
pub(super) const CONV_32: &str = "conv-32";
/// Evaluation at 28x28x1, with the pruned network.
pub(super) const EVALUATION: &str = "conv-28-evaluation";
/// The first on one thread.
pub(super) const ONE_THREAD: &str = "conv-28-one-thread";
/// The first with four times the depth.
pub(super) const DEEP: &str = "conv-28-deep";
/// A large batch of a deep network.
pub(super) const MEMORY: &str = "conv-28-memory";
/// Depths of the fully connected network.
pub(super) const FC_DEPTHS: [usize; 2] = [20, 100];
/// Threads of the fully connected network; the faster counts.
pub(super) const FC_THREADS: [usize; 2] = [1, 2];
/// Threads that must give the same bits.
pub(super) const SAME_BITS_THREADS: [usize; 4] = [1, 2, 3, 8];
/// Networks that must.
pub(super) const SAME_BITS_KINDS: [&str; 2] = ["conv", "fc"];
/// Depth of the pruned network, and of the whole one.
pub(super) const PRUNED: [usize; 2] = [4, 10];

/// Name of a setting of the fully connected network.
pub(super) fn fc(max_depth: usize, threads: usize) -> String {
    format!("fc-D{max_depth}-t{threads}")
}

/// Name of a setting whose bits are compared.
pub(super) fn same_bits(kind: &str, threads: usize) -> String {
    format!("same-bits-{kind}-t{threads}")
}

/// All settings, in the order in which a round measures them.
pub(super) fn settings(extent: Extent) -> Vec<Setting> {
    let mut all = convolutional(extent);
    all.extend(fully_connected(extent));
    for kind in SAME_BITS_KINDS {
        all.extend(SAME_BITS_THREADS.map(|threads| Setting {
            name: same_bits(kind, threads),
            ours: format!("--what {kind} --repeats 1 --threads {threads}"),
            peer: None,
            once: true,
        }));
    }
    all
}

fn convolutional(extent: Extent) -> Vec<Setting> {
    let (repeats, compile) = match extent {
        Extent::Full => (5, " --compile"),
        Extent::Quick => (1, ""),
    };
    let setting = |name: &str, sizes: &str, threads: usize| Setting {
        name: name.to_owned(),
        ours: format!("--what conv {sizes} --threads {threads} --repeats {repeats}"),
        peer: None,
        once: false,
    };
    let against = |name: &str, sizes: &str, only_ours: &str| {
        let ours = setting(name, sizes, 2);
        Setting {
            ours: format!("{}{only_ours}", ours.ours),
            peer: Some(format!("conv {sizes} --threads 2 --repeats {repeats}{compile}")),
            ..ours
        }
    };
    let [pruned, whole] = PRUNED;
    let mut all = vec![
        against(CONV_28, "--max-depth 10 --batch 128 --channels 1 --size 28", ""),
        setting(ONE_THREAD, "--max-depth 10 --batch 128 --channels 1 --size 28", 1),
        setting(DEEP, "--max-depth 40 --batch 128 --channels 1 --size 28", 2),
        against(CONV_32, "--max-depth 10 --batch 128 --channels 3 --size 32", ""),
        against(
            EVALUATION,
            &format!("--max-depth {whole} --batch 500 --channels 1 --size 28"),
            &format!(" --pruned-to {pruned}"),
        ),
    ];
    if extent == Extent::Full {
        all.push(memory());
    }
    all
}

/// Slow, and its memory does not vary: once, with one timing, and without torch.compile.
fn memory() -> Setting {
    let sizes = "--max-depth 50 --batch 512 --channels 1 --size 28 --threads 2 --repeats 1";
    Setting {
        name: MEMORY.to_owned(),
        ours: format!("--what conv {sizes}"),
        peer: Some(format!("conv {sizes}")),
        once: true,
    }
}

fn fully_connected(extent: Extent) -> impl Iterator<Item = Setting> {
    let (repeats, compile) = match extent {
        Extent::Full => (25, " --compile"),
        Extent::Quick => (1, ""),
    };
    FC_DEPTHS.into_iter().flat_map(move |max_depth| {
        FC_THREADS.map(|threads| {
            let sizes =
                format!("--max-depth {max_depth} --batch 200 --width 20 --threads {threads} --repeats {repeats}");
            Setting {
                name: fc(max_depth, threads),
                ours: format!("--what fc {sizes}"),
                peer: Some(format!("fc {sizes}{compile}")),
                once: false,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_distinct() {
        let all = settings(Extent::Full);
        let names: BTreeSet<&str> = all.iter().map(|setting| setting.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn both_sides_get_the_same_sizes() {
        for setting in settings(Extent::Full) {
            let Some(peer) = setting.peer else { continue };
            let ours = setting.ours.replace("--what ", "").replace(" --pruned-to 4", "");
            assert_eq!(ours, peer.replace(" --compile", ""), "{}", setting.name);
        }
    }

    #[test]
    fn quick_extent_needs_neither_a_compiler_nor_much_memory() {
        for setting in settings(Extent::Quick) {
            assert!(
                !setting.peer.is_some_and(|peer| peer.contains("--compile")),
                "{}",
                setting.name
            );
            assert_ne!(setting.name, MEMORY);
        }
    }
}
