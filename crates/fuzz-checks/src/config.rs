//! The text of a configuration: refused with places that exist, or accepted and written so that it is read as the same.
//!
//! Zero bytes part the text of the file and the overrides that follow it.

use std::path::Path;

use vds_runner::config::{Config, Error, Override, load};

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
    let overrides: Vec<Override> = parts.filter_map(|part| Override::parse(part).ok()).collect();
    match load(Path::new("some-file"), text, &overrides) {
        Ok(config) => {
            check_accepted(&config);
            true
        }
        Err(error) => {
            check_refused(text, &overrides, &error);
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

fn check_refused(text: &str, overrides: &[Override], error: &Error) {
    let message = error.to_string();
    assert!(message.contains("some-file"), "{message}");
    match error {
        Error::Parse { line, column, .. } => {
            let columns = text.split('\n').nth(line - 1).map(|line| line.chars().count() + 1);
            let is_place = columns.is_some_and(|columns| (1..=columns).contains(column));
            assert!(is_place, "{message}");
        }
        Error::Invalid { problems, .. } => {
            assert!(!problems.is_empty());
            for problem in problems {
                let is_given = |argument: &String| overrides.iter().any(|over| over.argument() == argument);
                assert!(problem.argument.as_ref().is_none_or(is_given), "{message}");
                assert!(!problem.field.is_empty() && !problem.message.is_empty(), "{message}");
            }
        }
        _ => panic!("another kind of error: {message}"),
    }
}
