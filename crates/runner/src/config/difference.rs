//! Fields in which two configurations differ.

use serde_json::Value;

use super::Config;

/// A field, and its value in each of two configurations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Path of the field, `optimizer.learning_rate` for instance.
    pub field: String,
    /// Its value in the first one; `none` if the field is not there.
    pub first: String,
    /// Its value in the second one.
    pub second: String,
}

/// All fields in which two configurations differ, in alphabetical order.
pub fn differences(first: &Config, second: &Config) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", &tree(first), &tree(second), &mut found);
    found
}

/// JSON holds every field of a configuration, as all its numbers are finite.
fn tree(config: &Config) -> Value {
    serde_json::to_value(config.file()).unwrap_or(Value::Null)
}

fn compare(path: &str, first: &Value, second: &Value, found: &mut Vec<Difference>) {
    match (first, second) {
        (Value::Object(a), Value::Object(b)) => {
            let mut names: Vec<&String> = a.keys().chain(b.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                let of = |fields: &serde_json::Map<String, Value>| fields.get(name).cloned().unwrap_or(Value::Null);
                compare(&path, &of(a), &of(b), found);
            }
        }
        _ if first == second => {}
        _ => found.push(Difference {
            field: path.to_owned(),
            first: text(first),
            second: text(second),
        }),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Override, SMALL, load};

    fn config(settings: &[&str]) -> Config {
        let settings: Vec<Override> = settings.iter().map(|text| Override::parse(text).unwrap()).collect();
        load(Path::new("t.ron"), SMALL, &settings).unwrap()
    }

    #[test]
    fn equal_configurations_differ_in_nothing() {
        assert_eq!(differences(&config(&[]), &config(&[])), []);
    }

    #[test]
    fn every_field_that_differs_is_named_with_both_values() {
        let other = [
            "max_depth=3",
            "optimizer.learning_rate=0.25",
            "skip_tail_mass=Some(0.1)",
            "method=ddn",
        ];
        let found = differences(&config(&[]), &config(&other));
        let lines: Vec<String> = found
            .iter()
            .map(|d| format!("{} {} {}", d.field, d.first, d.second))
            .collect();
        let (max_depth, rate) = (config(&[]).max_depth(), config(&[]).file().optimizer.learning_rate);
        let expected = [
            format!("max_depth {max_depth} 3"),
            "method ldn ddn".to_owned(),
            format!("optimizer.learning_rate {rate} 0.25"),
            "skip_tail_mass none 0.1".to_owned(),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn values_of_other_kinds_are_shown_whole() {
        let found = differences(&config(&["prior=Uniform"]), &config(&["prior=Geometric(0.5)"]));
        assert_eq!(found[0].field, "prior");
        assert_eq!(
            (found[0].first.as_str(), found[0].second.as_str()),
            ("Uniform", r#"{"Geometric":0.5}"#)
        );
    }
}
