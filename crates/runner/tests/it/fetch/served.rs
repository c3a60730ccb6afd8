//! The real binary and a server with a data set: the stand-in for SVHN, whose files any right format makes right.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use vds_testkit::files::Mat;

use super::server::Server;
use crate::sandbox::Sandbox;

/// A MAT file with `n` blank pictures, not compressed.
fn pictures(n: u32) -> Vec<u8> {
    Mat::LITTLE.file(&[Mat::LITTLE.blank_pictures(n), Mat::LITTLE.ones(n)])
}

fn server() -> Server {
    Server::start(vec![
        ("train_32x32.mat", pictures(6000)),
        ("test_32x32.mat", pictures(2000)),
    ])
}

/// `vds data fetch` with no proxy of this machine in the way.
fn fetch(sandbox: &Sandbox, mirror: &str) -> Command {
    let mut command = sandbox.command(&format!("data fetch svhn-like --mirror {mirror}"));
    for name in ["ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Standard output, standard error with `URL` for the server's address, exit code.
fn finish(command: &mut Command, url: &str) -> (String, String, Option<i32>) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap().replace(url, "URL/");
    (text(output.stdout), text(output.stderr), output.status.code())
}

const NAMES: [&str; 2] = ["train_32x32.mat", "test_32x32.mat"];

fn places(sandbox: &Sandbox) -> String {
    let path = |name: &str| sandbox.path("xdg/vds/svhn-like").join(name);
    NAMES.map(|name| format!("{}\n", path(name).to_string_lossy())).concat()
}

#[test]
fn fetch_finds_what_it_has_fetched_and_does_not_repeat_it() {
    let (sandbox, server) = (Sandbox::new(), server());
    let (stdout, stderr, code) = finish(&mut fetch(&sandbox, &server.url()), &server.url());
    assert_eq!((stdout, code), (places(&sandbox), Some(0)));
    let sizes = [pictures(6000).len(), pictures(2000).len()];
    let lines = [
        format!("fetching URL/{}, {} bytes\n", NAMES[0], sizes[0]),
        format!("fetching URL/{}, {} bytes\n", NAMES[1], sizes[1]),
    ];
    assert_eq!(stderr, lines.concat());
    let verified = sandbox.run("data verify svhn-like");
    assert_eq!(
        verified.matches(": readable, no checksum is known").count(),
        2,
        "{verified}"
    );

    let (stdout, stderr, code) = finish(&mut fetch(&sandbox, &server.url()), &server.url());
    assert_eq!((stdout, code), (places(&sandbox), Some(0)));
    assert_eq!(stderr.matches(" is there already\n").count(), 2, "{stderr}");
    let (_, stderr, _) = finish(fetch(&sandbox, &server.url()).arg("--quiet"), &server.url());
    assert_eq!(stderr, "");
    assert_eq!(server.requests(), NAMES.map(|name| format!("GET /{name}")));
}

#[test]
fn fetch_fails_where_the_server_lacks_the_files() {
    let (sandbox, server) = (Sandbox::new(), Server::start(Vec::new()));
    let (stdout, stderr, code) = finish(fetch(&sandbox, &server.url()).arg("--quiet"), &server.url());
    assert_eq!((stdout.as_str(), code), ("", Some(1)));
    assert_eq!(
        stderr,
        "error: train_32x32.mat cannot be fetched; tried\n  URL/train_32x32.mat: the server answers with status 404\n"
    );
}

#[test]
fn fetch_gives_a_wrong_file_no_name() {
    let (sandbox, server) = (Sandbox::new(), Server::start(vec![(NAMES[0], pictures(5999))]));
    let (_, stderr, code) = finish(fetch(&sandbox, &server.url()).arg("--quiet"), &server.url());
    assert_eq!(code, Some(1));
    let expected = "train_32x32.mat holds an array of 5999 x 3 x 32 x 32, expected 6000 x 3 x 32 x 32\n";
    assert!(stderr.ends_with(expected), "{stderr}");
    let files = sandbox.everything().into_keys().filter(|path| path.is_file());
    assert_eq!(files.count(), 0);
}

#[test]
fn fetch_asks_the_proxy_of_the_environment() {
    let (sandbox, server) = (Sandbox::new(), server());
    let mut command = fetch(&sandbox, "http://mirror.invalid/");
    let (stdout, stderr, code) = finish(command.env("HTTP_PROXY", server.url()), &server.url());
    assert_eq!((stdout, code), (places(&sandbox), Some(0)), "{stderr}");
    assert_eq!(
        server.requests()[..2],
        ["CONNECT mirror.invalid:80", "GET /train_32x32.mat"]
    );
}

/// Waits until half of the first file is there.
fn wait_for_half(sandbox: &Sandbox, server: &Server) -> u64 {
    server.silences.recv_timeout(Duration::from_secs(60)).unwrap();
    let path = sandbox.path("xdg/vds/svhn-like/train_32x32.mat.partial");
    let half = pictures(6000).len() as u64 / 2;
    let start = Instant::now();
    while std::fs::metadata(&path).map_or(0, |metadata| metadata.len()) < half {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "what was sent does not arrive"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    half
}

#[track_caller]
fn check_next_call_resumes(stop: impl FnOnce(Child)) {
    let (sandbox, server) = (Sandbox::new(), server());
    server.goes_silent(true);
    let child = fetch(&sandbox, &server.url()).spawn().unwrap();
    let half = wait_for_half(&sandbox, &server);
    stop(child);
    assert!(!sandbox.path("xdg/vds/svhn-like/train_32x32.mat").exists());
    server.goes_silent(false);
    let (stdout, _, code) = finish(&mut fetch(&sandbox, &server.url()), &server.url());
    assert_eq!((stdout, code), (places(&sandbox), Some(0)));
    assert_eq!(server.requests()[1], format!("GET /train_32x32.mat {half}-"));
    let bytes = std::fs::read(sandbox.path("xdg/vds/svhn-like/train_32x32.mat")).unwrap();
    assert!(bytes == pictures(6000));
}

#[test]
fn fetch_resumes_a_call_that_was_killed() {
    check_next_call_resumes(|mut child| {
        child.kill().unwrap();
        child.wait().unwrap();
    });
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn fetch_interrupted_reports_what_is_kept() {
    let (sandbox, server) = (Sandbox::new(), server());
    server.goes_silent(true);
    let child = fetch(&sandbox, &server.url()).spawn().unwrap();
    wait_for_half(&sandbox, &server);
    interrupt(&child);
    server.goes_silent(false);
    let output = child.wait_with_output().unwrap();
    let partial = sandbox.path("xdg/vds/svhn-like/train_32x32.mat.partial");
    let expected = format!(
        "interrupted; the next call resumes from what is in {}\n",
        partial.to_string_lossy()
    );
    assert_eq!(
        (String::from_utf8(output.stdout).unwrap(), output.status.code()),
        (expected, Some(75))
    );
    assert!(partial.exists());
}

#[cfg(unix)]
#[test]
fn fetch_interrupted_twice_ends_at_once() {
    check_next_call_resumes(|mut child| {
        let start = Instant::now();
        // A signal of a kind that is waiting already would be lost, so there may have to be more than two.
        while child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(10), "the call does not end");
            interrupt(&child);
            std::thread::sleep(Duration::from_millis(50));
        }
        assert_eq!(child.wait().unwrap().code(), Some(130));
    });
}
