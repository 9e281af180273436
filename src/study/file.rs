//! The text of a config file.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::config::fault::{Diagnostic, Fault};
use crate::config::location::Source;
use crate::config::source::MAX_BYTES;
use crate::error::Error;

/// What stands for standard input on the command line.
pub const STDIN: &str = "-";

/// What to call a config in messages.
pub fn name(path: &Path) -> Cow<'_, str> {
    if path == Path::new(STDIN) { "standard input".into() } else { path.to_string_lossy() }
}

/// Reads a config file, which must be UTF-8 and not too large; `-` is standard input.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, [`Error::Config`] if it is not what a config may be.
pub fn read(path: &Path) -> Result<String, Error> {
    let bytes = if path == Path::new(STDIN) { limited(io::stdin(), MAX_BYTES) } else { read_at_most(path, MAX_BYTES) };
    let bytes = bytes.map_err(|error| Error::Io(path.into(), error))?;
    if bytes.len() as u64 > MAX_BYTES {
        // Standard input has no length.
        let length = std::fs::metadata(path).ok().map(|data| data.len()).filter(|length| *length > MAX_BYTES);
        let found = length.map_or(String::new(), |length| format!("; this one has {length}"));
        return Err(unreadable(path, format!("a config may have at most {MAX_BYTES} bytes{found}")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        unreadable(path, format!("a config is UTF-8 text; byte {at} of this file is not"))
    })
}

/// The bytes of a regular file, at most `most` and one more. Of what is none, nothing is read: a pipe may never end, and opening
/// one may wait for ever.
///
/// # Errors
/// If it cannot be read, or is no regular file.
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let kind = std::fs::metadata(path)?.file_type();
    if !kind.is_file() {
        let what = if kind.is_dir() { "a folder" } else { "a pipe or a device" };
        let message = format!("this is {what}, not a file; `-` reads standard input");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    limited(File::open(path)?, most)
}

/// SHA-256 in hex.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// At most `most` bytes and one more, which tells that there are too many.
fn limited(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A fault of a file as a whole.
fn unreadable(path: &Path, message: String) -> Error {
    let location = Source::new(&name(path), "").locate(0..0);
    Error::Config(Diagnostic { fault: Fault::new(Vec::new(), message), location }.into())
}
