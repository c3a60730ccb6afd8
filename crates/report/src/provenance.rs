//! Where the numbers come from: environments, configurations, the command.

use maud::{Markup, html};
use serde_json::Value;

use super::{
    aggregate::{Entry, Group},
    page::PageInfo,
};

/// The section on provenance.
pub(super) fn render(groups: &[Group<'_>], page: &PageInfo) -> Markup {
    let entries: Vec<&Entry<'_>> = groups.iter().flat_map(|group| &group.runs).collect();
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            p { "This page was written by" }
            pre { code { (page.command) } }
            h3 { "Environment" }
            @for (environment, owners) in distinct(&entries) {
                (environment_table(&environment, &owners, owners.len() == entries.len()))
            }
            h3 { "Configurations" }
            @for entry in &entries {
                details {
                    summary { "Resolved configuration of " span.name { (entry.run.name) } }
                    @if let Some(folder) = &entry.run.folder { p.facts { "Folder " code { (folder) } } }
                    (own_table(&entry.run.environment))
                    pre { code { (entry.run.config_text) } }
                }
            }
        }
    }
}

/// Fields of an environment that each run has for itself; the others are often those of many runs.
const OF_ONE_RUN: &[&str] = &["command_line", "pruned_from"];

/// Different environments with the runs that had them, in order of the runs.
fn distinct<'a>(entries: &[&'a Entry<'a>]) -> Vec<(Value, Vec<&'a str>)> {
    let mut found: Vec<(Value, Vec<&str>)> = Vec::new();
    for entry in entries {
        let shared = part(&entry.run.environment, |name| !OF_ONE_RUN.contains(&name));
        match found.iter_mut().find(|(environment, _)| *environment == shared) {
            Some((_, owners)) => owners.push(&entry.run.name),
            None => found.push((shared, vec![&entry.run.name])),
        }
    }
    found
}

/// The fields whose names are wanted; a value that is no object stays as it is.
fn part(environment: &Value, is_wanted: impl Fn(&str) -> bool) -> Value {
    let mut part = environment.clone();
    if let Value::Object(fields) = &mut part {
        fields.retain(|name, _| is_wanted(name));
    }
    part
}

/// What a run has for itself: the command, and where it was cut out of.
fn own_table(environment: &Value) -> Markup {
    let mut rows = Vec::new();
    if environment.is_object() {
        flatten("", &part(environment, |name| OF_ONE_RUN.contains(&name)), &mut rows);
    }
    html! {
        @if !rows.is_empty() { (table(&rows, "Own to the run", "Origin")) }
    }
}

fn environment_table(environment: &Value, owners: &[&str], all: bool) -> Markup {
    let mut rows = Vec::new();
    flatten("", environment, &mut rows);
    let owners = if all { "All runs".to_owned() } else { owners.join(", ") };
    table(&rows, &owners, "Environment")
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

/// Leaves of the JSON tree as `path.to.leaf` and text; lists of leaves stay together.
fn flatten(path: &str, value: &Value, rows: &mut Vec<(String, String)>) {
    let below = |key: &str| {
        if path.is_empty() {
            key.to_owned()
        } else {
            format!("{path}.{key}")
        }
    };
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, field)| flatten(&below(key), field, rows)),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&below(&index.to_string()), item, rows);
            }
        }
        Value::Array(items) => rows.push((path.to_owned(), items.iter().map(leaf).collect::<Vec<_>>().join(", "))),
        leaf_value => rows.push((path.to_owned(), leaf(leaf_value))),
    }
}

fn leaf(value: &Value) -> String {
    match value {
        Value::Null => super::number::MISSING.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nested_fields_become_paths_and_lists_stay_on_one_row() {
        let mut rows = Vec::new();
        flatten(
            "",
            &json!({"cpu": {"features": ["avx2", "fma"]}, "data": [{"sum": "ab"}], "commit": null}),
            &mut rows,
        );
        rows.sort();
        let expected = [("commit", "—"), ("cpu.features", "avx2, fma"), ("data.0.sum", "ab")];
        assert_eq!(rows, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
