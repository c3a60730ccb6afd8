use std::path::Path;

use expect_test::Expect;
use proptest::prelude::*;
use vds_variational::PruningRule;

use super::*;

mod parse_errors;
mod problems;
mod table;

fn load_with(text: &str, overrides: &[&str]) -> Result<Config, Error> {
    let overrides: Vec<Override> = overrides.iter().map(|text| Override::parse(text).unwrap()).collect();
    load(Path::new("bad.ron"), text, &overrides)
}

/// The message about the small configuration with texts replaced and fields overridden; `RULES` stands for the names of the
/// pruning rules.
#[track_caller]
fn check(replacements: &[(&str, &str)], overrides: &[&str], expected: Expect) {
    let mut text = SMALL.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from} is not in the configuration");
        text = text.replacen(from, to, 1);
    }
    let error = load_with(&text, overrides).unwrap_err();
    expected.assert_eq(&error.to_string().replace(PruningRule::EXPECTED, "RULES"));
}

#[track_caller]
fn check_one(from: &str, to: &str, expected: Expect) {
    check(&[(from, to)], &[], expected);
}

#[test]
fn defaults_are_accepted_and_written_out() {
    for dataset in ["Spirals(), network: Fc()", "Catalogue(\"mnist\"), network: Conv()"] {
        let config = load_with(&format!("(schema: 3, dataset: {dataset})"), &[]).unwrap();
        let written = config.to_ron();
        for field in fields::all() {
            if field.value(&mut config.file().clone()).is_some() {
                assert!(written.contains(&format!("{}: ", field.name())), "{}", field.path);
            }
        }
        assert_eq!(load_with(&written, &[]).unwrap(), config);
    }
}

#[test]
fn resolved_configuration_reads_back() {
    let overrides = [
        "prior=Geometric(0.85)",
        "optimizer.schedule.ddn=Steps(at: [30], factor: 0.1)",
        "name=\"a\"",
    ];
    let config = load_with(SMALL, &overrides).unwrap();
    assert_eq!(load_with(&config.to_ron(), &[]).unwrap(), config);
}

#[test]
fn schedule_follows_the_method() {
    let overrides = [
        "epochs=4",
        "optimizer.schedule.ddn=Steps(at: [2], factor: 0.5)",
        "method=ddn",
    ];
    let rates = |overrides: &[&str]| {
        let config = load_with(SMALL, overrides).unwrap();
        [0, 1, 2, 3].map(|epoch| config.train_options().learning_rate_in(epoch))
    };
    let close = |a: [f64; 4], b: [f64; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-15);
    // By default it falls after three quarters of the epochs.
    assert!(close(rates(&overrides[..2]), [0.1, 0.1, 0.1, 0.01]));
    assert!(close(rates(&overrides), [0.1, 0.1, 0.05, 0.05]));
    assert!(close(rates(&["epochs=4", "optimizer.schedule.ldn=Constant"]), [0.1; 4]));
}

#[test]
fn explicit_prior_of_a_pruned_network_keeps_all_mass() {
    let config = load_with(SMALL, &["max_depth=3", "prior=Explicit([0.1, 0.2, 0.3, 0.4])"]).unwrap();
    let pruned = config.pruned(1);
    assert!((pruned.prior().probs()[1] - 0.9).abs() < 1e-12);
    assert_eq!(pruned.max_depth(), 1);
}

/// A text is refused at a place that it has, or accepted and written so that it reads back.
fn check_survives(text: &str) -> Result<(), TestCaseError> {
    match load_with(text, &[]) {
        Ok(config) => prop_assert_eq!(load_with(&config.to_ron(), &[]).unwrap(), config),
        Err(Error::Parse { line, column, .. }) => {
            let columns = text.split('\n').nth(line - 1).map(|line| line.chars().count() + 1);
            prop_assert!(columns.is_some_and(|columns| (1..=columns).contains(&column)));
        }
        Err(Error::Invalid { problems, .. }) => {
            prop_assert!(!problems.is_empty());
            prop_assert!(problems.iter().all(|problem| fields::find(&problem.field).is_some()));
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn config_with_damage_is_refused_in_place_or_reads_back(position in 0..SMALL.len(), byte in 32_u8..127, end in 0..SMALL.len()) {
        let mut bytes = SMALL.as_bytes().to_vec();
        bytes[position] = byte;
        check_survives(&String::from_utf8(bytes.clone()).unwrap())?;
        bytes.truncate(end);
        check_survives(&String::from_utf8(bytes).unwrap())?;
    }

    #[test]
    fn config_of_any_text_is_refused_without_a_panic(text in "\\PC{0,60}") {
        prop_assert!(load_with(&text, &[]).is_err());
    }
}
