//! Bad input: exit code 2, the exact message, nothing written.

mod case;
mod command_lines;
mod config_fields;
mod configs;
mod data_files;
mod data_sets;
mod failure;
mod fixtures;
mod markup;
mod mat_files;
mod numbers;
mod output;
mod outside;
mod points;
mod run_directories;
mod schedules;
mod weights;
mod weights_file;

use std::collections::BTreeSet;

use case::Case;

/// A test for each kind of case, and the table of them all: a kind that is counted is run.
macro_rules! kinds {
    ($($test:ident: $kind:ident,)*) => {
        $(
            #[test]
            fn $test() {
                check(&$kind::cases());
            }
        )*

        fn table() -> Vec<Case> {
            [$($kind::cases()),*].into_iter().flatten().collect()
        }
    };
}

kinds! {
    command_lines_that_make_no_sense: command_lines,
    numbers_out_of_range: numbers,
    configurations_that_are_none_or_contradict_themselves: configs,
    fields_that_are_missing_or_out_of_range: config_fields,
    rates_schedules_and_priors_out_of_range: schedules,
    data_files_that_are_damaged: data_files,
    mat_files_that_are_damaged: mat_files,
    data_sets_that_are_not_what_the_catalogue_says: data_sets,
    points_that_are_none: points,
    run_directories_that_are_none_or_damaged: run_directories,
    places_that_cannot_take_the_output: output,
    weights_that_are_damaged_or_of_another_network: weights,
}

#[track_caller]
fn check(cases: &[Case]) {
    let faults: Vec<String> = cases.iter().flat_map(Case::faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The number that the documentation quotes is counted here: set `VDS_COUNTS_DIR` to have it written.
#[test]
fn cases_are_many_and_no_two_are_alike() {
    let cases: Vec<Case> = table();
    let names: BTreeSet<&str> = cases.iter().map(Case::name).collect();
    assert_eq!(names.len(), cases.len(), "two cases share a name");
    assert!(cases.len() >= 75, "{}", cases.len());
    vds_testkit::counts::record("bad-input", &serde_json::json!({ "cases": cases.len() }));
}
