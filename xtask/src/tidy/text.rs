//! Rules on one file: its length, its lines, the words that must not stand in it.

use super::tree::File;

/// Lines of a Rust file, tests included.
const MAX_RUST_LINES: usize = 400;
/// Bytes of any file.
const MAX_BYTES: usize = 1_000_000;
/// Top folders that exist on one machine only, without the slashes around them, so that this file does not
/// break its own rule.
const MACHINE_FOLDERS: [&str; 5] = ["home", "root", "tmp", "work", "Users"];

/// What must not stand anywhere in a Rust file. The words are split so that this file does not break its own rule.
const UNFINISHED: [(&str, &str); 4] = [
    (concat!("to", "do!"), "is a placeholder"),
    (concat!("unimpl", "emented!"), "is a placeholder"),
    (concat!("#[", "ignore"), "switches a test off"),
    (concat!("FIX", "ME"), "is left open"),
];

/// Where the lint against `unsafe` may be switched off: the kernels, and the call of a foreign matrix product that `vds bench`
/// measures beside them.
const UNSAFE: [&str; 2] = ["crates/kernels/", "crates/runner/src/benchmark/sgemm.rs"];

/// Code that may ask the machine for time, environment or randomness. `fault.rs` is compiled for tests alone and reads from
/// the environment in which process to strike.
#[rustfmt::skip]
const EDGE: [&str; 6] = [
    "crates/runner/", "crates/testkit/", "crates/fuzz-checks/", "crates/checkpoint/src/fault.rs", "xtask/", "benches/",
];
#[rustfmt::skip]
const AMBIENT: [&str; 6] = [
    "env::var", "SystemTime::now", "Instant::now", "thread_rng", "from_os_rng", "from_entropy",
];

/// Everything in a file that breaks a rule.
pub(super) fn violations(file: &File) -> Vec<String> {
    let mut found = Vec::new();
    let mut report = |line: usize, what: String| found.push(format!("{}:{line}: {what}", file.path));
    if file.n_bytes > MAX_BYTES {
        report(1, format!("{} bytes, the limit is {MAX_BYTES}", file.n_bytes));
    }
    let n_lines = file.text.lines().count();
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        report(n_lines, "the file does not end with a line break".to_owned());
    }
    if file.text.ends_with("\n\n") {
        report(n_lines, "the file ends with an empty line".to_owned());
    }
    for (index, line) in file.text.split('\n').enumerate() {
        if line.ends_with([' ', '\t', '\r']) {
            report(index + 1, "the line ends in whitespace".to_owned());
        }
        if let Some(path) = machine_path(line) {
            report(index + 1, format!("`{path}` is a path of one machine"));
        }
    }
    if !file.is_rust() {
        return found;
    }
    if n_lines > MAX_RUST_LINES {
        report(
            MAX_RUST_LINES + 1,
            format!("{n_lines} lines, the limit is {MAX_RUST_LINES}"),
        );
    }
    let is_module = file.path.contains("/src/") && !file.is_test_file();
    if is_module && !["//!", "#![doc"].iter().any(|start| file.text.starts_with(start)) {
        report(
            1,
            "the file does not begin with module documentation (`//!`)".to_owned(),
        );
    }
    for (index, line) in file.text.lines().enumerate() {
        for (word, why) in UNFINISHED.iter().filter(|(word, _)| line.contains(word)) {
            report(index + 1, format!("`{word}` {why}"));
        }
    }
    for (number, line) in file.code() {
        if line.contains(concat!("unsafe_", "code")) && !stands_in(file, &UNSAFE) {
            report(number, "`unsafe` belongs into crates/kernels".to_owned());
        }
        let is_edge = stands_in(file, &EDGE) || file.is_test_file();
        if let Some(word) = AMBIENT.iter().find(|word| line.contains(**word) && !is_edge) {
            report(
                number,
                format!("`{word}` asks the machine; take the value as an argument"),
            );
        }
    }
    found
}

fn stands_in(file: &File, places: &[&str]) -> bool {
    places.iter().any(|place| file.path.starts_with(place))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        assert_eq!(violations(&File::new(path, text)), expected, "{path}");
    }

    #[test]
    fn tidy_finds_long_and_large_files() {
        check("a.rs", &"\n".repeat(400).replacen('\n', "a\n", 400), &[]);
        check("a.rs", &"a\n".repeat(401), &["a.rs:401: 401 lines, the limit is 400"]);
        check("a.md", &"a\n".repeat(401), &[]);
        let text = "x".repeat(MAX_BYTES) + "\n";
        check("a.bin", &text, &["a.bin:1: 1000001 bytes, the limit is 1000000"]);
    }

    #[test]
    fn tidy_finds_whitespace_and_bad_ends_of_files() {
        let expected = [
            "a.md:1: the line ends in whitespace",
            "a.md:3: the line ends in whitespace",
        ];
        check("a.md", "a \nb\nc\r\n", &expected);
        check("a.md", "a\nb", &["a.md:2: the file does not end with a line break"]);
        check("a.md", "a\n\n", &["a.md:2: the file ends with an empty line"]);
    }

    #[test]
    fn tidy_finds_paths_of_one_machine() {
        for folder in MACHINE_FOLDERS {
            let expected = format!("a.md:1: `/{folder}/` is a path of one machine");
            check("a.md", &format!("see `/{folder}/x`\n"), &[&expected]);
        }
        let text = "https://example.org/home/x ./work/x $DIR/tmp/x /usr/share/datasets/x a/tmp/b\n";
        check("a.md", text, &[]);
    }

    #[test]
    fn tidy_finds_modules_without_documentation() {
        let expected = "crates/a/src/op.rs:1: the file does not begin with module documentation (`//!`)";
        check("crates/a/src/op.rs", "use std::fmt;\n", &[expected]);
        check("crates/a/src/op/tests.rs", "use std::fmt;\n", &[]);
        check("crates/a/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\n", &[]);
    }

    #[test]
    fn tidy_finds_unfinished_work() {
        for (word, why) in UNFINISHED {
            let expected = format!("a.rs:2: `{word}` {why}");
            check("a.rs", &format!("fn f() {{\n    {word}\n}}\n"), &[&expected]);
        }
    }

    #[test]
    fn tidy_finds_unsafe_code_outside_the_kernels() {
        let text = concat!("//! A.\n#![allow(", "unsafe_code", ", reason = \"x\")]\n");
        let expected = "crates/a/src/lib.rs:2: `unsafe` belongs into crates/kernels";
        check("crates/a/src/lib.rs", text, &[expected]);
        check("crates/kernels/src/lib.rs", text, &[]);
    }

    #[test]
    fn tidy_finds_ambient_access_below_the_runner() {
        let text = "//! A.\nfn f() {\n    std::env::var(\"A\");\n}\n";
        let expected = "crates/a/src/lib.rs:3: `env::var` asks the machine; take the value as an argument";
        check("crates/a/src/lib.rs", text, &[expected]);
        for path in [
            "crates/runner/src/a.rs",
            "crates/a/tests/it/main.rs",
            "xtask/src/main.rs",
        ] {
            check(path, text, &[]);
        }
    }
}
