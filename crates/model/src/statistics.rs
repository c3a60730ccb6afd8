//! Running statistics of batch norm, updated as PyTorch does.

use vds_kernels::layout::{ConvLayout, FcLayout, HeadStatistics, StatisticsRanges};

use crate::config::NetworkConfig;
use crate::weights::names::norms;

/// Batch norms of a convolutional block.
const NORMS_OF_BLOCK: usize = 3;

/// Weight of a new batch in the running statistics.
const MOMENTUM: f32 = 0.1;

/// Running means and variances of every batch norm in one vector, laid out as the kernels' batch statistics.
///
/// The output block of a convolutional network has a set for each depth. In the mode `shared` there is logically one, and
/// all sets hold it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunningStatistics {
    pub(crate) values: Vec<f32>,
    /// Batches that each batch norm has seen, in the order of [`norms`].
    pub(crate) n_batches: Vec<u64>,
    /// Where the statistics of the first so many blocks end.
    block_ends: Vec<usize>,
    /// The output block's sets.
    head: Vec<StatisticsRanges>,
    /// Whether they are one.
    head_is_shared: bool,
}

impl RunningStatistics {
    /// Mean 0, variance 1.
    pub(crate) fn new(config: &NetworkConfig) -> Self {
        let (blocks, head, len, head_is_shared) = match config {
            NetworkConfig::Conv(conv) => {
                let layout = ConvLayout::new(*conv);
                let blocks = layout.block_statistics.into_iter();
                let blocks: Vec<_> = blocks
                    .map(|block| vec![block.norm1, block.norm2, block.norm3])
                    .collect();
                let shared = conv.head_statistics == HeadStatistics::Shared;
                (blocks, layout.head_statistics, layout.n_statistics, shared)
            }
            NetworkConfig::Fc(fc) => {
                let layout = FcLayout::new(*fc);
                let blocks = layout.block_statistics.into_iter().map(|norm| vec![norm]).collect();
                (blocks, Vec::new(), layout.n_statistics, false)
            }
        };
        let mut values = vec![0.0; len];
        for range in blocks.iter().flatten().chain(&head) {
            values[range.variance.clone()].fill(1.0);
        }
        let ends = blocks
            .iter()
            .flat_map(|norms| norms.last())
            .map(|norm| norm.variance.end);
        Self {
            values,
            n_batches: vec![0; norms(config).len()],
            block_ends: [0].into_iter().chain(ends).collect(),
            head,
            head_is_shared,
        }
    }

    /// Takes in the statistics of one batch that went through the first `depth` blocks.
    pub(crate) fn update(&mut self, batch: &[f32], depth: usize) {
        let Self { values, head, .. } = self;
        // The output block has seen a batch per depth.
        let n_block_norms = self.n_batches.len() - usize::from(!head.is_empty());
        let (of_blocks, of_head) = self.n_batches.split_at_mut(n_block_norms);
        let norms_of_block = n_block_norms / (self.block_ends.len() - 1).max(1);
        of_blocks[..depth * norms_of_block].iter_mut().for_each(|n| *n += 1);
        of_head.iter_mut().for_each(|n| *n += depth as u64 + 1);
        let blocks = 0..self.block_ends[depth];
        blend(&mut values[blocks.clone()], &batch[blocks]);
        let first = head.first().map_or(0..0, |set| set.mean.start..set.variance.end);
        for set in head.iter().take(depth + 1) {
            let of_depth = set.mean.start..set.variance.end;
            let running = if self.head_is_shared {
                first.clone()
            } else {
                of_depth.clone()
            };
            blend(&mut values[running], &batch[of_depth]);
        }
        if self.head_is_shared {
            for set in &head[1..] {
                values.copy_within(first.clone(), set.mean.start);
            }
        }
    }

    /// Takes the values over from the statistics of the same network.
    pub(crate) fn copy_values_from(&mut self, other: &Self) {
        self.values.copy_from_slice(&other.values);
        self.n_batches.copy_from_slice(&other.n_batches);
    }

    /// Takes the output block's statistics, depth by depth, from the network that this one was pruned from.
    pub(crate) fn keep_head_of(&mut self, original: &Self, pruned: &NetworkConfig, whole: &NetworkConfig) {
        let n_kept = self.n_batches.len().min(original.n_batches.len());
        self.n_batches[..n_kept].copy_from_slice(&original.n_batches[..n_kept]);
        let (NetworkConfig::Conv(pruned), NetworkConfig::Conv(whole)) = (pruned, whole) else {
            return;
        };
        if let (Some(to), Some(from)) = (self.n_batches.last_mut(), original.n_batches.last()) {
            // The output block's norm comes last. It has seen a batch of depth i as often as block i has.
            let of_blocks = original.n_batches.chunks_exact(NORMS_OF_BLOCK).map(|norms| norms[0]);
            *to = from.saturating_sub(of_blocks.skip(pruned.max_depth).sum());
        }
        let kept = ConvLayout::new(*pruned).head_statistics;
        for (to, from) in kept.iter().zip(ConvLayout::new(*whole).head_statistics) {
            self.values[to.mean.start..to.variance.end]
                .copy_from_slice(&original.values[from.mean.start..from.variance.end]);
        }
    }
}

fn blend(running: &mut [f32], batch: &[f32]) {
    for (running, batch) in running.iter_mut().zip(batch) {
        *running = (1.0 - MOMENTUM) * *running + MOMENTUM * batch;
    }
}
