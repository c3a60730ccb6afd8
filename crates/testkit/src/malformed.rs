//! Damaged files: the seeds of the fuzz targets, with bytes changed, cut out, put in, and lengths overwritten.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What a length field may claim.
const LENGTHS: [u32; 5] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/// The content of the committed seeds of a fuzz target, in order of their names.
///
/// # Panics
/// If there are none.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus-seeds")
        .join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.to_string_lossy()));
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a folder that is read").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no seeds", folder.to_string_lossy());
    paths.iter().map(|path| fs::read(path).expect("a seed")).collect()
}

/// One of the seeds with at most a handful of changes; now and then with none.
pub fn damaged(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    (select(seeds), vec(change(), 0..5))
        .prop_map(|(seed, changes)| changes.into_iter().fold(seed, |bytes, change| change.applied_to(bytes)))
}

/// `few` cases; fifty times as many if the environment variable `SLOW_TESTS` is 1.
pub fn cases(few: u32) -> ProptestConfig {
    ProptestConfig::with_cases(if crate::is_slow() { 50 * few } else { few })
}

/// One change, at a place that scales with the file.
#[derive(Clone, Debug)]
enum Change {
    FlipBit(Index, u8),
    SetByte(Index, u8),
    Truncate(Index),
    Remove(Index, usize),
    Insert(Index, Vec<u8>),
    /// In this byte order; places near the start are as likely as all others, since headers stand there.
    SetLength(Index, Option<usize>, [u8; 4]),
    /// Repeats what stands at the first place at the second.
    Repeat(Index, Index, usize),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let length = (select(&LENGTHS[..]), any::<bool>()).prop_map(|(length, is_big)| {
        if is_big {
            length.to_be_bytes()
        } else {
            length.to_le_bytes()
        }
    });
    prop_oneof![
        (at(), 0..8_u8).prop_map(|(at, bit)| Change::FlipBit(at, bit)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::SetByte(at, byte)),
        at().prop_map(Change::Truncate),
        (at(), 1..64_usize).prop_map(|(at, n)| Change::Remove(at, n)),
        (at(), vec(any::<u8>(), 1..16)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (at(), proptest::option::of(0..64_usize), length).prop_map(|(at, n, bytes)| Change::SetLength(at, n, bytes)),
        (at(), at(), 1..128_usize).prop_map(|(from, to, n)| Change::Repeat(from, to, n)),
    ]
}

impl Change {
    fn applied_to(self, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.is_empty() {
            return bytes;
        }
        let len = bytes.len();
        match self {
            Self::FlipBit(at, bit) => bytes[at.index(len)] ^= 1 << bit,
            Self::SetByte(at, byte) => bytes[at.index(len)] = byte,
            Self::Truncate(at) => bytes.truncate(at.index(len)),
            Self::Remove(at, n) => {
                let start = at.index(len);
                bytes.drain(start..len.min(start + n));
            }
            Self::Insert(at, new) => {
                let start = at.index(len);
                bytes.splice(start..start, new);
            }
            Self::SetLength(at, near_start, length) => {
                let start = near_start.map_or_else(|| at.index(len), |word| (4 * word).min(len - 1));
                bytes
                    .iter_mut()
                    .skip(start)
                    .zip(length)
                    .for_each(|(byte, new)| *byte = new);
            }
            Self::Repeat(from, to, n) => {
                let start = from.index(len);
                let copy = bytes[start..len.min(start + n)].to_vec();
                let to = to.index(len);
                bytes.splice(to..to, copy);
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    #[test]
    fn most_damaged_files_differ_from_their_seed_and_some_do_not() {
        let (mut runner, seeds) = (TestRunner::deterministic(), seeds("idx"));
        let strategy = damaged(seeds.clone());
        let n_whole = (0..200)
            .map(|_| {
                strategy
                    .new_tree(&mut runner)
                    .expect("a strategy without filters")
                    .current()
            })
            .filter(|bytes| seeds.contains(bytes))
            .count();
        assert!((1..100).contains(&n_whole), "{n_whole} of 200");
    }

    #[test]
    fn lengths_are_overwritten_in_words_from_the_start() {
        let anywhere = any::<Index>().new_tree(&mut TestRunner::deterministic());
        let anywhere = anywhere.expect("a strategy without filters").current();
        let at_word_2 = Change::SetLength(anywhere, Some(2), [1, 2, 3, 4]);
        assert_eq!(at_word_2.applied_to(vec![0; 11]), [0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
    }
}
