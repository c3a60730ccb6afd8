//! Which settings make runs repeats of each other, and which make two methods comparable.

use std::collections::BTreeMap;

use serde_json::Value;
use vds_records::{Method, Summary, json};

/// What varies within a section of the page: it has a column or an axis of its own.
const VARIED: [&str; 3] = ["seed", "method", "max_depth"];
/// Settings without an effect on a deterministic depth.
const LDN_ONLY: [&str; 4] = ["posterior", "prior", "pruning_rule", "optimizer.schedule.ldn"];
/// Settings without an effect on a learnt depth.
const DDN_ONLY: [&str; 1] = ["optimizer.schedule.ddn"];
/// A title with more settings than this would not be read.
const MOST_FACTS: usize = 6;

/// Values by the path of the setting.
pub(crate) type Settings<'a> = BTreeMap<&'a str, &'a Value>;

/// The settings that runs of both methods must share to be compared.
pub(crate) fn shared(summary: &Summary) -> Settings<'_> {
    without(summary, &[&VARIED, &LDN_ONLY, &DDN_ONLY])
}

/// The settings that have an effect on a run, beside those that vary within a section. Runs of one method and depth are pooled as
/// seeds if these are equal.
pub(crate) fn effective(summary: &Summary) -> Settings<'_> {
    match summary.method {
        Method::Ldn => without(summary, &[&VARIED, &DDN_ONLY]),
        Method::Ddn => without(summary, &[&VARIED, &LDN_ONLY]),
    }
}

/// Settings in which `own` differs from others, as `path = value`; those that only others have are left out.
pub(crate) fn differing(own: &Settings<'_>, others: &[&Settings<'_>]) -> Vec<String> {
    let is_common = |path: &str| others.iter().all(|other| other.get(path) == own.get(path));
    let named = own.iter().filter(|(path, _)| !is_common(path));
    let mut facts: Vec<String> = named
        .map(|(path, value)| format!("{path} = {}", json::display(Some(value))))
        .collect();
    let n_more = facts.len().saturating_sub(MOST_FACTS);
    if n_more > 0 {
        facts.truncate(MOST_FACTS);
        facts.push(format!("{n_more} more"));
    }
    facts
}

/// Whether the posterior over depth was held fixed in training.
pub(crate) fn has_fixed_posterior(summary: &Summary) -> bool {
    summary
        .settings
        .keys()
        .any(|path| is_at_or_below(path, "posterior.Fixed"))
}

fn without<'a>(summary: &'a Summary, ignored: &[&[&str]]) -> Settings<'a> {
    let is_ignored = |path: &str| ignored.iter().copied().flatten().any(|root| is_at_or_below(path, root));
    let all = summary.settings.iter().map(|(path, value)| (path.as_str(), value));
    all.filter(|(path, _)| !is_ignored(path)).collect()
}

fn is_at_or_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_records::{run, set};

    #[test]
    fn settings_of_a_method_leave_out_those_of_the_other() {
        let mut ldn = run("mnist", Method::Ldn, 5, 0).summary;
        let mut ddn = run("mnist", Method::Ddn, 9, 3).summary;
        for summary in [&mut ldn, &mut ddn] {
            set(summary, "optimizer.schedule.ddn", json!("Other"));
            set(summary, "prior.Geometric", json!(0.5));
        }
        let paths = |settings: &Settings<'_>, path: &str| settings.contains_key(path);
        assert!(paths(&effective(&ldn), "prior.Geometric") && !paths(&effective(&ddn), "prior.Geometric"));
        let schedule = "optimizer.schedule.ddn";
        assert!(!paths(&effective(&ldn), schedule) && paths(&effective(&ddn), schedule));
        assert_eq!(shared(&ldn), shared(&ddn));
        set(&mut ddn, "priority", json!(1));
        assert_ne!(
            shared(&ldn),
            shared(&ddn),
            "a name that begins like one that is left out"
        );
    }

    #[test]
    fn settings_that_differ_are_named_with_their_values() {
        let mut runs = [0, 1].map(|seed| run("mnist", Method::Ldn, 5, seed).summary);
        set(&mut runs[1], "epochs", json!(60));
        set(&mut runs[1], "dropout", json!(null));
        let [first, second] = [&runs[0], &runs[1]].map(effective);
        assert_eq!(differing(&first, &[&second]), ["epochs = 30"]);
        assert_eq!(differing(&second, &[&first]), ["dropout = none", "epochs = 60"]);
    }
}
