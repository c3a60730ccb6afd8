//! Recorded values beside those of today, leaf by leaf.

use serde::Serialize;
use serde_json::Value;

/// A recorded value that comes out otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Difference {
    /// Where it stands: `test.per_depth.3.nll`.
    pub(super) name: String,
    /// As recorded; `null` if the record lacks it.
    pub(super) recorded: Value,
    /// As it comes out; `null` if it does not come out at all.
    pub(super) now: Value,
    /// The second minus the first, where both are numbers.
    pub(super) difference: Option<f64>,
}

/// What [`compare`] has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Comparison {
    /// Values that were compared.
    pub(super) n_compared: usize,
    /// Those that differ.
    pub(super) differences: Vec<Difference>,
}

impl Comparison {
    /// Compares every value of `recorded` with its counterpart exactly.
    ///
    /// A field that only `now` has was not known when the record was made, and is no difference; an element of a list is.
    pub(super) fn add(&mut self, name: &str, recorded: &Value, now: &Value) {
        let below = |key: &dyn std::fmt::Display| match name {
            "" => key.to_string(),
            name => format!("{name}.{key}"),
        };
        match (recorded, now) {
            (Value::Object(recorded), Value::Object(now)) => {
                for (key, value) in recorded {
                    self.add(&below(key), value, now.get(key).unwrap_or(&Value::Null));
                }
            }
            (Value::Array(recorded), Value::Array(now)) => {
                for index in 0..recorded.len().max(now.len()) {
                    let [recorded, now] = [recorded, now].map(|list| list.get(index).unwrap_or(&Value::Null));
                    self.add(&below(&index), recorded, now);
                }
            }
            _ => self.leaf(name, recorded, now),
        }
    }

    fn leaf(&mut self, name: &str, recorded: &Value, now: &Value) {
        self.n_compared += 1;
        if recorded == now {
            return;
        }
        self.differences.push(Difference {
            name: name.to_owned(),
            recorded: recorded.clone(),
            now: now.clone(),
            difference: recorded
                .as_f64()
                .zip(now.as_f64())
                .map(|(recorded, now)| now - recorded),
        });
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(recorded: &Value, now: &Value, n_compared: usize, expected: &[(&str, Value, Value, Option<f64>)]) {
        let mut comparison = Comparison::default();
        comparison.add("", recorded, now);
        let found = comparison.differences.into_iter();
        let found: Vec<_> = found
            .map(
                |Difference {
                     name,
                     recorded,
                     now,
                     difference,
                 }| (name, recorded, now, difference),
            )
            .collect();
        let expected = expected.iter().cloned();
        let expected: Vec<_> = expected
            .map(|(name, recorded, now, difference)| (name.to_owned(), recorded, now, difference))
            .collect();
        assert_eq!((comparison.n_compared, found), (n_compared, expected));
    }

    #[test]
    fn difference_is_named_by_its_path_and_measured() {
        let recorded = json!({"a": {"b": [1.0, 2.0]}, "c": "x", "d": null});
        check(&recorded, &recorded, 4, &[]);
        check(
            &recorded,
            &json!({"a": {"b": [1.0, 2.5]}, "c": "y", "d": null}),
            4,
            &[
                ("a.b.1", json!(2.0), json!(2.5), Some(0.5)),
                ("c", json!("x"), json!("y"), None),
            ],
        );
    }

    #[test]
    fn last_digit_counts() {
        let (recorded, now) = (json!({"x": 0.1 + 0.2}), json!({"x": 0.3}));
        check(
            &recorded,
            &now,
            1,
            &[("x", json!(0.1 + 0.2), json!(0.3), Some(0.3 - (0.1 + 0.2)))],
        );
    }

    #[test]
    fn field_that_is_only_recorded_differs_and_one_that_was_not_recorded_does_not() {
        check(
            &json!({"a": 1}),
            &json!({"b": 2}),
            1,
            &[("a", json!(1), Value::Null, None)],
        );
        check(&json!({}), &json!({"b": 2}), 0, &[]);
    }

    #[test]
    fn lists_of_different_length_differ() {
        check(&json!([1]), &json!([1, 2]), 2, &[("1", Value::Null, json!(2), None)]);
        check(&json!([1, 2]), &json!([1]), 2, &[("1", json!(2), Value::Null, None)]);
        check(
            &json!([]),
            &json!({"a": 1}),
            1,
            &[("", json!([]), json!({"a": 1}), None)],
        );
    }
}
