//! `vds data fetch` where it was left out: what to do instead.

use std::fmt::Write as _;

use vds_datasets::{Dataset, Entry, Source};

use crate::error::Error;

/// The error that names the ways to get the files without this command.
pub(super) fn refusal(datasets: &[Dataset], mirrors: &[String]) -> Error {
    let mut hint =
        "build it with `--features download`, or fetch the files by hand and run `vds data import NAME FOLDER`"
            .to_owned();
    for dataset in datasets {
        let by_hand = match &dataset.source {
            Source::Catalogue(entry) => by_hand(&dataset.name, entry, mirrors),
            _ => continue,
        };
        write!(hint, "\n{by_hand}").expect("a string takes any text");
    }
    Error::input_with_hint("this program was built without downloads", hint)
}

fn by_hand(name: &str, entry: &Entry, mirrors: &[String]) -> String {
    let mut known = mirrors.iter().chain(&entry.mirrors);
    let Some(mirror) = known.next().filter(|_| !entry.is_embedded) else {
        return format!("{name}: {}", entry.how_to_get);
    };
    let mirror = mirror.trim_end_matches('/');
    let urls = entry
        .files
        .iter()
        .map(|file| format!("\n  {mirror}/{}", file.published_name()));
    format!("{name}:{}", urls.collect::<String>())
}
