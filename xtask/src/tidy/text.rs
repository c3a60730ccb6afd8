//! Rules on the text of files.

use super::Violation;
use super::tree::Tree;

/// Lines of a Rust file, tests included.
const MAX_RUST_LINES: usize = 400;
/// Bytes of any file.
const MAX_BYTES: usize = 1_000_000;
/// Top folders that exist on one machine only, without the slashes around them, so that this file does not
/// break its own rule.
const MACHINE_FOLDERS: &[&str] = &["home", "root", "tmp", "work", "Users"];

/// Rust files have at most 400 lines.
pub(super) fn rust_files_are_short(tree: &Tree) -> Vec<Violation> {
    tree.rust_files()
        .map(|file| (file, file.text.lines().count()))
        .filter(|(_, n_lines)| *n_lines > MAX_RUST_LINES)
        .map(|(file, n_lines)| {
            let what = format!("{n_lines} lines, at most {MAX_RUST_LINES} are wanted");
            Violation::new(&file.path, MAX_RUST_LINES + 1, what)
        })
        .collect()
}

/// No trailing whitespace, no carriage return, one line break at the end of each text file.
pub(super) fn lines_and_files_end_cleanly(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.files.iter().filter(|file| !file.text.is_empty()) {
        for (index, line) in file.text.split('\n').enumerate() {
            if line.ends_with([' ', '\t', '\r']) {
                found.push(Violation::new(&file.path, index + 1, "the line ends in whitespace"));
            }
        }
        let n_lines = file.text.lines().count();
        if !file.text.ends_with('\n') {
            found.push(Violation::new(
                &file.path,
                n_lines,
                "the file does not end with a line break",
            ));
        } else if file.text.ends_with("\n\n") {
            found.push(Violation::new(&file.path, n_lines, "the file ends with an empty line"));
        }
    }
    found
}

/// No absolute path into somebody's home, work or temporary folder.
pub(super) fn no_path_of_one_machine(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in &tree.files {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(path) = machine_path(line) {
                let what = format!("`{path}` is a path of one machine");
                found.push(Violation::new(&file.path, index + 1, what));
            }
        }
    }
    found
}

/// The first path in `line` that begins with one of [`MACHINE_FOLDERS`].
fn machine_path(line: &str) -> Option<&str> {
    line.match_indices('/').find_map(|(start, _)| {
        let is_absolute = !line[..start].ends_with(|c: char| c.is_alphanumeric() || "._-/}~*)".contains(c));
        let rest = &line[start + 1..];
        let length = rest.find('/')?;
        (is_absolute && MACHINE_FOLDERS.contains(&&rest[..length])).then(|| &line[start..start + length + 2])
    })
}

/// No file above a megabyte.
pub(super) fn files_are_small(tree: &Tree) -> Vec<Violation> {
    tree.files
        .iter()
        .filter(|file| file.n_bytes > MAX_BYTES)
        .map(|file| {
            let what = format!("{} bytes, at most {MAX_BYTES} are wanted", file.n_bytes);
            Violation::new(&file.path, 1, what)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&Tree) -> Vec<Violation>, path: &str, text: &str, expected: &[&str]) {
        let found: Vec<String> = rule(&Tree::of(&[(path, text)]))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn long_rust_file_is_found() {
        check(rust_files_are_short, "a.rs", &"\n".repeat(400), &[]);
        check(
            rust_files_are_short,
            "a.rs",
            &"\n".repeat(401),
            &["a.rs:401: 401 lines, at most 400 are wanted"],
        );
        check(rust_files_are_short, "a.md", &"\n".repeat(401), &[]);
    }

    #[test]
    fn whitespace_at_the_end_of_a_line_is_found() {
        let expected = [
            "a.md:1: the line ends in whitespace",
            "a.md:3: the line ends in whitespace",
        ];
        check(lines_and_files_end_cleanly, "a.md", "a \nb\nc\r\n", &expected);
    }

    #[test]
    fn bad_end_of_file_is_found() {
        check(
            lines_and_files_end_cleanly,
            "a.md",
            "a\nb",
            &["a.md:2: the file does not end with a line break"],
        );
        check(
            lines_and_files_end_cleanly,
            "a.md",
            "a\n\n",
            &["a.md:2: the file ends with an empty line"],
        );
        check(lines_and_files_end_cleanly, "a.md", "a\n", &[]);
    }

    #[test]
    fn path_of_one_machine_is_found() {
        for folder in MACHINE_FOLDERS {
            let text = format!("see `/{folder}/x`\n");
            let expected = format!("a.md:1: `/{folder}/` is a path of one machine");
            check(no_path_of_one_machine, "a.md", &text, &[&expected]);
        }
    }

    #[test]
    fn relative_and_shared_paths_are_allowed() {
        let text = "https://example.org/home/x ./work/x $DIR/tmp/x /usr/share/datasets/x a/tmp/b\n";
        check(no_path_of_one_machine, "a.md", text, &[]);
    }

    #[test]
    fn large_file_is_found() {
        let text = "x".repeat(MAX_BYTES + 1);
        check(
            files_are_small,
            "a.bin",
            &text,
            &["a.bin:1: 1000001 bytes, at most 1000000 are wanted"],
        );
    }
}
