//! What `seek`, `reset` and `delete` share: each change is planned, shown, and carried out with `--execute`.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::group_change::{Action, GroupChange, change};
use report::tables;
use run::config::Config;

/// Whether it is carried out.
#[derive(clap::Args, Debug)]
pub(crate) struct Mode {
    /// Carry it out; without this only what would be done is shown
    #[arg(long)]
    pub execute: bool,
    /// Only show what would be done, as without --execute
    #[arg(long, conflicts_with = "execute")]
    pub dry_run: bool,
}

/// Plans `action` on every one of `groups`, and carries all of it out if `mode` says so. Everything is planned first:
/// one that is refused stops all.
pub(crate) fn all(
    config: &Config,
    groups: &[String],
    action: &Action,
    mode: &Mode,
) -> Result<Found> {
    let (spec, run) = (config.run_spec()?, config.this_run()?);
    let what = if mode.execute { "changing" } else { "planning" };
    let steps = printer::steps(config)?;
    let changes = steps.during(what, || change(&spec, &run, groups, action, mode.execute))?;
    let output = config.output()?;
    printer::show(output, &changes, |changes| changes.iter().for_each(|one| print(config, one)))?;
    Ok(Found::Nothing)
}

fn print(config: &Config, change: &GroupChange) {
    printer::line(format!("group {}", change.group));
    let offset = |at: Option<u64>| tables::or_dash(at, |at| at.to_string());
    let rows = change.partitions.iter().map(|one| {
        vec![
            one.topic.clone(),
            one.partition.to_string(),
            offset(one.before),
            if one.moves() { "→" } else { "=" }.to_owned(),
            offset(one.after),
            one.end.to_string(),
        ]
    });
    let header = ["topic", "partition>", "before>", "", "after>", "end>"];
    printer::line(tables::table(&header, rows));
    if !change.units.is_empty() {
        let rows = change.units.iter().map(|unit| {
            let closed = tables::or_dash(unit.closed, |day| day.to_string());
            let back = unit.back_to.map_or("the beginning".to_owned(), |day| day.to_string());
            vec![unit.unit.clone(), closed, back]
        });
        printer::line(tables::table(&["unit", "has closed", "goes back to"], rows));
    }
    for folder in &change.state_folders {
        let with = if change.executed { "moved with them" } else { "moves with them" };
        printer::line(format!("saved state in {folder} {with}"));
    }
    change.left.iter().for_each(|left| printer::line(format!("left as it is: {left}")));
    printer::line(config.in_message(&change.next, config.run()));
    if !change.executed && change.changes() {
        printer::line("dry run: nothing was changed; --execute carries it out");
    }
}
