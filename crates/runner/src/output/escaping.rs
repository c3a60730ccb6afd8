//! What reaches a terminal: text without control characters, which could steer it.

use std::io::{self, Write};

/// Passes text on with its control characters escaped; line ends and tabs stay.
#[derive(Debug)]
pub(super) struct Escaping<W>(pub(super) W);

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some((at, c)) = first_control(rest) {
            self.0.write_all(&rest[..at])?;
            write!(self.0, "{}", c.escape_default())?;
            rest = &rest[at + c.len_utf8()..];
        }
        self.0.write_all(rest)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The first control character of UTF-8, and where it begins.
fn first_control(text: &[u8]) -> Option<(usize, char)> {
    text.iter().enumerate().find_map(|(at, &byte)| {
        let control = match (byte, text.get(at + 1)) {
            (b'\n' | b'\t', _) => None,
            (0..0x20 | 0x7f, _) => Some(byte),
            // U+0080 to U+009F, which some terminals obey as they do ESC.
            (0xc2, Some(&next @ 0x80..0xa0)) => Some(next),
            _ => None,
        };
        control.map(|code| (at, char::from(code)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut written = Vec::new();
        write!(Escaping(&mut written), "{text}").unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }

    #[test]
    fn control_characters_are_escaped_but_not_lines_and_tabs() {
        check("ä\tb\n▇ é\u{a0}", "ä\tb\n▇ é\u{a0}");
        check("\u{1b}[2J\r\u{7}", r"\u{1b}[2J\r\u{7}");
        check("a\u{7f}b\u{9b}c\u{85}", r"a\u{7f}b\u{9b}c\u{85}");
    }
}
