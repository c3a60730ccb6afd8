//! Going on where an attempt, or an earlier call, broke off.

use std::ops::ControlFlow;
use std::time::Duration;

use vds_datasets::download::{Error, Progress, fetch};

use super::sample::{Sample, options, other_file};
use super::server::{End, Reply, Server};

fn range(start: usize) -> Option<String> {
    Some(format!("bytes={start}-"))
}

/// The first request is answered by `first`, each other one as a good server does.
fn good_but_for_the_first(file: &[u8], first: impl Fn(&[u8]) -> Reply + Send + Sync + 'static) -> Server {
    let file = file.to_vec();
    Server::start(move |number, request| match number {
        0 => first(&file),
        _ => Reply::good(&file, request),
    })
}

#[test]
fn dropped_connection_is_gone_on_from_where_it_broke_off() {
    let sample = Sample::new();
    let half = sample.half();
    let server = good_but_for_the_first(&sample.file, move |file| Reply::whole(file).cut(half, End::Close));
    let mut reported = Vec::new();
    let fetched = fetch(
        &sample.dataset,
        sample.root.path(),
        &options(&[&server.mirror()]),
        &mut |event| {
            match event {
                Progress::Started { n_kept, n_total, .. } => reported.push(format!("started {n_kept} {n_total:?}")),
                Progress::Failed { problem, .. } => reported.push(problem.to_string()),
                Progress::Done { file } => reported.push(format!("done {}", file.path.to_string_lossy())),
                _ => {}
            }
            ControlFlow::Continue(())
        },
    );
    fetched.unwrap();
    sample.check_disk(true);
    assert_eq!(server.ranges(), [None, range(half)]);
    let n = sample.file.len();
    let expected = [
        format!("started 0 Some({n})"),
        format!("the connection broke off at byte {half} of {n}"),
        format!("started {half} Some({n})"),
        format!("done {}", sample.target().to_string_lossy()),
    ];
    assert_eq!(reported, expected);
}

#[test]
fn connection_that_always_breaks_off_is_given_up_and_what_came_is_kept() {
    let sample = Sample::new();
    let file = sample.file.clone();
    // Each time a thousand bytes more.
    let server = Server::start(move |_, request| Reply::good(&file, request).cut(1000, End::Close));
    let n = sample.file.len();
    let mirror = server.mirror();
    let partial = sample.partial();
    let expected = format!(
        "images.gz cannot be fetched; tried\n  {mirror}images.gz: the connection broke off at byte 3000 of {n}\n\
        3000 bytes of it are kept in {}, the next call resumes from there",
        partial.to_string_lossy()
    );
    sample.check_refused(&options(&[&mirror]), &expected);
    assert_eq!(server.ranges(), [None, range(1000), range(2000)]);
    assert_eq!(std::fs::read(&partial).unwrap(), sample.file[..3000]);
    // Another server resumes from there.
    let good = Server::good(&sample.file);
    sample.check_fetched(&options(&[&good.mirror()]), &good.mirror());
    assert_eq!(good.ranges(), [range(3000)]);
}

#[test]
fn silent_server_is_given_up_and_what_came_is_kept() {
    let sample = Sample::new();
    let half = sample.half();
    let server = good_but_for_the_first(&sample.file, move |file| Reply::whole(file).cut(half, End::Stall));
    let mut options = options(&[&server.mirror()]);
    options.stall_timeout = Duration::from_millis(200);
    options.retries = 0;
    let error = sample.fetch(&options).unwrap_err().to_string();
    let expected = format!("images.gz: the server sent nothing for 200ms at byte {half}\n");
    assert!(error.contains(&expected), "{error}");
    // The second call gets the other half.
    options.stall_timeout = Duration::from_secs(10);
    sample.check_fetched(&options, &server.mirror());
    assert_eq!(server.ranges(), [None, range(half)]);
}

#[test]
fn server_that_never_answers_is_given_up() {
    let sample = Sample::new();
    // Nobody accepts; the system connects all the same.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = format!("http://{}/", listener.local_addr().unwrap());
    let mut options = options(&[&mirror]);
    options.stall_timeout = Duration::from_millis(100);
    options.retries = 1;
    let expected =
        format!("images.gz cannot be fetched; tried\n  {mirror}images.gz: the server sent nothing for 100ms at byte 0");
    sample.check_refused(&options, &expected);
}

