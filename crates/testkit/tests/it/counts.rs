//! Counts of cases.

use std::path::Path;

use serde_json::{Value, json};
use vds_testkit::counts::record_in;

#[test]
fn counts_replace_those_of_an_earlier_run_and_leave_nothing_else() {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counts");
    if parent.exists() {
        std::fs::remove_dir_all(&parent).unwrap();
    }
    let folder = parent.join("not/there");
    record_in(&folder, "some", &json!({"cases": 100_000}));
    record_in(&folder, "some", &json!({"cases": 7}));
    let text = std::fs::read_to_string(folder.join("some.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({"cases": 7}));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}
