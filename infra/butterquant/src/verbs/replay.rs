//! `replay`: repeats every decision from the log. Exit code 1 when one differs.

use crate::decided_again::{DecidedAgain, decide_again};
use crate::exit::Found;
use crate::printer;
use anyhow::{Result, bail};
use run::config::Config;
use schemas::role::Role;
use serde::Serialize;
use shell::score_comparison::ScoresCompared;
use shell::verification::{DECIDING, RoleVerified, Verified};

/// Arguments of `replay`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Compare every decision with the recorded one; exit 1 when one differs
    ///
    /// Scores are repeated by the provider that scored, if it is here, and compared bit by bit. If it
    /// is not, or if --provider names another, they are compared within 1e-6. The end says which.
    #[arg(long)]
    pub verify: bool,
    /// Verify these roles alone: scanner, scorer, labeler, executor, broker, retrainer
    #[arg(long, value_delimiter = ',', value_parser = deciding, value_name = "ROLE,ROLE")]
    pub roles: Vec<Role>,
    /// Make every analysis again, rather than read those kept in the data folder
    ///
    /// A kept analysis is named by a hash of everything that it was made from and of the code, and has a checksum, so it
    /// is the one that would be made. What it cannot show is a processor that erred when the run was made.
    #[arg(long)]
    pub analyses_anew: bool,
}

fn deciding(name: &str) -> Result<Role, String> {
    let found = DECIDING.into_iter().find(|role| role.name() == name);
    found.ok_or_else(|| format!("one of {}", DECIDING.map(Role::name).join(", ")))
}

/// A verification and how long it took.
#[derive(Serialize)]
struct Timed {
    #[serde(flatten)]
    verified: Verified,
    /// From the first event to the last.
    seconds: f64,
    events_per_second: f64,
}

/// Repeats every decision and compares it.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    if !args.verify {
        bail!("add --verify: it compares every decision with the recorded one");
    }
    let mut config = config.clone();
    if args.analyses_anew {
        config = config.with("analysis_cache", "false");
    }
    let DecidedAgain { verified, chosen, seconds } = decide_again(&config, &args.roles)?;
    let events_per_second = (verified.events as f64 / seconds).round();
    let found = Timed { verified, seconds, events_per_second };
    printer::show(config.output()?, &found, |found| print(found, chosen))?;
    Ok(if found.verified.differences.is_empty() { Found::Nothing } else { Found::Something })
}

fn print(found: &Timed, chosen: bool) {
    let Timed { verified: found, seconds, events_per_second } = found;
    for difference in found.differences.iter().take(20) {
        printer::line(format!("{} on {}: {}", difference.unit, difference.day, difference.what));
    }
    for scores in &found.scores {
        printer::line(compared(scores, chosen));
    }
    for RoleVerified { role, events, decisions } in &found.roles {
        printer::line(format!("{role}: {events} events and markers read, {decisions} decisions"));
    }
    printer::line(format!(
        "{} events and markers in {seconds:.1} s, {events_per_second:.0} a second",
        found.events
    ));
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
