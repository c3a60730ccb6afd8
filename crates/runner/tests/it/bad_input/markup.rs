//! The page of runs whose every text is markup.

use serde_json::Value;

use super::fixtures::run_on_points;
use crate::sandbox::Sandbox;

const MARKUP: [&str; 2] = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>"];

/// Puts a text in the place of every other.
fn poison(value: &mut Value, text: &str) {
    match value {
        Value::String(old) => text.clone_into(old),
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, text)),
        Value::Object(fields) => fields.values_mut().for_each(|field| poison(field, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Names of all elements and attributes of a page; quoted values may hold anything.
fn names(page: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = page;
    while let Some((_, after)) = rest.split_once('<') {
        let mut is_quoted = false;
        let is_end = |c: char| {
            is_quoted ^= c == '"';
            c == '>' && !is_quoted
        };
        let end = after.find(is_end).unwrap();
        // What stands between quotes is every second part.
        let unquoted: Vec<&str> = after[..end].split('"').step_by(2).collect();
        let words = unquoted.join(" ");
        let words = words.split(|c: char| c.is_whitespace() || c == '=' || c == '/');
        names.extend(words.filter(|word| !word.is_empty()).map(str::to_lowercase));
        rest = &after[end + 1..];
    }
    names
}

#[track_caller]
fn check_harmless(page: &str) {
    let names = names(page);
    assert!(names.iter().any(|name| name == "svg"), "the page has figures");
    let harmful = names
        .iter()
        .find(|name| ["script", "img", "src", "iframe"].contains(&name.as_str()) || name.starts_with("on"));
    assert_eq!(harmful, None);
    assert!(!page.contains("<script") && !page.contains("<img"));
}

#[test]
fn report_escapes_every_text_of_a_run() {
    for text in MARKUP {
        let sandbox = Sandbox::new();
        run_on_points(&sandbox);
        let name = format!("name: {}", Value::from(text));
        sandbox.replace("r/config.ron", "name: \"spirals\",", &format!("{name}, // {text}\n"));
        let mut summary = sandbox.json("r/summary.json");
        // Every other text of a summary is one of a fixed set.
        poison(&mut summary["dataset"], text);
        sandbox.write("r/summary.json", summary.to_string());
        let mut environment = sandbox.json("r/environment.json");
        poison(&mut environment, text);
        sandbox.write("r/environment.json", environment.to_string());
        sandbox.reseal("r");
        // A folder may be called anything; a `/` in the text makes it one in another.
        let folder = if cfg!(unix) { text } else { "folder" };
        std::fs::create_dir_all(sandbox.path(folder).parent().unwrap()).unwrap();
        std::fs::rename(sandbox.path("r"), sandbox.path(folder)).unwrap();
        let mut command = sandbox.command("report --out page.html --title");
        let output = command.args([text, folder]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let page = sandbox.text("page.html");
        check_harmless(&page);
        // Title, heading, folder, configuration, summary, environment and command.
        let escaped = text.replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        let seen = page.matches(&escaped).count();
        assert!(seen >= 7, "{seen}");
    }
}

#[test]
fn report_check_finds_markup() {
    for page in [
        "<svg></svg><script>",
        "<svg a=\"\"><img src=x>",
        "<svg a=\"b\"onload=c>",
    ] {
        assert!(std::panic::catch_unwind(|| check_harmless(page)).is_err(), "{page}");
    }
    check_harmless(
        "<svg a=\"<script> onload=x\">onload</svg>"
            .replace("<script>", "&lt;script>")
            .as_str(),
    );
}
