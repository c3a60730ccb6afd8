//! Names of the sections of an ELF file, to say where a byte belongs.

/// The section that holds a byte; nothing between sections, and in files of other formats than 64-bit little-endian ELF.
pub(super) fn of_offset(file: &[u8], offset: usize) -> Option<String> {
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let (table, size) = (number(file, 0x28, 8)?, number(file, 0x3a, 2)?);
    let (count, names) = (number(file, 0x3c, 2)?, number(file, 0x3e, 2)?);
    let header = |index: usize| file.get(table + index * size..table + (index + 1) * size);
    let names = number(header(names)?, 0x18, 8)?;
    (0..count).filter_map(header).find_map(|section| {
        // Sections of type 8 are zero at start and take no room in the file.
        let is_stored = number(section, 4, 4)? != 8;
        let (start, n_bytes) = (number(section, 0x18, 8)?, number(section, 0x20, 8)?);
        let holds = is_stored && (start..start + n_bytes).contains(&offset);
        holds.then(|| name(file, names + number(section, 0, 4)?)).flatten()
    })
}

fn number(bytes: &[u8], at: usize, n_bytes: usize) -> Option<usize> {
    let digits = bytes.get(at..at + n_bytes)?.iter().rev();
    usize::try_from(digits.fold(0, |value: u64, &byte| value << 8 | u64::from(byte))).ok()
}

fn name(file: &[u8], at: usize) -> Option<String> {
    let bytes = file.get(at..)?.split(|&byte| byte == 0).next()?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
    #[test]
    fn text_of_a_program_lies_in_its_section_of_constants() {
        let needle = b"a text that the test looks for in its own program";
        let file = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let offset = file.windows(needle.len()).position(|window| window == needle);
        assert_eq!(of_offset(&file, offset.unwrap()).as_deref(), Some(".rodata"));
        assert_eq!(of_offset(&file, 0), None, "the header is in no section");
        assert_eq!(of_offset(&file[..file.len() / 2], 1), None, "the table is cut off");
    }

    #[test]
    fn other_formats_have_no_sections() {
        assert_eq!(of_offset(b"!<arch>\n", 3), None);
        assert_eq!(of_offset(b"\x7fELF\x02\x01", 3), None);
    }
}
