//! Names and texts from outside in messages and in commands to copy.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::path::Path;

/// How a path or another name from outside is shown.
pub trait Shown {
    /// As a message shows it: control characters, with which a name could steer a terminal or fake a line, are escaped.
    fn shown(&self) -> impl Display;

    /// As a part of a command that can be copied into a shell, whatever the name holds.
    fn quoted(&self) -> impl Display;
}

impl Shown for Path {
    fn shown(&self) -> impl Display {
        Escaped(self.to_string_lossy())
    }

    fn quoted(&self) -> impl Display {
        quoted(&self.to_string_lossy())
    }
}

impl Shown for str {
    fn shown(&self) -> impl Display {
        Escaped(Cow::Borrowed(self))
    }

    fn quoted(&self) -> impl Display {
        quoted(self)
    }
}

/// A text from outside as a message quotes it: white space becomes one blank, control characters are escaped, and what is
/// beyond 100 characters is left out.
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 100;
    let mut quoted = String::new();
    // No more is looked at than is shown: the text may be megabytes.
    let words = text.split_whitespace().take(LONGEST);
    for (index, word) in words.enumerate() {
        if index > 0 {
            quoted.push(' ');
        }
        quoted.extend(word.chars().take(LONGEST + 1));
    }
    let end = quoted.char_indices().nth(LONGEST).map(|(at, _)| at);
    if let Some(at) = end {
        quoted.truncate(at);
        quoted.push('…');
    }
    quoted.shown().to_string()
}

struct Escaped<'a>(Cow<'a, str>);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c.is_control() {
            true => write!(f, "{}", c.escape_default()),
            false => write!(f, "{c}"),
        })
    }
}

/// A word for a POSIX shell. Control characters are written as `$'…'` escapes, which bash, zsh and ksh read.
fn quoted(text: &str) -> String {
    let text = match text.starts_with('-') {
        // A path that an option parser does not take for an option.
        true => Cow::Owned(format!("./{text}")),
        false => Cow::Borrowed(text),
    };
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.into_owned();
    }
    if !text.chars().any(char::is_control) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut word = String::from("$'");
    for c in text.chars() {
        match c {
            '\'' | '\\' => word.extend(['\\', c]),
            c if c.is_control() && c.is_ascii() => word.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() => word.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => word.push(c),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_names_have_no_control_characters() {
        assert_eq!("a b".shown().to_string(), "a b");
        assert_eq!("ä\u{1b}[2J\n\u{85}".shown().to_string(), r"ä\u{1b}[2J\n\u{85}");
    }

    #[test]
    fn quoted_names_are_one_word_of_a_shell() {
        for (name, expected) in [
            ("runs/a-1.b", "runs/a-1.b"),
            ("", "''"),
            ("a b", "'a b'"),
            ("$(touch pwned)", "'$(touch pwned)'"),
            ("it's", r"'it'\''s'"),
            ("--help", "./--help"),
            ("a\nb\u{1b}'\\", r"$'a\x0ab\x1b\'\\'"),
        ] {
            assert_eq!(name.quoted().to_string(), expected);
        }
    }

    #[test]
    fn excerpts_are_short_single_lines_without_control_characters() {
        assert_eq!(excerpt(" a\n  b\u{1b}[2J\u{85} "), r"a b\u{1b}[2J");
        assert_eq!(excerpt(&"é".repeat(100)), "é".repeat(100));
        for long in ["é".repeat(101), "ab ".repeat(1000), "é".repeat(1_000_000)] {
            let text = excerpt(&long);
            assert_eq!((text.chars().count(), text.ends_with('…')), (101, true));
        }
    }

    #[cfg(unix)]
    #[test]
    fn quoted_names_are_read_back_by_a_shell() {
        for name in ["a b", "$(touch pwned)", "it's", "\"\\", "`x`;&|*?~#!"] {
            let script = format!("printf %s {}", name.quoted());
            let output = std::process::Command::new("sh").args(["-c", &script]).output();
            assert_eq!(String::from_utf8_lossy(&output.unwrap().stdout), name);
        }
    }
}
