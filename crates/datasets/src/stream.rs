//! Bytes of a file: unpacked, counted, hashed, and buffered no faster than they really come.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::format_error::{FormatError, Position};
use crate::reader::{Reader, expansion_limit};

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// First step of a buffer whose final size is only announced; it grows with what has really been read.
const FIRST_STEP: usize = 1 << 16;

/// A reader that knows where it is. Compressed files and elements are unpacked on the way.
pub(crate) struct Stream<'a> {
    path: PathBuf,
    reader: Reader<'a>,
    position: Position,
    /// Bytes that can still come at most.
    remaining: u64,
    /// Whether compressed data ended early.
    ended_early: bool,
    /// Of the bytes read, for streams that are whole files.
    hasher: Option<Sha256>,
}

impl<'a> Stream<'a> {
    /// A file, gzip or plain, distinguished by its first bytes.
    pub(crate) fn open(path: &Path) -> Result<Stream<'static>> {
        let file = vds_files::open(path).map_err(Error::read(path))?;
        Self::of_file(path, file)
    }

    /// An open file from its start, under a name for errors.
    pub(crate) fn of_file(path: &Path, mut file: File) -> Result<Stream<'static>> {
        file.rewind().map_err(Error::read(path))?;
        let metadata = file.metadata().map_err(Error::read(path))?;
        if !metadata.is_file() {
            let message = "it is not a regular file";
            return Err(Error::read(path)(io::Error::new(io::ErrorKind::InvalidInput, message)));
        }
        let mut start = Vec::new();
        let n_start = file.by_ref().take(2).read_to_end(&mut start);
        n_start.and_then(|_| file.rewind()).map_err(Error::read(path))?;
        let reader = Box::new(BufReader::new(file));
        Ok(Stream::whole(path, reader, &start, metadata.len()))
    }

    /// The content of a file in memory, gzip or plain.
    pub(crate) fn of_bytes(name: &Path, bytes: &'a [u8]) -> Self {
        let start = &bytes[..bytes.len().min(2)];
        Self::whole(name, Box::new(Cursor::new(bytes)), start, length(bytes))
    }

    fn whole(path: &Path, reader: Box<dyn Read + 'a>, start: &[u8], n_bytes: u64) -> Self {
        let is_compressed = start == GZIP_MAGIC;
        let (reader, position, remaining) = if is_compressed {
            let decoder = Box::new(MultiGzDecoder::new(reader));
            let limit = expansion_limit(n_bytes);
            (Reader::Gzip(decoder), Position::Uncompressed(0), limit)
        } else {
            (Reader::Plain(reader), Position::File(0), n_bytes)
        };
        Self {
            hasher: Some(Sha256::new()),
            ..Self::new(path, reader, position, remaining)
        }
    }

    fn new(path: &Path, reader: Reader<'a>, position: Position, remaining: u64) -> Self {
        Self {
            path: path.to_owned(),
            reader,
            position,
            remaining,
            ended_early: false,
            hasher: None,
        }
    }

    /// The next `n` bytes as a stream of their own.
    pub(crate) fn part(&mut self, n: u64) -> Result<Stream<'_>> {
        self.check_announced(u128::from(n))?;
        let (path, position) = (self.path.clone(), self.position);
        let reader = Reader::Plain(Box::new(self.by_ref().take(n)));
        Ok(Stream::new(&path, reader, position, n))
    }

    /// What the next `n` bytes, a zlib stream, unpack to.
    pub(crate) fn inflated(&mut self, n: u64) -> Result<Stream<'_>> {
        self.check_announced(u128::from(n))?;
        let (path, position) = (self.path.clone(), self.position);
        let (Position::File(start) | Position::Uncompressed(start) | Position::Element { start, .. }) = position;
        let outer: &mut dyn Read = self;
        let reader = Reader::Element {
            decoder: Box::new(ZlibDecoder::new(outer.take(n))),
            n_compressed: n,
        };
        let position = Position::Element { start, offset: 0 };
        Ok(Stream::new(&path, reader, position, expansion_limit(n)))
    }

    /// Where the next byte is.
    pub(crate) fn position(&self) -> Position {
        self.position
    }

    /// The file that is read.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// An error at the next byte.
    pub(crate) fn malformed(&self, problem: FormatError) -> Error {
        self.malformed_at(self.position, problem)
    }

    /// An error at another place of this file.
    pub(crate) fn malformed_at(&self, position: Position, problem: FormatError) -> Error {
        Error::Malformed {
            path: self.path.clone(),
            position,
            problem,
        }
    }

    /// The next `N` bytes.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        let n_read = self.fill(&mut bytes)?;
        self.check_complete(n_read, N, N)?;
        Ok(bytes)
    }

    /// Whether the next four bytes are those of a big-endian number; they are consumed.
    pub(crate) fn starts_with(mut self, magic: u32) -> Result<bool> {
        let mut bytes = [0; 4];
        let n_read = self.fill(&mut bytes)?;
        Ok(n_read == bytes.len() && u32::from_be_bytes(bytes) == magic)
    }

    /// The next `announced` bytes. The buffer grows with the bytes that come, not with the announcement.
    pub(crate) fn bytes(&mut self, announced: u128) -> Result<Vec<u8>> {
        let n = self.check_announced(announced)?;
        self.first_bytes(n, n)
    }

    /// Calls `visit` with the next `announced` bytes, `chunk_len` at a time; the last chunk may be shorter.
    pub(crate) fn for_each_chunk<E: From<Error>>(
        &mut self,
        announced: u128,
        chunk_len: usize,
        mut visit: impl FnMut(Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut left = self.check_announced(announced)?;
        while left > 0 {
            let n = left.min(chunk_len);
            visit(self.first_bytes(n, left)?)?;
            left -= n;
        }
        Ok(())
    }

    /// The next `n` bytes, of `wanted` that are announced.
    fn first_bytes(&mut self, n: usize, wanted: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() < n {
            let start = bytes.len();
            let step = (n - start).min(start.max(FIRST_STEP));
            bytes.reserve_exact(step);
            bytes.resize(start + step, 0);
            let n_read = self.fill(&mut bytes[start..])?;
            self.check_complete(n_read, step, wanted - start)?;
        }
        Ok(bytes)
    }

    /// The next `N` bytes, or `None` where the data end.
    pub(crate) fn array_or_end<const N: usize>(&mut self) -> Result<Option<[u8; N]>> {
        let mut bytes = [0; N];
        let n_read = self.fill(&mut bytes)?;
        if n_read == 0 && !self.ended_early {
            return Ok(None);
        }
        self.check_complete(n_read, N, N)?;
        Ok(Some(bytes))
    }

    /// Passes over what is left of a part.
    pub(crate) fn skip_rest(mut self) -> Result<()> {
        self.skip(self.remaining)
    }

    /// Passes over `n` bytes.
    pub(crate) fn skip(&mut self, n: u64) -> Result<()> {
        let n = self.check_announced(u128::from(n))?;
        let mut buffer = [0; 4096];
        let mut left = n;
        while left > 0 {
            let step = left.min(buffer.len());
            let n_read = self.fill(&mut buffer[..step])?;
            self.check_complete(n_read, step, left)?;
            left -= step;
        }
        Ok(())
    }

    /// Whether no byte is left; one that is left is consumed.
    pub(crate) fn is_at_end(&mut self) -> Result<bool> {
        let mut byte = [0];
        let position = self.position;
        let n_read = self.fill(&mut byte)?;
        self.position = position;
        if self.ended_early {
            return Err(self.malformed(FormatError::EndsEarly));
        }
        Ok(n_read == 0)
    }

    /// Checks that the data end here; returns the SHA-256 digest of all that was read from a whole file.
    pub(crate) fn finish(mut self) -> Result<String> {
        if !self.is_at_end()? || self.reader.has_unused_bytes() {
            return Err(self.malformed(FormatError::Trailing));
        }
        let digest = self.hasher.map(|hasher| vds_files::hex(&hasher.finalize()));
        Ok(digest.unwrap_or_default())
    }

    fn check_announced(&self, announced: u128) -> Result<usize> {
        let limit = self.remaining;
        match usize::try_from(announced) {
            Ok(n) if n as u64 <= limit => Ok(n),
            _ if self.reader.is_compressed() => Err(self.malformed(FormatError::TooLarge { announced, limit })),
            _ => {
                let missing = announced - u128::from(limit);
                let end = self.position.plus(limit);
                Err(self.malformed_at(end, FormatError::Truncated { missing }))
            }
        }
    }

    /// Whether `step` bytes were read, of `wanted` in all.
    fn check_complete(&self, n_read: usize, step: usize, wanted: usize) -> Result<()> {
        if n_read == step {
            return Ok(());
        }
        let missing = (wanted - n_read) as u128;
        Err(self.malformed(FormatError::Truncated { missing }))
    }

    /// Reads until `buffer` is full or the data end.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut n_read = 0;
        while n_read < buffer.len() {
            match self.read(&mut buffer[n_read..]) {
                Ok(0) => break,
                Ok(n) => n_read += n,
                Err(error) => match error.kind() {
                    io::ErrorKind::Interrupted => {}
                    // The decompressor's word for input that ends early.
                    io::ErrorKind::UnexpectedEof => {
                        self.ended_early = true;
                        break;
                    }
                    _ => return Err(self.failed(error)),
                },
            }
        }
        Ok(n_read)
    }

    fn failed(&self, source: io::Error) -> Error {
        let (path, position) = (self.path.clone(), self.position);
        match source.kind() {
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Error::Damaged { path, position, source },
            _ => Error::Read { path, source },
        }
    }
}

impl Read for Stream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.reader.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..n]);
        }
        self.position = self.position.plus(n as u64);
        self.remaining = self.remaining.saturating_sub(n as u64);
        Ok(n)
    }
}

fn length(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}
