//! Bad input: exit code 2, the exact message, nothing written.

mod bench_settings;
mod case;
mod command_lines;
mod config_fields;
mod configs;
mod data_files;
mod data_sets;
mod failure;
pub(crate) mod fixtures;
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
    command_line_refuses_what_cannot_be_meant: command_lines,
    command_line_refuses_numbers_out_of_range: numbers,
    bench_refuses_settings_out_of_range: bench_settings,
    config_that_is_malformed_or_contradicts_itself_is_refused: configs,
    config_fields_out_of_range_are_refused: config_fields,
    config_schedules_and_priors_out_of_range_are_refused: schedules,
    data_files_that_are_damaged_are_refused: data_files,
    mat_files_that_are_damaged_are_refused: mat_files,
    data_sets_other_than_the_catalogue_says_are_refused: data_sets,
    predict_refuses_malformed_points: points,
    run_directories_that_are_damaged_are_refused: run_directories,
    output_to_a_place_that_cannot_take_it_is_refused: output,
    weights_that_are_damaged_or_of_another_network_are_refused: weights,
}

#[track_caller]
fn check(cases: &[Case]) {
    let faults: Vec<String> = cases.iter().flat_map(Case::faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The number that the documentation quotes is counted here: set `VDS_COUNTS_DIR` to have it written.
#[test]
fn bad_input_cases_have_distinct_names() {
    let cases: Vec<Case> = table();
    let names: BTreeSet<&str> = cases.iter().map(Case::name).collect();
    assert_eq!(names.len(), cases.len(), "two cases share a name");
    vds_testkit::counts::record("bad-input", &serde_json::json!({ "cases": cases.len() }));
}
