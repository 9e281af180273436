//! The command line, one file per command.
//!
//! Results go to standard output, everything else to standard error. To add a command: a file here, a variant of
//! [`Command`], an arm in [`dispatch`].

mod again;
mod answer;
mod arguments;
mod check;
mod choose;
mod compare;
mod completions;
mod drivers;
mod extend;
mod folders;
mod init;
mod interrupt;
mod list;
mod memory;
mod merge;
mod place;
mod plan;
mod progress;
mod rare;
mod rebuild;
mod replay;
mod report;
mod require;
mod rest;
mod resume;
mod run;
mod schema;
mod shard;
mod size;
mod split;
mod stress;
mod table;
mod tally;
mod trials;
mod verify;

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use arguments::{Format, Input, Simulation};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use shortfall::Diagnostics;
use shortfall::output::terminal::Screen;
use shortfall::text::{sentence, visible, visible_lines};

/// Exit code of a panic.
pub const EXIT_INTERNAL: u8 = 1;

/// Exit code of what Ctrl-C has ended.
const EXIT_INTERRUPTED: u8 = 130;

#[derive(Debug, Parser)]
#[command(name = "shortfall", version, about, long_about = None, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 done; 1 internal error; 2 usage; 3 config invalid; 4 input or output failed; 5 verify: something differs;\n\
    6 precision not reached at the cap, or no estimate of a rare event; 7 merge refused, or a tally file; 8 merge: run another round; 10 an expectation refuted; 11 none refuted, one undecided;\n\
    130 or 143 interrupted: a run writes what it has, marked as partial.\n\
    Start with `shortfall init my.toml`, then `shortfall run my.toml`."
)]
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
    /// Put the shards of a run together, or those of `compare` or `rare`: what the whole would have written and printed.
    Merge(merge::Arguments),
    /// Go on with a run that was interrupted or killed, to what it would have written.
    Resume(resume::Arguments),
    /// Add trials to a run: what it would have written with so many from the start.
    Extend(extend::Arguments),
    /// Write all files of a run again, from what it has counted; simulates nothing.
    Report(rebuild::Arguments),
    /// Tell how many trials a run needs, what it takes to split it, and the lines that do so.
    Plan(plan::Arguments),
    /// Simulate two scenarios, configs or finished runs on the same random numbers and print the differences.
    Compare(compare::Arguments),
    /// Tell which uncertain inputs explain how much of the results.
    Drivers(drivers::Arguments),
    /// Estimate the probabilities of rare events by importance sampling.
    Rare(rare::Arguments),
    /// Lose every supplier in turn: time to survive, shortage, stock that would bridge it, single points of failure.
    Stress(stress::Arguments),
    /// Tell how large a stock: the shortage left with every size of it, for a risk or a budget.
    Size(size::Arguments),
    /// Tell what would have to be true for a claim to be as likely as asked: inputs, plants, demand.
    Require(require::Arguments),
    /// Tell which measures to take within a budget, and what it is worth to know more before choosing.
    Choose(choose::Arguments),
    /// Read and cross-check a config, and print every fault, or hints; simulates nothing.
    Check(check::Arguments),
    /// List every series, outcome, path and uncertain input of a config, with units, meanings and current values.
    List(list::Arguments),
    /// Write entries of a config as a table, for a spreadsheet and to be read from there.
    Table(table::Arguments),
    /// Show one trial of a run: inputs, events by date, outcomes; or many in a table.
    Replay(replay::Arguments),
    /// Tell whether a folder is as a run wrote it, and whether the same run gives the same files again.
    Verify(verify::Arguments),
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
    /// The arguments do not fit together, or name what is not there: each fault in a sentence.
    Usage(Vec<String>),
    /// The config holds faults.
    Config(Diagnostics),
    /// Tally files are missing, damaged, or do not fit together: each fault in a sentence.
    Tally(Vec<String>),
    /// A file or the terminal.
    Io(String, io::Error),
    /// It was interrupted before there was anything to write.
    Interrupted,
    /// The program is at fault.
    Internal(String),
}

impl From<shortfall::Error> for Failure {
    fn from(error: shortfall::Error) -> Self {
        match error {
            shortfall::Error::Config(faults) => Failure::Config(faults),
            shortfall::Error::Io(path, error) => Failure::Io(path.to_string_lossy().into_owned(), error),
            shortfall::Error::UnknownName(_) | shortfall::Error::OutOfRange { .. } => {
                Failure::Usage(vec![error.to_string()])
            }
            shortfall::Error::Stopped => Failure::Interrupted,
            _ => Failure::Internal(error.to_string()),
        }
    }
}

