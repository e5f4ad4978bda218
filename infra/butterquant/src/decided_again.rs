//! Every decision of a run made again and compared with the recorded one, by whoever is here: for `replay --verify`, and
//! for the column of a report.

use crate::owned_run::read_run;
use crate::printer;
use anyhow::Result;
use run::config::Config;
use run::context::RunContext;
use schemas::role::Role;
use shell::holes;
use shell::offsets::check_ends;
use shell::score_comparison::ScoringWith;
use shell::verification::{Verification, Verified, verify};
use std::sync::Arc;
use std::time::Instant;

/// What was found.
pub(crate) struct DecidedAgain {
    /// The outcome.
    pub(crate) verified: Verified,
    /// Whether the command line names who scores.
    pub(crate) chosen: bool,
    /// From the first event to the last.
    pub(crate) seconds: f64,
}

/// Decides everything of the configured run again, or what `roles` decide where any are given.
///
/// # Errors
/// Records of the run are gone, another process owns it, or it cannot be read.
pub(crate) fn decide_again(config: &Config, roles: &[Role]) -> Result<DecidedAgain> {
    let chosen = config.is_flag("provider");
    // The run may have been scored on a machine with a GPU; this one need not have it.
    let here = chosen || config.scoring()?.engine().is_ok();
    let mut config = config.clone();
    if !here {
        config = config.with("provider", "candle");
    }
    let context = Arc::new(read_run(&config)?);
    let (log, partitions) = (&*context.env.log, context.env.partitions);
    holes::refuse(&holes::thorough(log, partitions)?)?;
    // Behind its own events a role is verified as far as its group has read.
    check_ends(log, partitions)?;
    let bar = printer::steps(&config)?.counter("verifying");
    let with = if chosen { Arc::new(|_: &str| None) } else { providers(&config, &context)? };
    let mut what = Verification { with, ..Verification::default() };
    if !roles.is_empty() {
        what.roles = roles.to_vec();
    }
    let began = Instant::now();
    let verified = verify(&context.env, what, &mut |unit| bar.next(unit))?;
    let seconds = began.elapsed().as_secs_f64();
    bar.done("");
    Ok(DecidedAgain { verified, chosen, seconds })
}

/// The machines of every provider that is here.
fn providers(config: &Config, context: &Arc<RunContext>) -> Result<ScoringWith> {
    let (scoring, context) = (config.scoring()?, Arc::clone(context));
    Ok(Arc::new(move |provider: &str| {
        scoring.that_scored(provider).map(|engine| context.machines_scoring_with(engine))
    }))
}
