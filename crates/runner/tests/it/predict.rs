//! `vds predict` on long files, on files that are damaged in the middle, and on what is not a file.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use vds_testkit::files::{gzip, idx};

use crate::sandbox::Sandbox;

/// Examples that are predicted for at once.
const BATCH: usize = 4096;

fn points_and_run(n: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run("train CONFIGS/spirals.ron --set epochs=2 --set max_depth=1 --quiet --threads 1 --out r");
    let mut text = String::new();
    for index in 0..n {
        writeln!(text, "{}, {}", index % 17, index % 23).unwrap();
    }
    sandbox.write("p.txt", text);
    sandbox
}

#[test]
fn predict_prints_one_list_of_all_batches() {
    let n = 2 * BATCH + 5;
    let sandbox = points_and_run(n);
    sandbox.write("first.txt", "0 0\n");
    let predicted: Value = serde_json::from_str(&sandbox.run("predict r p.txt first.txt --json")).unwrap();
    let predicted = predicted.as_array().unwrap();
    assert_eq!(predicted.len(), n + 1);
    for (index, one) in predicted[..n].iter().enumerate() {
        assert_eq!((&one["file"], &one["index"]), (&"p.txt".into(), &index.into()));
        // The points repeat themselves, in other batches and places of them.
        let twin = &predicted[index % (17 * 23)];
        assert_eq!(one["probabilities"], twin["probabilities"], "{index}");
    }
    assert_eq!(
        (&predicted[n]["file"], &predicted[n]["index"]),
        (&"first.txt".into(), &0.into())
    );
    let table = sandbox.run("predict r p.txt first.txt");
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), n + 1 + 2 * 2);
    assert_eq!((lines[0], lines[n + 2]), ("p.txt", "first.txt"));
    let widths: Vec<usize> = lines[1..n + 2].iter().skip(1).map(|line| line.len()).collect();
    assert!(widths.iter().all(|width| *width == widths[0]));
}

#[test]
fn predict_keeps_what_was_printed_before_a_malformed_line() {
    let sandbox = points_and_run(BATCH + 10);
    let text = sandbox.text("p.txt") + "1 2 3\n4 5\n";
    sandbox.write("p.txt", text);
    let line = BATCH + 11;
    let expected = format!("error: p.txt:{line}: \"1 2 3\" is not a point, expected 2 finite numbers\n");
    for (arguments, n_lines) in [("", BATCH + 2), ("--json", 0)] {
        let output = sandbox
            .command(&format!("predict r p.txt {arguments}"))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
        assert_eq!(output.status.code(), Some(2));
        let printed = String::from_utf8(output.stdout).unwrap();
        match n_lines {
            0 => {
                let predicted: Value = serde_json::from_str(&printed).unwrap();
                assert_eq!(predicted.as_array().unwrap().len(), BATCH);
            }
            n => assert_eq!(printed.lines().count(), n),
        }
    }
}

#[test]
fn predict_keeps_what_was_printed_before_damaged_images() {
    let sandbox = Sandbox::new();
    sandbox.run(
        "train CONFIGS/fashion-mnist-mini.ron --set network=Conv(channels:2,bottleneck_channels:1) --set max_depth=1 \
         --set n_train=20 --set epochs=1 --set early_stopping=(split:none,metric:train_elbo,restore_best:false) --quiet --out i",
    );
    let n = BATCH + 100;
    let byte = |index: usize| u8::try_from(index % 1009 % 251).unwrap();
    let pixels: Vec<u8> = (0..n * 784).map(byte).collect();
    let mut packed = gzip(&idx(&[u32::try_from(n).unwrap(), 28, 28], &pixels));
    // The checksum at the end.
    let at = packed.len() - 6;
    packed[at] ^= 1;
    sandbox.write("images.gz", &packed);
    let output = sandbox.command("predict i images.gz --json").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.starts_with("error: images.gz: uncompressed byte "), "{stderr}");
    assert_eq!(output.status.code(), Some(2));
    let predicted: Value = serde_json::from_slice(&output.stdout).unwrap();
    let predicted = predicted.as_array().unwrap();
    assert!(predicted.len() == BATCH || predicted.len() == n, "{}", predicted.len());
    assert_eq!(predicted[BATCH - 1]["index"], BATCH - 1);
}

/// Peak of the resident memory of a process, in MiB.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024
}

#[cfg(target_os = "linux")]
#[test]
fn predict_takes_no_more_memory_for_more_points() {
    // 500 bytes for each of them would be 190 MiB.
    let n = 400_000;
    let sandbox = points_and_run(n);
    for arguments in ["", "--json"] {
        let mut command = sandbox.command(&format!("predict r p.txt --threads 2 {arguments}"));
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (mut n_lines, mut peak) = (0, 0);
        let lines_of_one = if arguments.is_empty() { 1 } else { 14 };
        for line in out.lines() {
            line.unwrap();
            n_lines += 1;
            // Most is printed, and the rest is more than a pipe holds: the process is there.
            if n_lines == n * lines_of_one * 9 / 10 {
                peak = peak_memory(child.id());
            }
        }
        assert!(child.wait().unwrap().success());
        assert!(0 < peak && peak < 64, "{peak} MiB");
    }
}

#[cfg(unix)]
#[test]
fn files_that_are_named_pipes_are_refused_at_once() {
    let sandbox = points_and_run(1);
    sandbox.run(
        "train CONFIGS/fashion-mnist-mini.ron --set network=Conv(channels:2,bottleneck_channels:1) --set max_depth=1 \
         --set n_train=20 --set epochs=1 --set early_stopping=(split:none,metric:train_elbo,restore_best:false) --quiet --out i",
    );
    for name in ["pipe", "pipe.mat"] {
        sandbox.write(name, "");
        std::fs::remove_file(sandbox.path(name)).unwrap();
        let status = std::process::Command::new("mkfifo").arg(sandbox.path(name)).status();
        assert!(status.unwrap().success());
    }
    for (command, expected) in [
        ("predict r pipe", "error: reading pipe: it is not a regular file\n"),
        (
            "predict r /dev/zero",
            "error: reading /dev/zero: it is not a regular file\n",
        ),
        ("predict i pipe", "error: cannot read pipe: it is not a regular file\n"),
        (
            "predict i pipe.mat",
            "error: cannot read pipe.mat: it is not a regular file\n",
        ),
        ("train pipe --out o", "error: reading pipe: it is not a regular file\n"),
        (
            "train --resume r /dev/zero",
            "error: reading /dev/zero: it is not a regular file\n",
        ),
        (
            "sweep plan pipe --out s",
            "error: reading the plan: reading pipe: it is not a regular file\n",
        ),
    ] {
        let mut child = sandbox.command(command).stderr(Stdio::piped()).spawn().unwrap();
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed() > Duration::from_secs(60) {
                child.kill().unwrap();
                panic!("vds {command} hangs");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected, "{command}");
        assert_eq!(output.status.code(), Some(2), "{command}");
    }
}
