//! `replay`: repeats every decision from the log. Exit code 1 when one differs.

use crate::exit::Found;
use crate::owned_run::read_run;
use crate::printer;
use anyhow::{Result, bail};
use run::config::Config;
use run::context::RunContext;
use shell::holes;
use shell::offsets::check_ends;
use shell::replay::{Verified, verify_scores_with};
use shell::score_comparison::{ScoresCompared, ScoringWith};
use std::sync::Arc;

/// Arguments of `replay`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Compare every decision with the recorded one; exit 1 when one differs
    ///
    /// Scores are repeated by the provider that scored, if it is here, and compared bit by bit. If it
    /// is not, or if --provider names another, they are compared within 1e-6. The end says which.
    #[arg(long)]
    pub verify: bool,
}

/// Repeats every decision and compares it.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if !args.verify {
        bail!("add --verify: it compares every decision with the recorded one");
    }
    let chosen = config.is_flag("provider");
    // The run may have been scored on a machine with a GPU; this one need not have it.
    let here = chosen || config.scoring()?.engine().is_ok();
    let config = if here { config.clone() } else { config.clone().with("provider", "candle") };
    let context = Arc::new(read_run(&config)?);
    let (log, partitions) = (&*context.env.log, context.env.partitions);
    holes::refuse(&holes::thorough(log, partitions)?)?;
    // Behind its own events a role is verified as far as its group has read.
    check_ends(log, partitions)?;
    let bar = printer::steps(&config)?.counter("verifying");
    let with = if chosen { Arc::new(|_: &str| None) } else { providers(&config, &context)? };
    let found = verify_scores_with(&context.env, with, &mut |unit| bar.next(unit))?;
    bar.done("");
    printer::show(config.output()?, &found, |found| print(found, chosen))?;
    Ok(if found.differences.is_empty() { Found::Nothing } else { Found::Something })
}

/// The machines of every provider that is here.
fn providers(config: &Config, context: &Arc<RunContext>) -> Result<ScoringWith> {
    let (scoring, context) = (config.scoring()?, Arc::clone(context));
    Ok(Arc::new(move |provider: &str| {
        scoring.that_scored(provider).map(|engine| context.machines_scoring_with(engine))
    }))
}

fn print(found: &Verified, chosen: bool) {
    for difference in found.differences.iter().take(20) {
        printer::line(format!("{} on {}: {}", difference.unit, difference.day, difference.what));
    }
    for scores in &found.scores {
        printer::line(compared(scores, chosen));
    }
    printer::line(format!(
        "{} decisions repeated, {} differ from the recorded ones",
        found.decisions,
        found.differences.len()
    ));
}

fn compared(of: &ScoresCompared, chosen: bool) -> String {
    let ScoresCompared { recorded_by, repeated_by, scores, .. } = of;
    let Some(tolerance) = of.tolerance else {
        return format!("{scores} scores by {recorded_by}: repeated by it and compared bit by bit");
    };
    let why = if chosen {
        "as --provider asks".to_owned()
    } else {
        format!("because {recorded_by} is not here")
    };
    format!(
        "{scores} scores by {recorded_by}: repeated by {repeated_by}, {why}, and compared within {tolerance:e}; the largest difference is {:.1e}",
        of.largest_difference
    )
}
