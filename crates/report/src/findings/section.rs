//! A question with its setting, tables and answers.

use super::runs::Runs;
use super::table::Table;

/// A section of the page.
#[derive(Clone, Debug)]
pub(super) struct Section {
    number: &'static str,
    title: &'static str,
    question: &'static str,
    body: String,
    answers: Vec<String>,
    headlines: Vec<String>,
}

impl Section {
    /// A question that nothing has answered.
    pub(super) fn new(number: &'static str, title: &'static str, question: &'static str) -> Self {
        Self {
            number,
            title,
            question,
            body: String::new(),
            answers: Vec::new(),
            headlines: Vec::new(),
        }
    }

    /// Adds a sentence.
    pub(super) fn sentence(&mut self, text: &str) {
        self.body.push_str(text);
        self.body.push_str("\n\n");
    }

    /// Adds what the records say of how the runs were trained.
    pub(super) fn setting(&mut self, runs: &Runs<'_>) {
        self.sentence(&format!("Setting: {}.", runs.setting()));
    }

    /// Adds a table.
    pub(super) fn table(&mut self, table: &Table) {
        self.body.push_str(&table.markdown());
        self.body.push('\n');
    }

    /// Adds a sentence of the answer, without its full stop.
    pub(super) fn answer(&mut self, text: String) {
        self.answers.push(text + ".");
    }

    /// Adds a sentence of the answer in short, without its full stop; without any, the answer is short enough.
    pub(super) fn headline(&mut self, text: String) {
        self.headlines.push(text + ".");
    }

    /// The section.
    pub(super) fn markdown(&self) -> String {
        let head = format!("## {}: {}\n\n", self.number, self.title);
        if self.body.is_empty() {
            return format!("{head}Not run.\n\n");
        }
        let answer = match self.answers.is_empty() {
            true => "there are not enough runs for one.".to_owned(),
            false => self.answers.join("\n"),
        };
        format!("{head}{}\n\n{}**Answer:** {answer}\n\n", self.question, self.body)
    }

    /// The answer in short as an item of a list; empty if there is none.
    pub(super) fn line(&self) -> String {
        let sentences = match self.headlines.is_empty() {
            true => &self.answers,
            false => &self.headlines,
        };
        match sentences.is_empty() {
            true => String::new(),
            false => format!("- **{}**, {}:\n  {}\n", self.number, self.title, sentences.join("\n  ")),
        }
    }
}
