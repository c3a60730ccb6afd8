//! Tables, for the terminal and for Markdown.

/// Columns as wide as their widest cell, without trailing space; the first is flush left, the others flush right.
pub(crate) fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&header).chain(rows).collect();
    let width_of = |column: usize| lines.iter().map(|row| row[column].chars().count()).max();
    let mut text = String::new();
    for row in &lines {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = width_of(column).unwrap_or(0);
            if column == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text += "\n";
    }
    text
}

/// A Markdown table.
pub(crate) fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let rule: Vec<&str> = header.iter().map(|_| "---").collect();
    let mut text = format!("| {} |\n| {} |\n", header.join(" | "), rule.join(" | "));
    for row in rows {
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_columns_align_and_count_characters_not_bytes() {
        let rows = [["fmt", "1.0 ± 0.1"], ["clippy", "2"]].map(|row| row.map(str::to_owned).into());
        let expected = "step      seconds\nfmt     1.0 ± 0.1\nclippy          2\n";
        assert_eq!(aligned(&["step", "seconds"], &rows), expected);
        let expected = "| step | seconds |\n| --- | --- |\n| fmt | 1.0 ± 0.1 |\n| clippy | 2 |\n";
        assert_eq!(markdown(&["step", "seconds"], &rows), expected);
    }
}
