//! The folder of checkpoints.

use std::fs;
use std::path::Path;

use vds_checkpoint::{CheckpointStore, Error};
use vds_files::{remove_leftovers, write_atomically};

use crate::{SCHEMA, checkpoint};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A store with checkpoints of the epochs `1..=n`.
fn store(root: &Path, n: u64) -> CheckpointStore {
    let mut store = CheckpointStore::open(root.join("c"));
    for epoch in 1..=n {
        store.write(&checkpoint(epoch)).unwrap();
    }
    store
}

fn newest_epoch(store: &CheckpointStore) -> u64 {
    store.newest(SCHEMA, 1 << 30).unwrap().unwrap().checkpoint.state["epoch"]
        .as_u64()
        .unwrap()
}

#[test]
fn store_keeps_the_last_two() {
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
    assert!(store.is_empty().unwrap() && store.newest(SCHEMA, 1 << 30).unwrap().is_none());
    store.remove_leftovers().unwrap();
    store.remove().unwrap();
}

#[test]
fn store_sets_a_damaged_newest_aside_and_uses_the_one_before_it() {
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
        let found = store.newest(SCHEMA, 1 << 30).unwrap().unwrap();
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
fn store_treats_a_newest_that_cannot_be_read_as_damaged() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path(), 2);
    // Reading a folder fails as reading a bad sector does.
    let path = store.folder().join("checkpoint-00000003.safetensors");
    fs::create_dir(&path).unwrap();
    let found = store.newest(SCHEMA, 1 << 30).unwrap().unwrap();
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
    let error = store.newest(SCHEMA, 1 << 30).unwrap_err();
    assert!(
        matches!(&error, Error::Io { path: unreadable, .. } if *unreadable == path),
        "{error}"
    );
}

#[test]
fn store_refuses_a_content_of_another_schema_and_uses_no_older_one() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path(), 2);
    let before = names(store.folder());
    let error = store.newest(SCHEMA + 1, 1 << 30).unwrap_err();
    let Error::Unusable { path, source } = &error else {
        panic!("{error}");
    };
    assert!(path.ends_with("checkpoint-00000002.safetensors"));
    assert!(
        matches!(
            **source,
            Error::Schema {
                found: 3,
                expected: 4,
                ..
            }
        ),
        "{source}"
    );
    assert!(!error.is_damage());
    assert_eq!(names(store.folder()), before);
}

#[test]
fn store_ignores_names_that_are_never_written() {
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
fn store_moves_nothing_if_none_is_intact() {
    let root = tempfile::tempdir().unwrap();
    let store = store(root.path(), 2);
    let before = names(store.folder());
    for name in &before {
        fs::write(store.folder().join(name), b"").unwrap();
    }
    let error = store.newest(SCHEMA, 1 << 30).unwrap_err();
    assert!(
        matches!(&error, Error::Unusable { path, .. } if path.ends_with(&before[1])),
        "{error}"
    );
    assert_eq!(names(store.folder()), before);
}

#[test]
fn store_sets_folders_in_the_place_of_checkpoints_aside() {
    let root = tempfile::tempdir().unwrap();
    let mut store = store(root.path(), 2);
    fs::remove_file(store.folder().join("checkpoint-00000001.safetensors")).unwrap();
    fs::create_dir(store.folder().join("checkpoint-00000001.safetensors")).unwrap();
    let found = store.newest(SCHEMA, 1 << 30).unwrap().unwrap();
    assert!(found.path.ends_with("checkpoint-00000002.safetensors"));
    assert_eq!(found.damaged.len(), 1);
    store.set_aside(&found.damaged).unwrap();
    store.write(&checkpoint(3)).unwrap();
    assert_eq!(
        names(store.folder()),
        [
            "checkpoint-00000001.damaged",
            "checkpoint-00000002.safetensors",
            "checkpoint-00000003.safetensors"
        ]
    );
}

#[test]
fn leftovers_are_removed_and_other_files_kept() {
    let root = tempfile::tempdir().unwrap();
    for name in [".vds-abc.partial", ".vds-abc", "x.partial", "weights.safetensors"] {
        fs::write(root.path().join(name), b"").unwrap();
    }
    remove_leftovers(root.path()).unwrap();
    assert_eq!(names(root.path()), [".vds-abc", "weights.safetensors", "x.partial"]);
}

#[test]
fn store_does_not_make_the_folder_of_a_run_that_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let mut store = CheckpointStore::open(root.path().join("run/checkpoints"));
    let error = store.write(&checkpoint(1)).unwrap_err();
    assert!(
        matches!(&error, Error::Io { path, .. } if path == store.folder()),
        "{error}"
    );
    assert!(names(root.path()).is_empty());
}

#[test]
fn atomic_write_replaces_a_file_and_leaves_no_temporary_one() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file");
    write_atomically(&path, b"first").unwrap();
    write_atomically(&path, b"second").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(names(root.path()), ["file"]);
    write_atomically(&root.path().join("no/such"), b"").unwrap_err();
}
