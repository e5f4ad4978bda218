//! `retrain status`: shows how far each rule is from starting a training.

use crate::exit::Found;
use crate::printer::{self, line, show};
use anyhow::Result;
use api::retraining::{RetrainingStatus, retraining};
use consumers::retrainer::RowsAwaited;
use report::tables::table;
use run::config::Config;
use run::data_dir;

/// Prints the status.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let run = config.this_run()?;
    let opened = data_dir::reach(&run)?;
    let read = || retraining(&opened.log, &run.id);
    let status = printer::steps(config)?.during("reading", read)?;
    show(config.output()?, &status, |status| print(config, status))?;
    Ok(Found::Nothing)
}

fn print(config: &Config, status: &RetrainingStatus) {
    let of = &status.rules;
    line(format!("Run {} at the close of {}", status.run, status.through));
    let rows = of
        .triggers
        .iter()
        .map(|one| vec![one.rule.to_owned(), one.state.to_owned(), one.summary.clone()]);
    line(table(&["rule", "state", "progress"], rows));
    if let Some(why) = &status.no_model {
        line(why);
    }
    if let Some(watched) = &of.watching {
        line(format!(
            "v{} is being watched as a challenger, {} of {} days so far; until then no training starts and rules that fire stay pending",
            watched.version, watched.days, watched.of
        ));
    }
    if let Some(RowsAwaited { reason, until }) = &of.awaited {
        let until =
            until.map_or_else(String::new, |day| format!("; they are there by the close of {day}"));
        line(format!("No training begins yet: {reason}{until}. Rules that fire are kept."));
        if of.rows + of.samples < of.rows_needed {
            line(format!(
                "`{}` draws rows from the past",
                config.command_line("history generate", &status.run)
            ));
        }
    }
    if status.last.is_empty() {
        return line("No training has started yet.");
    }
    line("\nThe last trainings");
    let rows = status.last.iter().map(|one| {
        vec![one.day.clone(), format!("v{}", one.version), one.rule.clone(), one.evidence.clone()]
    });
    line(table(&["day", "version", "rule", "evidence"], rows));
}
