//! An HTTP server on the loopback interface that does what a test tells it, right or wrong.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) range: Option<String>,
}

/// What it is reported.
pub(crate) struct Reply {
    pub(crate) status: &'static str,
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

/// What comes behind the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Close,
    /// Nothing, with the connection open until the client closes it.
    Stall,
    /// The body again and again.
    Repeat,
}

impl Reply {
    /// The whole of `file`.
    pub(crate) fn whole(file: &[u8]) -> Self {
        Self {
            status: "200 OK",
            headers: vec![format!("Content-Length: {}", file.len())],
            body: file.to_vec(),
            end: End::Close,
        }
    }

    /// What a good server answers, ranges included.
    pub(crate) fn good(file: &[u8], request: &Request) -> Self {
        let range = request.range.as_deref();
        let start = range.map(|range| range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap());
        match start.map(|start| start.parse().unwrap()) {
            None => Self::whole(file),
            Some(start) if start < file.len() => Self::part(file, start),
            Some(_) => Self {
                headers: vec![format!("Content-Range: bytes */{}", file.len())],
                ..Self::status("416 Range Not Satisfiable")
            },
        }
    }

    /// `file` from a byte on.
    pub(crate) fn part(file: &[u8], start: usize) -> Self {
        let n = file.len();
        let range = format!("Content-Range: bytes {start}-{}/{n}", n - 1);
        Self {
            status: "206 Partial Content",
            headers: vec![range, format!("Content-Length: {}", n - start)],
            body: file[start..].to_vec(),
            end: End::Close,
        }
    }

    /// No body.
    pub(crate) fn status(status: &'static str) -> Self {
        Self {
            status,
            headers: vec!["Content-Length: 0".to_owned()],
            body: Vec::new(),
            end: End::Close,
        }
    }

    pub(crate) fn redirect(address: &str) -> Self {
        let mut reply = Self::status("302 Found");
        reply.headers.push(format!("Location: {address}"));
        reply
    }

    /// An announcement as of the whole file, of which only `n` bytes follow.
    pub(crate) fn cut(mut self, n: usize, end: End) -> Self {
        self.body.truncate(n);
        self.end = end;
        self
    }
}

/// A server with a thread a connection; they end with the test's process.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `answer` gets the number of the request, from 0, and the request.
    pub(crate) fn start(answer: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Self { address, requests }
    }

    /// One that knows a single file and does everything right.
    pub(crate) fn good(file: &[u8]) -> Self {
        let file = file.to_vec();
        Self::start(move |_, request| Reply::good(&file, request))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Address of a folder on it.
    pub(crate) fn mirror(&self) -> String {
        format!("http://{}/data/", self.address)
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The `Range` of each request so far.
    pub(crate) fn ranges(&self) -> Vec<Option<String>> {
        self.requests().into_iter().map(|request| request.range).collect()
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Request>>, answer: &dyn Fn(usize, &Request) -> Reply) {
    let Some(request) = read_request(&stream) else {
        return;
    };
    let number = {
        let mut log = log.lock().unwrap();
        log.push(request.clone());
        log.len() - 1
    };
    let reply = answer(number, &request);
    let headers: String = reply.headers.iter().map(|line| format!("{line}\r\n")).collect();
    let head = format!("HTTP/1.1 {}\r\n{headers}Connection: close\r\n\r\n", reply.status);
    // A client that goes away early is what some tests are about.
    let mut sent = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&reply.body));
    match reply.end {
        End::Close => {}
        End::Stall => drop(stream.read(&mut [0])),
        End::Repeat => {
            while sent.is_ok() {
                sent = stream.write_all(&reply.body);
            }
        }
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let lines = BufReader::new(stream).lines();
    let head: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let path = head.first()?.split(' ').nth(1)?.to_owned();
    let mut headers = head[1..].iter().filter_map(|line| line.split_once(": "));
    let range = headers.find(|(name, _)| name.eq_ignore_ascii_case("range"));
    Some(Request {
        path,
        range: range.map(|(_, value)| value.to_owned()),
    })
}
