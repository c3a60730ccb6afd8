//! Where the numbers come from: environments, configurations, the command.

use maud::{Markup, html};
use serde_json::{Value, json};
use vds_records::{Environment, json as trees};

use crate::aggregate::{Entry, Group};
use crate::number::MISSING;

/// The section on provenance, for a page that the command line `command` made.
pub(crate) fn render(groups: &[Group<'_>], command: &str) -> Markup {
    let entries: Vec<&Entry<'_>> = groups.iter().flat_map(Group::at_home).collect();
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            p { "This page was written by" }
            pre { code { (command) } }
            h3 { "Environment" }
            @for (environment, owners) in distinct(&entries) {
                @let caption = if owners.len() == entries.len() { "All runs".to_owned() } else { owners.join(", ") };
                (table(&rows(&environment), &caption, "Environment"))
            }
            h3 { "Configurations" }
            @for entry in &entries {
                details {
                    summary { "Resolved configuration of " span.name { (entry.run.name) } }
                    @if let Some(folder) = &entry.run.folder { p.facts { "Folder " code { (folder) } } }
                    @if let Some(parent) = &entry.run.environment.pruned_from {
                        (table(&leaves(&json!(parent)), "Pruned from", "Pruned from"))
                    }
                    pre { code { (entry.run.config_text) } }
                }
            }
        }
    }
}

/// Different environments with the names of the runs that had them, in order of the runs.
///
/// What a network was pruned from is a fact of one run, not of its environment; it stands with the run's configuration.
fn distinct<'a>(entries: &[&'a Entry<'a>]) -> Vec<(Environment, Vec<&'a str>)> {
    let mut found: Vec<(Environment, Vec<&str>)> = Vec::new();
    for entry in entries {
        let shared = Environment {
            pruned_from: None,
            ..entry.run.environment.clone()
        };
        match found.iter_mut().find(|(environment, _)| *environment == shared) {
            Some((_, owners)) => owners.push(&entry.run.name),
            None => found.push((shared, vec![&entry.run.name])),
        }
    }
    found
}

/// The fields of an environment as names and texts, the processor's features in one row.
fn rows(environment: &Environment) -> Vec<(String, String)> {
    let mut value = json!(environment);
    value["cpu_features"] = environment.cpu_features.join(", ").into();
    leaves(&value)
}

fn leaves(value: &Value) -> Vec<(String, String)> {
    let text = |value: Option<&Value>| match value {
        None | Some(Value::Null) => MISSING.to_owned(),
        present => trees::display(present),
    };
    let leaves = trees::leaves(value, value).into_iter();
    leaves.map(|leaf| (leaf.path, text(leaf.first))).collect()
}

fn table(rows: &[(String, String)], caption: &str, label: &str) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table.environment {
                caption { span { (caption) } }
                tbody {
                    @for (name, value) in rows {
                        tr { th.name scope="row" { (name) } td { (value) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_records;

    #[test]
    fn environment_fields_become_rows_and_features_share_one() {
        let rows = rows(&test_records::environment());
        let shown = |name: &str| {
            let row = rows.iter().find(|(row, _)| row == name);
            row.map(|(_, value)| value.as_str())
        };
        assert_eq!(shown("cpu_features"), Some("avx2, fma"));
        assert_eq!(
            shown("data.0.sha256"),
            Some("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84")
        );
        assert_eq!(shown("lock_sha256"), Some("—"));
        assert_eq!(rows.len(), 13);
    }
}
