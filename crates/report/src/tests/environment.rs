//! What the page shows of environments.

use vds_records::{Method, PrunedFrom, PruningRule};

use crate::test_records::run;
use crate::tests::checked::check;

#[test]
fn environment_of_several_runs_is_printed_once() {
    let mut runs = vec![
        run("mnist", Method::Ldn, 5, 0),
        run("mnist", Method::Ldn, 5, 1),
        run("mnist", Method::Ldn, 5, 2),
    ];
    assert_eq!(check(&runs).text.matches("rustc 1.95.0").count(), 1);
    runs[1].environment.instruction_set = Some("portable".to_owned());
    assert_eq!(check(&runs).text.matches("rustc 1.95.0").count(), 2);
}

#[test]
fn environment_of_a_pruned_network_is_that_of_its_run() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    runs[1].environment.pruned_from = Some(PrunedFrom {
        run: "runs/parent".to_owned(),
        max_depth: 9,
        rule: Some(PruningRule::PAPER),
    });
    let text = check(&runs).text;
    assert_eq!(text.matches("rustc 1.95.0").count(), 1);
    assert!(text.contains("runs/parent") && text.contains("near-mode:0.95"));
}

#[test]
fn environment_shows_program_lock_file_and_instruction_set() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0)];
    runs[0].environment.lock_sha256 = Some("10c4".to_owned());
    let text = check(&runs).text;
    for (name, value) in [
        ("binary_sha256", "b1a7"),
        ("lock_sha256", "10c4"),
        ("instruction_set", "avx512"),
    ] {
        assert!(text.contains(name) && text.contains(value), "{name}");
    }
}
