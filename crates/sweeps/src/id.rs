//! The id of a cell.

use vds_records::files::SUMMARY_SCHEMA;

/// Hexadecimal digits of an id.
const N_DIGITS: usize = 16;

/// First digits of the digest of everything that decides what a cell leaves: its resolved configuration as text, the checksums of
/// its data in order, and the layout of the record. Neither a path nor a time is among them.
pub fn cell_id(config: &str, checksums: &[String]) -> String {
    let mut text = format!("cell of summary schema {SUMMARY_SCHEMA}\n");
    for checksum in checksums {
        text.push_str(checksum);
        text.push('\n');
    }
    text.push_str(config);
    let mut digits = vds_files::digest(text.as_bytes());
    digits.truncate(N_DIGITS);
    digits
}

/// Whether a text can be an id: it becomes part of file names.
pub fn is_cell_id(text: &str) -> bool {
    text.len() == N_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_follows_from_configuration_and_data() {
        let checksums = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let id = cell_id("(seed: 1)", &checksums(&["a", "b"]));
        assert!(is_cell_id(&id), "{id}");
        assert_eq!(id, cell_id("(seed: 1)", &checksums(&["a", "b"])));
        assert_ne!(id, cell_id("(seed: 2)", &checksums(&["a", "b"])));
        assert_ne!(id, cell_id("(seed: 1)", &checksums(&["a", "c"])));
        assert!(!is_cell_id("../../etc/passwd") && !is_cell_id("0123456789ABCDEF"));
    }
}
