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
    check("{\"reliability\":[{}]}", "missing field `lower` at line 1 column 18");
}