/// The terminal that a command runs in.
#[derive(Clone, Copy, Debug)]
struct Terminal {
    /// Width and colour of standard output.
    screen: Screen,
    /// Colour on standard error.
    error_colour: bool,
}

/// Parses the arguments and runs the command.
pub fn main() -> ExitCode {
    interrupt::listen();
    let cli = parse(std::env::args_os()).unwrap_or_else(|error| {
        // A message quotes arguments: make it of what can be seen of them.
        let shown = std::env::args_os().map(|argument| visible(&argument.to_string_lossy()).into_owned().into());
        parse(shown).err().unwrap_or(error).exit()
    });
    let allowed = |terminal: bool| match cli.color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    // A file has the usual width, so that it does not depend on the window.
    let width = terminal_size::terminal_size_of(io::stdout()).map_or(Screen::USUAL.width, |(width, _)| width.0.into());
    let terminal = Terminal {
        screen: Screen { width, colour: allowed(io::stdout().is_terminal()) },
        error_colour: allowed(io::stderr().is_terminal()),
    };
    let code = match dispatch(cli.command, terminal) {
        Ok(code) => interrupt::noted().unwrap_or(code),
        Err(failure) => report(&failure, terminal),
    };
    ExitCode::from(code)
}

/// Parses arguments. A number below zero is the value of the option before it, so that a message can name that option.
fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let with_negative = |argument: clap::Arg| {
        let is_valued = argument.get_action().takes_values() && !argument.is_positional();
        argument.allow_negative_numbers(is_valued)
    };
    let command = Cli::command().mut_subcommands(|command| command.mut_args(with_negative));
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

fn dispatch(command: Command, terminal: Terminal) -> Result<u8, Failure> {
    let done = match command {
        Command::Verify(arguments) => return verify::run(&arguments, terminal),
        Command::Run(arguments) => return run::run(&arguments, terminal),
        Command::Merge(arguments) => return merge::run(&arguments, terminal),
        Command::Resume(arguments) => return resume::run(&arguments, terminal),
        Command::Extend(arguments) => return extend::run(&arguments, terminal),
        Command::Report(arguments) => return rebuild::run(&arguments, terminal),
        Command::Rare(arguments) => return rare::run(&arguments, terminal),
        Command::Compare(arguments) => return compare::run(&arguments),
        Command::Drivers(arguments) => drivers::run(&arguments, terminal),
        Command::Plan(arguments) => plan::run(&arguments, terminal),
        Command::Stress(arguments) => stress::run(&arguments, terminal),
        Command::Size(arguments) => size::run(&arguments, terminal),
        Command::Require(arguments) => require::run(&arguments, terminal),
        Command::Choose(arguments) => choose::run(&arguments, terminal),
        Command::Check(arguments) => check::run(&arguments),
        Command::List(arguments) => list::run(&arguments, terminal),
        Command::Table(arguments) => table::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Schema => schema::run(),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    done.map(|()| 0)
}

/// Prints what went wrong; returns the exit code.
fn report(failure: &Failure, terminal: Terminal) -> u8 {
    let listed = |faults: &[String]| faults.iter().map(|fault| format!("error: {}\n", sentence(fault))).collect();
    let (text, code) = match failure {
        Failure::Usage(faults) => (listed(faults), 2),
        Failure::Tally(faults) => (listed(faults), merge::EXIT_REFUSED),
        Failure::Config(faults) => (faults.render(terminal.error_colour), 3),
        // A closed pipe is no error: the reader has what it wanted.
        Failure::Io(_, error) if error.kind() == io::ErrorKind::BrokenPipe => return 0,
        Failure::Io(what, error) => (format!("error: {}: {}\n", visible(what), visible(&error.to_string())), 4),
        Failure::Interrupted => {
            ("interrupted: nothing is written\n".into(), interrupt::noted().unwrap_or(EXIT_INTERRUPTED))
        }
        Failure::Internal(message) => {
            let message = sentence(message);
            (format!("internal error: {message}: a fault of the program; there is no result\n"), EXIT_INTERNAL)
        }
    };
    // If standard error is closed too, the exit code remains.
    let _ = io::stderr().write_all(text.as_bytes());
    code
}

/// Writes a result for people to standard output. What a config or a path holds stays text: hidden letters are spelt out.
fn show(text: &str, colour: bool) -> Result<(), Failure> {
    print(visible_lines(text, colour).as_bytes())
}

/// Writes a result for machines to standard output, every byte as it is.
fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).map_err(|error| Failure::Io("standard output".into(), error))
}

/// Prints a note on standard error.
fn note(text: &str) {
    // If standard error is closed, the note is dropped.
    let _ = writeln!(io::stderr(), "note: {}", visible(text));
}
