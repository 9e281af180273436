//! `shortfall init`: write a config to start from.

use std::io;
use std::path::PathBuf;

use shortfall::output::file;
use shortfall::text::visible;

use super::{Failure, print, show};

/// The starter: the quickstart example, which a test runs.
const STARTER: &str = include_str!("../../configs/quickstart.toml");

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// File to write; standard output by default.
    file: Option<PathBuf>,
    /// Overwrite an existing file.
    #[arg(long)]
    force: bool,
}

/// Writes the starter.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(path) = &arguments.file else { return print(STARTER.as_bytes()) };
    let failed = |error| Failure::Io(path.to_string_lossy().into_owned(), error);
    if path.exists() && !arguments.force {
        let error = io::Error::new(io::ErrorKind::AlreadyExists, "the file exists; --force overwrites it");
        return Err(failed(error));
    }
    let folder = path.parent().unwrap_or(std::path::Path::new(""));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    file::write(folder, &name, STARTER.as_bytes()).map_err(failed)?;
    show(&format!("wrote {0}; now: shortfall run {0}\n", visible(&path.to_string_lossy())), false)
}
