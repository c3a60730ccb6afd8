//! How files are fetched.

use std::time::Duration;

/// How files are fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Addresses of folders, `https://example.org/mnist/` for instance, that are tried before those of the catalogue.
    pub mirrors: Vec<String>,
    /// Whether and where a proxy is asked.
    pub proxy: Proxy,
    /// How long finding a server's address and connecting to it may take, each.
    pub connect_timeout: Duration,
    /// How long a server may send nothing. There is no limit on the whole: large files on slow lines take their time.
    pub stall_timeout: Duration,
    /// How often a server is asked again after the connection broke off; each time the transfer resumes where it broke off.
    pub retries: u32,
    /// Pause before it is asked again.
    pub retry_pause: Duration,
    /// Redirects to follow for one request.
    pub max_redirects: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mirrors: Vec::new(),
            proxy: Proxy::Direct,
            connect_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(30),
            retries: 4,
            retry_pause: Duration::from_secs(1),
            max_redirects: 5,
        }
    }
}

/// Whether and where a proxy is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// No proxy.
    #[default]
    Direct,
    /// The one that the first of `ALL_PROXY`, `HTTPS_PROXY` and `HTTP_PROXY` (in capitals or not) names, but for the servers
    /// in `NO_PROXY`.
    FromEnv,
    /// The one of this address, `http://user:password@host:port` with user and password where it wants them.
    At(String),
}
