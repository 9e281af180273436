//! How a folder of results can be made again: the command and the arguments that `config.toml` does not say, as in
//! `["run", "config.toml", "--scenario=harder"]`.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches};

use super::{Cli, Command};

/// The config as run, in the folder.
pub const CONFIG: &str = "config.toml";

/// Arguments that the config as run holds already, or that change no byte of a file.
const LEFT_OUT: [&str; 19] = [
    "set",
    "allow_outside",
    "seed",
    "confidence",
    "percentiles",
    "until",
    "max_trials",
    "input_uncertainty",
    "drivers",
    "output",
    "force",
    "quiet",
    "verbose",
    "json",
    "format",
    "threads",
    "progress",
    "checkpoint",
    "color",
];

/// What this process was asked for, with the config as run in place of its config.
pub fn of_this_process() -> Vec<String> {
    let mut line = parsed(std::env::args_os()).map_or(Vec::new(), |(_, line)| line);
    if let Some(config) = line.get_mut(1) {
        *config = CONFIG.into();
    }
    line
}

/// Whether a line is one that this program wrote into a manifest: nothing else is ever run again.
pub fn is_of_this_program(line: &[String]) -> bool {
    let is_output = |argument: &clap::Arg| argument.get_id() == "output";
    let writes =
        |name: &String| Cli::command().find_subcommand(name).is_some_and(|known| known.get_arguments().any(is_output));
    line.first().is_some_and(writes) && parsed(arguments(line)).is_some_and(|(_, written)| written == line)
}

/// The command of a line.
pub fn parse(line: &[String]) -> Option<Command> {
    parsed(arguments(line)).map(|(command, _)| command)
}

fn arguments(line: &[String]) -> impl Iterator<Item = OsString> {
    std::iter::once("shortfall".into()).chain(line.iter().map(Into::into))
}

/// A line of arguments, and what of it is needed to run again: the command, its config, everything else that is given.
fn parsed(arguments: impl Iterator<Item = OsString>) -> Option<(Command, Vec<String>)> {
    let mut cli = Cli::command();
    let matches = cli.try_get_matches_from_mut(arguments).ok()?;
    let (name, given) = matches.subcommand()?;
    let mut line = vec![name.to_string()];
    let known = cli.find_subcommand(name)?.get_arguments().map(|argument| (argument.get_id().as_str(), argument));
    for (id, argument) in known {
        let is_given = given.try_contains_id(id).is_ok_and(|is_known| is_known)
            && given.value_source(id) == Some(ValueSource::CommandLine);
        if is_given && !LEFT_OUT.contains(&id) {
            line.extend(written(given, id, argument.get_long(), argument.get_action().takes_values()));
        }
    }
    Some((Cli::from_arg_matches(&matches).ok()?.command, line))
}

/// An argument as it is given: each of its values, behind its name if it has one.
fn written(given: &ArgMatches, id: &str, long: Option<&str>, takes_values: bool) -> Vec<String> {
    let occurrences = given.get_raw_occurrences(id).into_iter().flatten();
    let lists = occurrences.map(|values| values.map(|value| value.to_string_lossy().into_owned()).collect());
    let one = |values: Vec<String>| match (long, &values[..]) {
        (None, _) => values,
        (Some(long), _) if !takes_values => vec![format!("--{long}")],
        (Some(long), [value]) => vec![format!("--{long}={value}")],
        (Some(long), _) => [vec![format!("--{long}")], values].concat(),
    };
    lists.flat_map(one).collect()
}
