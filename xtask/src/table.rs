//! Tables in Markdown, for documents and for the terminal.

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
    fn table_has_a_rule_below_its_header() {
        let rows = [["fmt", "1.0 ± 0.1"], ["clippy", "2"]].map(|row| row.map(str::to_owned).into());
        let expected = "| step | seconds |\n| --- | --- |\n| fmt | 1.0 ± 0.1 |\n| clippy | 2 |\n";
        assert_eq!(markdown(&["step", "seconds"], &rows), expected);
    }
}
