//! The command line, one file per command.
//!
//! Results go to standard output, everything else to standard error. To add a command: a file here, a variant of
//! [`Command`], an arm in [`dispatch`].

mod arguments;
mod check;
mod compare;
mod completions;
mod folders;
mod init;
mod progress;
mod rare;
mod replay;
mod run;
mod schema;

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use arguments::{Format, Input, Simulation};
use clap::{Parser, Subcommand, ValueEnum};
use shortfall::config::fault::{Diagnostic, Diagnostics, Fault, Location};
use shortfall::config::source::MAX_BYTES;
use shortfall::simulation;

/// Exit code of a panic.
pub const EXIT_INTERNAL: u8 = 1;

#[derive(Debug, Parser)]
#[command(name = "shortfall", version, about, long_about = None, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done; 1 internal error; 2 usage; 3 config invalid; 4 input or output failed;\n\
    6 precision not reached at the cap, or no estimate of a rare event; 10 an expectation refuted; 11 none refuted, one undecided.\n\
    Start with `shortfall init my.toml`, then `shortfall run my.toml`.")]
struct Cli {
    /// Colour of messages and tables; NO_COLOR is respected too.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Simulate, print the finding and the tables, write the output folder.
    Run(run::Arguments),
    /// Simulate two scenarios, configs or finished runs on the same random numbers and print the differences.
    Compare(compare::Arguments),
    /// Estimate the probabilities of rare events by importance sampling.
    Rare(rare::Arguments),
    /// Read and cross-check a config, and print every fault; simulates nothing.
    Check(check::Arguments),
    /// Show one trial of a run: inputs, events by date, outcomes.
    Replay(replay::Arguments),
    /// Write a commented config to start from.
    Init(init::Arguments),
    /// Print the JSON Schema of configs, for editors.
    Schema,
    /// Print completions for a shell.
    Completions(completions::Arguments),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

/// Why a command fails.
enum Failure {
    /// The arguments do not fit together, or name what is not there.
    Usage(String),
    /// The config holds faults.
    Config(Diagnostics),
    /// A file or the terminal.
    Io(String, io::Error),
    /// The program is at fault.
    Internal(String),
}

impl Failure {
    /// A simulation without a result; `scenarios` are the ids of its models, in their order.
    fn simulation<'a>(error: simulation::Error, mut scenarios: impl Iterator<Item = &'a str>) -> Self {
        let place = match error {
            simulation::Error::NotANumber { model, .. } => scenarios.nth(model).map(|id| format!("scenario {id}: ")),
            simulation::Error::Stopped => None,
        };
        Failure::Internal(format!("{}{error}", place.unwrap_or_default()))
    }
}

/// The terminal that a command runs in.
#[derive(Clone, Copy, Debug)]
struct Terminal {
    /// Colour on standard output.
    colour: bool,
    /// Colour on standard error.
    error_colour: bool,
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let allowed = |terminal: bool| match cli.color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let terminal =
        Terminal { colour: allowed(io::stdout().is_terminal()), error_colour: allowed(io::stderr().is_terminal()) };
    let code = match dispatch(cli.command, terminal) {
        Ok(code) => code,
        Err(failure) => report(&failure, terminal),
    };
    ExitCode::from(code)
}

fn dispatch(command: Command, terminal: Terminal) -> Result<u8, Failure> {
    let done = match command {
        Command::Run(arguments) => return run::run(&arguments, terminal),
        Command::Rare(arguments) => return rare::run(&arguments, terminal),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Schema => schema::run(),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    done.map(|()| 0)
}

/// Prints what went wrong; returns the exit code.
fn report(failure: &Failure, terminal: Terminal) -> u8 {
    let (text, code) = match failure {
        Failure::Usage(message) => (format!("error: {message}\n"), 2),
        Failure::Config(faults) => (faults.render(terminal.error_colour), 3),
        // A closed pipe is no error: the reader has what it wanted.
        Failure::Io(_, error) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
        Failure::Io(what, error) => (format!("error: {what}: {error}\n"), 4),
        Failure::Internal(message) => {
            (format!("internal error: {message}: a fault of the program; there is no result\n"), EXIT_INTERNAL)
        }
    };
    // If standard error is closed too, the exit code remains.
    let _ = io::stderr().write_all(text.as_bytes());
    code
}

/// Writes a result to standard output.
fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).map_err(|error| Failure::Io("standard output".into(), error))
}

/// Prints a note on standard error.
fn note(text: &str) {
    // If standard error is closed, the note is dropped.
    let _ = writeln!(io::stderr(), "note: {text}");
}

/// The text of a config file, which must be UTF-8 and not too large.
fn read(path: &Path) -> Result<String, Failure> {
    let failed = |error| Failure::Io(path.to_string_lossy().into_owned(), error);
    let bytes = read_at_most(path, MAX_BYTES).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        let mut message = format!("a config may have at most {MAX_BYTES} bytes");
        // A device reports a length of 0.
        if let Some(data) = std::fs::metadata(path).ok().filter(|data| data.len() > MAX_BYTES) {
            let _ = write!(message, "; this one has {}", data.len());
        }
        return Err(Failure::Config(unreadable(path, message)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::Config(unreadable(path, format!("a config is UTF-8 text; byte {at} of this file is not")))
    })
}

/// The bytes of a file, at most `most` and one more.
fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A device or a pipe has no length: read what is allowed, and one byte more to detect that there is more.
    std::fs::File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A fault of a file as a whole.
fn unreadable(path: &Path, message: String) -> Diagnostics {
    let location = Location { source: path.to_string_lossy().into_owned(), text: String::new(), span: 0..0 };
    Diagnostic { fault: Fault::new(Vec::new(), message), location }.into()
}
