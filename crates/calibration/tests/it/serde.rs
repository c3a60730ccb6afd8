//! Scores in files.

use vds_calibration::*;

/// Two certain predictions, all right or all wrong.
fn certain(reliability: &ReliabilityDiagram, is_right: bool) -> Evaluated<'_> {
    let (labels, nll): (&[u32], &[f64]) = if is_right {
        (&[0, 1], &[0.0, 0.0])
    } else {
        (&[1, 0], &[f64::INFINITY, f64::INFINITY])
    };
    Evaluated {
        predictions: Predictions::new(&[1.0, 0.0, 0.0, 1.0], 2, labels).unwrap(),
        nll,
        reliability,
        uncertainty: None,
    }
}

fn diagram(labels: &[u32]) -> ReliabilityDiagram {
    ReliabilityDiagram::new(&Predictions::new(&[1.0, 0.0, 0.0, 1.0], 2, labels).unwrap(), 1).unwrap()
}

#[test]
fn scores_are_stored_in_the_order_of_the_table_and_infinity_as_null() {
    let diagram = diagram(&[1, 0]);
    // By name, so that a new row changes nothing here. The keys are in another order than the table's; the pooled one has no value.
    let keys = ["mean_confidence", "paper_pooled_calibration", "nll", "brier", "error"];
    let rows = keys.map(|key| score(key).unwrap());
    let scores = Scores::compute(rows, &certain(&diagram, false)).with_reliability(&diagram);
    let text = serde_json::to_string(&scores).unwrap();
    assert_eq!(
        text,
        "{\"error\":1.0,\"nll\":null,\"brier\":2.0,\"mean_confidence\":1.0,\"standard_errors\":{\"error\":0.0,\"brier\":0.0,\"mean_confidence\":0.0},\
         \"reliability\":[{\"lower\":0.0,\"upper\":1.0,\"count\":2,\"accuracy\":0.0,\
         \"confidence\":1.0}]}"
    );
    let read: Scores = serde_json::from_str(&text).unwrap();
    assert_eq!(read, scores);
    assert_eq!(read.nll(), f64::INFINITY);
}

#[test]
fn score_added_to_a_table_is_stored_and_read_back() {
    let invented = Score {
        key: "n_right",
        label: "right",
        unit: Unit::Share,
        better: Better::Higher,
        explanation: "number of right predictions",
        in_tables: true,
        per_depth: false,
        compute: |evaluated| Some(evaluated.predictions.outcomes().filter(|(_, right)| *right).count() as f64),
        standard_error: |_| Some(0.5),
    };
    let diagram = diagram(&[0, 1]);
    let scores = Scores::compute(SCORES.iter().take(1).chain([&invented]), &certain(&diagram, true));
    let text = serde_json::to_string(&scores).unwrap();
    assert_eq!(
        text,
        "{\"error\":0.0,\"n_right\":2.0,\"standard_errors\":{\"error\":0.0,\"n_right\":0.5}}"
    );
    let read: Scores = serde_json::from_str(&text).unwrap();
    assert_eq!(read.get("n_right"), Some(2.0));
    assert_eq!(read, scores);
}

#[test]
fn scores_that_are_malformed_are_refused_with_their_place() {
    let check = |text: &str, message: &str| {
        let error = serde_json::from_str::<Scores>(text).unwrap_err();
        assert_eq!(error.to_string(), message);
    };
    check(
        "{\"error\":0.5,\n\"nll\":\"x\"}",
        "invalid type: string \"x\", expected f64 at line 2 column 9",
    );
    check(
        "[0.5]",
        "invalid type: sequence, expected scores by key at line 1 column 0",
    );
    check(
        "{\"error\":0.5,\"error\":0.25}",
        "duplicate score `error` at line 1 column 20",
    );
    check(
        "{\"reliability\":[],\"reliability\":[]}",
        "duplicate score `reliability` at line 1 column 35",
    );
    check(
        "{\"standard_errors\":{\"nll\":1.0,\"nll\":2.0}}",
        "duplicate standard error `nll` at line 1 column 40",
    );
    check(
        "{\"standard_errors\":{},\"standard_errors\":{}}",
        "duplicate score `standard_errors` at line 1 column 43",
    );
    check(
        "{\"standard_errors\":[0.5]}",
        "invalid type: sequence, expected standard errors by key at line 1 column 19",
    );
    check(
        "{\"ece_uncertainty\":{\"interval\":[0.5]}}",
        "invalid length 1, expected an array of length 2 at line 1 column 36",
    );
    check("{\"reliability\":[{}]}", "missing field `lower` at line 1 column 18");
}

#[test]
fn scores_with_standard_errors_and_ece_uncertainty_are_read_back() {
    let mut scores = Scores::default();
    scores.insert("nll", 0.5);
    scores.insert("error", 0.25);
    scores.insert_standard_error("nll", 0.125);
    scores.insert_standard_error("error", 0.0625);
    scores.insert_standard_error("brier", f64::INFINITY);
    let scores = scores.with_ece_uncertainty(EceUncertainty {
        interval: [0.01, 0.03],
        floor: 0.015,
        floor_95: 0.02,
    });
    let text = serde_json::to_string(&scores).unwrap();
    assert_eq!(
        text,
        "{\"error\":0.25,\"nll\":0.5,\"standard_errors\":{\"error\":0.0625,\"nll\":0.125},\
         \"ece_uncertainty\":{\"interval\":[0.01,0.03],\"floor\":0.015,\"floor_95\":0.02}}"
    );
    assert_eq!(serde_json::from_str::<Scores>(&text).unwrap(), scores);
}

#[test]
fn scores_of_a_file_without_standard_errors_are_read() {
    let read: Scores = serde_json::from_str("{\"error\":0.25,\"nll\":null,\"reliability\":[]}").unwrap();
    assert_eq!((read.error(), read.nll()), (0.25, f64::INFINITY));
    assert_eq!((read.standard_error("error"), read.ece_uncertainty), (None, None));
    assert_eq!(serde_json::to_string(&read).unwrap(), "{\"error\":0.25,\"nll\":null}");
}

#[test]
fn mean_interval_of_one_value_is_read_back() {
    for values in [&[0.5][..], &[0.5, 0.25]] {
        let interval = mean_interval(values).unwrap();
        let text = serde_json::to_string(&interval).unwrap();
        assert_eq!(serde_json::from_str::<MeanInterval>(&text).unwrap(), interval);
    }
}
