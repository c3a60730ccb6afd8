//! Data other than those that a run was made with.

use vds_testkit::files::Mat;

use crate::sandbox::Sandbox;

const M: Mat = Mat::LITTLE;

/// The stand-in for SVHN, which has no checksums in the catalogue, with the label `label` on all test pictures.
fn write_data(sandbox: &Sandbox, folder: &str, label: u8) {
    sandbox.write(&format!("{folder}/train_32x32.mat"), M.blank_digits(6000));
    let labels = M.bytes_array(&[2000, 1], "y", &[label; 2000]);
    let test = [M.blank_pictures(2000), labels].map(|array| M.compressed(&array));
    sandbox.write(&format!("{folder}/test_32x32.mat"), M.file(&test));
}

#[test]
fn data_of_another_digest_are_refused_by_evaluate_and_prune_and_found_by_verify() {
    let sandbox = Sandbox::new();
    write_data(&sandbox, "data", 1);
    write_data(&sandbox, "other", 2);
    sandbox.run(
        "train CONFIGS/svhn-like.ron --set network=Conv(channels:2,bottleneck_channels:1) --set max_depth=1 --set n_train=20 \
         --set epochs=1 --set early_stopping=(split:none,metric:train_elbo,restore_best:false) --quiet --data-dir data --out r",
    );
    let digest = |folder: &str| {
        let bytes = std::fs::read(sandbox.path(&format!("{folder}/test_32x32.mat"))).unwrap();
        vds_files::digest(&bytes)
    };
    sandbox.run("evaluate r --data-dir data");
    let before = sandbox.everything();
    for command in ["evaluate r", "prune r --depth 0 --out p", "train --resume r"] {
        let (stderr, code) = sandbox.fail(&format!("{command} --data-dir other"));
        if command.starts_with("train") {
            // It is finished and needs no data.
            assert_eq!(code, Some(0), "{stderr}");
            continue;
        }
        let expected = format!(
            "error: the data are not those of r/environment.json: other/test_32x32.mat has the SHA-256 digest {}, recorded is \
             {}\nhint: give the folder with the same data with --data-dir\n",
            digest("other"),
            digest("data")
        );
        assert_eq!((stderr, code), (expected, Some(2)), "{command}");
    }
    assert!(sandbox.changes(&before).is_empty());
    let output = sandbox.command("verify r --data-dir other").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("data.1.sha256") && !printed.contains("data.0.sha256"),
        "{printed}"
    );
}

#[test]
fn data_dir_that_is_not_there_is_refused_by_every_command() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "");
    sandbox.run("train CONFIGS/spirals.ron --set epochs=1 --set max_depth=1 --quiet --out r");
    let before = sandbox.everything();
    for command in [
        "train CONFIGS/spirals.ron --out o",
        "train --resume r",
        "evaluate r",
        "prune r --out p",
        "verify r",
        "sweep run s",
        "data list",
        "data verify mnist",
    ] {
        for folder in ["mising", "file"] {
            let mut command = sandbox.command(&format!("{command} --data-dir {folder}"));
            // It would be found elsewhere.
            let output = command.env("VDS_DATA_DIR", sandbox.path("")).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            let expected = format!("error: invalid value '{folder}' for '--data-dir <DIR>': there is no such folder\n");
            assert!(stderr.starts_with(&expected), "{stderr}");
            assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
        }
    }
    assert!(sandbox.changes(&before).is_empty());
}
