//! The golden reader and its tolerance rule, on small sets made here.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;
use vds_testkit::golden::{GoldenSet, Kind, Report};

/// An empty folder of that name, for one test alone.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a case with an F32 tensor `values` and an I64 tensor `counts` of 3 and -4.
fn write_case(folder: &Path, name: &str, kind: &str, values: &[f32]) {
    let floats: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let integers: Vec<u8> = [3_i64, -4].iter().flat_map(|x| x.to_le_bytes()).collect();
    let tensors = [
        (
            "values",
            TensorView::new(Dtype::F32, vec![values.len()], &floats).unwrap(),
        ),
        ("counts", TensorView::new(Dtype::I64, vec![2], &integers).unwrap()),
    ];
    let metadata = HashMap::from([(
        "case".to_owned(),
        json!({ "type": kind, "D": 5, "grad_abs_max": 0.5 }).to_string(),
    )]);
    let bytes = safetensors::serialize(tensors, Some(metadata)).unwrap();
    fs::write(folder.join(format!("{name}.safetensors")), bytes).unwrap();
}

fn write_manifest(folder: &Path, names: &[&str]) {
    let files: Vec<_> = names
        .iter()
        .map(|name| json!({ "file": format!("{name}.safetensors") }))
        .collect();
    let manifest = json!({ "files": files, "tolerances": { "group": { "recommended": 1e-3 } } });
    fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
}

/// A set of one case, of kind posterior.
fn set(name: &str, values: &[f32]) -> GoldenSet {
    let folder = folder(name);
    write_case(&folder, "case", "posterior", values);
    write_manifest(&folder, &["case"]);
    GoldenSet::open(&folder)
}

fn panic_message(f: impl FnOnce()) -> Option<String> {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).err()?;
    let owned = panic.downcast_ref::<String>().cloned();
    Some(owned.unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned()))
}

#[track_caller]
fn check_panics(part: &str, f: impl FnOnce()) {
    let message = panic_message(f).unwrap_or_else(|| panic!("no panic, expected one with `{part}`"));
    assert!(message.contains(part), "`{message}` lacks `{part}`");
}

/// Compares with a set of that name, and says whether the rule holds.
fn agrees(name: &str, golden: &[f32], actual: &[f64]) -> bool {
    let set = set(name, golden);
    let mut report = Report::new(&set);
    report.compare(&set.cases(Kind::Posterior)[0], "values", "group", actual);
    panic_message(|| report.assert_ok()).is_none()
}

#[test]
fn golden_case_gives_its_tensors_and_metadata() {
    let set = set("reads", &[1.5, -2.0]);
    let cases = set.cases(Kind::Posterior);
    let [case] = cases.as_slice() else { panic!("one case") };
    assert_eq!(
        (case.name(), case.kind(), case.meta::<usize>("D")),
        ("case", Kind::Posterior, 5)
    );
    assert_eq!(case.names(""), ["counts", "values"]);
    assert_eq!(case.names("val"), ["values"]);
    assert_eq!((case.f32("values"), case.shape("values")), (vec![1.5, -2.0], vec![2]));
    assert_eq!(case.i64("counts"), [3, -4]);
    assert!(case.has("values") && !case.has("absent"));
    assert!(case.is_integer("counts") && !case.is_integer("values"));
    check_panics("absent", || drop(case.f32("absent")));
    check_panics("counts", || drop(case.f32("counts")));
    check_panics("a class", || drop(case.labels("counts")));
    check_panics("values", || {
        let _ = case.scalar("values");
    });
}

#[test]
fn golden_case_of_unknown_kind_fails_whatever_kind_is_asked_for() {
    let folder = folder("unknown");
    write_case(&folder, "known", "spirals", &[0.0]);
    write_case(&folder, "odd", "sculpture", &[0.0]);
    write_manifest(&folder, &["known", "odd"]);
    check_panics("unknown variant `sculpture`", || {
        drop(GoldenSet::open(&folder).cases(Kind::Spirals));
    });
}

#[test]
fn golden_folder_and_manifest_must_agree() {
    let folder = folder("listing");
    check_panics("manifest.json", || drop(GoldenSet::open(&folder)));
    write_case(&folder, "one", "spirals", &[0.0]);
    write_manifest(&folder, &[]);
    check_panics("one.safetensors is not in the manifest", || {
        drop(GoldenSet::open(&folder));
    });
    write_manifest(&folder, &["one", "absent"]);
    check_panics("absent.safetensors", || {
        drop(GoldenSet::open(&folder).cases(Kind::Spirals));
    });
    let path = folder.join("one.safetensors");
    fs::write(&path, &fs::read(&path).unwrap()[..20]).unwrap();
    write_manifest(&folder, &["one"]);
    check_panics("one:", || {
        drop(GoldenSet::open(&folder).cases(Kind::Spirals));
    });
    fs::remove_file(&path).unwrap();
    write_manifest(&folder, &[]);
    check_panics("an empty manifest", || drop(GoldenSet::open(&folder)));
}

#[test]
fn golden_tolerance_is_absolute_below_one_and_relative_to_the_largest_value_above() {
    assert!(agrees("small", &[0.0, 0.25], &[0.0, 0.2509]));
    assert!(!agrees("small-off", &[0.0, 0.25], &[0.0, 0.2511]));
    assert!(agrees("large", &[0.0, -8.0], &[0.0079, -8.0]));
    assert!(!agrees("large-off", &[0.0, -8.0], &[0.0081, -8.0]));
}

#[test]
fn golden_report_fails_for_one_bad_value_among_good_ones() {
    assert!(!agrees("first", &[0.0; 3], &[1.0, 0.0, 0.0]));
    assert!(!agrees("last", &[0.0; 3], &[0.0, 0.0, 1.0]));
    assert!(!agrees("fewer", &[0.0; 3], &[0.0, 0.0]));
    assert!(!agrees("none", &[0.0; 3], &[]));
}

