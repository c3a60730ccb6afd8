//! A strict reader of the page: tags balance, attributes are quoted, text is escaped.

use std::collections::{BTreeMap, BTreeSet};

const VOID: [&str; 1] = ["meta"];

/// What the tests ask of a page.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Values of `id`.
    pub(super) ids: BTreeSet<String>,
    /// Text outside of `style`, still escaped.
    pub(super) text: String,
    /// Path data.
    pub(super) paths: Vec<String>,
    /// Identifiers of `details` that are open.
    pub(super) open_details: Vec<String>,
    elements: BTreeMap<String, usize>,
    references: Vec<String>,
}

impl Document {
    /// How many elements of that name there are.
    pub(super) fn count(&self, element: &str) -> usize {
        self.elements.get(element).copied().unwrap_or(0)
    }

    #[track_caller]
    pub(super) fn check_has(&self, id: &str) {
        assert!(self.ids.contains(id), "no element {id}");
    }

    /// Every link within the page and every label has its target.
    #[track_caller]
    pub(super) fn check_references(&self) {
        for reference in &self.references {
            self.check_has(reference);
        }
    }

    fn take(&mut self, name: &str, attributes: &[(String, String)]) -> Result<(), String> {
        *self.elements.entry(name.to_owned()).or_default() += 1;
        let value = |key: &str| {
            attributes
                .iter()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value.clone())
        };
        if let Some(id) = value("id")
            && !self.ids.insert(id.clone())
        {
            return Err(format!("two elements {id}"));
        }
        if name == "details" && value("open").is_some() {
            self.open_details.extend(value("id"));
        }
        if name == "path" {
            self.paths.extend(value("d"));
        }
        self.references
            .extend(value("href").and_then(|href| href.strip_prefix('#').map(str::to_owned)));
        self.references.extend(
            value("aria-labelledby")
                .iter()
                .flat_map(|ids| ids.split(' ').map(str::to_owned)),
        );
        Ok(())
    }
}

/// Reads the page; the error is what is wrong with it.
pub(super) fn parse(page: &str) -> Result<Document, String> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").ok_or("no document type")?;
    let mut document = Document::default();
    let mut open: Vec<String> = Vec::new();
    while let Some((text, after)) = rest.split_once('<') {
        take_text(&mut document, &open, text)?;
        let (tag, after) = split_tag(after)?;
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let expected = open.pop().ok_or_else(|| format!("</{name}> closes nothing"))?;
            if expected != name {
                return Err(format!("</{name}> closes <{expected}>"));
            }
            continue;
        }
        let (name, attributes) = split_attributes(tag)?;
        document.take(&name, &attributes)?;
        if !VOID.contains(&name.as_str()) {
            open.push(name);
        }
    }
    if open.is_empty() && rest.is_empty() {
        Ok(document)
    } else {
        Err(format!("left open: {open:?}, left over: {rest}"))
    }
}

fn take_text(document: &mut Document, open: &[String], text: &str) -> Result<(), String> {
    if open.last().is_some_and(|name| name == "style") {
        return Ok(());
    }
    check_escaped(text)?;
    // Cells and paragraphs end words.
    if open
        .last()
        .is_some_and(|name| ["td", "th", "p", "li", "text", "title", "desc"].contains(&name.as_str()))
    {
        document.text.push_str(text);
    } else {
        document.text.push(' ');
        document.text.push_str(text.trim_start());
    }
    Ok(())
}

fn check_escaped(text: &str) -> Result<(), String> {
    if text.contains('>') {
        return Err(format!("unescaped > in {text}"));
    }
    let is_entity = |tail: &str| {
        ["amp;", "lt;", "gt;", "quot;"]
            .iter()
            .any(|entity| tail.starts_with(entity))
    };
    match text.split('&').skip(1).find(|tail| !is_entity(tail)) {
        Some(tail) => Err(format!("unescaped & before {tail}")),
        None => Ok(()),
    }
}

/// The inside of a tag and what follows it; quoted values may hold anything but quotes.
fn split_tag(text: &str) -> Result<(&str, &str), String> {
    let mut quoted = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '<' if !quoted => return Err("a tag within a tag".to_owned()),
            '>' if !quoted => return Ok((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    Err("a tag without an end".to_owned())
}

fn split_attributes(tag: &str) -> Result<(String, Vec<(String, String)>), String> {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(format!("invalid element name {name:?}"));
    }
    let mut attributes = Vec::new();
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Err(format!("invalid attribute name {key:?} in <{tag}>"));
        }
        if attributes.iter().any(|(other, _)| other == key) {
            return Err(format!("attribute {key} twice in <{tag}>"));
        }
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').ok_or_else(|| format!("open quote in <{tag}>"))?,
            None => ("", after),
        };
        check_escaped(value)?;
        attributes.push((key.to_owned(), value.to_owned()));
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Ok((name.to_owned(), attributes))
}

#[test]
fn markup_reader_finds_flaws() {
    let flaws = [
        "<p></p>",
        "<!DOCTYPE html><p>",
        "<!DOCTYPE html><p></b>",
        "<!DOCTYPE html></p>",
        "<!DOCTYPE html><p id=a></p>",
        "<!DOCTYPE html><p id=\"a\"></p><p id=\"a\"></p>",
        "<!DOCTYPE html><p>a & b</p>",
        "<!DOCTYPE html><p>a > b</p>",
        "<!DOCTYPE html><p class=\"a\" class=\"b\"></p>",
        "<!DOCTYPE html><p <b></b></p>",
    ];
    for flaw in flaws {
        assert!(parse(flaw).is_err(), "{flaw}");
    }
    assert!(parse("<!DOCTYPE html><p id=\"a\">a &amp; b</p>").is_ok());
}
