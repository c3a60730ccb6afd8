//! A proxy on the loopback interface that opens tunnels and notes where to, and the client that uses it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use vds_datasets::download::Proxy;

use super::sample::{Sample, options};
use super::server::Server;

#[test]
fn proxy_is_asked_for_the_way() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    let proxy = TunnelProxy::start(server.address());
    // A name that nobody can resolve: only the proxy knows the way.
    let mut options = options(&["http://mirror.invalid:8080/data/"]);
    options.proxy = Proxy::At(proxy.url());
    sample.check_fetched(&options, "http://mirror.invalid:8080/data/");
    assert_eq!(proxy.targets(), ["mirror.invalid:8080"]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn proxy_that_cannot_be_used_is_an_error_and_not_left_out() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    let mirror = server.mirror();
    let mut options = options(&[&mirror]);
    options.proxy = Proxy::At("a proxy".to_owned());
    let problem = "the proxy's address \"a proxy\" cannot be used";
    sample.check_refused(
        &options,
        &format!("images.gz cannot be fetched; tried\n  {mirror}images.gz: {problem}"),
    );
    options.proxy = Proxy::At(super::dead_mirror());
    sample.fetch(&options).unwrap_err();
    assert!(server.requests().is_empty());
}

/// A proxy for `CONNECT`.
struct TunnelProxy {
    address: SocketAddr,
    targets: Arc<Mutex<Vec<String>>>,
}

impl TunnelProxy {
    /// Every tunnel leads to `server`, whatever it is asked for.
    fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let targets = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&targets);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let log = Arc::clone(&log);
                thread::spawn(move || tunnel(&stream, server, &log));
            }
        });
        Self { address, targets }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked for, `host:port` each.
    fn targets(&self) -> Vec<String> {
        self.targets.lock().unwrap().clone()
    }
}

fn tunnel(client: &TcpStream, server: SocketAddr, log: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(client).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    let Some(target) = first.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()) else {
        return;
    };
    log.lock().unwrap().push(target.to_owned());
    lines.take_while(|line| !line.is_empty()).for_each(drop);
    let server = TcpStream::connect(server).unwrap();
    let mut towards_client = client;
    towards_client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .unwrap();
    thread::scope(|scope| {
        scope.spawn(|| pass_on(client, &server));
        pass_on(&server, client);
    });
}

fn pass_on(mut from: &TcpStream, mut to: &TcpStream) {
    // An end that was closed ends the tunnel; there is nobody to tell.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
