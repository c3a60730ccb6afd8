//! Running statistics of batch norm, updated as PyTorch does.

use std::borrow::Cow;
use std::ops::Range;

use vds_kernels::layout::{ConvLayout, FcLayout, HeadStatistics, StatisticsRanges};

use crate::config::NetworkConfig;
use crate::weights::names::{norms, shared_head};

/// Batch norms of a convolutional block.
const NORMS_OF_BLOCK: usize = 3;

/// Weight of a new batch in the running statistics.
const MOMENTUM: f32 = 0.1;

/// Running means and variances of every batch norm in one vector, laid out as the kernels' batch statistics.
///
/// The output block of a convolutional network has a set for each depth, and behind everything else the one that all depths
/// share in the authors' code. Training reads neither, so that both are kept and either can be evaluated with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunningStatistics {
    pub(crate) values: Vec<f32>,
    /// Batches that each batch norm has seen, in the order of [`norms`].
    pub(crate) n_batches: Vec<u64>,
    /// Where the statistics of the first so many blocks end.
    block_ends: Vec<usize>,
    /// The output block's sets, one for each depth.
    head: Vec<StatisticsRanges>,
    /// The output block's shared set, if it has one.
    shared_head: Option<StatisticsRanges>,
}

impl RunningStatistics {
    /// Mean 0, variance 1.
    pub(crate) fn new(config: &NetworkConfig) -> Self {
        let (blocks, head, shared_head, len) = match config {
            NetworkConfig::Conv(conv) => {
                let layout = ConvLayout::new(*conv);
                let shared = shared_head(&layout);
                let blocks = layout.block_statistics.into_iter();
                let blocks: Vec<_> = blocks
                    .map(|block| vec![block.norm1, block.norm2, block.norm3])
                    .collect();
                let len = shared.variance.end;
                (blocks, layout.head_statistics, Some(shared), len)
            }
            NetworkConfig::Fc(fc) => {
                let layout = FcLayout::new(*fc);
                let blocks = layout.block_statistics.into_iter().map(|norm| vec![norm]).collect();
                (blocks, Vec::new(), None, layout.n_statistics)
            }
        };
        let mut values = vec![0.0; len];
        for range in blocks.iter().flatten().chain(&head).chain(&shared_head) {
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
            shared_head,
        }
    }

    /// Length of the kernels' vector of statistics.
    pub(crate) fn n_of_kernels(&self) -> usize {
        let shared = self.shared_head.as_ref();
        shared.map_or(self.values.len(), |shared| shared.mean.start)
    }

    /// The statistics that the kernels evaluate with, in their layout.
    pub(crate) fn for_evaluation(&self, head_statistics: HeadStatistics) -> Cow<'_, [f32]> {
        let own = &self.values[..self.n_of_kernels()];
        match (head_statistics, &self.shared_head) {
            (HeadStatistics::Shared, Some(shared)) => {
                let mut statistics = own.to_vec();
                for set in &self.head {
                    statistics[both(set)].copy_from_slice(&self.values[both(shared)]);
                }
                Cow::Owned(statistics)
            }
            _ => Cow::Borrowed(own),
        }
    }

    /// Takes in the statistics of one batch that went through the first `depth` blocks.
    pub(crate) fn update(&mut self, batch: &[f32], depth: usize) {
        let Self {
            values,
            head,
            shared_head,
            ..
        } = self;
        // The output block has seen a batch per depth.
        let n_block_norms = self.n_batches.len() - usize::from(!head.is_empty());
        let (of_blocks, of_head) = self.n_batches.split_at_mut(n_block_norms);
        let norms_of_block = n_block_norms / (self.block_ends.len() - 1).max(1);
        of_blocks[..depth * norms_of_block].iter_mut().for_each(|n| *n += 1);
        of_head.iter_mut().for_each(|n| *n += depth as u64 + 1);
        let blocks = 0..self.block_ends[depth];
        blend(&mut values[blocks.clone()], &batch[blocks]);
        for set in head.iter().take(depth + 1) {
            blend(&mut values[both(set)], &batch[both(set)]);
            if let Some(shared) = shared_head {
                blend(&mut values[both(shared)], &batch[both(set)]);
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
            self.values[both(to)].copy_from_slice(&original.values[both(&from)]);
        }
    }
}

/// Mean and variance, which stand side by side.
fn both(set: &StatisticsRanges) -> Range<usize> {
    set.mean.start..set.variance.end
}

fn blend(running: &mut [f32], batch: &[f32]) {
    for (running, batch) in running.iter_mut().zip(batch) {
        *running = (1.0 - MOMENTUM) * *running + MOMENTUM * batch;
    }
}
