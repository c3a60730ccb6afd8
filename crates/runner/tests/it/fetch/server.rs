//! A server of one file on the loopback interface; it is its own proxy, too.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// A server with a thread a connection; they end with the test's process.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Receives a message each time that the server goes silent in the middle of a file.
    pub(crate) silences: mpsc::Receiver<()>,
}

struct Shared {
    files: Vec<(&'static str, Vec<u8>)>,
    goes_silent: AtomicBool,
    silence: mpsc::Sender<()>,
    log: Mutex<Vec<String>>,
}

impl Server {
    pub(crate) fn start(files: Vec<(&'static str, Vec<u8>)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (silence, silences) = mpsc::channel();
        let shared = Arc::new(Shared {
            files,
            goes_silent: AtomicBool::new(false),
            silence,
            log: Mutex::default(),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let own = Arc::clone(&own);
                thread::spawn(move || own.serve(&stream));
            }
        });
        Self {
            address,
            shared,
            silences,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// From here on it stops in the middle of each file, with the connection open, or no longer, and continues.
    pub(crate) fn goes_silent(&self, yes: bool) {
        self.shared.goes_silent.store(yes, Ordering::SeqCst);
    }

    /// The first line of each request so far, with its range.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.shared.log.lock().unwrap().clone()
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let mut out = stream;
        loop {
            let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
            let Some(request) = head.first().and_then(|line| line.strip_suffix(" HTTP/1.1")) else {
                return;
            };
            let mut ranges = head.iter().filter_map(|line| line.strip_prefix("range: bytes="));
            let range = ranges.next();
            self.log
                .lock()
                .unwrap()
                .push(format!("{request} {}", range.unwrap_or_default()).trim_end().to_owned());
            if request.starts_with("CONNECT ") {
                out.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                continue;
            }
            let start = range.map(|range| range.trim_end_matches('-').parse().unwrap());
            // A client that goes away is what some tests are about.
            let _ = self.send(out, request, start);
            return;
        }
    }

    fn send(&self, mut out: &TcpStream, request: &str, start: Option<usize>) -> std::io::Result<()> {
        let name = request.rsplit('/').next().unwrap();
        let Some((_, file)) = self.files.iter().find(|(known, _)| *known == name) else {
            return out.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        };
        let n = file.len();
        let (status, start) = match start {
            Some(start) => (
                format!("206 Partial Content\r\nContent-Range: bytes {start}-{}/{n}", n - 1),
                start,
            ),
            None => ("200 OK".to_owned(), 0),
        };
        let length = n - start;
        write!(
            out,
            "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )?;
        if self.goes_silent.load(Ordering::SeqCst) {
            out.write_all(&file[start..n / 2])?;
            self.silence.send(()).unwrap();
            while self.goes_silent.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            return out.write_all(&file[n / 2..]);
        }
        out.write_all(&file[start..])
    }
}
