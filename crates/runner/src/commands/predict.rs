//! `vds predict`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use vds_datasets::View;
use vds_files::Shown as _;
use vds_records::Prediction;
use vds_training::Predicted;

use crate::arguments::Threads;
use crate::data;
use crate::error::ExitCode;
use crate::output;
use crate::predict_input;
use crate::run_dir::StoredRun;

/// Predict classes of images or points with a stored network
#[derive(Clone, Debug, Args)]
pub(crate) struct Predict {
    /// Run directory
    run: PathBuf,
    /// Files: IDX images (also compressed) or MAT v5 for networks on images; text with two coordinates per line for networks on
    /// points
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print the predictions as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
}

impl Predict {
    /// Prints class, confidence, probabilities and entropy split for each example of each file.
    pub(crate) fn run(self) -> Result<ExitCode> {
        let run = StoredRun::open(&self.run)?;
        self.threads.start()?;
        let model = run.load_model()?;
        let (shape, standardization, class_names) = data::inputs(run.config())?;
        let mut predictions = Vec::new();
        for path in &self.files {
            let examples = predict_input::examples(path, shape, class_names.len())?;
            let view = View {
                examples: &examples,
                standardization: &standardization,
            };
            let predicted = model.predict(view);
            let predicted =
                predicted.with_context(|| format!("predicting for {} with {}", path.shown(), run.path().shown()))?;
            predictions.extend(of_file(&path.to_string_lossy(), &predicted, &class_names));
        }
        if self.json {
            output::print_json(&predictions)?;
        } else {
            output::print(|out| output::predictions(out, &predictions))?;
        }
        Ok(ExitCode::Success)
    }
}

fn of_file(file: &str, predicted: &Predicted, class_names: &[String]) -> Vec<Prediction> {
    let uncertainty = &predicted.uncertainty;
    let rows = predicted.probs.chunks_exact(class_names.len());
    rows.zip(predicted.winners(class_names.len()))
        .enumerate()
        .map(|(index, (probs, (class, confidence)))| {
            let class = class as usize;
            Prediction {
                file: file.to_owned(),
                index,
                class,
                name: class_names[class].clone(),
                confidence,
                probabilities: probs.to_vec(),
                predictive_entropy: uncertainty.predictive_entropy[index],
                aleatoric: uncertainty.expected_entropy[index],
                epistemic: uncertainty.mutual_information[index],
            }
        })
        .collect()
}
