//! What is copied, hidden and compared.

use super::*;

#[test]
fn verify_build_remaps_a_folder_after_the_one_around_it() {
    let site = &sites(Path::new("root"))[0];
    let flags = remap_flags(&hidden(site).unwrap()).into_string().unwrap();
    let prefix = "--remap-path-prefix=";
    let (sources, target) = (site.sources.to_string_lossy(), site.target.to_string_lossy());
    let expected = format!("{prefix}{sources}=/vds\u{1f}{prefix}{target}=/target\u{1f}");
    assert!(flags.starts_with(&expected), "{flags}");
    assert_eq!(flags.matches(prefix).count(), 4);
}

fn artifact(bytes: &[u8]) -> Artifact {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vds");
    fs::write(&path, bytes).unwrap();
    Artifact::read(path).unwrap()
}

#[test]
fn verify_build_names_the_first_byte_that_differs() {
    for (left, right, expected) in [
        ("same", "same", None),
        ("abcd", "abXY", Some("vds (4 and 4 bytes) from byte 2 on")),
        ("ab", "abc", Some("vds (2 and 3 bytes) from byte 2 on")),
    ] {
        let found = difference(&artifact(left.as_bytes()), &artifact(right.as_bytes()));
        assert_eq!(found.as_deref(), expected);
    }
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(artifact(b"abc").sha256, digest);
}

#[test]
fn verify_build_finds_a_folder_in_a_file() {
    let artifact = artifact(b"before /some/folder/src after");
    let [other, some] = ["/other", "/some/folder"].map(PathBuf::from);
    let error = artifact.check_names_none([&other, &some]).unwrap_err();
    assert_eq!(error.to_string(), "vds names the folder /some/folder at byte 7");
    assert!(artifact.check_names_none([&other]).is_ok());
}

#[test]
fn verify_build_copies_tracked_files_as_they_stand_and_reports_a_change() {
    let root = tempfile::tempdir().unwrap();
    let (from, to) = (root.path().join("from"), root.path().join("to"));
    fs::create_dir_all(from.join("sub")).unwrap();
    for name in ["sub/kept", "removed", "untracked"] {
        fs::write(from.join(name), "old").unwrap();
    }
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"];
        output(Command::new("git").args(identity).args(arguments).current_dir(&from)).unwrap()
    };
    git(&["init", "--quiet"]);
    git(&["add", "sub/kept", "removed"]);
    git(&["commit", "--quiet", "--message", "first"]);
    let clean = commit(&from).unwrap();
    assert!(clean.len() >= 40 && !clean.ends_with("-dirty"), "{clean}");

    fs::write(from.join("sub/kept"), "new").unwrap();
    fs::remove_file(from.join("removed")).unwrap();
    assert_eq!(commit(&from).unwrap(), format!("{clean}-dirty"));
    copy_tracked(&from, &to).unwrap();
    assert_eq!(fs::read_to_string(to.join("sub/kept")).unwrap(), "new");
    assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
}
