//! A file from the first mirror that has it.

use std::ops::ControlFlow;
use std::path::Path;
use std::thread;

use super::client::{Answer, Body, Client};
use super::error::{Attempt, Error, FetchProblem, Result};
use super::options::Options;
use super::partial::Partial;
use super::progress::{Progress, Report};
use crate::dataset::{Dataset, EntryFile};
use crate::error::Error as DatasetError;
use crate::load::read_entry_stream;
use crate::stream::Stream;

/// Bytes to read at once.
const BUFFER_LEN: usize = 1 << 16;
/// What a file may have beyond its payload: headers, and compression of what cannot be compressed.
const SLACK: u64 = 1 << 16;

/// A file to be fetched.
pub(super) struct Transfer<'a> {
    pub(super) dataset: &'a Dataset,
    pub(super) file: &'a EntryFile,
    client: &'a Client,
    options: &'a Options,
}

/// Why an attempt ended.
enum Failure {
    /// Another attempt or mirror may do better.
    Mirror(FetchProblem),
    /// Nothing will.
    Fatal(Error),
}

impl From<FetchProblem> for Failure {
    fn from(problem: FetchProblem) -> Self {
        Self::Mirror(problem)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Fatal(error)
    }
}

impl<'a> Transfer<'a> {
    pub(super) fn new(dataset: &'a Dataset, file: &'a EntryFile, client: &'a Client, options: &'a Options) -> Self {
        Self {
            dataset,
            file,
            client,
            options,
        }
    }

    /// Tries the mirrors in order; afterwards `partial` is complete and verified. Gives the address that it came from.
    pub(super) fn run(&self, mirrors: &[String], partial: &mut Partial, report: &mut Report<'_>) -> Result<String> {
        let name = self.file.published_name();
        let mut attempts = Vec::new();
        for mirror in mirrors {
            let url = format!("{}/{name}", mirror.trim_end_matches('/'));
            match self.ask(&url, partial, report) {
                Ok(()) => return Ok(url),
                Err(Failure::Mirror(problem)) => attempts.push(Attempt { url, problem }),
                Err(Failure::Fatal(error)) => return Err(error),
            }
        }
        Err(Error::NotFetched {
            file: name,
            attempts,
            kept: (partial.len() > 0).then(|| (partial.path().to_owned(), partial.len())),
        })
    }

    /// Asks one mirror, again where that may help.
    fn ask(&self, url: &str, partial: &mut Partial, report: &mut Report<'_>) -> Result<(), Failure> {
        let mut retries = self.options.retries;
        let mut may_start_again = true;
        loop {
            let n_kept = partial.len();
            let problem = match self.attempt(url, partial, report) {
                Err(Failure::Mirror(problem)) => problem,
                done_or_fatal => return done_or_fatal,
            };
            report_step(report, partial, Progress::Failed { url, problem: &problem })?;
            if problem.is_transient() && retries > 0 {
                retries -= 1;
                thread::sleep(self.options.retry_pause);
            } else if n_kept > 0 && problem.may_come_from_kept_bytes() && may_start_again {
                may_start_again = false;
                partial.clear()?;
            } else {
                return Err(problem.into());
            }
        }
    }

    /// One request, from the end of what is there on.
    fn attempt(&self, url: &str, partial: &mut Partial, report: &mut Report<'_>) -> Result<(), Failure> {
        match self.client.get(url, partial.len())? {
            Answer::Whole { n_total, body } => {
                self.check_size(n_total.unwrap_or(0))?;
                partial.clear()?;
                self.receive(url, (n_total, body), partial, report)?;
            }
            Answer::Rest { n_total, body } => self.receive(url, (n_total, body), partial, report)?,
            Answer::Nothing => {}
        }
        self.verify(partial)
    }

    fn check_size(&self, n_bytes: u64) -> Result<(), FetchProblem> {
        let limit = size_limit(self.dataset, self.file);
        match n_bytes <= limit {
            true => Ok(()),
            false => Err(FetchProblem::TooLarge { limit }),
        }
    }

    fn receive(
        &self,
        url: &str,
        (n_total, mut body): (Option<u64>, Body),
        partial: &mut Partial,
        report: &mut Report<'_>,
    ) -> Result<(), Failure> {
        let n_kept = partial.len();
        report_step(report, partial, Progress::Started { url, n_kept, n_total })?;
        let mut buffer = vec![0; BUFFER_LEN];
        loop {
            let n = body.read(&mut buffer, partial.len(), n_total)?;
            if n == 0 {
                break;
            }
            if let Err(problem) = self.check_size(partial.len() + n as u64) {
                partial.clear()?;
                return Err(problem.into());
            }
            partial.append(&buffer[..n])?;
            let n_bytes = partial.len();
            report_step(report, partial, Progress::Advanced { n_bytes })?;
        }
        // A server may send less than was asked for, without breaking any rule.
        match n_total {
            Some(n) if partial.len() < n => Err(FetchProblem::BrokeOff {
                n_bytes: partial.len(),
                n_total,
            }
            .into()),
            _ => Ok(()),
        }
    }

    /// Checks what is there, and discards it if it is wrong.
    fn verify(&self, partial: &mut Partial) -> Result<(), Failure> {
        let name = self.file.published_name();
        let stream = Stream::of_file(Path::new(&name), partial.reader()?).map_err(Error::from)?;
        match read_entry_stream(self.dataset, self.file, stream) {
            Ok(_) => Ok(()),
            // No fault of the mirror.
            Err(error @ DatasetError::Read { .. }) => Err(Error::from(error).into()),
            Err(error) => {
                partial.clear()?;
                Err(FetchProblem::Content { error: Box::new(error) }.into())
            }
        }
    }
}

/// Calls the caller's function, which may answer that the fetch is to end here.
fn report_step(report: &mut Report<'_>, partial: &Partial, step: Progress<'_>) -> Result<()> {
    match report(step) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Stopped {
            path: partial.path().to_owned(),
        }),
    }
}

/// The most bytes that a file of the catalogue can have: twice its payload, labels as numbers of eight bytes.
fn size_limit(dataset: &Dataset, file: &EntryFile) -> u64 {
    let example_len = dataset.shape.len() + size_of::<f64>();
    (file.n_examples as u64)
        .saturating_mul(example_len as u64)
        .saturating_mul(2)
        .saturating_add(SLACK)
}
