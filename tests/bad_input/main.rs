//! Bad input ends soon, with a message that names the place, and leaves nothing behind; or it was none, and gives results.
//!
//! `corpus` holds a file for each fault that anybody thought of, below this folder: it begins with the messages that it must get.
//! `matrix` puts every kind of figure into every key. `program` gives the program what is too large, too deep or too strange for a
//! file to be kept of it.

#[path = "../common/mod.rs"]
mod common;

mod corpus;
mod matrix;
mod program;
