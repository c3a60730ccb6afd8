//! Learning rates, schedules and priors out of their range.

use expect_test::expect;

use super::case::Case;
use super::configs::set;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        set(
            "rate that is not a number",
            "optimizer.learning_rate=NaN",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set optimizer.learning_rate=NaN: optimizer.learning_rate is NaN, expected a number above 0, at most 100
        "#]],
        ),
        set(
            "rate as a word",
            "optimizer.learning_rate=fast",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set optimizer.learning_rate=fast: optimizer.learning_rate is fast, expected a number above 0, at most 100
        "#]],
        ),
        set(
            "unsorted steps",
            "optimizer.schedule.ldn=Steps(at:[20,10],factor:0.1)",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set optimizer.schedule.ldn=Steps(at:[20,10],factor:0.1): optimizer.schedule.ldn.at is [20,10], expected at most 1000 whole numbers of at least 1, ascending
            "#]],
        ),
        set(
            "step before the first epoch",
            "optimizer.schedule.ddn=Steps(at:[0],factor:0.1)",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set optimizer.schedule.ddn=Steps(at:[0],factor:0.1): optimizer.schedule.ddn.at is [0], expected at most 1000 whole numbers of at least 1, ascending
            "#]],
        ),
        set(
            "unknown schedule",
            "optimizer.schedule.ldn=Cosine",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set optimizer.schedule.ldn=Cosine: optimizer.schedule.ldn is Cosine, expected Constant, Falling, or Steps(at: [EPOCH, ...], factor: X)
        "#]],
        ),
        set(
            "prior that grows without bound",
            "prior=Geometric(101)",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set prior=Geometric(101): prior is Geometric(101.0), expected Geometric(DECAY) with a decay above 0, at most 100; Uniform; or Explicit([...]) with max_depth + 1 probabilities that sum to 1
            "#]],
        ),
        set(
            "geometric prior of no decay",
            "prior=Geometric(0)",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set prior=Geometric(0): prior is Geometric(0.0), expected Geometric(DECAY) with a decay above 0, at most 100; Uniform; or Explicit([...]) with max_depth + 1 probabilities that sum to 1
            "#]],
        ),
        set(
            "prior that does not sum to one",
            "max_depth=2 --set prior=Explicit([0.5,0.25,0.125])",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set prior=Explicit([0.5,0.25,0.125]): prior: the sum is 0.875, expected 1
            "#]],
        ),
        set(
            "prior with a negative entry",
            "max_depth=2 --set prior=Explicit([0.5,0.75,-0.25])",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set prior=Explicit([0.5,0.75,-0.25]): prior[2] is -0.25, expected a probability in [0, 1]
            "#]],
        ),
        set(
            "prior that is not a number",
            "max_depth=2 --set prior=Explicit([0.5,0.5,NaN])",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set prior=Explicit([0.5,0.5,NaN]): prior[2] is NaN, expected a probability in [0, 1]
            "#]],
        ),
        set(
            "prior of no depth",
            "prior=Explicit([])",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set prior=Explicit([]): prior has length 0, expected max_depth + 1 = 21
            "#]],
        ),
        set(
            "prior that excludes a depth",
            "max_depth=2 --set prior=Explicit([0.5,0.5,0])",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set prior=Explicit([0.5,0.5,0]): prior is 0 at depth 2, expected a probability above 0 for every depth that is learnt
            "#]],
        ),
    ]
}
