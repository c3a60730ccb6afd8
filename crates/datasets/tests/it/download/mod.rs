//! Fetching from a server on the loopback interface that does right and wrong.

mod arbitrary;
mod broken;
mod place;
mod proxy;
mod resume;
mod sample;
mod server;

use sample::{Sample, options};
use server::{Reply, Server};

/// An address where nobody listens.
fn dead_mirror() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[test]
fn file_is_fetched_once() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    let options = options(&[&server.mirror()]);
    sample.check_fetched(&options, &server.mirror());
    let again = sample.fetch(&options).unwrap();
    assert_eq!((&again[0].path, &again[0].url), (&sample.target(), &None));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(
        (requests[0].path.as_str(), &requests[0].range),
        ("/data/images.gz", &None)
    );
}

#[test]
fn mirrors_are_tried_in_order() {
    let sample = Sample::new();
    let dead = dead_mirror();
    let missing = Server::start(|_, _| Reply::status("404 Not Found"));
    let broken = Server::start(|_, _| Reply::status("500 Internal Server Error"));
    let good = Server::good(&sample.file);
    let spare = Server::good(&sample.file);
    let mirrors = [
        &dead,
        &missing.mirror(),
        &broken.mirror(),
        &good.mirror(),
        &spare.mirror(),
    ];
    sample.check_fetched(&options(&mirrors.map(String::as_str)), &good.mirror());
    let asked = [&missing, &broken, &good, &spare].map(|server| server.requests().len());
    assert_eq!(asked, [1, 1, 1, 0]);
}

#[test]
fn error_names_every_mirror_and_what_was_wrong_with_it() {
    let sample = Sample::new();
    let (dead, missing) = (dead_mirror(), Server::start(|_, _| Reply::status("404 Not Found")));
    // A mirror need not end in a slash.
    let missing = missing.mirror().trim_end_matches('/').to_owned();
    let error = sample
        .fetch(&options(&[&dead, &missing, "ftp://a", "nonsense"]))
        .unwrap_err()
        .to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 5, "{error}");
    assert_eq!(lines[0], "images.gz cannot be fetched; tried");
    assert!(
        lines[1].starts_with(&format!("  {dead}images.gz: io: Connection refused")),
        "{error}"
    );
    assert_eq!(
        lines[2],
        format!("  {missing}/images.gz: the server answers with status 404")
    );
    assert!(lines[3].starts_with("  ftp://a/images.gz: "), "{error}");
    assert!(lines[4].starts_with("  nonsense/images.gz: "), "{error}");
    assert!(!sample.partial().exists(), "an empty partial file is left over");
}

#[test]
fn redirects_are_followed_with_the_range_and_not_forever() {
    let sample = Sample::new();
    let good = Server::good(&sample.file);
    let target = format!("{}images.gz", good.mirror());
    let moved = Server::start(move |_, _| Reply::redirect(&target));
    sample.leave_behind(&sample.file[..1000]);
    sample.check_fetched(&options(&[&moved.mirror()]), &moved.mirror());
    assert_eq!(good.ranges(), [Some("bytes=1000-".to_owned())]);

    let circle = Server::start(|_, request| Reply::redirect(&request.path));
    let sample = Sample::new();
    let mut options = options(&[&circle.mirror()]);
    options.max_redirects = 3;
    let error = sample.fetch(&options).unwrap_err().to_string();
    assert!(error.ends_with("images.gz: too many redirects"), "{error}");
    assert_eq!(circle.requests().len(), 4);
}

#[test]
fn https_begins_a_handshake() {
    let sample = Sample::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mirror = format!("https://{}/", listener.local_addr().unwrap());
    let accepted = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut start = [0; 2];
        std::io::Read::read_exact(&mut stream, &mut start).unwrap();
        start
    });
    sample.fetch(&options(&[&mirror])).unwrap_err();
    // The type of a handshake record, and the major version of all of TLS.
    assert_eq!(accepted.join().unwrap(), [22, 3]);
}
