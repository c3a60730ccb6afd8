//! The table of fields against the file's types and the checks.

use std::collections::BTreeSet;

use super::super::expected::Expected;
use super::super::{check, parse};
use super::*;
use crate::config::fields::{self, Field};

/// Files that together have every field.
fn files_with_every_field() -> Vec<ConfigFile> {
    let steps = "Steps(at: [1], factor: 0.5)";
    let optimizer = format!("optimizer: (schedule: (ldn: {steps}, ddn: {steps}))");
    [("Fc()", "Sgd()"), ("Conv()", "ClosedForm()")]
        .map(|(network, posterior)| {
            format!("(schema: 3, dataset: Spirals(), network: {network}, posterior: {posterior}, {optimizer})")
        })
        .map(|text| parse::parse(&text, "").unwrap())
        .to_vec()
}

/// The first file that has the field.
fn file_with(field: &Field) -> ConfigFile {
    let mut files = files_with_every_field().into_iter();
    files
        .find(|file| field.value(&mut file.clone()).is_some())
        .unwrap_or_else(|| panic!("no file has {}", field.path))
}

/// Values on both sides of each bound, as RON: the accepted ones, the refused ones.
fn around_bounds(expected: &Expected) -> (Vec<String>, Vec<String>) {
    match expected {
        Expected::Whole(range) => {
            let (low, high) = (*range.start(), *range.end());
            let beyond = [low.checked_sub(1), high.checked_add(1)];
            (
                [low, high].iter().map(u64::to_string).collect(),
                beyond.iter().flatten().map(u64::to_string).collect(),
            )
        }
        Expected::Real(interval) => {
            let (low, high) = (interval.low, interval.high);
            let sides = [
                (interval.includes_low, low, low.next_up(), low.next_down()),
                (interval.includes_high, high, high.next_down(), high.next_up()),
            ];
            let accepted = sides.map(|(includes, bound, inside, _)| if includes { bound } else { inside });
            let refused = sides.map(|(includes, bound, _, outside)| if includes { outside } else { bound });
            let refused = refused.into_iter().chain([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
            (
                accepted.iter().map(|x| format!("{x:e}")).collect(),
                refused.map(|x| format!("{x:e}")).collect(),
            )
        }
        Expected::Optional(inner) => {
            let (mut accepted, refused) = around_bounds(inner);
            accepted.push("None".to_owned());
            (accepted, refused)
        }
        Expected::Words(_) => (Vec::new(), Vec::new()),
    }
}

/// The problem of the field alone, in a file in which only it is set.
fn problem_of(field: &Field, value: &str) -> Option<String> {
    let mut file = file_with(field);
    field.value(&mut file).unwrap().read(value, field.path).unwrap();
    let problems = check::check(&file);
    let mut own = problems.into_iter().filter(|problem| problem.field == field.path);
    own.next().map(|problem| problem.message)
}

#[test]
fn every_range_accepts_its_bounds_and_refuses_what_is_beyond() {
    let mut n_bounds = 0;
    for field in fields::all() {
        let own_range = format!("expected {}", field.expected);
        let (accepted, refused) = around_bounds(&field.expected);
        n_bounds += refused.len();
        for value in accepted {
            let problem = problem_of(field, &value).filter(|message| message.ends_with(&own_range));
            assert_eq!(problem, None, "{} = {value}", field.path);
        }
        for value in refused {
            let message = problem_of(field, &value).unwrap_or_else(|| panic!("{} = {value} is accepted", field.path));
            let start = format!("{} is ", field.path);
            assert!(
                message.starts_with(&start) && message.ends_with(&own_range),
                "{message}"
            );
        }
    }
    assert!(n_bounds > 50, "{n_bounds}");
}

#[test]
fn table_has_every_field_once() {
    fn paths(prefix: &str, value: &serde_json::Value, found: &mut BTreeSet<String>) {
        let serde_json::Value::Object(fields) = value else {
            return;
        };
        for (name, value) in fields {
            // The name of a variant is not part of the path; those of fields are in lower case.
            let path = match name.starts_with(char::is_uppercase) || name == "validation" {
                true => prefix.to_owned(),
                false if prefix.is_empty() => name.clone(),
                false => format!("{prefix}.{name}"),
            };
            found.insert(path.clone());
            paths(&path, value, found);
        }
    }
    let mut found = BTreeSet::new();
    for file in files_with_every_field() {
        paths("", &serde_json::to_value(&file).unwrap(), &mut found);
    }
    let table: Vec<String> = fields::all().iter().map(|field| field.path.to_owned()).collect();
    assert_eq!(table.iter().cloned().collect::<BTreeSet<_>>(), found);
    assert_eq!(table.len(), found.len());
}
