//! Text tables: columns as wide as their widest cell.

/// The table as lines without trailing space; the first column is flush left, the others flush right.
pub(crate) fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let widths = column_widths(&header, rows);
    std::iter::once(&header)
        .chain(rows)
        .map(|row| line(row, &widths) + "\n")
        .collect()
}

fn column_widths(header: &[String], rows: &[Vec<String>]) -> Vec<usize> {
    (0..header.len())
        .map(|column| {
            std::iter::once(header)
                .chain(rows.iter().map(Vec::as_slice))
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = row
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(column, (cell, &width))| {
            if column == 0 {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        })
        .collect();
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_count_characters_not_bytes() {
        let rows = vec![
            vec!["fmt".to_owned(), "1.0 ± 0.1".to_owned()],
            vec!["clippy".to_owned(), "2".to_owned()],
        ];
        let expected = "step      seconds\nfmt     1.0 ± 0.1\nclippy          2\n";
        assert_eq!(render(&["step", "seconds"], &rows), expected);
    }
}
