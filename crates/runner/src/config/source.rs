//! A configuration's text, put together from the file and the overrides, with the place of every byte.

use std::ops::Range;

use super::problem::{Place, Problem};
use super::syntax::{Field, Node, scan};
use vds_records::read::excerpt;

/// An override `path=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    path: String,
    value: String,
    argument: String,
}

impl Setting {
    /// From the text of a `--set` argument.
    ///
    /// # Errors
    /// What is wrong with it, if there is no `=`, the path is not made of field names, or the value is not RON.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, value) = text
            .split_once('=')
            .ok_or_else(|| "expected PATH=VALUE, as max_depth=5".to_owned())?;
        let argument = format!("--set {}", excerpt(text));
        Self::new(path.trim(), value.trim(), argument)
    }

    /// The override of the option `--seed`.
    pub fn seed(seed: u64) -> Self {
        Self {
            path: "seed".to_owned(),
            value: seed.to_string(),
            argument: format!("--seed {seed}"),
        }
    }

    fn new(path: &str, value: &str, argument: String) -> Result<Self, String> {
        let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !path.split('.').all(is_name) {
            return Err(format!(
                "\"{}\" is not a path of field names, as optimizer.learning_rate",
                excerpt(path)
            ));
        }
        ron::from_str::<ron::Value>(value)
            .map_err(|error| format!("\"{}\" is not a RON value: {}", excerpt(value), error.code))?;
        // A comment at the end of the value must not swallow what follows it in the file.
        let line_end = if value.contains("//") { "\n" } else { "" };
        Ok(Self {
            path: path.to_owned(),
            value: format!("{value}{line_end}"),
            argument,
        })
    }

    /// The argument as messages quote it.
    pub fn argument(&self) -> &str {
        &self.argument
    }
}

/// Where a piece of the text comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// The file, from this byte on.
    File(usize),
    /// This argument.
    Argument(String),
}

#[derive(Clone, Debug)]
struct Piece {
    text: String,
    origin: Origin,
}

/// The text in pieces.
#[derive(Clone, Debug)]
pub(super) struct Source {
    original: String,
    pieces: Vec<Piece>,
}

impl Source {
    pub(super) fn new(text: &str) -> Self {
        let piece = Piece {
            text: text.to_owned(),
            origin: Origin::File(0),
        };
        Self {
            original: text.to_owned(),
            pieces: vec![piece],
        }
    }

    /// The text as the parser sees it.
    pub(super) fn text(&self) -> String {
        self.pieces.iter().map(|piece| piece.text.as_str()).collect()
    }

    /// Replaces the value at the setting's path, or adds a field if its struct lacks it. A text that cannot be scanned stays.
    pub(super) fn apply(&mut self, setting: &Setting) -> Result<(), Problem> {
        let text = self.text();
        let Some(root) = scan(&text) else {
            return Ok(());
        };
        let path: Vec<&str> = setting.path.split('.').collect();
        let origin = Origin::Argument(setting.argument.clone());
        if let Some(node) = root.find(&path) {
            self.replace(node.span.clone(), &setting.value, origin);
            return Ok(());
        }
        let (leaf, parents) = path.split_last().expect("a path has a field");
        match root.find(parents).and_then(|parent| Some((parent, parent.close?))) {
            Some((parent, close)) if takes_fields(parent, &text[parent.span.clone()]) => {
                let comma = needs_comma(parent, &text, close);
                let field = format!("{comma}{leaf}: {}", setting.value);
                self.replace(close..close, &field, origin);
                Ok(())
            }
            _ => Err(Problem {
                place: Place::Argument(setting.argument.clone()),
                message: unknown_path(&root, parents, setting),
            }),
        }
    }

    /// Puts another value in the place of a bad one; its place stays that of the bad one.
    pub(super) fn patch(&mut self, range: Range<usize>, text: &str) {
        let origin = self.origin(range.start);
        self.replace(range, text, origin);
    }

