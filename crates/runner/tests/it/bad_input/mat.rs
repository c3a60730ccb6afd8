//! Writes MAT files of version 5, little-endian.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Array classes: `double` and `uint8`.
pub(super) const DOUBLE: u32 = 6;
pub(super) const UINT8: u32 = 9;

/// Header and elements.
pub(super) fn file(elements: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"MATLAB 5.0 MAT-file, made by a test".to_vec();
    bytes.resize(124, b' ');
    bytes.extend(b"\x00\x01IM");
    bytes.extend(elements.concat());
    bytes
}

/// Tag, data, padding.
fn element(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = [kind, u32::try_from(data.len()).unwrap()]
        .map(u32::to_le_bytes)
        .concat();
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// An array of bytes under a name; `class` says what the array claims to be.
pub(super) fn array(class: u32, sizes: &[u32], name: &str, data: &[u8]) -> Vec<u8> {
    let words = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let parts = [
        element(6, &words(&[class, 0])),
        element(5, &words(sizes)),
        element(1, name.as_bytes()),
        element(2, data),
    ];
    element(14, &parts.concat())
}

/// `n` blank color pictures of 32 x 32 pixels.
pub(super) fn pictures(n: u32) -> Vec<u8> {
    array(UINT8, &[32, 32, 3, n], "X", &vec![0; 3072 * n as usize])
}

/// `n` labels, all of them ones.
pub(super) fn labels(n: u32) -> Vec<u8> {
    array(UINT8, &[n, 1], "y", &vec![1; n as usize])
}

/// An element, compressed.
pub(super) fn compressed(element: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(element).unwrap();
    packed(&encoder.finish().unwrap())
}

/// An element that claims to be compressed.
pub(super) fn packed(zlib: &[u8]) -> Vec<u8> {
    let mut bytes = [15, u32::try_from(zlib.len()).unwrap()].map(u32::to_le_bytes).concat();
    bytes.extend(zlib);
    bytes
}
