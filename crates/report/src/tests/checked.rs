//! A page that is rendered and read again, with what must hold for every page.

use vds_records::RunRecord;

use crate::page::{PageInfo, render};
use crate::tests::markup::{self, Document};

pub(super) fn info() -> PageInfo {
    PageInfo {
        title: "Report".to_owned(),
        command: "vds report runs --out report.html".to_owned(),
    }
}

/// Renders and checks what must hold for every page.
#[track_caller]
pub(super) fn check(runs: &[RunRecord]) -> Document {
    let page = render(runs, &[], &info());
    let document = markup::parse(&page).unwrap();
    document.check_references();
    for word in document.text.split(|c: char| !c.is_alphanumeric()) {
        let lower = word.to_lowercase();
        assert!(
            !["nan", "inf", "infinity", "none", "null"].contains(&lower.as_str()),
            "the page says {word}"
        );
    }
    document
}