#[test]
fn golden_values_that_are_not_finite_must_be_the_same() {
    let (nan, infinity) = (f32::NAN, f32::INFINITY);
    assert!(agrees(
        "same",
        &[nan, infinity, -infinity],
        &[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
    ));
    for (i, (golden, actual)) in [
        (nan, 0.0),
        (nan, f64::INFINITY),
        (infinity, f64::NAN),
        (infinity, f64::NEG_INFINITY),
        (infinity, 1e300),
        (0.0, f64::NAN),
        (0.0, f64::INFINITY),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(
            !agrees(&format!("odd-{i}"), &[golden], &[actual]),
            "{golden} and {actual}"
        );
    }
    // An infinity does not widen the scale of the finite values beside it.
    assert!(!agrees("beside", &[infinity, 0.0], &[f64::INFINITY, 0.1]));
}

#[test]
fn golden_scale_that_is_given_replaces_the_usual_one() {
    let set = set("scaled", &[8.0]);
    let cases = set.cases(Kind::Posterior);
    let fails = |scale: f64| {
        let mut report = Report::new(&set);
        report.compare_scaled(&cases[0], "values", ("group", scale), &[8.005]);
        panic_message(|| report.assert_ok()).is_some()
    };
    assert!(!fails(8.0) && fails(1.0));
}

#[test]
fn golden_integers_must_be_equal() {
    let set = set("integers", &[0.0]);
    let cases = set.cases(Kind::Posterior);
    for (actual, fails) in [(vec![3, -4], false), (vec![3, -5], true), (vec![3], true)] {
        let mut report = Report::new(&set);
        report.compare_integers(&cases[0], "counts", &actual);
        assert_eq!(panic_message(|| report.assert_ok()).is_some(), fails, "{actual:?}");
    }
}

#[test]
fn golden_report_lists_every_failure_and_the_largest_deviation() {
    let set = set("report", &[1.0]);
    let cases = set.cases(Kind::Posterior);
    let mut report = Report::new(&set);
    for actual in [1.25, 1.5, 1.0] {
        report.compare(&cases[0], "values", "group", &[actual]);
    }
    report.compare_integers(&cases[0], "counts", &[0, 0]);
    let message = panic_message(|| report.assert_ok()).unwrap();
    for part in [
        "off by 2.50e-1",
        "off by 5.00e-1",
        "case: counts: [0, 0] instead of [3, -4]",
    ] {
        assert!(message.contains(part), "`{message}` lacks `{part}`");
    }
    let summary = report.to_string();
    assert!(
        summary.starts_with("4 tensors compared") && summary.contains("5.0e-1 of 1.0e-3"),
        "{summary}"
    );
}

#[test]
fn golden_group_without_a_tolerance_fails() {
    let set = set("groups", &[1.0]);
    check_panics("no tolerance for other", || {
        Report::new(&set).compare(&set.cases(Kind::Posterior)[0], "values", "other", &[1.0]);
    });
}

#[test]
fn golden_kind_in_the_manifest_must_be_that_of_the_file() {
    let folder = folder("listed-kinds");
    write_case(&folder, "case", "posterior", &[0.0]);
    let list = |kind: &str| {
        let file = json!({ "file": "case.safetensors", "meta": { "type": kind } });
        let manifest = json!({ "files": [file], "tolerances": {} });
        fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
        GoldenSet::open(&folder)
    };
    assert_eq!(list("posterior").cases(Kind::Posterior).len(), 1);
    check_panics("the kind in the file and in the manifest", || {
        drop(list("network").cases(Kind::Posterior));
    });
}

#[test]
fn golden_set_without_a_case_of_the_kind_fails() {
    let set = set("lacking", &[1.0]);
    assert_eq!(set.cases(Kind::Posterior).len(), 1);
    check_panics("no case of the kind Network", || drop(set.cases(Kind::Network)));
}

#[test]
fn golden_report_without_a_comparison_fails() {
    let set = set("nothing", &[1.0]);
    check_panics("no golden vector was compared", || Report::new(&set).assert_ok());
}

#[test]
fn golden_file_of_a_prefix_drops_it_from_the_names() {
    let set = set("prefix", &[1.0, 2.0]);
    let bytes = set.cases(Kind::Posterior)[0].file_of("val");
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.names(), ["ues"]);
    assert_eq!(tensors.tensor("ues").unwrap().data()[4..], 2.0_f32.to_le_bytes());
}

#[test]
fn golden_gradient_is_scaled_by_itself_unless_it_is_zero_in_theory() {
    let fails = |name: &str, golden: f32, error: f32| {
        let folder = folder(name);
        write_case(&folder, "case", "network", &[golden, 0.0]);
        let files = json!([{ "file": "case.safetensors" }]);
        let tolerances = json!({ "net.grad": { "recommended": 1e-3 }, "net.grad_zero": { "recommended": 1e-6 } });
        let manifest = json!({ "files": files, "tolerances": tolerances });
        fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
        let set = GoldenSet::open(&folder);
        let mut report = Report::new(&set);
        report.compare_gradient(&set.cases(Kind::Network)[0], "values", &[golden, error]);
        panic_message(|| report.assert_ok()).is_some()
    };
    // The largest gradient of the case is 0.5.
    assert!(!fails("gradient", 0.1, 0.9e-4) && fails("gradient-off", 0.1, 1.1e-4));
    assert!(!fails("small-gradient", 1e-4, 4.9e-6) && fails("small-gradient-off", 1e-4, 5.1e-6));
    assert!(!fails("zero-gradient", 0.0, 4.9e-7) && fails("zero-gradient-off", 0.0, 5.1e-7));
}
