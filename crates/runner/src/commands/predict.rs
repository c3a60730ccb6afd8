//! `vds predict`.

use anyhow::{Context as _, Result};

use super::predict_input;
use crate::cli::high::Predict;
use crate::data;
use crate::device::device;
use crate::evaluation::{Predicted, Split, predict};
use crate::output::{self, Prediction};
use crate::run_dir::StoredNetwork;

/// Prints class, confidence, probabilities and entropy split for each example of each file.
pub(super) fn run(request: &Predict) -> Result<()> {
    let config = request.run.config();
    let StoredNetwork { network, posterior, .. } = request.run.weights(&data::network_config(config)?, &device()?)?;
    let (shape, standardization, class_names) = data::inputs(config)?;
    let mut predictions = Vec::new();
    for path in &request.files {
        let examples = predict_input::read(path, shape, network.n_classes())?;
        let split = Split {
            examples: &examples,
            standardization: &standardization,
        };
        let predicted = predict(&network, &split, &posterior).with_context(|| {
            format!(
                "predicting for {} with {}",
                path.display(),
                request.run.path().display()
            )
        })?;
        predictions.extend(of_file(&path.display().to_string(), &predicted, &class_names));
    }
    if request.json {
        output::print_json(&predictions)
    } else {
        output::print(|out| output::predictions(out, &predictions))
    }
}

fn of_file(file: &str, predicted: &Predicted, class_names: &[String]) -> Vec<Prediction> {
    let rows = predicted
        .probs
        .chunks_exact(class_names.len())
        .zip(&predicted.uncertainty);
    rows.enumerate()
        .map(|(index, (probs, uncertainty))| {
            let class = most_probable(probs);
            Prediction {
                file: file.to_owned(),
                index,
                class,
                name: class_names[class].clone(),
                confidence: probs[class],
                probabilities: probs.to_vec(),
                predictive_entropy: uncertainty.predictive_entropy,
                aleatoric: uncertainty.expected_entropy,
                epistemic: uncertainty.mutual_information,
            }
        })
        .collect()
}

/// The first of the most probable classes.
fn most_probable(probs: &[f32]) -> usize {
    let better = |best: usize, class: usize| if probs[class] > probs[best] { class } else { best };
    (0..probs.len()).fold(0, better)
}
