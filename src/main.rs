//! Arguments in, exit code out.
#![forbid(unsafe_code)]

mod commands;

use std::process::ExitCode;

fn main() -> ExitCode {
    // A panic is a bug of this program, never an answer: say so, and leave with the code for it.
    std::panic::catch_unwind(commands::main).unwrap_or_else(|_| {
        eprintln!("internal error: this is a bug in shortfall; the message above says where");
        ExitCode::from(commands::EXIT_INTERNAL)
    })
}
