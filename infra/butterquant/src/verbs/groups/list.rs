//! `groups list`: where the roles' groups stand. Exit code 1 when a group has lost its place.

use crate::exit::Found;
use crate::printer;
use anyhow::Result;
use api::groups::{Groups, groups};
use report::tables;
use run::config::Config;
use schemas::Day;

/// Lists them.
pub(crate) fn run(config: &Config) -> Result<Found> {
    let found = groups(&config.this_run()?)?;
    printer::show(config.output()?, &found, |found| print(config, found))?;
    let well = found.groups.iter().all(|one| one.problem.is_none());
    Ok(if well { Found::Nothing } else { Found::Something })
}

/// Groups of other programs.
fn others(found: &Groups) {
    if found.others.is_empty() {
        return;
    }
    let rows = found.others.iter().map(|one| {
        vec![
            one.group.clone(),
            one.state.clone(),
            one.members.to_string(),
            one.partitions.to_string(),
            one.lag.to_string(),
            one.topics.join(", "),
        ]
    });
    let header = ["others", "state", "members>", "partitions>", "lag>", "topics"];
    printer::line(tables::table(&header, rows));
}

fn print(config: &Config, found: &Groups) {
    let day = |day: Option<Day>| tables::or_dash(day, |day| day.to_string());
    let rows = found.groups.iter().map(|one| {
        vec![
            one.group.to_owned(),
            one.state.clone(),
            one.partitions.to_string(),
            one.uncommitted.to_string(),
            one.behind.to_string(),
            one.lag.to_string(),
            day(one.closed),
            day(one.read),
        ]
    });
    let header =
        ["group", "state", "partitions>", "uncommitted>", "behind>", "lag>", "closed", "read"];
    printer::line(tables::table(&header, rows));
    others(found);
    let said = |what: &str| config.in_message(what, config.run());
    found.added_partitions.iter().for_each(|one| printer::line(one.to_string()));
    for one in &found.groups {
        if let Some(problem) = &one.problem {
            printer::line(said(problem));
        }
        if let [first, more @ ..] = &one.beyond_end[..] {
            let more =
                if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
            printer::line(format!("{}: beyond the end: {first}{more}", one.group));
        }
    }
    if found.adoptable {
        printer::line(said(
            "`butterquant groups adopt` sets the offsets to what the roles have decided",
        ));
    }
}
