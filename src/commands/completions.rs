//! `shortfall completions`: completions for a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Failure, print};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell.
    shell: Shell,
}

/// Prints the completions.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "shortfall", &mut script);
    print(&script)
}
