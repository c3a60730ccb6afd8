//! Lists of indices as schedulers take them: `3,17,40-44`.

/// Ascending indices in the syntax of `--array` of Slurm and HyperQueue; empty if there are none.
pub fn ranges(indices: &[usize]) -> String {
    let runs = indices.chunk_by(|a, b| a + 1 == *b);
    let texts = runs.map(|run| match run {
        [one] => one.to_string(),
        run => format!("{}-{}", run[0], run[run.len() - 1]),
    });
    texts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_neighbors() {
        assert_eq!(ranges(&[3, 17, 40, 41, 42, 43, 44]), "3,17,40-44");
        assert_eq!(ranges(&[0, 1]), "0-1");
        assert_eq!(ranges(&[]), "");
    }
}
