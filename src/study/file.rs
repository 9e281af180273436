//! The text of a config file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::config::fault::{Diagnostic, Fault, Location};
use crate::config::source::MAX_BYTES;
use crate::error::Error;

/// Reads a config file, which must be UTF-8 and not too large.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, [`Error::Config`] if it is not what a config may be.
pub fn read(path: &Path) -> Result<String, Error> {
    let bytes = read_at_most(path, MAX_BYTES).map_err(|error| Error::Io(path.into(), error))?;
    if bytes.len() as u64 > MAX_BYTES {
        // A device reports a length of 0.
        let length = std::fs::metadata(path).ok().map(|data| data.len()).filter(|length| *length > MAX_BYTES);
        let found = length.map_or(String::new(), |length| format!("; this one has {length}"));
        return Err(unreadable(path, format!("a config may have at most {MAX_BYTES} bytes{found}")));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        unreadable(path, format!("a config is UTF-8 text; byte {at} of this file is not"))
    })
}

/// The bytes of a file, at most `most` and one more.
///
/// # Errors
/// If it cannot be read.
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A device or a pipe has no length: read what is allowed, and one byte more to detect that there is more.
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A fault of a file as a whole.
fn unreadable(path: &Path, message: String) -> Error {
    let location = Location { source: path.to_string_lossy().into_owned(), text: String::new(), span: 0..0 };
    Error::Config(Diagnostic { fault: Fault::new(Vec::new(), message), location }.into())
}
