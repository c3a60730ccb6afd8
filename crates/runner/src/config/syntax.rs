//! Where the fields of a RON text stand.
//!
//! The typed parser says what a text means but keeps no places. This scan finds the extent of every field, so that a
//! problem can name its line and an override can replace a value. It accepts every text that the typed parser does;
//! what is neither bracket, string, comment, comma nor colon is taken as part of a scalar.

use std::ops::Range;

/// Nesting beyond which a text is refused; a configuration needs four levels.
const MAX_NESTING: usize = 64;

/// A value and the fields in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    /// Bytes of the value.
    pub(super) span: Range<usize>,
    /// Named fields, if it is a struct.
    pub(super) fields: Vec<Field>,
    /// Where the closing bracket stands, if it has one.
    pub(super) close: Option<usize>,
}

/// A named field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: String,
    /// Bytes of the name.
    pub(super) name_span: Range<usize>,
    /// Its value.
    pub(super) value: Node,
}

impl Node {
    /// The value at a path of field names.
    pub(super) fn find(&self, path: &[&str]) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        let field = self.fields.iter().find(|field| field.name == *first)?;
        field.value.find(rest)
    }

    /// The innermost field that covers a byte, and its path.
    pub(super) fn field_at(&self, offset: usize) -> Option<(Vec<String>, &Field)> {
        let covers = |field: &&Field| (field.name_span.start..=field.value.span.end).contains(&offset);
        let field = self.fields.iter().find(covers)?;
        let mut path = vec![field.name.clone()];
        match field.value.field_at(offset) {
            Some((rest, inner)) => {
                path.extend(rest);
                Some((path, inner))
            }
            None => Some((path, field)),
        }
    }
}

/// The outermost value of a text; `None` if brackets or strings do not close.
pub(super) fn scan(text: &str) -> Option<Node> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        position: 0,
    };
    scanner.skip_blank();
    while scanner.bytes[scanner.position..].starts_with(b"#!") {
        scanner.position += 2;
        scanner.value(0)?;
        scanner.skip_blank();
    }
    scanner.value(0)
}

struct Scanner<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    /// Skips white space and comments; a block comment that does not close ends the text.
    fn skip_blank(&mut self) {
        loop {
            match &self.bytes[self.position..] {
                [c, ..] if c.is_ascii_whitespace() => self.position += 1,
                [b'/', b'/', rest @ ..] => {
                    self.position += 2 + rest.iter().take_while(|&&c| c != b'\n').count();
                }
                [b'/', b'*', ..] => self.skip_block_comment(),
                _ => return,
            }
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.position < self.bytes.len() {
            match &self.bytes[self.position..] {
                [b'/', b'*', ..] => (depth, self.position) = (depth + 1, self.position + 2),
                [b'*', b'/', ..] => (depth, self.position) = (depth - 1, self.position + 2),
                _ => self.position += 1,
            }
            if depth == 0 {
                return;
            }
        }
    }

    fn value(&mut self, nesting: usize) -> Option<Node> {
        if nesting > MAX_NESTING {
            return None;
        }
        self.skip_blank();
        let start = self.position;
        let mut node = Node {
            span: start..start,
            fields: Vec::new(),
            close: None,
        };
        self.scalar()?;
        let end_of_scalar = self.position;
        self.skip_blank();
        match self.peek() {
            Some(b'(' | b'[' | b'{') => {
                self.body(&mut node, nesting)?;
            }
            _ => self.position = end_of_scalar,
        }
        node.span.end = self.position;
        (node.span.end > start).then_some(node)
    }

    /// Name, number, string or nothing.
    fn scalar(&mut self) -> Option<()> {
        while let Some(c) = self.peek() {
            match c {
                b'"' => self.string()?,
                b'r' if self.raw_string()? => {}
                b'\'' => self.character(),
                b'/' if matches!(self.bytes.get(self.position + 1), Some(b'/' | b'*')) => break,
                b',' | b':' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => break,
                _ if c.is_ascii_whitespace() => break,
                _ => self.position += 1,
            }
        }
        (self.position <= self.bytes.len()).then_some(())
    }

    fn string(&mut self) -> Option<()> {
        self.position += 1;
        loop {
            match self.peek()? {
                b'\\' => self.position += 2,
                b'"' => {
                    self.position += 1;
                    return Some(());
                }
                _ => self.position += 1,
            }
        }
    }

    /// Takes `'x'` or `'\u{10ffff}'`, the longest there is; a quote that begins no such thing is taken alone.
    fn character(&mut self) {
        const LONGEST: usize = 12;
        let rest = &self.bytes[self.position + 1..];
        let first = if rest.first() == Some(&b'\\') { 2 } else { 1 };
        let end = (first..rest.len().min(LONGEST)).find(|&i| rest[i] == b'\'');
        self.position += end.map_or(1, |end| end + 2);
    }

    /// Takes `r"…"` or `r#"…"#`; `Some(false)` if there is none.
    fn raw_string(&mut self) -> Option<bool> {
        let rest = &self.bytes[self.position + 1..];
        let n_hashes = rest.iter().take_while(|&&c| c == b'#').count();
        if rest.get(n_hashes) != Some(&b'"') {
            return Some(false);
        }
        let closing = [b"\"".as_slice(), &rest[..n_hashes]].concat();
        let body = &rest[n_hashes + 1..];
        let end = body.windows(closing.len()).position(|window| window == closing)?;
        self.position += 1 + n_hashes + 1 + end + closing.len();
        Some(true)
    }

    /// What stands between brackets: fields or elements, parted by commas.
    fn body(&mut self, node: &mut Node, nesting: usize) -> Option<()> {
        self.position += 1;
        loop {
            self.skip_blank();
            match self.peek()? {
                b')' | b']' | b'}' => {
                    node.close = Some(self.position);
                    self.position += 1;
                    return Some(());
                }
                b',' => self.position += 1,
                _ => self.element(node, nesting)?,
            }
        }
    }

    fn element(&mut self, node: &mut Node, nesting: usize) -> Option<()> {
        let first = self.value(nesting + 1)?;
        self.skip_blank();
        if self.peek() == Some(b':') {
            self.position += 1;
            let name = String::from_utf8_lossy(&self.bytes[first.span.clone()]).into_owned();
            let value = self.value(nesting + 1)?;
            node.fields.push(Field {
                name,
                name_span: first.span,
                value,
            });
        }
        Some(())
    }
}
