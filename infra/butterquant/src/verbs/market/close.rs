//! `market close`: lets the source publish a day of the market without what it still lacks.

use crate::exit::Found;
use crate::operator::publish;
use anyhow::{Result, bail};
use run::config::Config;
use run::data_dir;
use schemas::Day;
use schemas::events::{Controls, DayReleased};

/// Arguments of `market close`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Day that need not be complete, as `status` names it
    #[arg(value_name = "DATE")]
    pub day: Day,
    /// Reason to record
    #[arg(long, default_value = "an operator closed the day")]
    pub reason: String,
}

/// Publishes the word on `controls`.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let Args { day, reason } = args;
    let run = config.this_run()?;
    {
        let opened = data_dir::reach(&run)?;
        let begun = shell::open::opened(&*opened.log)?;
        let Some(begun) = begun else { return Err(data_dir::no_run(&run)) };
        let partitions = data_dir::partitions(&*opened.log)?;
        let closed = shell::source::last_closed(&*opened.log, partitions, begun.previous_day)?;
        if *day <= closed {
            bail!("the run has published {closed} already, so {day} is closed");
        }
    }
    let word = DayReleased { released_day: *day, reason: reason.clone() };
    publish(
        config,
        Controls::DayReleased(word),
        &format!("the source no longer waits for what {day} lacks"),
    )
}
