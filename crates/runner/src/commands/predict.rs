//! `vds predict`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use vds_datasets::{ExampleShape, Examples, Standardization, UnlabeledBatch, View, for_each_unlabeled_batch};
use vds_files::Shown as _;
use vds_records::files::WEIGHTS;
use vds_records::{Prediction, Predictive};
use vds_training::{FittedModel, Predicted};

use crate::arguments::Threads;
use crate::data;
use crate::device::Device;
use crate::error::{ExitCode, OrInput as _};
use crate::output::Predictions;
use crate::run_dir::StoredRun;

/// Examples of a batch. The predictions do not depend on it; memory does.
const BATCH: usize = 4096;

/// Predict classes of images or points with a stored network
#[derive(Clone, Debug, Args)]
pub(crate) struct Predict {
    /// Run directory
    run: PathBuf,
    /// Files: IDX images (also compressed) or MAT v5 for networks on images; text with two coordinates per line for networks on
    /// points
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Predictive distribution: marginal over the posterior, stacked weights, the deepest depth, or one of those with temperatures
    /// that were fitted to the validation split; by default stacked if weights were fitted, else marginal
    #[arg(long, value_name = "NAME", value_parser = predictive)]
    predictive: Option<Predictive>,
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
        let predictor = Predictor {
            predictive: self.predictive.unwrap_or_else(|| model.default_predictive()),
            model,
            weights: run.path().join(WEIGHTS),
            shape,
            standardization,
            class_names,
        };
        let mut printer = Predictions::new(self.json, &predictor.class_names);
        let outcome = self
            .files
            .iter()
            .try_for_each(|path| predictor.predict_file(path, &mut printer));
        let finished = printer.finish();
        outcome?;
        finished?;
        Ok(ExitCode::Success)
    }
}

fn predictive(name: &str) -> Result<Predictive, String> {
    // Of a network as it is stored: to predict with the pruned one, prune it.
    let mut known = Predictive::ALL.into_iter().filter(|&known| known != Predictive::Pruned);
    known.clone().find(|known| known.name() == name).ok_or_else(|| {
        let first = known.next().map_or("", Predictive::name).to_owned();
        let names = known.fold(first, |names, known| format!("{names}, {}", known.name()));
        format!("expected one of {names}")
    })
}

/// A stored network with what it takes to use it on files.
struct Predictor {
    model: FittedModel<Device>,
    predictive: Predictive,
    /// The file that the model was read from.
    weights: PathBuf,
    shape: ExampleShape,
    standardization: Standardization,
    class_names: Vec<String>,
}

impl Predictor {
    /// Predicts batch by batch, and prints each batch before the next is read.
    fn predict_file(&self, path: &Path, printer: &mut Predictions) -> Result<()> {
        let file = path.to_string_lossy().into_owned();
        for_each_unlabeled_batch(path, self.shape, self.class_names.len(), BATCH, |batch| {
            batch.check_standardized(&self.standardization)?;
            let predicted = self.predict(batch)?;
            Ok(printer.print(&self.predictions(&file, batch.first, &predicted))?)
        })
    }

    fn predict(&self, batch: &UnlabeledBatch<'_>) -> Result<Predicted> {
        let weights = self.weights.shown();
        let predicted = self.predict_view(self.view(&batch.examples));
        if let Err(vds_training::Error::Output { first, last, .. }) = predicted {
            // The outputs of an example do not depend on the others: alone it fails, too.
            for index in first..=last {
                let example = batch.examples.select(&[index]);
                if let Err(vds_training::Error::Output { source, .. }) = self.predict_view(self.view(&example)) {
                    let place = batch.place(index);
                    let predicting = || format!("{place}: predicting with {weights}");
                    return Err(source).or_input(predicting).map_err(Into::into);
                }
            }
        }
        predicted.with_context(|| format!("predicting for {} with {weights}", batch.place(0)))
    }

    fn predict_view(&self, view: View<'_>) -> vds_training::Result<Predicted> {
        self.model.predict(view, self.predictive)
    }

    fn view<'a>(&'a self, examples: &'a Examples) -> View<'a> {
        View {
            examples,
            standardization: &self.standardization,
        }
    }

    /// What is printed of examples of a file, of which the first has the index `first`.
    fn predictions(&self, file: &str, first: usize, predicted: &Predicted) -> Vec<Prediction> {
        let (uncertainty, n_classes) = (&predicted.uncertainty, self.class_names.len());
        let rows = predicted.probs.chunks_exact(n_classes);
        rows.zip(predicted.winners(n_classes))
            .enumerate()
            .map(|(index, (probs, (class, confidence)))| {
                let class = class as usize;
                Prediction {
                    file: file.to_owned(),
                    index: first + index,
                    class,
                    name: self.class_names[class].clone(),
                    confidence,
                    probabilities: probs.to_vec(),
                    predictive_entropy: uncertainty.predictive_entropy[index],
                    aleatoric: uncertainty.expected_entropy[index],
                    epistemic: uncertainty.mutual_information[index],
                }
            })
            .collect()
    }
}
