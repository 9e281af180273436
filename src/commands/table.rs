//! `shortfall table`: entries of a config as a table.

use std::path::{Path, PathBuf};

use shortfall::output::{entries, file};
use shortfall::study::Study;
use shortfall::study::file::STDIN;
use shortfall::text::visible;

use super::place::failed;
use super::{Failure, Input, print, show};

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("entries").required(true))]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// What stands at the start.
    #[arg(long, group = "entries")]
    capacities: bool,
    /// What may come.
    #[arg(long, group = "entries")]
    projects: bool,
    /// Final demand.
    #[arg(long, group = "entries")]
    demands: bool,
    /// Stocks.
    #[arg(long, group = "entries")]
    stockpiles: bool,
    /// What may go wrong.
    #[arg(long, group = "entries")]
    disruptions: bool,
    /// File to write; `-`, or none, is standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Overwrite an existing file.
    #[arg(long, requires = "output")]
    force: bool,
}

/// Writes the table, of a config that has no faults.
pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let document = arguments.input.document(&[])?;
    Study::new(&document).map_err(Failure::Config)?;
    let kind = arguments.kind();
    let Some(bytes) = entries::csv(&document, kind) else {
        let config = visible(&arguments.input.name()).into_owned();
        return Err(Failure::Usage(vec![format!("{config} has no {kind}: there is no table to write")]));
    };
    let Some(path) = arguments.output.as_deref().filter(|path| *path != Path::new(STDIN)) else { return print(&bytes) };
    file::write_one(path, &bytes, arguments.force).map_err(|error| failed(path, error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let place = format!("beside the config it takes the place of the entries: {kind} = {{ table = {name:?} }}");
    show(&format!("wrote {}; {place}\n", visible(&path.to_string_lossy())), false)
}

impl Arguments {
    /// The entries asked for; the command line has seen to it that there are some.
    fn kind(&self) -> &'static str {
        let asked = [
            (self.capacities, "capacities"),
            (self.projects, "projects"),
            (self.demands, "demands"),
            (self.stockpiles, "stockpiles"),
            (self.disruptions, "disruptions"),
        ];
        asked.into_iter().find(|(is_asked, _)| *is_asked).map_or("projects", |(_, kind)| kind)
    }
}
