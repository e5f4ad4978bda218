//! `replay`: repeats every decision from the log. Exit code 1 when one differs.

use crate::exit::Found;
use crate::owned_run::owned_run;
use crate::printer;
use anyhow::{Result, bail};
use run::config::Config;
use shell::holes;
use shell::replay::verify;

/// Arguments of `replay`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Compare every decision with the recorded one; exit 1 when one differs
    #[arg(long)]
    pub verify: bool,
}

/// Repeats every decision and compares it.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if !args.verify {
        bail!("add --verify: it compares every decision with the recorded one");
    }
    let context = owned_run(config)?;
    holes::refuse(&holes::thorough(&*context.env.log, context.env.partitions)?)?;
    let bar = printer::steps(config)?.counter("verifying");
    let found = verify(&context.env, &mut |unit| bar.next(unit))?;
    bar.done("");
    printer::show(config.output()?, &found, |found| {
        for difference in found.differences.iter().take(20) {
            printer::line(format!(
                "{} on {}: {}",
                difference.unit, difference.day, difference.what
            ));
        }
        printer::line(format!(
            "{} decisions repeated, {} differ from the recorded ones",
            found.decisions,
            found.differences.len()
        ));
    })?;
    Ok(if found.differences.is_empty() { Found::Nothing } else { Found::Something })
}
