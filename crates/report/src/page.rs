//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use vds_records::{DivergedRun, RunRecord};

use crate::aggregate::{Entry, Group};
use crate::{diverged, group_section, overview, provenance, table};

/// The policy forbids scripts and every load, so that a stored page cannot do anything but be read.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// Title and origin of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageInfo {
    /// Title and first heading.
    pub title: String,
    /// Command line that made the page.
    pub command: String,
}

/// Finished and diverged runs as one self-contained HTML page; equal arguments give equal bytes.
///
/// Data sets keep the order in which they first appear; within one, runs are sorted by method, depth and seed.
/// Infinite and undefined numbers are printed as symbols, and no input makes it fail.
pub fn render(runs: &[RunRecord], diverged: &[DivergedRun], page: &PageInfo) -> String {
    let groups = Group::collect(runs);
    let entries: Vec<Entry<'_>> = groups.iter().flat_map(Group::at_home).cloned().collect();
    let body = html! {
        header {
            h1 { (page.title) }
            p.facts { "Variational depth search in residual networks: learnt depth, error and calibration." }
            (navigation(&groups))
        }
        main {
            (overview::render(&groups))
            @if !entries.is_empty() {
                section id="tables" {
                    h2 { "Results" }
                    (table::pooled(&groups))
                    (table::all_runs(&groups))
                    (overview::glossary(&entries))
                }
                @for (index, group) in groups.iter().enumerate() {
                    (group_section::render(group, index))
                }
            }
            (diverged::render(diverged))
            (provenance::render(&groups, &page.command))
        }
    };
    // HTML allows no other control characters, not even as references.
    let is_control = |c: char| c.is_control() && !"\n\t".contains(c);
    let text = document(&page.title, &body).into_string();
    text.replace(is_control, "\u{fffd}")
}

fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { (body) }
        }
    }
}

fn navigation(groups: &[Group<'_>]) -> Markup {
    html! {
        nav aria-label="Sections" {
            ul {
                li { a href="#overview" { "Summary" } }
                @if !groups.is_empty() { li { a href="#tables" { "Results" } } }
                @for (index, group) in groups.iter().enumerate() {
                    li { a href={ "#group-" (index) } { (group.title) } }
                }
                li { a href="#provenance" { "Provenance" } }
            }
        }
    }
}
