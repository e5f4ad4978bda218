//! `completions`: completion of the command line by a shell.

use crate::cli::Cli;
use crate::exit::Found;
use anyhow::Result;
use clap::CommandFactory;
use clap_complete::{Shell, generate};

/// A shell.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The shell
    pub shell: Shell,
}

/// Writes the shell's script to standard output.
pub(crate) fn run(args: &Args) -> Result<Found> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "butterquant", &mut script);
    crate::printer::line(String::from_utf8(script)?.trim_end());
    Ok(Found::Nothing)
}