    /// Takes a field out, with the comma after it.
    pub(super) fn remove(&mut self, field: &Field) {
        let text = self.text();
        let end = field.value.span.end;
        let gap = text[end..].len() - text[end..].trim_start().len();
        let comma = usize::from(text[end + gap..].starts_with(','));
        self.patch(field.name_span.start..end + if comma == 1 { gap + 1 } else { 0 }, "");
    }

    /// The place in the file of a byte, or the argument that it comes from.
    pub(super) fn place(&self, offset: usize) -> Place {
        match self.origin(offset) {
            Origin::Argument(argument) => Place::Argument(argument),
            Origin::File(offset) => {
                let before = &self.original[..floor_char(&self.original, offset)];
                let line = before.matches('\n').count() + 1;
                let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
                Place::File { line, column }
            }
        }
    }

    /// The place of the value at a path; of the innermost struct there is, if it is missing.
    pub(super) fn place_of(&self, path: &str) -> Place {
        let text = self.text();
        let names: Vec<&str> = path.split('.').collect();
        let node = scan(&text).and_then(|root| {
            (0..=names.len())
                .rev()
                .find_map(|len| root.find(&names[..len]).cloned())
        });
        self.place(node.map_or(0, |node| node.span.start))
    }

    /// The source text of the value at a path.
    pub(super) fn value_of(&self, path: &str) -> Option<String> {
        let text = self.text();
        let names: Vec<&str> = path.split('.').collect();
        let root = scan(&text)?;
        Some(text[root.find(&names)?.span.clone()].to_owned())
    }

    fn origin(&self, offset: usize) -> Origin {
        let mut start = 0;
        for (index, piece) in self.pieces.iter().enumerate() {
            let end = start + piece.text.len();
            if offset < end || index + 1 == self.pieces.len() {
                return match &piece.origin {
                    Origin::File(first) => Origin::File(first + (offset - start)),
                    argument @ Origin::Argument(_) => argument.clone(),
                };
            }
            start = end;
        }
        Origin::File(0)
    }

    fn replace(&mut self, range: Range<usize>, text: &str, origin: Origin) {
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2);
        let mut start = 0;
        for piece in &self.pieces {
            let len = piece.text.len();
            let cut = |offset: usize| offset.saturating_sub(start).min(len);
            pieces.extend(piece.part(0..cut(range.start)));
            pieces.extend(piece.part(cut(range.end)..len));
            start += len;
        }
        let mut offset = 0;
        let at = pieces
            .iter()
            .position(|piece| {
                let here = offset;
                offset += piece.text.len();
                here >= range.start
            })
            .unwrap_or(pieces.len());
        let text = text.to_owned();
        pieces.insert(at, Piece { text, origin });
        self.pieces = pieces;
    }
}

impl Piece {
    fn part(&self, range: Range<usize>) -> Option<Self> {
        let text = self.text[range.clone()].to_owned();
        let origin = match &self.origin {
            Origin::File(first) => Origin::File(first + range.start),
            argument @ Origin::Argument(_) => argument.clone(),
        };
        (!text.is_empty()).then_some(Self { text, origin })
    }
}

/// A struct, or a pair of empty brackets.
fn takes_fields(node: &Node, text: &str) -> bool {
    !node.fields.is_empty() || text.ends_with("()")
}

fn needs_comma(parent: &Node, text: &str, close: usize) -> &'static str {
    let last = parent.fields.last().map_or(close, |field| field.value.span.end);
    if parent.fields.is_empty() || text[last..close].contains(',') {
        ""
    } else {
        ", "
    }
}

fn unknown_path(root: &Node, parents: &[&str], setting: &Setting) -> String {
    let known = (0..=parents.len()).rev().find_map(|len| root.find(&parents[..len]));
    let names: Vec<&str> = known
        .into_iter()
        .flat_map(|node| node.fields.iter().map(|field| field.name.as_str()))
        .collect();
    match names.as_slice() {
        [] => format!("{} has no fields", parents.join(".")),
        names => format!("{} is no field; there are {}", setting.path, names.join(", ")),
    }
}

fn floor_char(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len()))
        .rev()
        .find(|&offset| text.is_char_boundary(offset))
        .unwrap_or(0)
}
