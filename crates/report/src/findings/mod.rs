//! What the experiments answer, as Markdown: one file per question.

mod deep_baseline;
mod grid_search;
mod head_statistics;
mod measure;
mod methods;
mod mixing;
mod posterior;
mod prior_strength;
mod rate_noise;
mod runs;
mod sample;
mod section;
mod spirals;
mod table;
#[cfg(test)]
mod tests;
mod training_length;

pub use runs::FindingRun;
use runs::Runs;
use section::Section;

/// With what the page begins, so that a program can tell it from other files.
pub const FINDINGS_START: &str = "# Findings\n";

/// The answers to the questions of the experiments, as Markdown with tables; equal arguments give equal bytes.
///
/// Every number and every sentence of an answer follows from the records: a difference is called one if its 95 % interval does not
/// contain 0. `n_unfinished` cells of the plan are missing from `runs`; a question without runs is not answered.
pub fn findings(runs: &[FindingRun], n_unfinished: usize) -> String {
    let all = Runs::new(runs);
    let questions: [fn(&Runs<'_>) -> Section; 9] = [
        head_statistics::section,
        rate_noise::section,
        spirals::section,
        training_length::section,
        prior_strength::section,
        methods::section,
        mixing::section,
        deep_baseline::section,
        grid_search::section,
    ];
    let sections = questions.map(|question| question(&all));
    let mut page = format!("{FINDINGS_START}\n{HOW_TO_READ}\n");
    if n_unfinished > 0 {
        page.push_str(&format!(
            "**Incomplete: {} cells of the plan are finished, {n_unfinished} are not.**\n\n",
            runs.len()
        ));
    }
    for section in &sections {
        page.push_str(&section.markdown());
    }
    page.push_str("## What follows\n\n");
    let answers: String = sections.iter().map(Section::line).collect();
    page.push_str(if answers.is_empty() { "Not run.\n" } else { &answers });
    page
}

const HOW_TO_READ: &str = "\
`vds findings` wrote this page from the stored records of the sweep `configs/sweeps/findings.ron`; no number and no answer in it is typed by hand.

All scores are those of the test set, with one set of running head statistics per depth where nothing else is said, and lower is better.
Brackets hold 95 % intervals (Student's t) over seeds; a seed sets initialization, batches and the validation split, and for spirals the data set itself.
The test images are the same for all seeds, so the intervals do not contain their sampling error.
A difference is paired over the seeds that both sides share.
It is called one if its interval does not contain 0; the intervals are not corrected for their number, and one in twenty misses.
`n` stands where there are fewer than five seeds.
LDN is a learnt-depth network, DDN a deterministic-depth network (the baseline), q the posterior over depth, D the maximum depth, E[d] the mean of q.
";
