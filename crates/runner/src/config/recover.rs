//! Typed parsing that does not stop at the first problem.
//!
//! The parser reports one error a pass. Each is written down, the field at fault is taken out or replaced by the valid
//! value of a template, and the text is parsed again, until it parses or an error belongs to no field.

use ron::error::{Position, SpannedError};
use ron::extensions::Extensions;

use super::fields::expectation;
use super::file::ConfigFile;
use super::problem::Problem;
use super::source::Source;
use super::syntax::{Field, Node, scan};
use vds_records::read::excerpt;

/// Problems after which no more are looked for.
const MAX_PROBLEMS: usize = 64;

/// A valid configuration with every field.
const TEMPLATE: &str = include_str!("template.ron");

/// A configuration whose text could be parsed or mended.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) file: ConfigFile,
    /// Paths of the fields that hold a value of the template; their problems are written down.
    pub(super) mended: Vec<String>,
}

/// The file, if the text can be parsed or mended.
pub(super) fn parse(source: &mut Source, problems: &mut Vec<Problem>) -> Option<Parsed> {
    let options = ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME);
    let mut mended = Vec::new();
    for _ in 0..MAX_PROBLEMS {
        let text = source.text();
        let error = match options.from_str::<ConfigFile>(&text) {
            Ok(file) => return Some(Parsed { file, mended }),
            Err(error) => error,
        };
        match mend(source, &text, &error, &mut mended) {
            Some(found) => problems.extend(found),
            None => {
                problems.push(syntax_problem(source, &text, &error));
                return None;
            }
        }
    }
    None
}

/// Mends one error and says what was wrong: no problem if it was a consequence of an earlier one, `None` if
/// it cannot be mended.
fn mend(source: &mut Source, text: &str, error: &SpannedError, mended: &mut Vec<String>) -> Option<Vec<Problem>> {
    let root = scan(text)?;
    let offset = offset_of(text, error.span.start)?;
    match &error.code {
        ron::Error::MissingStructField { field, .. } => missing_field(source, &root, offset, field, mended),
        ron::Error::NoSuchStructField { expected, .. } => {
            let (path, field) = root.field_at(offset)?;
            let names = expected.join(", ");
            let message = format!("{} is no field; there are {names}", path.join("."));
            remove(source, field, offset, message)
        }
        ron::Error::DuplicateStructField { .. } => {
            let (path, field) = root.field_at(offset)?;
            let message = format!("{} is given twice", path.join("."));
            remove(source, field, offset, message)
        }
        _ => {
            let (path, field) = root.field_at(offset)?;
            // At the name itself stands what is wrong between the fields, such as a missing comma.
            (offset >= field.name_span.end)
                .then(|| replace_value(source, &root, &path, mended))
                .flatten()
        }
    }
}

fn remove(source: &mut Source, field: &Field, offset: usize, message: String) -> Option<Vec<Problem>> {
    let place = source.place(offset);
    source.remove(field);
    Some(vec![Problem { place, message }])
}

fn missing_field(
    source: &mut Source,
    root: &Node,
    offset: usize,
    field: &str,
    mended: &mut Vec<String>,
) -> Option<Vec<Problem>> {
    let mut path = path_of_struct_closing_at(root, offset)?;
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let parent = root.find(&names)?;
    let place = source.place(parent.span.start);
    path.push(field.to_owned());
    let path = path.join(".");
    let comma = if parent.fields.is_empty() { "" } else { ", " };
    let comma = match source.text()[..offset].trim_end().ends_with(',') {
        true => "",
        false => comma,
    };
    let value = template_value(&path)?;
    source.patch(offset..offset, &format!("{comma}{field}: {value}"));
    let message = format!("{path} is missing, expected {}", expectation(&path));
    mended.push(path);
    Some(vec![Problem { place, message }])
}

/// Replaces the value at a path by the template's, or, where that has none or did not help, the value around it.
fn replace_value(source: &mut Source, root: &Node, path: &[String], mended: &mut Vec<String>) -> Option<Vec<Problem>> {
    let at_fault = path.join(".");
    for len in (1..=path.len()).rev() {
        let name = path[..len].join(".");
        let Some(value) = template_value(&name).filter(|_| !mended.contains(&name)) else {
            continue;
        };
        let names: Vec<&str> = path[..len].iter().map(String::as_str).collect();
        let span = root.find(&names)?.span.clone();
        let is_consequence = mended.contains(&at_fault);
        let problem = (!is_consequence).then(|| bad_value(source, &at_fault));
        source.patch(span, &value);
        mended.extend([name, at_fault]);
        return Some(problem.into_iter().collect());
    }
    None
}

/// The problem of a value of a wrong type or out of its range.
pub(super) fn bad_value(source: &Source, path: &str) -> Problem {
    let expected = expectation(path);
    let message = match source.value_of(path) {
        Some(value) => format!("{path} is {}, expected {expected}", excerpt(&value)),
        None => format!("{path} is not there, expected {expected}"),
    };
    Problem {
        place: source.place_of(path),
        message,
    }
}

fn syntax_problem(source: &Source, text: &str, error: &SpannedError) -> Problem {
    let offset = offset_of(text, error.span.start).unwrap_or(text.len());
    let mut message = match &error.code {
        ron::Error::ExpectedNamedStructLike(_) | ron::Error::ExpectedStructLike => {
            "expected `(`, with which a configuration begins".to_owned()
        }
        code => code.to_string(),
    };
    if let Some(first) = message.get(..1).map(str::to_lowercase) {
        message.replace_range(..1, &first);
    }
    Problem {
        place: source.place(offset),
        message,
    }
}

fn path_of_struct_closing_at(node: &Node, offset: usize) -> Option<Vec<String>> {
    if node.close == Some(offset) {
        return Some(Vec::new());
    }
    node.fields.iter().find_map(|field| {
        let mut path = vec![field.name.clone()];
        path.extend(path_of_struct_closing_at(&field.value, offset)?);
        Some(path)
    })
}

fn template_value(path: &str) -> Option<String> {
    let root = scan(TEMPLATE)?;
    let names: Vec<&str> = path.split('.').collect();
    Some(TEMPLATE[root.find(&names)?.span.clone()].to_owned())
}

fn offset_of(text: &str, position: Position) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(position.line - 1).map(str::len).sum();
    let line = lines.next().unwrap_or("");
    let within: usize = line.chars().take(position.col - 1).map(char::len_utf8).sum();
    Some(before + within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn template_is_valid_and_has_every_field() {
        let mut source = Source::new(TEMPLATE);
        let mut problems = Vec::new();
        let parsed = parse(&mut source, &mut problems).expect("valid");
        super::super::check::check(&parsed, &source, &mut problems);
        assert_eq!(problems, []);
    }
}
