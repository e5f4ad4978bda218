//! `completions`: a shell's completion script.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use clap::Command;
use clap_complete::{Shell, generate};

/// Arguments of `completions`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Shell to write the script for
    pub shell: Shell,
}

/// Writes the script for `command` to standard output.
pub(crate) fn run(args: &Args, mut command: Command) -> Result<Found> {
    let mut script = Vec::new();
    generate(args.shell, &mut command, "butterquant", &mut script);
    printer::line(String::from_utf8(script)?.trim_end());
    Ok(Found::Nothing)
}
