//! The one way to compare or list the values of JSON trees: leaf by leaf, under dotted paths.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// A place in two JSON trees at which at least one of them has a value that is not an object or a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf<'a> {
    /// Where it stands: `test.per_depth.3.nll`; empty for the trees themselves.
    pub path: String,
    /// The value in the first tree; `None` if there is none at this place.
    pub first: Option<&'a Value>,
    /// The value in the second tree.
    pub second: Option<&'a Value>,
}

impl Leaf<'_> {
    /// Whether the two trees differ here. A place that only one of them has is a difference.
    pub fn differs(&self) -> bool {
        self.first != self.second
    }
}

/// Every leaf of two trees, objects in the order of their sorted keys, lists in theirs. Where the trees have values of
/// different kinds, or one of them has none, the whole values are one leaf.
pub fn leaves<'a>(first: &'a Value, second: &'a Value) -> Vec<Leaf<'a>> {
    let mut found = Vec::new();
    visit(String::new(), Some(first), Some(second), &mut found);
    found
}

/// A value as messages and tables show it: a text without quotation marks, `none` for null or nothing, else JSON.
pub fn display(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Recorded values against those that are computed now.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// Recorded values that were compared.
    pub n_compared: usize,
    /// Those that are not reproduced.
    pub differences: Vec<Difference>,
}

/// A recorded value that is not reproduced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Where it stands: `test.per_depth.3.nll`.
    pub name: String,
    /// As recorded; `null` if the record lacks it.
    pub recorded: Value,
    /// As it is computed now; `null` if it is not computed at all.
    pub now: Value,
    /// The second minus the first, where both are numbers.
    pub difference: Option<f64>,
}

/// Compares every recorded value exactly. A field that only `now` has was not known when the record was made, and is not a
/// difference; an element of a list is.
pub fn compare(recorded: &Value, now: &Value) -> Comparison {
    let is_recorded = |leaf: &Leaf<'_>| leaf.first.is_some() || is_element(&leaf.path);
    let leaves: Vec<Leaf<'_>> = leaves(recorded, now).into_iter().filter(is_recorded).collect();
    let n_compared = leaves.len();
    let differing = leaves.into_iter().filter(Leaf::differs).map(|leaf| {
        let number = |value: Option<&Value>| value.and_then(Value::as_f64);
        Difference {
            difference: number(leaf.first).zip(number(leaf.second)).map(|(a, b)| b - a),
            recorded: leaf.first.cloned().unwrap_or(Value::Null),
            now: leaf.second.cloned().unwrap_or(Value::Null),
            name: leaf.path,
        }
    });
    Comparison {
        n_compared,
        differences: differing.collect(),
    }
}

/// Whether a path leads to an element of a list.
fn is_element(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or("");
    !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
}

fn visit<'a>(path: String, first: Option<&'a Value>, second: Option<&'a Value>, found: &mut Vec<Leaf<'a>>) {
    let below = |key: &dyn std::fmt::Display| match path.as_str() {
        "" => key.to_string(),
        path => format!("{path}.{key}"),
    };
    match (first, second) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                visit(below(key), a.get(key), b.get(key), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            for index in 0..a.len().max(b.len()) {
                visit(below(&index), a.get(index), b.get(index), found);
            }
        }
        _ => found.push(Leaf { path, first, second }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(first: &Value, second: &Value) -> Vec<String> {
        let differing = leaves(first, second).into_iter().filter(Leaf::differs);
        differing
            .map(|leaf| format!("{}: {} | {}", leaf.path, display(leaf.first), display(leaf.second)))
            .collect()
    }

    #[test]
    fn json_difference_is_named_by_its_path() {
        let first = json!({"a": {"b": [1.0, 2.0]}, "c": "x", "d": null});
        assert_eq!(leaves(&first, &first).len(), 4);
        assert!(shown(&first, &first).is_empty());
        let second = json!({"a": {"b": [1.0, 2.5]}, "c": "y", "d": null});
        assert_eq!(shown(&first, &second), ["a.b.1: 2.0 | 2.5", "c: x | y"]);
    }

    #[test]
    fn json_difference_sees_the_last_digit() {
        assert_eq!(leaves(&json!(0.1), &json!(0.1)).len(), 1);
        assert_eq!(
            shown(&json!({"x": 0.1 + 0.2}), &json!({"x": 0.3})),
            ["x: 0.30000000000000004 | 0.3"]
        );
    }

    #[test]
    fn json_difference_names_what_only_one_tree_has() {
        assert_eq!(
            shown(&json!({"a": 1}), &json!({"b": 2})),
            ["a: 1 | none", "b: none | 2"]
        );
        assert_eq!(shown(&json!([1]), &json!([1, 2])), ["1: none | 2"]);
        assert_eq!(shown(&json!({}), &json!({})), [""; 0]);
    }

    #[test]
    fn json_values_of_different_kinds_are_compared_whole() {
        assert_eq!(
            shown(&json!({"prior": "Uniform"}), &json!({"prior": {"Geometric": 0.5}})),
            [r#"prior: Uniform | {"Geometric":0.5}"#]
        );
        assert_eq!(shown(&json!([]), &json!({"a": 1})), [r#": [] | {"a":1}"#]);
    }

    fn differing(recorded: &Value, now: &Value) -> Vec<(String, Option<f64>)> {
        let found = compare(recorded, now).differences;
        found.into_iter().map(|one| (one.name, one.difference)).collect()
    }

    #[test]
    fn json_comparison_measures_what_differs() {
        let (recorded, now) = (json!({"a": [1.0, 2.0], "b": "x"}), json!({"a": [1.0, 2.5], "b": "y"}));
        assert_eq!(compare(&recorded, &recorded).n_compared, 3);
        assert_eq!(
            differing(&recorded, &now),
            [("a.1".to_owned(), Some(0.5)), ("b".to_owned(), None)]
        );
    }

    #[test]
    fn json_comparison_ignores_fields_that_were_not_recorded_but_not_elements() {
        assert_eq!(differing(&json!({"a": 1}), &json!({"b": 2})), [("a".to_owned(), None)]);
        assert!(differing(&json!({}), &json!({"b": 2})).is_empty());
        assert_eq!(differing(&json!([1]), &json!([1, 2])), [("1".to_owned(), None)]);
    }
}
