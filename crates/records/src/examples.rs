//! Scores of single test examples, so that runs can be compared on the same ones.

use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensorError, SafeTensors};
use vds_kernels::layout::HeadStatistics;

use crate::predictive::Predictive;

/// Scores of each test example, by running statistics of the output block and predictive distribution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExampleScores {
    by_name: BTreeMap<String, PerExample>,
}

/// Scores of each example under one predictive distribution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PerExample {
    /// Negative log-likelihood of the label, nats: `[n]`.
    pub nll: Vec<f32>,
    /// Squared distance of the class probabilities from the one-hot label: `[n]`.
    pub brier: Vec<f32>,
    /// 1 where the most probable class is wrong, else 0: `[n]`.
    pub error: Vec<u8>,
}

impl ExampleScores {
    /// Adds the scores under a predictive distribution.
    pub fn insert(&mut self, head_statistics: HeadStatistics, predictive: Predictive, scores: PerExample) {
        self.by_name.insert(name(head_statistics, predictive), scores);
    }

    /// The scores under a predictive distribution, if it was evaluated.
    pub fn get(&self, head_statistics: HeadStatistics, predictive: Predictive) -> Option<&PerExample> {
        self.by_name.get(&name(head_statistics, predictive))
    }

    /// The bytes of a safetensors file with the tensors `HEAD/PREDICTIVE/nll`, `…/brier` and `…/error`, `[n]` each.
    ///
    /// # Errors
    /// If the format cannot hold them.
    pub fn to_bytes(&self) -> Result<Vec<u8>, SafeTensorError> {
        let floats = |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
        let mut tensors = Vec::new();
        for (name, scores) in &self.by_name {
            tensors.push((format!("{name}/nll"), Dtype::F32, floats(&scores.nll)));
            tensors.push((format!("{name}/brier"), Dtype::F32, floats(&scores.brier)));
            tensors.push((format!("{name}/error"), Dtype::U8, scores.error.clone()));
        }
        let views = tensors.iter().map(|(name, dtype, bytes)| {
            let n = bytes.len() * 8 / dtype.bitsize();
            Ok((name.clone(), TensorView::new(*dtype, vec![n], bytes)?))
        });
        safetensors::serialize(views.collect::<Result<Vec<_>, SafeTensorError>>()?, None)
    }

    /// Reads what [`Self::to_bytes`] wrote; tensors of other names are left out.
    ///
    /// # Errors
    /// If the bytes are not a safetensors file, or a tensor is missing or of another type or length.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SafeTensorError> {
        let file = SafeTensors::deserialize(bytes)?;
        let mut scores = Self::default();
        for head_statistics in [HeadStatistics::PerDepth, HeadStatistics::Shared] {
            for predictive in Predictive::ALL {
                let name = name(head_statistics, predictive);
                if file.tensor(&format!("{name}/nll")).is_ok() {
                    scores.by_name.insert(name.clone(), per_example(&file, &name)?);
                }
            }
        }
        Ok(scores)
    }
}

fn name(head_statistics: HeadStatistics, predictive: Predictive) -> String {
    format!("{}/{}", head_statistics.name(), predictive.name())
}

fn per_example(file: &SafeTensors<'_>, name: &str) -> Result<PerExample, SafeTensorError> {
    let bytes = |part: &str, dtype: Dtype| {
        let view = file.tensor(&format!("{name}/{part}"))?;
        match view.dtype() == dtype {
            true => Ok(view.data()),
            false => Err(SafeTensorError::TensorInvalidInfo),
        }
    };
    let floats = |part: &str| -> Result<Vec<f32>, SafeTensorError> {
        let (values, _) = bytes(part, Dtype::F32)?.as_chunks::<4>();
        Ok(values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    };
    let scores = PerExample {
        nll: floats("nll")?,
        brier: floats("brier")?,
        error: bytes("error", Dtype::U8)?.to_vec(),
    };
    match scores.nll.len() == scores.brier.len() && scores.nll.len() == scores.error.len() {
        true => Ok(scores),
        false => Err(SafeTensorError::TensorInvalidInfo),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_scores_survive_their_file() {
        let mut scores = ExampleScores::default();
        let one = |n: u8| PerExample {
            nll: (0..n).map(|i| f32::from(i) * 0.3).collect(),
            brier: (0..n).map(f32::from).collect(),
            error: (0..n).map(|i| i % 2).collect(),
        };
        scores.insert(HeadStatistics::Shared, Predictive::Marginal, one(3));
        scores.insert(HeadStatistics::PerDepth, Predictive::DepthTempered, one(5));
        let bytes = scores.to_bytes().unwrap();
        assert_eq!(ExampleScores::from_bytes(&bytes).unwrap(), scores);
        assert!(scores.get(HeadStatistics::Shared, Predictive::Deepest).is_none());
        assert!(ExampleScores::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }
}
