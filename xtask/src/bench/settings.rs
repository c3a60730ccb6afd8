//! What is run: settings of `vds bench`, which PyTorch's script takes in the same words.

use serde::Serialize;

/// A setting that is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// Arguments of both programs.
    arguments: &'static str,
    /// Arguments of `vds bench` alone.
    ours_only: &'static str,
    /// Arguments of the peer's script alone; none if the setting is compared with another of ours.
    peer_only: Option<&'static str>,
    /// Each of these is a call of its own; where several are given, the fastest counts.
    pub(super) threads: &'static [usize],
    repeats: usize,
    /// Whether it is measured in the first round alone.
    pub(super) once: bool,
}

/// The peer is timed through torch.compile, too.
const COMPILE: Option<&str> = Some("--compile");
/// The network whose memory is measured; slow, and left out of a quick run.
const MEMORY: &str = "conv-28-memory";

/// Whose numbers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    /// Those of `vds`.
    Ours,
    /// Those of PyTorch.
    Peer,
}

/// All settings, in the order in which a round measures them.
#[rustfmt::skip]
const SETTINGS: [Setting; 10] = [
    Setting { name: "conv-28", arguments: "conv --max-depth 10 --batch 128 --in-channels 1 --size 28",
        ours_only: "", peer_only: COMPILE, threads: &[2], repeats: 5, once: false },
    Setting { name: "conv-28-one-thread", arguments: "conv --max-depth 10 --batch 128 --in-channels 1 --size 28",
        ours_only: "", peer_only: None, threads: &[1], repeats: 5, once: false },
    Setting { name: "conv-28-deep", arguments: "conv --max-depth 40 --batch 128 --in-channels 1 --size 28",
        ours_only: "", peer_only: None, threads: &[2], repeats: 5, once: false },
    Setting { name: "conv-32", arguments: "conv --max-depth 10 --batch 128 --in-channels 3 --size 32",
        ours_only: "", peer_only: COMPILE, threads: &[2], repeats: 5, once: false },
    Setting { name: "conv-28-evaluation", arguments: "conv --max-depth 10 --batch 500 --in-channels 1 --size 28",
        ours_only: "--pruned-to 4", peer_only: COMPILE, threads: &[2], repeats: 5, once: false },
    // Its memory does not vary.
    Setting { name: MEMORY, arguments: "conv --max-depth 50 --batch 512 --in-channels 1 --size 28",
        ours_only: "", peer_only: Some(""), threads: &[2], repeats: 1, once: true },
    Setting { name: "fc-20", arguments: "fc --max-depth 20 --batch 200 --width 20",
        ours_only: "", peer_only: COMPILE, threads: &[1, 2], repeats: 25, once: false },
    Setting { name: "fc-100", arguments: "fc --max-depth 100 --batch 200 --width 20",
        ours_only: "", peer_only: COMPILE, threads: &[1, 2], repeats: 25, once: false },
    Setting { name: "same-bits-conv", arguments: "conv",
        ours_only: "", peer_only: None, threads: &[1, 2, 3, 8], repeats: 1, once: true },
    Setting { name: "same-bits-fc", arguments: "fc",
        ours_only: "", peer_only: None, threads: &[1, 2, 3, 8], repeats: 1, once: true },
];

/// The settings of the published table; those of a quick run only show that everything is connected.
pub(super) fn settings(is_quick: bool) -> Vec<Setting> {
    let quick = |setting: Setting| Setting {
        repeats: 1,
        peer_only: setting.peer_only.map(|_| ""),
        ..setting
    };
    let chosen = SETTINGS
        .into_iter()
        .filter(|setting| !is_quick || setting.name != MEMORY);
    chosen
        .map(|setting| if is_quick { quick(setting) } else { setting })
        .collect()
}

impl Setting {
    /// The arguments of a side's program; none if the side does not measure the setting.
    pub(super) fn arguments(&self, side: Side, threads: usize) -> Option<String> {
        let own = match side {
            Side::Ours => self.ours_only,
            Side::Peer => self.peer_only?,
        };
        let Self { arguments, repeats, .. } = self;
        let text = format!("--network {arguments} --threads {threads} --repeats {repeats} {own}");
        Some(text.trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bench_gives_both_sides_the_same_sizes() {
        let evaluation = SETTINGS[4];
        let sizes = "--network conv --max-depth 10 --batch 500 --in-channels 1 --size 28 --threads 2 --repeats 5";
        assert_eq!(
            evaluation.arguments(Side::Ours, 2),
            Some(format!("{sizes} --pruned-to 4"))
        );
        assert_eq!(evaluation.arguments(Side::Peer, 2), Some(format!("{sizes} --compile")));
    }

    #[test]
    fn bench_quick_needs_neither_a_compiler_nor_much_memory() {
        for setting in settings(true) {
            let peer = setting.arguments(Side::Peer, 1).unwrap_or_default();
            assert!(!peer.contains("--compile") && setting.name != MEMORY, "{peer}");
        }
    }
}
