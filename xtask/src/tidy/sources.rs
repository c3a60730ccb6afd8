//! Rules on Rust code: what may stand where.

use super::Violation;
use super::tree::{File, Tree};

/// Files and folders whose code may print.
const PRINTING: &[&str] = &[
    "crates/runner/src/main.rs",
    "crates/runner/src/output",
    "crates/runner/src/progress",
    "xtask/",
    "benches/",
];
const PRINTING_MACROS: &[&str] = &["println!", "print!", "eprintln!", "eprint!"];

/// Where `unsafe` may stand: the kernels, and the one call of a foreign matrix product that `vds bench` measures beside them.
const UNSAFE: &[&str] = &["crates/kernels/", "crates/runner/src/benchmark/sgemm.rs"];

/// Folders whose code may ask the machine for time, environment or randomness.
const EDGE: &[&str] = &["crates/runner/", "crates/testkit/", "xtask/", "benches/"];
const AMBIENT: &[&str] = &[
    "env::var",
    "env::vars",
    "env::var_os",
    "env::vars_os",
    "SystemTime::now",
    "Instant::now",
    "rand::rng",
    "rand::random",
    "thread_rng",
    "from_os_rng",
    "from_entropy",
];

/// `unsafe` only where [`UNSAFE`] says.
pub(super) fn unsafe_stays_in_kernels(tree: &Tree) -> Vec<Violation> {
    let message = "`unsafe` belongs into crates/kernels";
    tree.rust_files()
        .filter(|file| !stands_in(file, UNSAFE))
        .flat_map(|file| {
            let lines = numbered(&file.code);
            let found = lines.filter(|(_, line)| contains_word(line, "unsafe"));
            found.map(|(number, _)| Violation::new(&file.path, number, message))
        })
        .collect()
}

/// The printing macros only at the edge and in integration tests, where cargo captures them; `dbg!` nowhere.
pub(super) fn printing_stays_at_the_edge(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust_files() {
        let is_library = file.path.contains("/src/") && !stands_in(file, PRINTING);
        let forbidden = if is_library { PRINTING_MACROS } else { &[] };
        for (number, line) in numbered(&file.code) {
            for word in forbidden.iter().filter(|word| contains_word(line, word)) {
                let what = format!("`{word}` prints in a library; return the text instead");
                found.push(Violation::new(&file.path, number, what));
            }
            if contains_word(line, "dbg!") {
                found.push(Violation::new(&file.path, number, "`dbg!` is left over"));
            }
        }
    }
    found
}

/// Compiled for tests alone, and told by the environment in which process to strike.
const FAULTS: &str = "crates/checkpoint/src/fault.rs";

/// Environment, time and randomness come in at the runner and are passed down; tests may use them.
pub(super) fn environment_time_and_randomness_enter_at_the_edge(tree: &Tree) -> Vec<Violation> {
    tree.rust_files()
        .filter(|file| !stands_in(file, EDGE) && file.path != FAULTS)
        .flat_map(|file| {
            file.lines_outside_tests().flat_map(move |(number, line)| {
                let found = AMBIENT.iter().filter(move |word| contains_word(line, word));
                found.map(move |word| {
                    let what = format!("`{word}` asks the machine; take the value as an argument");
                    Violation::new(&file.path, number, what)
                })
            })
        })
        .collect()
}

/// Every file under a `src` but test files begins with its module documentation.
pub(super) fn modules_say_what_they_are(tree: &Tree) -> Vec<Violation> {
    tree.rust_files()
        .filter(|file| file.path.contains("/src/") && !file.is_test_file())
        .filter(|file| !["//!", "#![doc"].iter().any(|start| file.text.starts_with(start)))
        .map(|file| {
            Violation::new(
                &file.path,
                1,
                "the file does not begin with module documentation (`//!`)",
            )
        })
        .collect()
}