#[test]
fn server_without_ranges_sends_the_file_anew() {
    let sample = Sample::new();
    let file = sample.file.clone();
    let server = Server::start(move |_, _| Reply::whole(&file));
    // Other bytes than the server's: they must not stay.
    sample.leave_behind(&[7; 5000]);
    sample.check_fetched(&options(&[&server.mirror()]), &server.mirror());
    assert_eq!(server.ranges(), [range(5000)]);
}

/// The content would give a wrong part away; a data set without a checksum has to rely on what the server says.
#[track_caller]
fn check_not_taken(part: impl Fn(&[u8]) -> Reply + Send + Sync + 'static) {
    let sample = Sample::new();
    let server = good_but_for_the_first(&sample.file, part);
    sample.leave_behind(&sample.file[..1000]);
    assert_eq!(problems(&sample, &server), ["the server does not resume at byte 1000"]);
    assert_eq!(server.ranges(), [range(1000), None]);
}

/// Fetches with success, and says what went wrong on the way.
#[track_caller]
fn problems(sample: &Sample, server: &Server) -> Vec<String> {
    let mut problems = Vec::new();
    let reported = &mut |event: Progress<'_>| {
        if let Progress::Failed { problem, .. } = event {
            problems.push(problem.to_string());
        }
        ControlFlow::Continue(())
    };
    fetch(
        &sample.dataset,
        sample.root.path(),
        &options(&[&server.mirror()]),
        reported,
    )
    .unwrap();
    sample.check_disk(true);
    problems
}

#[test]
fn part_that_was_not_asked_for_is_not_taken() {
    check_not_taken(|file| Reply::part(file, 999));
    check_not_taken(|file| Reply::part(file, 1001));
    check_not_taken(|file| Reply::part(file, 0));
    // It may be the right one, but nobody says so.
    check_not_taken(|file| {
        let mut reply = Reply::part(file, 1000);
        reply.headers.remove(0);
        reply
    });
}

#[test]
fn server_may_send_less_than_was_asked_for() {
    let sample = Sample::new();
    let server = good_but_for_the_first(&sample.file, |file| Reply {
        headers: vec![
            format!("Content-Range: bytes 1000-1499/{}", file.len()),
            "Content-Length: 500".to_owned(),
        ],
        ..Reply::part(file, 1000).cut(500, End::Close)
    });
    sample.leave_behind(&sample.file[..1000]);
    sample.check_fetched(&options(&[&server.mirror()]), &server.mirror());
    assert_eq!(server.ranges(), [range(1000), range(1500)]);
}

#[test]
fn partial_file_that_is_longer_than_the_file_is_thrown_away() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    let bytes = [sample.file.as_slice(), b"more"].concat();
    sample.leave_behind(&bytes);
    let expected = format!("the server does not resume at byte {}", bytes.len());
    assert_eq!(problems(&sample, &server), [expected]);
    assert_eq!(server.ranges(), [range(bytes.len()), None]);
}

#[test]
fn complete_partial_file_is_verified_and_takes_its_name() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    sample.leave_behind(&sample.file);
    sample.check_fetched(&options(&[&server.mirror()]), &server.mirror());
    assert_eq!(server.ranges(), [range(sample.file.len())]);
}

#[track_caller]
fn check_started_again(left_behind: impl Fn(&Sample) -> Vec<u8>) {
    let sample = Sample::new();
    let bytes = left_behind(&sample);
    let server = Server::good(&sample.file);
    sample.leave_behind(&bytes);
    sample.check_fetched(&options(&[&server.mirror()]), &server.mirror());
    assert_eq!(server.ranges(), [range(bytes.len()), None]);
}

#[test]
fn wrong_partial_file_costs_a_second_request_and_no_mirror() {
    check_started_again(|sample| other_file()[..sample.half()].to_vec());
    check_started_again(|sample| vec![0; sample.half()]);
    check_started_again(|sample| vec![0; sample.file.len()]);
}

#[test]
fn caller_that_stops_keeps_what_came() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    let options = options(&[&server.mirror()]);
    let mut kept = 0;
    let stop = &mut |event: Progress<'_>| match event {
        Progress::Advanced { n_bytes } if n_bytes > 1000 => {
            kept = n_bytes;
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    };
    let error = fetch(&sample.dataset, sample.root.path(), &options, stop).unwrap_err();
    assert!(
        matches!(&error, Error::Stopped { path } if *path == sample.partial()),
        "{error}"
    );
    sample.check_disk(false);
    let kept = usize::try_from(kept).unwrap();
    assert_eq!(std::fs::read(sample.partial()).unwrap(), sample.file[..kept]);
    sample.check_fetched(&options, &server.mirror());
    assert_eq!(server.ranges(), [None, range(kept)]);
}
