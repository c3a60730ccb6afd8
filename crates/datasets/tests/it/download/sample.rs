//! A small data set of its own, so that no test needs the catalogue's files.

use std::path::PathBuf;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use vds_datasets::download::{Fetched, Options, Progress, Result, fetch};
use vds_datasets::{Content, Dataset, Entry, EntryFile, Part, Source};
use vds_testkit::files::{gzip, idx};

use crate::fixtures;

const N: u32 = 300;

/// A data set of one file with noise, which does not compress, and a place for it.
pub(crate) struct Sample {
    pub(crate) dataset: Dataset,
    /// The file as a server has it.
    pub(crate) file: Vec<u8>,
    pub(crate) root: tempfile::TempDir,
}

/// Another well-formed file of the same size.
pub(crate) fn other_file() -> Vec<u8> {
    gzip(&images(2))
}

fn images(seed: u64) -> Vec<u8> {
    let mut pixels = vec![0; N as usize * 784];
    ChaCha8Rng::seed_from_u64(seed).fill_bytes(&mut pixels);
    idx(&[N, 28, 28], &pixels)
}

impl Sample {
    pub(crate) fn new() -> Self {
        let payload = images(1);
        let file = EntryFile {
            name: "images".to_owned(),
            part: Part::Train,
            content: Content::Images,
            n_examples: N as usize,
            sha256: Some(vds_files::digest(&payload)),
        };
        Self {
            dataset: dataset(vec![file]),
            file: gzip(&payload),
            root: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn half(&self) -> usize {
        self.file.len() / 2
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("sample")
    }

    pub(crate) fn target(&self) -> PathBuf {
        self.folder().join("images.gz")
    }

    pub(crate) fn partial(&self) -> PathBuf {
        self.folder().join("images.gz.partial")
    }

    /// Leaves the first bytes of something where an earlier call would have left them.
    pub(crate) fn leave_behind(&self, bytes: &[u8]) {
        fixtures::write(&self.folder(), "images.gz.partial", bytes);
    }

    /// Fetches; the result is held against what is on disk: the right file if all went well, else none.
    #[track_caller]
    pub(crate) fn fetch(&self, options: &Options) -> Result<Vec<Fetched>> {
        let result = fetch(&self.dataset, self.root.path(), options, &mut |_: Progress<'_>| {
            std::ops::ControlFlow::Continue(())
        });
        self.check_disk(result.is_ok());
        result
    }

    #[track_caller]
    pub(crate) fn check_disk(&self, is_there: bool) {
        match std::fs::read(self.target()) {
            Ok(bytes) => assert!(is_there && bytes == self.file, "a file that should not be there"),
            Err(error) => assert!(!is_there, "{error}"),
        }
        assert!(!(is_there && self.partial().exists()), "a partial file is left over");
    }

    #[track_caller]
    pub(crate) fn check_fetched(&self, options: &Options, url: &str) {
        let expected = Fetched {
            path: self.target(),
            url: Some(format!("{url}images.gz")),
        };
        assert_eq!(self.fetch(options).unwrap(), [expected]);
    }

    /// Fails, and gives the text of the error.
    #[track_caller]
    pub(crate) fn check_refused(&self, options: &Options, expected: &str) {
        assert_eq!(self.fetch(options).unwrap_err().to_string(), expected);
    }
}

/// A data set with these files.
pub(crate) fn dataset(files: Vec<EntryFile>) -> Dataset {
    let mnist = fixtures::dataset("mnist");
    let entry = Entry {
        files,
        mirrors: Vec::new(),
        ..mnist.entry().unwrap().clone()
    };
    Dataset {
        name: "sample".to_owned(),
        source: Source::Catalogue(entry),
        ..mnist
    }
}

/// No pauses, short time-outs.
pub(crate) fn options(mirrors: &[&str]) -> Options {
    Options {
        mirrors: mirrors.iter().map(|&mirror| mirror.to_owned()).collect(),
        stall_timeout: Duration::from_secs(10),
        retries: 2,
        retry_pause: Duration::ZERO,
        ..Options::default()
    }
}
