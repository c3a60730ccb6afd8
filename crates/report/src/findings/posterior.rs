//! How a run updates its posterior, and its prior, as the settings say it.

use serde_json::Value;
use vds_records::Summary;

/// How the posterior over depth changes in training, in the order of tables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Posterior {
    /// Gradient steps with the network's own rate, as in the published code.
    Published,
    /// Gradient steps with a rate of its own.
    OwnRate(String),
    /// The exact maximizer of the ELBO, after a warm-up of this many epochs.
    ClosedForm(u64),
    /// Not at all.
    Fixed(String),
}

impl Posterior {
    /// That of a run.
    pub(super) fn of(summary: &Summary) -> Self {
        let setting = |path: &str| summary.settings.get(path);
        if let Some(rate) = setting("posterior.Sgd.learning_rate") {
            Self::OwnRate(rate.to_string())
        } else if let Some(epochs) = setting("posterior.ClosedForm.warm_up_epochs") {
            Self::ClosedForm(epochs.as_u64().unwrap_or_default())
        } else if let Some(fixed) = setting("posterior.Fixed") {
            Self::Fixed(text(fixed))
        } else {
            Self::Published
        }
    }

    /// The name in tables and sentences.
    pub(super) fn label(&self) -> String {
        match self {
            Self::Published => "published q".to_owned(),
            Self::OwnRate(rate) => format!("q with its own rate {rate}"),
            Self::ClosedForm(epochs) => format!("closed-form q after {epochs} epochs"),
            Self::Fixed(kind) => format!("q fixed {}", kind.to_lowercase()),
        }
    }

    /// Whether it could have settled.
    pub(super) fn is_learnt(&self) -> bool {
        !matches!(self, Self::Fixed(_))
    }
}

/// The prior of a run: `Geometric(0.85)`.
pub(super) fn prior_label(summary: &Summary) -> String {
    let of_kind = summary.settings.iter().find_map(|(path, value)| {
        let kind = path.strip_prefix("prior.")?;
        Some(format!("{kind}({})", text(value)))
    });
    of_kind.unwrap_or_else(|| summary.settings.get("prior").map_or_else(|| "default".to_owned(), text))
}

/// The mean depth under the prior.
pub(super) fn prior_mean(summary: &Summary) -> f64 {
    let terms = summary
        .prior
        .iter()
        .enumerate()
        .map(|(depth, share)| depth as f64 * share);
    terms.sum()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
