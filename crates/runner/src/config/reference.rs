//! The reference of all fields, which docs/CONFIGURATION.md holds.

use std::fmt::Write as _;

use super::fields::{self, Field};
use super::file::{CONFIG_SCHEMA, ConfigFile};
use super::parse;

/// The page of every field: its default, what is expected of it and what it is.
///
/// # Panics
/// Never: the files from which the defaults are read are fixed.
pub fn reference() -> String {
    let mut shortest = ["Spirals(), network: Fc()", "Spirals(), network: Conv()"].map(|fields| {
        let text = format!("(schema: {CONFIG_SCHEMA}, dataset: {fields})");
        parse::parse::<ConfigFile>(&text, "").expect("a file with every required field")
    });
    let mut text = HEAD.to_owned();
    for field in fields::all() {
        let default = default(field, &mut shortest);
        writeln!(
            text,
            "| `{}` | {default} | {} | {} |",
            field.path, field.expected, field.description
        )
        .expect("a string takes every text");
    }
    text
}

const HEAD: &str = "# Configuration

A configuration is a RON file; the shipped ones are in [`configs/`](../configs).
It says what differs from the defaults; what a run stores as `config.ron` has every field.
`vds train CONFIG.ron --set path=value` replaces a field, for instance `--set optimizer.learning_rate=0.05` or `--set 'network=Fc(width: 40)'`.
A file that cannot be parsed is refused at the first error, with line, column and field; values that are out of range or contradict each other are reported all at once.
This page is written from the table that checks the fields.

| field | default | expected | what it is |
| --- | --- | --- | --- |
";

/// Fields without which a file is refused.
const REQUIRED: [&str; 3] = ["schema", "dataset", "network"];

fn default(field: &Field, shortest: &mut [ConfigFile]) -> String {
    let value = shortest
        .iter_mut()
        .find_map(|file| field.value(file).map(|value| value.written()));
    let has_fields = fields::all().iter().any(|inner| {
        inner
            .path
            .strip_prefix(field.path)
            .is_some_and(|rest| rest.starts_with('.'))
    });
    match value {
        Some(_) if REQUIRED.contains(&field.path) => "required".to_owned(),
        None => "required".to_owned(),
        // The lines of its own fields say it.
        Some(value) if has_fields && value.starts_with('(') => String::new(),
        Some(value) => format!("`{value}`"),
    }
}
