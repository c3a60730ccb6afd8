//! The text of a configuration: refused with places that exist, or accepted and written so that it is read as the same.
//!
//! Zero bytes part the text of the file and the overrides that follow it.

use std::path::Path;

use vds_runner::config::{Config, ConfigError, Place, Setting, load};

/// Checks `bytes`, if they are UTF-8; whether they are accepted.
///
/// # Panics
/// If something does not hold.
pub fn check(bytes: &[u8]) -> bool {
    let Ok(content) = str::from_utf8(bytes) else {
        return false;
    };
    let mut parts = content.split('\0');
    let text = parts.next().unwrap_or_default();
    let settings: Vec<Setting> = parts.filter_map(|part| Setting::parse(part).ok()).collect();
    match load(Path::new("some-file"), text, &settings) {
        Ok(config) => {
            check_accepted(&config);
            true
        }
        Err(error) => {
            check_refused(text, &settings, &error);
            false
        }
    }
}

fn check_accepted(config: &Config) {
    check_survives(config);
    let max_depth = config.max_depth();
    for depth in [0, max_depth / 2, max_depth] {
        check_survives(&config.pruned(depth));
    }
    let last = config.file().epochs - 1;
    assert!(
        [0, last / 2, last]
            .iter()
            .all(|epoch| config.train_options().learning_rate_in(*epoch).is_finite())
    );
    assert_eq!(config.prior().max_depth(), max_depth);
}

fn check_survives(config: &Config) {
    let written = config.to_ron();
    match load(Path::new("some-file"), &written, &[]) {
        Ok(read) => assert_eq!(&read, config, "{written}"),
        Err(error) => panic!("{error}\n{written}"),
    }
}

fn check_refused(text: &str, settings: &[Setting], error: &ConfigError) {
    assert!(!error.problems().is_empty());
    let message = error.to_string();
    assert!(message.contains("some-file"), "{message}");
    for problem in error.problems() {
        assert!(!problem.message.is_empty());
        match &problem.place {
            Place::File { line, column } => {
                let columns = text.split('\n').nth(line - 1).map(|line| line.chars().count() + 1);
                assert!(
                    columns.is_some_and(|columns| (1..=columns).contains(column)),
                    "{message}"
                );
            }
            Place::Argument(argument) => assert!(settings.iter().any(|setting| setting.argument() == argument)),
        }
    }
}
