//! `runs remove`: deletes a run.

use crate::consent::confirm;
use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use run::config::Config;
use run::data_dir;
use serde_json::json;

/// Arguments of `runs remove`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Id of the run
    pub id: String,
    /// Delete without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// Deletes the run.
///
/// # Errors
/// There is no such run, a process has it open, the user cannot be asked, or it cannot be deleted.
pub(crate) fn run(config: &Config, args: &Args) -> Result<Found> {
    let run = config.run_dir(&args.id)?;
    if !run.path.exists() {
        return Err(data_dir::no_run(&run));
    }
    drop(data_dir::hold(&run)?); // before asking
    let topics = match run.on_kafka() {
        Some(kafka) => {
            format!(" and its topics {}* on Kafka at {}", run.prefix_on_kafka(), kafka.brokers)
        }
        None => String::new(),
    };
    let place = run.path.display();
    if !args.yes && !confirm(&format!("Delete run {} in {place}{topics}?", run.id))? {
        printer::show(config.output()?, &json!({ "removed": null }), |_| {
            printer::line("nothing was deleted");
        })?;
        return Ok(Found::Nothing);
    }
    data_dir::remove_run(&run)?;
    printer::show(config.output()?, &json!({ "removed": run.id }), |_| {
        printer::line(format!("run {} is deleted", run.id));
    })?;
    Ok(Found::Nothing)
}
