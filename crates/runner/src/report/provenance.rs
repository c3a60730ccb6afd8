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
                (environment_table(environment, &owners, owners.len() == entries.len()))
            }
            h3 { "Configurations" }
            @for entry in &entries {
                details {
                    summary { "Resolved configuration of " span.name { (entry.run.name) } }
                    @if let Some(folder) = &entry.run.folder { p.facts { "Folder " code { (folder) } } }
                    pre { code { (entry.run.config_text) } }
                }
            }
        }
    }
}

/// Different environments with the runs that had them, in order of the runs.
fn distinct<'a>(entries: &[&'a Entry<'a>]) -> Vec<(&'a Value, Vec<&'a str>)> {
    let mut found: Vec<(&Value, Vec<&str>)> = Vec::new();
    for entry in entries {
        match found
            .iter_mut()
            .find(|(environment, _)| **environment == entry.run.environment)
        {
            Some((_, owners)) => owners.push(&entry.run.name),
            None => found.push((&entry.run.environment, vec![&entry.run.name])),
        }
    }
    found
}

fn environment_table(environment: &Value, owners: &[&str], all: bool) -> Markup {
    let mut rows = Vec::new();
    flatten("", environment, &mut rows);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Environment" {
            table.environment {
                caption { span { @if all { "All runs" } @else { (owners.join(", ")) } } }
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
