//! One request.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, StatusCode, header};
use ureq::{Agent, Timeout};

use super::error::FetchProblem;
use super::options::{Options, Proxy};

/// A server's answer to the request for a file.
pub(super) enum Answer {
    /// The file from its first byte.
    Whole { n_total: Option<u64>, body: Body },
    /// The file from the byte asked for.
    Rest { n_total: Option<u64>, body: Body },
    /// There is nothing behind the byte asked for.
    Nothing,
}

/// Bytes as they come.
pub(super) struct Body {
    reader: Box<dyn Read>,
    stall_timeout: Duration,
}

impl Body {
    /// Reads some bytes; none at the end. `n_bytes` are there already, of `n_total`.
    pub(super) fn read(
        &mut self,
        buffer: &mut [u8],
        n_bytes: u64,
        n_total: Option<u64>,
    ) -> Result<usize, FetchProblem> {
        let failed = |error: io::Error| problem(error.into(), self.stall_timeout, n_bytes, n_total);
        self.reader.read(buffer).map_err(failed)
    }
}

/// Asks servers.
#[derive(Debug)]
pub(super) struct Client {
    agent: Agent,
    stall_timeout: Duration,
    /// What is wrong with the proxy's address, if it cannot be used.
    proxy_problem: Option<String>,
}

impl Client {
    pub(super) fn new(options: &Options) -> Self {
        let (proxy, proxy_problem) = match proxy(&options.proxy) {
            Ok(proxy) => (proxy, None),
            Err(problem) => (None, Some(problem)),
        };
        let config = Agent::config_builder()
            .proxy(proxy)
            .timeout_resolve(Some(options.connect_timeout))
            .timeout_connect(Some(options.connect_timeout))
            .timeout_per_read(Some(options.stall_timeout))
            .timeout_per_write(Some(options.stall_timeout))
            .max_redirects(options.max_redirects)
            .max_redirects_will_error(true)
            .http_status_as_error(false)
            .user_agent(concat!("vds-datasets/", env!("CARGO_PKG_VERSION")))
            // A part of a file can only be asked for by the byte if the server does not compress it on the way.
            .accept_encoding("identity")
            .build();
        Self {
            agent: config.into(),
            stall_timeout: options.stall_timeout,
            proxy_problem,
        }
    }

    /// Asks for the file at `url`, from byte `offset` on.
    pub(super) fn get(&self, url: &str, offset: u64) -> Result<Answer, FetchProblem> {
        if let Some(problem) = &self.proxy_problem {
            return Err(FetchProblem::Connection {
                cause: problem.clone().into(),
            });
        }
        let mut request = self.agent.get(url);
        if offset > 0 {
            request = request.header(header::RANGE, format!("bytes={offset}-"));
        }
        let failed = |error| problem(error, self.stall_timeout, offset, None);
        let response = request.call().map_err(failed)?;
        let (parts, body) = response.into_parts();
        let length = body.content_length();
        let body = Body {
            reader: Box::new(body.into_reader()),
            stall_timeout: self.stall_timeout,
        };
        match parts.status {
            StatusCode::OK => Ok(Answer::Whole { n_total: length, body }),
            StatusCode::PARTIAL_CONTENT if offset > 0 => match content_range(&parts.headers) {
                Some(range) if range.start == Some(offset) => Ok(Answer::Rest {
                    n_total: range.n_total,
                    body,
                }),
                _ => Err(FetchProblem::Range { offset }),
            },
            StatusCode::RANGE_NOT_SATISFIABLE if offset > 0 => match content_range(&parts.headers) {
                Some(range) if range.n_total == Some(offset) => Ok(Answer::Nothing),
                _ => Err(FetchProblem::Range { offset }),
            },
            status => Err(FetchProblem::Status {
                status: status.as_u16(),
            }),
        }
    }
}

fn proxy(proxy: &Proxy) -> Result<Option<ureq::Proxy>, String> {
    match proxy {
        Proxy::Direct => Ok(None),
        Proxy::FromEnv => Ok(ureq::Proxy::try_from_env()),
        Proxy::At(address) => match ureq::Proxy::new(address) {
            Ok(proxy) => Ok(Some(proxy)),
            Err(_) => Err(format!("the proxy's address {address:?} cannot be used")),
        },
    }
}

/// `bytes START-END/TOTAL` or `bytes */TOTAL`; TOTAL may be `*`, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ContentRange {
    start: Option<u64>,
    n_total: Option<u64>,
}

fn content_range(headers: &HeaderMap) -> Option<ContentRange> {
    parse_content_range(headers.get(header::CONTENT_RANGE)?.to_str().ok()?)
}

fn parse_content_range(text: &str) -> Option<ContentRange> {
    let (range, total) = text.strip_prefix("bytes ")?.trim().split_once('/')?;
    let n_total = match total {
        "*" => None,
        total => Some(total.parse().ok()?),
    };
    if range == "*" {
        return Some(ContentRange { start: None, n_total });
    }
    let (start, end) = range.split_once('-')?;
    let (start, end): (u64, u64) = (start.parse().ok()?, end.parse().ok()?);
    let is_inside = start <= end && n_total.is_none_or(|n_total| end < n_total);
    is_inside.then_some(ContentRange {
        start: Some(start),
        n_total,
    })
}

fn problem(error: ureq::Error, stall_timeout: Duration, n_bytes: u64, n_total: Option<u64>) -> FetchProblem {
    match error {
        ureq::Error::Timeout(Timeout::PerRead | Timeout::PerWrite) => FetchProblem::Stalled {
            n_bytes,
            limit: stall_timeout,
        },
        ureq::Error::Io(error) if is_break(&error) => FetchProblem::BrokeOff { n_bytes, n_total },
        error => FetchProblem::Connection { cause: error.into() },
    }
}

fn is_break(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        error.kind(),
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<(Option<u64>, Option<u64>)>) {
        let expected = expected.map(|(start, n_total)| ContentRange { start, n_total });
        assert_eq!(parse_content_range(text), expected, "{text}");
    }

    #[test]
    fn content_range_is_taken_only_if_it_makes_sense() {
        check("bytes 5-9/10", Some((Some(5), Some(10))));
        check("bytes 5-9/*", Some((Some(5), None)));
        check("bytes */10", Some((None, Some(10))));
        for text in [
            "",
            "bytes",
            "5-9/10",
            "items 5-9/10",
            "bytes 5-10/10",
            "bytes 6-5/10",
            "bytes 5-/10",
            "bytes -5-9/10",
            "bytes 5-9",
            "bytes 5-99999999999999999999/*",
        ] {
            check(text, None);
        }
    }
}
