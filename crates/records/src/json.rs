//! The one way to compare or list the values of JSON trees: leaf by leaf, under dotted paths.

use std::collections::BTreeSet;

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
}
