//! `shortfall init`: write a config to start from.

use std::path::{Path, PathBuf};

use shortfall::output::file;
use shortfall::study::file::STDIN;
use shortfall::text::visible;

use super::{Failure, print, show};

/// The starter: the quickstart example, which a test runs.
const STARTER: &str = include_str!("../../configs/quickstart.toml");

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// File to write; `-`, or none, is standard output.
    file: Option<PathBuf>,
    /// Overwrite an existing file.
    #[arg(long)]
    force: bool,
}

/// Writes the starter.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Some(path) = arguments.file.as_deref().filter(|path| *path != Path::new(STDIN)) else {
        return print(STARTER.as_bytes());
    };
    file::write_one(path, STARTER.as_bytes(), arguments.force)
        .map_err(|error| Failure::Io(path.to_string_lossy().into_owned(), error))?;
    show(&format!("wrote {0}; now: shortfall run {0}\n", visible(&path.to_string_lossy())), false)
}
