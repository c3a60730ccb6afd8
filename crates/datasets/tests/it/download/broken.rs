//! Servers that send something else than the file.

use super::sample::{Sample, options, other_file};
use super::server::{End, Reply, Server};
use vds_testkit::files::{gzip, idx};

/// Everybody gets `reply`, whatever is asked for.
fn server_of(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |_, _| reply())
}

/// A server that sends `bytes` as the file is refused with `expected`, and the next mirror is taken, from its first byte.
#[track_caller]
fn check_next_mirror_is_taken(sample: &Sample, bad: &Server, expected: &str) {
    let text = format!(
        "images.gz cannot be fetched; tried\n  {}images.gz: {expected}",
        bad.mirror()
    );
    sample.check_refused(&options(&[&bad.mirror()]), &text);
    assert!(!sample.partial().exists(), "wrong bytes are kept");
    let good = Server::good(&sample.file);
    sample.check_fetched(&options(&[&bad.mirror(), &good.mirror()]), &good.mirror());
    assert_eq!(good.ranges(), [None]);
}

#[track_caller]
fn check_refused_content(bytes: Vec<u8>, expected: &str) {
    check_next_mirror_is_taken(&Sample::new(), &server_of(move || Reply::whole(&bytes)), expected);
}

#[test]
fn another_file_of_the_same_shape_is_refused() {
    let sample = Sample::new();
    let bad = Server::good(&other_file());
    let error = sample.fetch(&options(&[&bad.mirror()])).unwrap_err().to_string();
    let expected = sample.dataset.entry().unwrap().files[0].sha256.clone().unwrap();
    assert!(
        error.contains("images.gz: images.gz has the SHA-256 digest "),
        "{error}"
    );
    let end = format!(", expected {expected}: it is not the published file, fetch it again");
    assert!(error.ends_with(&end), "{error}");
    let good = Server::good(&sample.file);
    sample.check_fetched(&options(&[&bad.mirror(), &good.mirror()]), &good.mirror());
    assert_eq!((bad.ranges(), good.ranges()), (vec![None, None], vec![None]));
}

#[test]
fn what_is_no_file_of_the_data_set_is_refused() {
    check_refused_content(
        b"<html>please log in</html>".to_vec(),
        "images.gz: byte 0: magic number 0x3c68746d, expected 0x00000803 (IDX with 3 dimensions of bytes)",
    );
    check_refused_content(
        gzip(&idx(&[2, 28, 28], &[0; 2 * 784])),
        "images.gz holds an array of 2 x 28 x 28, expected 300 x 28 x 28",
    );
    check_refused_content(
        Vec::new(),
        "images.gz: byte 0: the data end here, 4 bytes short of what is announced",
    );
}

#[test]
fn announcement_of_too_few_bytes_is_found_out_by_the_content() {
    let sample = Sample::new();
    let short = sample.file[..sample.half()].to_vec();
    let bad = server_of(move || Reply::whole(&short));
    let error = sample.fetch(&options(&[&bad.mirror()])).unwrap_err().to_string();
    assert!(error.contains("images.gz: images.gz: uncompressed byte "), "{error}");
    assert_eq!(bad.requests().len(), 1);
    let good = Server::good(&sample.file);
    sample.check_fetched(&options(&[&bad.mirror(), &good.mirror()]), &good.mirror());
    assert_eq!(good.ranges(), [None]);
}

#[test]
fn cut_body_without_an_announcement_is_found_out_by_the_content() {
    let sample = Sample::new();
    let (file, half) = (sample.file.clone(), sample.half());
    let bad = server_of(move || {
        let mut reply = Reply::whole(&file).cut(half, End::Close);
        reply.headers.clear();
        reply
    });
    sample.fetch(&options(&[&bad.mirror()])).unwrap_err();
    let good = Server::good(&sample.file);
    sample.check_fetched(&options(&[&bad.mirror(), &good.mirror()]), &good.mirror());
}

/// Twice 300 pictures of 784 bytes and a label of eight, and 65,536.
const LIMIT: u64 = 2 * 300 * 792 + (1 << 16);

#[test]
fn endless_body_is_cut_off() {
    let endless = server_of(|| Reply {
        status: "200 OK",
        headers: Vec::new(),
        body: vec![0; 1 << 14],
        end: End::Repeat,
    });
    let expected = format!("the server sends more than {LIMIT} bytes, which is more than the file can have");
    check_next_mirror_is_taken(&Sample::new(), &endless, &expected);
}

#[test]
fn announcement_of_too_many_bytes_is_refused_and_what_is_there_stays() {
    let sample = Sample::new();
    let huge = server_of(|| Reply {
        headers: vec!["Content-Length: 99999999999".to_owned()],
        ..Reply::whole(b"")
    });
    sample.leave_behind(&sample.file[..1000]);
    let error = sample.fetch(&options(&[&huge.mirror()])).unwrap_err().to_string();
    assert!(
        error.contains(&format!("the server sends more than {LIMIT} bytes")),
        "{error}"
    );
    let good = Server::good(&sample.file);
    sample.check_fetched(&options(&[&huge.mirror(), &good.mirror()]), &good.mirror());
    assert_eq!(good.ranges(), [Some("bytes=1000-".to_owned())]);
}

#[test]
fn answer_that_is_no_http_is_refused() {
    let sample = Sample::new();
    let bad = server_of(|| Reply {
        status: "not a number",
        headers: Vec::new(),
        ..Reply::whole(b"")
    });
    let good = Server::good(&sample.file);
    sample.fetch(&options(&[&bad.mirror()])).unwrap_err();
    sample.check_fetched(&options(&[&bad.mirror(), &good.mirror()]), &good.mirror());
}
