//! The folder of checkpoints.

use std::fs;
use std::path::Path;

use vds_checkpoint::{Error, Store, remove_leftovers, write_atomically};

use crate::checkpoint;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A store with checkpoints of the epochs `1..=n`.
fn store(root: &Path, n: u64) -> Store {
    let mut store = Store::open(root.join("c"));
    for epoch in 1..=n {
        store.write(&checkpoint(epoch)).unwrap();
    }
    store
}

fn newest_epoch(store: &Store) -> u64 {
    store.newest().unwrap().unwrap().checkpoint.state["epoch"]
        .as_u64()
        .unwrap()
}

#[test]
fn last_two_are_kept() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path(), 12);
    assert_eq!(
        names(store.folder()),
        ["checkpoint-00000011.safetensors", "checkpoint-00000012.safetensors"]
    );
    assert_eq!(newest_epoch(&store), 12);
    store.remove().unwrap();
    assert!(names(root.path()).is_empty());
}

#[test]
fn store_without_a_folder_is_empty() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path(), 0);
    assert!(store.is_empty().unwrap() && store.newest().unwrap().is_none());
    store.remove_leftovers().unwrap();
    store.remove().unwrap();
}

#[test]
fn damaged_newest_is_set_aside_and_the_one_before_it_used() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [Damage; 4] = [
        Vec::clear,
        |bytes| bytes.truncate(bytes.len() - 1),
        |bytes| *bytes.last_mut().unwrap() ^= 64,
        |bytes| bytes[20] ^= 1,
    ];
    for damage in damages {
        let root = tempfile::tempdir().unwrap();
        let mut store = store(root.path(), 3);
        let path = store.folder().join("checkpoint-00000003.safetensors");
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let found = store.newest().unwrap().unwrap();
        assert_eq!(found.checkpoint.state["epoch"], 2);
        assert_eq!(
            found.damaged.iter().map(|damaged| &damaged.path).collect::<Vec<_>>(),
            [&path]
        );
        assert_eq!(names(store.folder()).len(), 2, "looking changes nothing");
        store.set_aside(&found.damaged).unwrap();
        assert_eq!(
            names(store.folder()),
            ["checkpoint-00000002.safetensors", "checkpoint-00000003.damaged"]
        );
        // The good one must not have to make room for a damaged one.
        store.write(&checkpoint(3)).unwrap();
        assert_eq!(newest_epoch(&store), 3);
        assert!(store.folder().join("checkpoint-00000002.safetensors").exists());
    }
}

#[test]
fn newest_that_cannot_be_read_is_as_good_as_damaged() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path(), 2);
    // Reading a folder fails as reading a bad sector does.
    let path = store.folder().join("checkpoint-00000003.safetensors");
    fs::create_dir(&path).unwrap();
    let found = store.newest().unwrap().unwrap();
    assert_eq!(found.checkpoint.state["epoch"], 2);
    assert_eq!(found.damaged.len(), 1);
    store.set_aside(&found.damaged).unwrap();
    assert!(!path.exists());
    for name in names(store.folder()) {
        if name.ends_with(".safetensors") {
            fs::remove_file(store.folder().join(name)).unwrap();
        }
    }
    fs::create_dir(&path).unwrap();
    let error = store.newest().unwrap_err();
    assert!(
        matches!(&error, Error::Io { path: unreadable, .. } if *unreadable == path),
        "{error}"
    );
}

#[test]
fn names_that_are_never_written_are_no_checkpoints() {
    let root = tempfile::tempdir().unwrap();
    let mut store = store(root.path(), 2);
    let stranger = fs::read(store.folder().join("checkpoint-00000001.safetensors")).unwrap();
    let strangers = ["000000007", "18446744073709551615", "7", "+0000007"];
    for number in strangers {
        let name = format!("checkpoint-{number}.safetensors");
        fs::write(store.folder().join(name), &stranger).unwrap();
    }
    assert_eq!(newest_epoch(&store), 2);
    let path = store.write(&checkpoint(3)).unwrap();
    assert!(path.ends_with("checkpoint-00000003.safetensors"));
    assert_eq!(names(store.folder()).len(), 2 + strangers.len());
}

#[test]
fn nothing_is_moved_if_none_is_whole() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path(), 2);
    let before = names(store.folder());
    for name in &before {
        fs::write(store.folder().join(name), b"").unwrap();
    }
    let error = store.newest().unwrap_err();
    assert!(
        matches!(&error, Error::Unusable { path, .. } if path.ends_with(&before[1])),
        "{error}"
    );
    assert_eq!(names(store.folder()), before);
}

#[test]
fn unfinished_files_are_removed_and_others_left() {
    let root = tempfile::tempdir().unwrap();
    for name in [".vds-abc.partial", ".vds-abc", "x.partial", "weights.safetensors"] {
        fs::write(root.path().join(name), b"").unwrap();
    }
    remove_leftovers(root.path()).unwrap();
    assert_eq!(names(root.path()), [".vds-abc", "weights.safetensors", "x.partial"]);
}

#[test]
fn folder_that_was_taken_away_is_not_made_again() {
    let root = tempfile::tempdir().unwrap();
    let mut store = Store::open(root.path().join("run/checkpoints"));
    let error = store.write(&checkpoint(1)).unwrap_err();
    assert!(
        matches!(&error, Error::Io { path, .. } if path == store.folder()),
        "{error}"
    );
    assert!(names(root.path()).is_empty());
}

#[test]
fn file_is_replaced_whole_and_leaves_no_temporary_one() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file");
    write_atomically(&path, b"first").unwrap();
    write_atomically(&path, b"second").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(names(root.path()), ["file"]);
    write_atomically(&root.path().join("no/such"), b"").unwrap_err();
}