/// No placeholder, no switched-off test, no marker of work to come.
pub(super) fn nothing_is_left_unfinished(tree: &Tree) -> Vec<Violation> {
    let in_code = [
        concat!("to", "do!"),
        concat!("unimpl", "emented!"),
        concat!("#[", "ignore"),
    ];
    let in_text = [concat!("FIX", "ME"), concat!("X", "XX")];
    let mut found = Vec::new();
    for file in tree.rust_files() {
        let code = numbered(&file.code).map(|line| (line, &in_code[..]));
        let text = numbered(&file.text).map(|line| (line, &in_text[..]));
        for ((number, line), words) in code.chain(text) {
            for word in words.iter().filter(|word| contains_word(line, word)) {
                found.push(Violation::new(&file.path, number, format!("`{word}` is left open")));
            }
        }
    }
    found
}

/// Each `allow` and `expect` of a lint gives its reason.
pub(super) fn lint_exceptions_have_reasons(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in tree.rust_files() {
        for (offset, attribute) in attributes(&file.code) {
            let is_exception = ["allow(", "expect("].iter().any(|word| contains_word(attribute, word));
            if is_exception && !contains_word(attribute, "reason") {
                let line = file.code[..offset].matches('\n').count() + 1;
                found.push(Violation::new(
                    &file.path,
                    line,
                    "this lint is switched off without a `reason`",
                ));
            }
        }
    }
    found
}

/// Attributes of `code` with their offsets in it.
fn attributes(code: &str) -> impl Iterator<Item = (usize, &str)> {
    code.match_indices('#').filter_map(|(offset, _)| {
        let rest = &code[offset..];
        let body = rest.trim_start_matches(['#', '!']);
        body.starts_with('[')
            .then(|| (offset, &rest[..length_to_closing_bracket(rest)]))
    })
}

