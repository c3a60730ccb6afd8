//! Tables in Markdown.

/// A table whose first column is text and whose others are numbers.
#[derive(Clone, Debug)]
pub(super) struct Table {
    n_columns: usize,
    text: String,
}

impl Table {
    /// A table without rows.
    pub(super) fn new<T: AsRef<str>>(titles: &[T]) -> Self {
        let mut table = Self {
            n_columns: titles.len(),
            text: String::new(),
        };
        table.row(titles);
        let rule = ["| --- |"].into_iter().chain((1..titles.len()).map(|_| " ---: |"));
        table.text.extend(rule.chain(["\n"]));
        table
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it does not have one cell per column.
    pub(super) fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        assert_eq!(cells.len(), self.n_columns, "cells per row");
        self.text.push('|');
        for cell in cells {
            // A bar or a line break would end the cell.
            let cell = cell.as_ref().replace('|', "\\|").replace('\n', " ");
            self.text.push_str(&format!(" {cell} |"));
        }
        self.text.push('\n');
    }

    /// The table.
    pub(super) fn markdown(&self) -> String {
        self.text.clone()
    }
}
