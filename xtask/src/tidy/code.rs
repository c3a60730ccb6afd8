//! Just enough of Rust's lexical grammar to tell code from comments and literals.

/// `text` with comments, strings and characters replaced by spaces; line breaks stay where they are.
pub(super) fn without_comments_and_literals(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut position = 0;
    while position < chars.len() {
        let length = length_of_blank(&chars, position);
        if length == 0 {
            code.push(chars[position]);
            position += 1;
        } else {
            let end = (position + length).min(chars.len());
            code.extend(chars[position..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            position = end;
        }
    }
    code
}

/// Index of the line at which the test module that ends the file begins, or the number of lines.
pub(super) fn start_of_test_module(code: &str) -> usize {
    let lines: Vec<&str> = code.lines().map(str::trim).collect();
    (0..lines.len())
        .find(|&index| {
            lines[index] == "#[cfg(test)]"
                && lines[index + 1..]
                    .iter()
                    .find(|line| !line.is_empty() && !line.starts_with('#'))
                    .is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
        })
        .unwrap_or(lines.len())
}

/// Length in characters of the comment or literal that begins at `position`; 0 if none does.
fn length_of_blank(chars: &[char], position: usize) -> usize {
    let rest = &chars[position..];
    match rest {
        ['/', '/', ..] => rest.iter().take_while(|&&c| c != '\n').count(),
        ['/', '*', ..] => length_of_block_comment(rest),
        ['"', ..] => length_to_quote(rest, '"'),
        ['r', ..] if begins_word(chars, position) => length_of_raw_string(rest),
        ['\'', '\\', ..] => length_to_quote(rest, '\''),
        ['\'', _, '\'', ..] => 3,
        _ => 0,
    }
}

/// Whether the word at `position` begins there, a `b` or `c` of a literal's prefix not counted.
fn begins_word(chars: &[char], position: usize) -> bool {
    let is_word = |index: usize| chars[index].is_alphanumeric() || chars[index] == '_';
    match position {
        0 => true,
        1 => !is_word(0) || matches!(chars[0], 'b' | 'c'),
        _ if matches!(chars[position - 1], 'b' | 'c') => !is_word(position - 2),
        _ => !is_word(position - 1),
    }
}

/// Block comments nest.
fn length_of_block_comment(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    let mut position = 0;
    while position < rest.len() {
        match &rest[position..] {
            ['/', '*', ..] => (depth, position) = (depth + 1, position + 2),
            ['*', '/', ..] => (depth, position) = (depth - 1, position + 2),
            _ => position += 1,
        }
        if depth == 0 {
            return position;
        }
    }
    rest.len()
}

/// Up to and with the closing quote; a backslash hides the character after it.
fn length_to_quote(rest: &[char], quote: char) -> usize {
    let mut position = 1;
    while position < rest.len() {
        match rest[position] {
            '\\' => position += 2,
            c if c == quote => return position + 1,
            _ => position += 1,
        }
    }
    rest.len()
}

/// 0 if `rest` is an identifier that only begins with `r`.
fn length_of_raw_string(rest: &[char]) -> usize {
    let n_hashes = rest[1..].iter().take_while(|&&c| c == '#').count();
    if rest.get(1 + n_hashes) != Some(&'"') {
        return 0;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', n_hashes)).collect();
    let start = n_hashes + 2;
    rest[start..]
        .windows(closing.len())
        .position(|window| window == closing)
        .map_or(rest.len(), |offset| start + offset + closing.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let code = without_comments_and_literals(text);
        assert_eq!(code.lines().count(), text.lines().count(), "lines move");
        let words: Vec<&str> = code.split_whitespace().collect();
        assert_eq!(words.join(" "), expected);
    }

    #[test]
    fn line_comment_ends_with_its_line() {
        check("a // b\n/// c\nd", "a d");
    }

    #[test]
    fn block_comments_nest() {
        check("a /* b /* c */ d\n */ e", "a e");
    }

    #[test]
    fn string_ends_at_the_quote_that_is_not_escaped() {
        check(r#"a "b \" c // d" e"#, "a e");
    }

    #[test]
    fn raw_string_ends_at_as_many_hashes() {
        check(r###"a r##"b "# c"## d br"e" f"###, "a d b f");
    }

    #[test]
    fn raw_identifier_and_word_that_ends_in_r_are_code() {
        check(r#"r#type for "text""#, "r#type for");
    }

    #[test]
    fn lifetime_is_code_and_character_is_not() {
        check(r"&'a str '{' '\'' '\u{1F600}' b", "&'a str b");
    }

    #[test]
    fn unclosed_literal_runs_to_the_end() {
        check("a \"b", "a");
        check("a r#\"b\"", "a");
        check("a /* b", "a");
    }

    #[test]
    fn test_module_in_a_file_of_its_own_does_not_end_the_file() {
        assert_eq!(start_of_test_module("a\n#[cfg(test)]\nmod tests;\nb\n"), 4);
        assert_eq!(start_of_test_module("a\n#[cfg(test)]\n#[x]\nmod tests {\n}\n"), 1);
    }
}
