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
    let (repeats, fc_repeats, compile) = match extent {
        Extent::Full => (5, 25, " --compile"),
        Extent::Quick => (1, 1, ""),
    };
    let ours = |name: &str, arguments: String| Setting {
        name: name.to_owned(),
        ours: format!("--what {arguments}"),
        peer: None,
        once: false,
    };
    let both = |name: &str, arguments: String| Setting {
        peer: Some(format!("{arguments}{compile}")),
        ..ours(name, arguments)
    };
    let [pruned, whole] = PRUNED;
    let repeats = format!("--repeats {repeats}");
    let mut evaluation = both(
        EVALUATION,
        format!("conv --max-depth {whole} --batch 500 --channels 1 --size 28 --threads 2 {repeats}"),
    );
    evaluation.ours += &format!(" --pruned-to {pruned}");
    let conv_28 = |max_depth: usize, threads: usize| {
        format!("conv --max-depth {max_depth} --batch 128 --channels 1 --size 28 --threads {threads} {repeats}")
    };
    let conv_32 = format!("conv --max-depth 10 --batch 128 --channels 3 --size 32 --threads 2 {repeats}");
    let mut all = vec![
        both(CONV_28, conv_28(10, 2)),
        ours(ONE_THREAD, conv_28(10, 1)),
        ours(DEEP, conv_28(40, 2)),
        both(CONV_32, conv_32),
        evaluation,
    ];
    if extent == Extent::Full {
        // Slow, and its memory does not vary: once, with one timing, and without torch.compile.
        let arguments = "conv --max-depth 50 --batch 512 --channels 1 --size 28 --threads 2 --repeats 1";
        all.push(Setting {
            peer: Some(arguments.to_owned()),
            once: true,
            ..ours(MEMORY, arguments.to_owned())
        });
    }
    for (max_depth, threads) in FC_DEPTHS
        .into_iter()
        .flat_map(|depth| FC_THREADS.map(|threads| (depth, threads)))
    {
        let sizes = format!("fc --max-depth {max_depth} --batch 200 --width 20 --threads {threads}");
        all.push(both(&fc(max_depth, threads), format!("{sizes} --repeats {fc_repeats}")));
    }
    for (kind, threads) in SAME_BITS_KINDS
        .into_iter()
        .flat_map(|kind| SAME_BITS_THREADS.map(|threads| (kind, threads)))
    {
        all.push(Setting {
            once: true,
            ..ours(
                &same_bits(kind, threads),
                format!("{kind} --repeats 1 --threads {threads}"),
            )
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn bench_settings_differ_in_name_and_give_both_sides_the_same_sizes() {
        let all = settings(Extent::Full);
        let names: BTreeSet<&str> = all.iter().map(|setting| setting.name.as_str()).collect();
        assert_eq!(names.len(), all.len());
        for (ours, peer) in all
            .iter()
            .filter_map(|setting| Some((&setting.ours, setting.peer.as_ref()?)))
        {
            let ours = ours.replace("--what ", "").replace(" --pruned-to 4", "");
            assert_eq!(ours, peer.replace(" --compile", ""));
        }
    }

    #[test]
    fn bench_quick_needs_neither_a_compiler_nor_much_memory() {
        for Setting { name, peer, .. } in settings(Extent::Quick) {
            assert!(!peer.is_some_and(|peer| peer.contains("--compile")), "{name}");
            assert_ne!(name, MEMORY);
        }
    }
}
