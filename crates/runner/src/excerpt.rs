//! Text from outside, as a message quotes it.

/// Quotes `text` on one short line: blanks in a row become one, control characters are escaped, and what is beyond 100
/// characters is left out.
pub(crate) fn excerpt(text: &str) -> String {
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
    let escaped = |c: char| {
        if c.is_control() {
            c.escape_default().to_string()
        } else {
            c.to_string()
        }
    };
    quoted.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_short_single_lines_without_control_characters() {
        assert_eq!(excerpt(" a\n  b\u{1b}[2J\u{85} "), r"a b\u{1b}[2J");
        assert_eq!(excerpt(&"é".repeat(100)), "é".repeat(100));
        for long in ["é".repeat(101), "ab ".repeat(1000), "é".repeat(1_000_000)] {
            let text = excerpt(&long);
            assert_eq!((text.chars().count(), text.ends_with('…')), (101, true));
        }
    }
}
