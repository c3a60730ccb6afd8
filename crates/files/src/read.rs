//! Opening and reading: regular files, within a limit.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// Opens a regular file for reading; a link to one is followed. It never waits, whatever the path leads to.
///
/// # Errors
/// If the system does not give the file, or it is not a regular file: a folder, a FIFO, a device.
pub fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    // Opening a FIFO would wait for a writer.
    regular(flags(&mut options, open_flags::NON_BLOCKING).open(path)?)
}

/// Opens a regular file with the caller's options, for writing or locking. A symbolic link is refused: it could lead out of
/// the folder that is written.
///
/// # Errors
/// As [`open`], and if the last part of the path is a link.
pub fn open_unlinked(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    // Where the system cannot refuse links itself, the look comes before.
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a symbolic link, expected a regular file",
        ));
    }
    regular(flags(options, open_flags::NON_BLOCKING | open_flags::NO_FOLLOW).open(path)?)
}

/// The content of a regular file of at most `limit` bytes.
///
/// # Errors
/// As [`open`], and if the file is longer.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path)?;
    let len = file.metadata()?.len();
    let too_long = || {
        let message = format!("it has more than {limit} bytes, too many for a file of its kind");
        io::Error::new(io::ErrorKind::FileTooLarge, message)
    };
    if len > limit {
        return Err(too_long());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    // The file may grow while it is read.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > limit {
        true => Err(too_long()),
        false => Ok(bytes),
    }
}

fn regular(file: File) -> io::Result<File> {
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
    }
}

#[cfg(unix)]
fn flags(options: &mut OpenOptions, flags: i32) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::custom_flags(options, flags)
}

#[cfg(not(unix))]
fn flags(options: &mut OpenOptions, _flags: i32) -> &mut OpenOptions {
    options
}

#[cfg(unix)]
mod open_flags {
    use rustix::fs::OFlags;

    /// The bits are those of the system's headers, far below the sign bit.
    #[expect(
        clippy::cast_possible_wrap,
        reason = "the standard library takes these flags as a signed number"
    )]
    const fn signed(flags: OFlags) -> i32 {
        flags.bits() as i32
    }

    pub(super) const NON_BLOCKING: i32 = signed(OFlags::NONBLOCK);
    pub(super) const NO_FOLLOW: i32 = signed(OFlags::NOFOLLOW);
}

#[cfg(not(unix))]
mod open_flags {
    pub(super) const NON_BLOCKING: i32 = 0;
    pub(super) const NO_FOLLOW: i32 = 0;
}
