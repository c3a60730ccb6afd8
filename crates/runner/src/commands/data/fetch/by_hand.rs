//! `vds data fetch` where it was left out: what to do instead.

use std::fmt::Write as _;

use vds_datasets::Dataset;

use crate::error::Error;

/// Says how to get the files without this command.
pub(super) fn refusal(datasets: &[&'static Dataset], mirrors: &[String]) -> Error {
    let mut hint =
        "build it with `--features download`, or fetch the files by hand and run `vds data import NAME FOLDER`"
            .to_owned();
    for dataset in datasets {
        write!(hint, "\n{}", by_hand(dataset, mirrors)).expect("a string takes any text");
    }
    Error::input_with_hint("this program was built without downloads", hint)
}

fn by_hand(dataset: &Dataset, mirrors: &[String]) -> String {
    let given = mirrors.first().map(String::as_str);
    let Some(mirror) = given
        .or(dataset.mirrors.first().copied())
        .filter(|_| !dataset.is_embedded)
    else {
        return format!("{}: {}", dataset.name, dataset.how_to_get);
    };
    let mirror = mirror.trim_end_matches('/');
    let urls = dataset
        .files
        .iter()
        .map(|file| format!("\n  {mirror}/{}", file.published_name()));
    format!("{}:{}", dataset.name, urls.collect::<String>())
}