fn length_to_closing_bracket(text: &str) -> usize {
    let mut depth = 0_i32;
    for (offset, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' if depth == 1 => return offset + 1,
            ']' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn stands_in(file: &File, places: &[&str]) -> bool {
    places.iter().any(|place| file.path.starts_with(place))
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

/// Whether `word` stands in `line` with no letter, digit or underscore next to its ends.
fn contains_word(line: &str, word: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back().is_some_and(is_word);
        let ends_in_word = word.chars().next_back().is_some_and(is_word);
        let after = line[start + word.len()..].chars().next().is_some_and(is_word);
        !(before || ends_in_word && after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines that `rule` finds in a file of this path and text.
    #[track_caller]
    fn check(rule: fn(&Tree) -> Vec<Violation>, path: &str, text: &str, expected: &[usize]) {
        let lines: Vec<usize> = rule(&Tree::of(&[(path, text)]))
            .iter()
            .map(|found| found.line)
            .collect();
        assert_eq!(lines, expected, "{path}:\n{text}");
    }

    #[test]
    fn unsafe_outside_the_kernels_is_found() {
        let text = "// unsafe in a comment\nfn f() {\n    unsafe { g() }\n}\n";
        check(unsafe_stays_in_kernels, "crates/model/src/op.rs", text, &[3]);
        check(unsafe_stays_in_kernels, "crates/kernels/src/simd.rs", text, &[]);
        check(
            unsafe_stays_in_kernels,
            "crates/runner/src/benchmark/sgemm.rs",
            text,
            &[],
        );
        check(
            unsafe_stays_in_kernels,
            "crates/runner/src/benchmark/timing.rs",
            text,
            &[3],
        );
        check(
            unsafe_stays_in_kernels,
            "crates/model/src/lib.rs",
            "#![deny(unsafe_code)]\n",
            &[],
        );
    }

    #[test]
    fn printing_library_is_found() {
        let text = "fn f() {\n    println!();\n    eprint!();\n    let s = \"println!\";\n}\n";
        check(printing_stays_at_the_edge, "crates/runner/src/train.rs", text, &[2, 3]);
        for path in [
            "crates/runner/src/main.rs",
            "crates/runner/src/progress.rs",
            "xtask/src/ci.rs",
            "crates/model/examples/x.rs",
            "crates/model/tests/it/golden.rs",
        ] {
            check(printing_stays_at_the_edge, path, text, &[]);
        }
    }

    #[test]
    fn dbg_is_found_everywhere() {
        check(
            printing_stays_at_the_edge,
            "xtask/src/ci.rs",
            "fn f() {\n    dbg!(1);\n}\n",
            &[2],
        );
    }

    #[test]
    fn ambient_access_below_the_runner_is_found() {
        let text = "fn f() {\n    std::env::var(\"A\");\n    Instant::now();\n    let mut rng = rand::rng();\n}\n";
        check(
            environment_time_and_randomness_enter_at_the_edge,
            "crates/datasets/src/find.rs",
            text,
            &[2, 3, 4],
        );
        for path in [
            "crates/runner/src/clock.rs",
            "crates/model/tests/it/main.rs",
            "crates/model/src/tests.rs",
            "benches/benches/step.rs",
        ] {
            check(environment_time_and_randomness_enter_at_the_edge, path, text, &[]);
        }
    }

    #[test]
    fn compile_time_environment_and_unit_tests_are_allowed() {
        let text =
            "const ROOT: &str = env!(\"A\");\n#[cfg(test)]\nmod tests {\n    fn f() { std::env::var(\"A\"); }\n}\n";
        check(
            environment_time_and_randomness_enter_at_the_edge,
            "crates/model/src/lib.rs",
            text,
            &[],
        );
    }

    #[test]
    fn missing_module_docs_are_found() {
        check(
            modules_say_what_they_are,
            "crates/model/src/op/tests.rs",
            "use super::*;\n",
            &[],
        );
        check(
            modules_say_what_they_are,
            "crates/model/src/op.rs",
            "use std::fmt;\n",
            &[1],
        );
        check(modules_say_what_they_are, "crates/model/src/op.rs", "//! Ops.\n", &[]);
        check(
            modules_say_what_they_are,
            "crates/model/src/lib.rs",
            "#![doc = include_str!(\"../README.md\")]\n",
            &[],
        );
        check(
            modules_say_what_they_are,
            "crates/model/tests/it/main.rs",
            "mod golden;\n",
            &[],
        );
    }

    #[test]
    fn unfinished_work_is_found() {
        let text = format!(
            "fn f() {{\n    {}()\n}}\n// {}: later\n#[{}]\n",
            concat!("to", "do!"),
            concat!("FIX", "ME"),
            concat!("ig", "nore")
        );
        check(nothing_is_left_unfinished, "crates/model/src/op.rs", &text, &[2, 5, 4]);
        check(
            nothing_is_left_unfinished,
            "crates/model/src/op.rs",
            "// the todo! macro is not used\n",
            &[],
        );
    }

    #[test]
    fn lint_switched_off_without_a_reason_is_found() {
        let text = "#[allow(dead_code)]\nfn f() {}\n\n#![expect(\n    unused,\n)]\n#[cfg_attr(test, allow(unused))]\n";
        check(lint_exceptions_have_reasons, "crates/model/src/op.rs", text, &[1, 4, 7]);
        let text = "#[allow(\n    dead_code,\n    reason = \"[because]\"\n)]\nfn f() {}\n";
        check(lint_exceptions_have_reasons, "crates/model/src/op.rs", text, &[]);
        check(
            lint_exceptions_have_reasons,
            "crates/model/src/op.rs",
            "let x = y.expect(\"never\");\n",
            &[],
        );
    }

    #[test]
    fn word_is_found_only_as_a_whole() {
        assert!(contains_word("std::env::var(x)", "env::var"));
        assert!(!contains_word("std::env::vars(x)", "env::var"));
        assert!(!contains_word("sprintln!()", "println!"));
    }
}
