//! Runs that must not resume from what is there.

use std::fs;

use expect_test::{Expect, expect};
use vds_checkpoint::{Array, Checkpoint};

use super::damage::{checkpoints, unfinished};
use crate::sandbox::Sandbox;

/// Refuses with exit code 2 and the message, and changes nothing.
#[track_caller]
fn check(sandbox: &Sandbox, arguments: &str, expected: Expect) {
    let before = sandbox.everything();
    let (stderr, code) = sandbox.fail(arguments);
    expected.assert_eq(&stderr.replace(&crate::sandbox::configs().to_string_lossy().to_string(), "CONFIGS"));
    assert_eq!(code, Some(2));
    assert_eq!(sandbox.everything(), before);
}

/// Changes the newest checkpoint and seals it again.
fn edit_newest(sandbox: &Sandbox, edit: impl FnOnce(&mut Checkpoint)) {
    let path = checkpoints(sandbox).pop().unwrap();
    let mut checkpoint = Checkpoint::from_bytes(&fs::read(&path).unwrap()).unwrap();
    edit(&mut checkpoint);
    fs::write(path, checkpoint.to_bytes().unwrap()).unwrap();
}

#[test]
fn resume_refuses_an_edited_configuration_field_by_field() {
    let sandbox = unfinished();
    let text = sandbox.text("r/config.ron");
    sandbox.write(
        "r/config.ron",
        text.replace("max_depth: 3", "max_depth: 4")
            .replace("epochs: 20", "epochs: 30"),
    );
    check(
        &sandbox,
        "train --resume r",
        expect![[r#"
            error: r/checkpoints/checkpoint-00000004.safetensors has another configuration than r/config.ron
              epochs: 20 in the checkpoint, 30 in that file
              max_depth: 3 in the checkpoint, 4 in that file
            hint: a run resumes with the configuration that it was begun with; start another one for another configuration
        "#]],
    );
}

#[test]
fn resume_refuses_another_configuration_on_the_command_line() {
    let sandbox = unfinished();
    check(
        &sandbox,
        "train CONFIGS/spirals.ron --resume r --set max_depth=3 --set early_stopping.patience=None --set epochs=20 --seed 7",
        expect![[r#"
            error: r/config.ron has another configuration than CONFIGS/spirals.ron
              seed: 0 in that file, 7 in the command line
            hint: a run resumes with the configuration that it was begun with; start another one for another configuration
        "#]],
    );
    let same = "train CONFIGS/spirals.ron --set max_depth=3 --set early_stopping.patience=None --set epochs=20";
    sandbox.run(&format!("{same} --resume r --quiet"));
}

#[test]
fn resume_refuses_a_checkpoint_of_another_container_by_name() {
    let sandbox = unfinished();
    let path = checkpoints(&sandbox).pop().unwrap();
    let bytes = fs::read(&path).unwrap();
    let find = br#"\"container\":2,"#;
    let place = bytes.windows(find.len()).position(|window| window == find).unwrap();
    let mut other = bytes;
    other[place + find.len() - 2] = b'7';
    fs::write(&path, other).unwrap();
    check_schema(&sandbox, "container schema is 7, expected 2");
}

#[test]
fn resume_refuses_a_checkpoint_of_another_content_by_name() {
    let sandbox = unfinished();
    edit_newest(&sandbox, |checkpoint| checkpoint.schema += 6);
    check_schema(&sandbox, "content schema is 8, expected 2");
}

/// Refuses the newest checkpoint because of a version, and names the program that wrote it.
#[track_caller]
fn check_schema(sandbox: &Sandbox, expected: &str) {
    let before = sandbox.everything();
    let (stderr, code) = sandbox.fail("train --resume r");
    assert_eq!(code, Some(2));
    let start = format!(
        "error: reading r/checkpoints/checkpoint-00000004.safetensors: its {expected}; resume with the program that wrote it, \
         vds 0.1.0 ("
    );
    assert!(stderr.starts_with(&start) && stderr.ends_with(")\n"), "{stderr}");
    assert_eq!(sandbox.everything(), before);
}

#[test]
fn resume_refuses_other_data() {
    let sandbox = unfinished();
    edit_newest(&sandbox, |checkpoint| checkpoint.state["data"][0] = "00".into());
    let before = sandbox.everything();
    let (stderr, code) = sandbox.fail("train --resume r");
    // The digest of generated data depends on the machine's sine.
    let start = "error: the data are not those of r/checkpoints/checkpoint-00000004.safetensors: generated: train has the \
                 SHA-256 digest ";
    let end = ", recorded is 00\nhint: generated data follow from the configuration and the program; `vds verify` prints how \
               they differ\n";
    assert!(stderr.starts_with(start) && stderr.ends_with(end), "{stderr}");
    assert_eq!(code, Some(2));
    assert_eq!(sandbox.everything(), before);
}

#[test]
fn resume_refuses_a_checkpoint_that_lacks_a_tensor_or_a_field() {
    let sandbox = unfinished();
    edit_newest(&sandbox, |checkpoint| {
        checkpoint.arrays.remove("velocity.network").unwrap();
    });
    check(
        &sandbox,
        "train --resume r",
        expect![[r#"
            error: reading r/checkpoints/checkpoint-00000004.safetensors: it has no array `velocity.network`
        "#]],
    );
    edit_newest(&sandbox, |checkpoint| {
        checkpoint.state.as_object_mut().unwrap().remove("trainer").unwrap();
    });
    check(
        &sandbox,
        "train --resume r",
        expect![[r#"
            error: reading r/checkpoints/checkpoint-00000004.safetensors: missing field `trainer`
        "#]],
    );
}

#[test]
fn resume_refuses_a_state_that_no_run_reaches() {
    type Edit = fn(&mut Checkpoint);
    let edits: [(Edit, &str); 10] = [
        (
            |c| c.state["trainer"]["epoch"] = 21.into(),
            "its history has 4 whole lines, expected 21",
        ),
        (
            |c| c.state["trainer"]["train_depth"] = 4.into(),
            "the trainer state does not belong to this run: train_depth is 4, and the network has 3 blocks",
        ),
        (
            |c| c.state["trainer"]["kept_epoch"] = 5.into(),
            "the trainer state does not belong to this run: its best or kept epoch comes after epoch 4",
        ),
        (
            |c| c.state["trainer"]["totals"]["n"] = u64::MAX.into(),
            "the sums over the epoch so far are not those of 0 examples",
        ),
        (
            |c| c.state["trainer"]["step"] = u64::MAX.into(),
            "18446744073709551615 steps are done, and an epoch has 1",
        ),
        (
            |c| {
                c.arrays.insert("history".to_owned(), Array::U8(b"{}\n".to_vec()));
            },
            "its history, line 1: missing field `epoch` at line 1 column 2",
        ),
        (
            |c| {
                c.arrays.insert("network.params".to_owned(), Array::F32(vec![0.0]));
            },
            "the snapshot's parameters holds 1 values",
        ),
        (
            |c| {
                c.arrays.insert("kept.network.params".to_owned(), Array::F32(vec![0.0]));
            },
            "the snapshot's parameters holds 1 values",
        ),
        (
            |c| first_number(c, "kept.posterior", f32::NAN),
            "kept.posterior[0] is NaN, expected a finite number",
        ),
        (
            |c| first_number(c, "velocity.network", f32::INFINITY),
            "velocity.network[0] is inf, expected a finite number",
        ),
    ];
    for (edit, expected) in edits {
        let sandbox = unfinished();
        edit_newest(&sandbox, edit);
        let newest = checkpoints(&sandbox).pop().unwrap();
        let before = sandbox.everything();
        let (stderr, code) = sandbox.fail("train --resume r --quiet");
        assert!(stderr.contains(expected), "{expected}: {stderr}");
        assert!(
            stderr.contains(&*newest.file_name().unwrap().to_string_lossy()),
            "it names the file: {stderr}"
        );
        assert_eq!(code, Some(2), "{stderr}");
        assert_eq!(sandbox.changes(&before), Vec::<std::path::PathBuf>::new(), "{expected}");
    }
}

fn first_number(checkpoint: &mut Checkpoint, array: &str, number: f32) {
    match checkpoint.arrays.get_mut(array) {
        Some(Array::F32(values)) => values[0] = number,
        other => panic!("{array} is {other:?}"),
    }
}

#[test]
fn resume_warns_of_a_checkpoint_of_another_program_or_machine() {
    let sandbox = unfinished();
    edit_newest(&sandbox, |checkpoint| {
        checkpoint.program = "vds 0.0.9 (abc)".to_owned();
        checkpoint.state["instruction_set"] = "Altivec".into();
    });
    let output = sandbox.command("train --resume r --quiet").output().unwrap();
    assert!(output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("warning: the run was begun with the instruction set Altivec, and this is "),
        "{stderr}"
    );
    assert!(
        stderr.contains("warning: the run was begun by vds 0.0.9 (abc), and this is vds "),
        "{stderr}"
    );
}

#[test]
fn resume_refuses_a_folder_without_a_run() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    for folder in ["empty", "missing"] {
        let before = sandbox.everything();
        let (stderr, code) = sandbox.fail(&format!("train --resume {folder}"));
        assert_eq!(code, Some(2));
        assert_eq!(
            stderr,
            format!(
                "error: {folder} is not a run directory: there is no config.ron in it\n\
                 hint: give the folder that `vds train --out` wrote\n"
            )
        );
        assert_eq!(sandbox.everything(), before);
    }
}

#[test]
fn resume_refuses_what_prune_did_not_finish() {
    let sandbox = Sandbox::new();
    sandbox.run("train CONFIGS/spirals.ron --quiet --set epochs=2 --set max_depth=2 --out whole");
    sandbox.run("prune whole --depth 1 --out r");
    fs::remove_file(sandbox.path("r/summary.json")).unwrap();
    check(
        &sandbox,
        "train --resume r",
        expect![[r#"
            error: r is not a run of `vds train`: `vds prune` was pruning it from whole
            hint: prune again with `vds prune whole --out r --overwrite`
        "#]],
    );
}
